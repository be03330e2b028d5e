// SPDX-License-Identifier: Apache-2.0
#include "cli/clean.h"

#include <algorithm>

#include "base/text.h"
#include "base/url.h"
#include "cli/preflight.h"
#include "coordination/checkpoint.h"
#include "storage/ops.h"
#include "storage/registry.h"

namespace lambdaml {

namespace fs = std::filesystem;

namespace {

std::optional<JobInvocation> ReadInvocation(const fs::path& path) {
  const Result<Blob> text = ReadFile(path);
  if (!text.ok()) return std::nullopt;
  Result<JobInvocation> invocation = ParseJobInvocation(text.value().text());
  return invocation.ok() ? std::optional(std::move(invocation).value()) : std::nullopt;
}

bool HasCheckpoint(const JobInvocation& attempt, const Session& session) {
  const auto records = OpenBriefly(RecordsUrl(attempt.spec), session);
  if (!records.ok()) return false;
  const Result<JobHead> head = Checkpoints(*records.value(), attempt.CheckpointPrefix()).Head();
  return head.ok() && head.value().checkpoint.has_value();
}

Result<void> ClearChannel(const JobInvocation& attempt, const Session& session) {
  const auto channel = TRY(OpenBriefly(attempt.spec.channel, session));
  TRY(Clear(*channel, attempt.Prefix()));
  return {};
}

Result<void> ClearRecordsOf(const JobInvocation& attempt, const Session& session) {
  return ClearRecords(*TRY(OpenBriefly(RecordsUrl(attempt.spec), session)), attempt, CheckpointsOf::kGo);
}

// A store of the job's folder that nothing was ever written to need not be there.
std::string RecordsOf(const JobFolder& folder, const JobSpec& spec) {
  return spec.recovery.records.empty() ? folder.records() : spec.recovery.records;
}

bool IsBelow(const Key& key, const Key& prefix) { return key.text().starts_with(prefix.text() + "/"); }

}  // namespace

std::optional<JobInvocation> LostAttempt(const JobFolder& folder) { return ReadInvocation(folder.attempt()); }

std::optional<JobInvocation> ResumableAttempt(const JobFolder& folder, const Session& session) {
  for (const fs::path& path : {folder.attempt(), folder.checkpoint()}) {
    std::optional<JobInvocation> attempt = ReadInvocation(path);
    if (attempt && HasCheckpoint(*attempt, session)) return attempt;
  }
  return std::nullopt;
}

Result<std::unique_ptr<Store>> OpenBriefly(std::string_view url, const Session& session) {
  Url parsed = TRY(Url::Parse(url));
  parsed.query["retry"] = "2s";
  return OpenStore(parsed, session.stores());
}

Result<void> ClearRecords(Store& records, const JobInvocation& attempt, CheckpointsOf checkpoints) {
  TRY(Remove(records, attempt.OpenKey()));
  std::vector<Key> keys;
  for (const Entry& entry : TRY(ListBelow(records, attempt.RecordsPrefix()))) {
    const bool stays = checkpoints == CheckpointsOf::kStay && IsBelow(entry.key, attempt.CheckpointPrefix());
    if (!stays) keys.push_back(entry.key);
  }
  return RemoveAll(records, keys).Context("clearing the records");
}

void ForgetEarlierAttempts(const JobFolder& folder, const std::optional<JobInvocation>& resumed,
                           const Session& session) {
  std::error_code none;
  for (const fs::path& path : {folder.attempt(), folder.checkpoint()}) {
    const std::optional<JobInvocation> attempt = ReadInvocation(path);
    if (!attempt) continue;
    [[maybe_unused]] const Result<void> cleared = ClearChannel(*attempt, session);
    const bool stays = resumed && attempt->attempt == resumed->attempt;
    if (!stays) {
      [[maybe_unused]] const Result<void> gone = ClearRecordsOf(*attempt, session);
      fs::remove(path, none);
    } else if (path != folder.checkpoint()) {
      // What it replaces has been gone on from already.
      if (const auto replaced = ReadInvocation(folder.checkpoint())) {
        [[maybe_unused]] const Result<void> gone = ClearRecordsOf(*replaced, session);
      }
      fs::rename(path, folder.checkpoint(), none);
      return;
    }
  }
}

Result<PastJob> PastJobOf(const JobFolder& folder) {
  if (const auto lost = LostAttempt(folder)) {
    return PastJob{.folder = folder, .channel = lost->spec.channel, .records = RecordsOf(folder, lost->spec)};
  }
  const Result<Blob> text = ReadFile(folder.spec());
  if (!text.ok()) {
    return Error{Code::kNotFound, StrCat("job '", folder.name(),
                                         "' has not told its channel: give its job file, `lambdaml clean JOB.yaml`")};
  }
  const JobSpec spec = TRY(ParseJobSpec(text.value().text(), folder.spec().string()));
  return PastJob{.folder = folder, .channel = spec.channel, .records = RecordsOf(folder, spec)};
}

Result<PastJob> FindPastJob(std::string_view word, const Environment& environment) {
  const Result<JobFolder> folder = JobFolder::Find(environment, word);
  if (folder.ok()) return PastJobOf(folder.value());
  const bool is_file = word.find('/') != std::string_view::npos || word.ends_with(".yaml") || word.ends_with(".yml");
  if (!is_file) return folder.error();
  const JobSpec spec = TRY(ReadJob({.path = std::string(word), .set = {}}, environment));
  JobFolder of_file = TRY(JobFolder::Of(environment, spec.name));
  std::string records = RecordsOf(of_file, spec);
  return PastJob{.folder = std::move(of_file), .channel = spec.channel, .records = std::move(records)};
}

Result<Leftover> FindLeftover(const PastJob& job, CheckpointsOf checkpoints, const Session& session) {
  const std::string name = job.folder.name();
  Leftover leftover(1);
  leftover[0].store = TRY(OpenBriefly(job.channel, session).Context(StrCat("job '", name, "'")));
  leftover[0].entries = TRY(ListBelow(*leftover[0].store, Key("jobs") / name).Context(StrCat("job '", name, "'")));
  LeftoverIn records{.store = TRY(OpenBriefly(job.records, session).Context(StrCat("job '", name, "'"))),
                     .entries = {}};
  const std::optional<JobInvocation> kept = ResumableAttempt(job.folder, session);
  for (Entry& entry : TRY(ListBelow(*records.store, Key("records") / name).Context(StrCat("job '", name, "'")))) {
    const bool stays = checkpoints == CheckpointsOf::kStay && kept && IsBelow(entry.key, kept->CheckpointPrefix());
    if (!stays) records.entries.push_back(std::move(entry));
  }
  if (!records.entries.empty()) leftover.push_back(std::move(records));
  // Only now: whoever begins after the look owns nothing that it has seen.
  if (StatusOf(job.folder) == "running") {
    return Error{Code::kConflict, StrCat("job '", name, "' is running: end it with `lambdaml stop ", name,
                                         "`, which leaves nothing in its channel")};
  }
  return leftover;
}

Result<void> RemoveLeftover(const PastJob& job, const Leftover& leftover, CheckpointsOf checkpoints,
                            const Session& session) {
  for (const LeftoverIn& part : leftover) {
    std::vector<Key> keys;
    for (const Entry& entry : part.entries) keys.push_back(entry.key);
    TRY(part.store->Delete(keys).Context(StrCat("job '", job.folder.name(), "'")));
  }
  const auto lost = LostAttempt(job.folder);
  std::error_code none;
  if (checkpoints == CheckpointsOf::kGo) fs::remove(job.folder.checkpoint(), none);
  if (!lost || lost->spec.channel != job.channel) return {};
  if (HasCheckpoint(*lost, session)) {
    fs::rename(job.folder.attempt(), job.folder.checkpoint(), none);
  } else {
    fs::remove(job.folder.attempt(), none);
  }
  return {};
}

}  // namespace lambdaml
