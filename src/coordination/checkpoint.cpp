// SPDX-License-Identifier: Apache-2.0
#include "coordination/checkpoint.h"

#include <cmath>
#include <limits>
#include <vector>

#include "base/text.h"
#include "job/json.h"
#include "storage/ops.h"

namespace lambdaml {

namespace {

constexpr std::int64_t kNumberMax = std::int64_t{1} << 53U;
// Of ranks, whose parts are dropped one by one.
constexpr std::int64_t kRanksMax = 1'000'000;
// Each try fails only if another writer came between.
constexpr int kTriesMax = 64;

// JSON has no numbers that are not finite: they are left out.
json::Value FiniteOrNull(double number) { return std::isfinite(number) ? json::Value(number) : json::Value(); }

Result<double> NumberOrNaN(const json::Reader& reader, std::string_view member) {
  if (!reader.Has(member)) return std::numeric_limits<double>::quiet_NaN();
  return reader.Number(member);
}

json::Value FromManifest(const CheckpointManifest& manifest) {
  json::Value value;
  value["number"] = manifest.number;
  value["call"] = manifest.call;
  value["restart"] = manifest.restart;
  value["ranks"] = manifest.ranks;
  value["rounds"] = manifest.rounds;
  value["epochs"] = FiniteOrNull(manifest.epochs);
  value["loss"] = FiniteOrNull(manifest.loss);
  value["unix_ms"] = manifest.unix_ms;
  value["committed_by"] = manifest.committed_by;
  return value;
}

Result<CheckpointManifest> ReadManifest(const json::Reader& reader) {
  CheckpointManifest manifest;
  manifest.number = TRY(reader.Integer("number"));
  manifest.call = TRY(reader.Integer("call"));
  manifest.restart = TRY(reader.Integer("restart"));
  manifest.ranks = TRY(reader.Integer("ranks"));
  manifest.rounds = TRY(reader.Integer("rounds"));
  manifest.epochs = TRY(NumberOrNaN(reader, "epochs"));
  manifest.loss = TRY(NumberOrNaN(reader, "loss"));
  manifest.unix_ms = TRY(reader.Integer("unix_ms"));
  manifest.committed_by = TRY(reader.Text("committed_by"));
  for (const std::int64_t number :
       {manifest.number - 1, manifest.call, manifest.restart, manifest.ranks, manifest.rounds}) {
    if (number < 0 || number > kNumberMax) return Error{Code::kInvalid, "head: a number is out of range"};
  }
  if (manifest.ranks > kRanksMax) return Error{Code::kInvalid, StrCat("head: ", manifest.ranks, " ranks")};
  return manifest;
}

Error WentBack(const Key& head, const Store& store, std::int64_t from, std::int64_t to) {
  return {Code::kInternal, StrCat(head.text(), " in ", store.name(), " went back from restart ", from, " to ", to,
                                  ": what is stored there must not be lost")};
}

}  // namespace

std::string ToJson(const JobHead& head) {
  json::Value value;
  value["restart"] = head.restart;
  value["by"] = head.by;
  value["why"] = head.why;
  if (head.checkpoint) value["checkpoint"] = FromManifest(*head.checkpoint);
  return json::Write(value);
}

Result<JobHead> ParseJobHead(std::string_view text) {
  const json::Reader reader = TRY(json::Reader::Parse(text, "head"));
  JobHead head;
  head.restart = TRY(reader.Integer("restart"));
  head.by = TRY(reader.Text("by"));
  head.why = TRY(reader.Text("why"));
  if (head.restart < 0 || head.restart > kNumberMax) {
    return Error{Code::kInvalid, StrCat("head: restart ", head.restart)};
  }
  if (reader.Has("checkpoint")) head.checkpoint = TRY(ReadManifest(TRY(reader.Object("checkpoint"))));
  return head;
}

Result<JobHead> Checkpoints::Head() {
  const Key key = HeadKey();
  const Values values = TRY(store_.Get({&key, 1}));
  if (!values.front()) return JobHead();
  return ParseJobHead(values.front()->text()).Context(StrCat(key.text(), " in ", store_.name()));
}

Result<JobHead> Checkpoints::Change(const Decide& decide) {
  const Key key = HeadKey();
  for (int i = 0; i < kTriesMax; ++i) {
    const Values values = TRY(store_.Get({&key, 1}));
    const std::optional<Blob>& found = values.front();
    JobHead head;
    if (found) head = TRY(ParseJobHead(found->text()).Context(StrCat(key.text(), " in ", store_.name())));
    const std::optional<JobHead> next = TRY(decide(head));
    if (!next) return head;
    const std::string text = ToJson(*next);
    const Result<void> put =
        found ? Replace(store_, key, AsBytes(text), found->span()) : SaveIfAbsent(store_, key, AsBytes(text));
    if (put.ok()) return *next;
    if (put.error().code != Code::kConflict) return put.error();
  }
  return Error{Code::kUnavailable, StrCat(key.text(), " in ", store_.name(), ": others change it all the time")};
}

Key Checkpoints::PartKey(const CheckpointManifest& of, std::int64_t part) const {
  return prefix_ / StrCat(of.restart, ".", of.number) / (part == kSharedPart ? "shared" : StrCat(part));
}

Result<void> Checkpoints::WritePart(const CheckpointManifest& of, std::int64_t part, ByteSpan state) {
  return Save(store_, PartKey(of, part), EncodePart({.number = of.number, .restart = of.restart, .part = part}, state));
}

Result<Blob> Checkpoints::ReadPart(const CheckpointManifest& of, std::int64_t part) {
  const Key key = PartKey(of, part);
  const Blob value = TRY(Load(store_, key));
  return DecodePart({.number = of.number, .restart = of.restart, .part = part}, value)
      .Context(StrCat(key.text(), " in ", store_.name()));
}

Result<bool> Checkpoints::Commit(const CheckpointManifest& next) {
  bool committed = false;
  TRY(Change([this, &next, &committed](const JobHead& head) -> Result<std::optional<JobHead>> {
    if (head.restart < next.restart) return WentBack(HeadKey(), store_, next.restart, head.restart);
    if (head.restart > next.restart) {
      return Error{Code::kConflict,
                   StrCat("checkpoint ", next.number, " is of before restart ", head.restart, ": ", head.why)};
    }
    committed = !head.checkpoint || head.checkpoint->number < next.number;
    if (!committed) return std::optional<JobHead>();
    JobHead changed = head;
    changed.checkpoint = next;
    return std::optional(changed);
  }));
  return committed;
}

Result<JobHead> Checkpoints::DeclareRestart(std::int64_t known, std::string_view by, std::string_view why) {
  return Change([this, known, by, why](const JobHead& head) -> Result<std::optional<JobHead>> {
    if (head.restart < known) return WentBack(HeadKey(), store_, known, head.restart);
    if (head.restart > known) return std::optional<JobHead>();
    JobHead changed = head;
    changed.restart = known + 1;
    changed.by = std::string(by);
    changed.why = std::string(why);
    return std::optional(changed);
  });
}

Result<void> Checkpoints::Drop(const CheckpointManifest& of) {
  std::vector<Key> keys;
  for (std::int64_t part = kSharedPart; part < of.ranks; ++part) keys.push_back(PartKey(of, part));
  return RemoveAll(store_, keys);
}

}  // namespace lambdaml
