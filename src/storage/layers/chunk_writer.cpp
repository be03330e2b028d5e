// SPDX-License-Identifier: Apache-2.0
#include "storage/layers/chunk_writer.h"

#include <algorithm>
#include <map>

#include "base/parallel.h"
#include "base/random.h"
#include "base/text.h"
#include "storage/key_rules.h"

namespace lambdaml::chunk {

namespace {

// Larger ones would make a reader hold more beside the value.
constexpr std::uint64_t kChunkBytesMax = 16U << 20U;

// Whether what was asked for may still take effect after this error.
bool MayComeLater(Code code) { return code == Code::kUnavailable || code == Code::kTimeout || code == Code::kInternal; }

}  // namespace

// What becomes of one item.
struct Writer::Plan {
  const PutItem* item = nullptr;
  std::optional<Manifest> own = {};       // where the value goes into chunks
  std::optional<Manifest> replaced = {};  // what stands under the key, where that is known
  ManifestBytes own_bytes = {};
  ManifestBytes replaced_bytes = {};
  bool compares = false;    // with an expected value that is in chunks
  bool loses = false;       // the comparison
  bool superseded = false;  // by a later item of the batch
};

Writer::Writer(Store& store, const Reader& reader, std::uint64_t seed)
    : store_(store),
      reader_(reader),
      chunk_bytes_(std::min(kChunkBytesMax, store.limits().value_bytes_max)),
      seed_(seed) {}

bool Writer::NeedsChunks(ByteSpan value) const {
  return value.size() > store_.limits().value_bytes_max || LooksLikeManifest(value);
}

bool Writer::Concerns(const PutItem& item) const {
  return NeedsChunks(item.value) || (item.condition == Condition::kIfEquals && NeedsChunks(item.expected));
}

Result<void> Writer::Put(std::span<const PutItem> items) {
  for (const PutItem& item : items) {
    if (item.value.size() <= value_bytes_max()) continue;
    return Error{Code::kInvalid, StrCat(item.key.text(), " has ", item.value.size(), " bytes: ", store_.name(),
                                        " takes at most ", value_bytes_max())};
  }
  std::vector<Plan> plans = PlanOf(items);
  TRY(Compare(plans));
  Result<void> prepared = Prepare(plans);
  if (!prepared.ok()) {
    DeleteOwn(plans);
    return prepared;
  }
  Result<void> written = WriteManifests(plans);
  CleanUp(plans, written);
  return written;
}

std::vector<Writer::Plan> Writer::PlanOf(std::span<const PutItem> items) {
  std::vector<Plan> plans(items.size());
  std::map<Key, Plan*> last;
  for (std::size_t i = 0; i < items.size(); ++i) {
    Plan& plan = plans[i];
    plan.item = &items[i];
    plan.compares = items[i].condition == Condition::kIfEquals && NeedsChunks(items[i].expected);
    if (NeedsChunks(items[i].value)) {
      plan.own = Manifest{.generation = Mix(seed_, generations_.fetch_add(1)),
                          .value_bytes = items[i].value.size(),
                          .chunk_bytes = chunk_bytes_};
      plan.own_bytes = Write(*plan.own);
    }
    Plan*& earlier = last[items[i].key];
    if (earlier != nullptr) earlier->superseded = true;
    earlier = &plan;
  }
  return plans;
}

// The manifest is read before the value: if it is still there when it is replaced, so was the value.
Result<void> Writer::Compare(std::vector<Plan>& plans) const {
  std::vector<Plan*> comparing;
  std::vector<Key> keys;
  for (Plan& plan : plans) {
    if (!plan.compares) continue;
    comparing.push_back(&plan);
    keys.push_back(plan.item->key);
  }
  if (keys.empty()) return {};
  const auto manifests = TRY(reader_.Manifests(keys));
  const Values values = TRY(reader_.Assembled(keys, TRY(store_.Get(keys))));
  for (std::size_t i = 0; i < keys.size(); ++i) {
    Plan& plan = *comparing[i];
    plan.loses = !manifests[i] || !values[i] || !std::ranges::equal(values[i]->span(), plan.item->expected);
    if (plan.loses) continue;
    plan.replaced = manifests[i];
    plan.replaced_bytes = Write(*manifests[i]);
  }
  return {};
}

// What is replaced is found while the chunks are written, so that it costs no time.
Result<void> Writer::Prepare(std::vector<Plan>& plans) const {
  Result<void> steps[2];
  ParallelFor(2, 2,
              [this, &plans, &steps](std::size_t i) { steps[i] = i == 0 ? WriteChunks(plans) : FindReplaced(plans); });
  TRY(std::move(steps[0]));
  return std::move(steps[1]);
}

Result<void> Writer::WriteChunks(const std::vector<Plan>& plans) const {
  std::vector<PutItem> puts;
  for (const Plan& plan : plans) {
    if (!plan.own || plan.loses) continue;
    for (std::uint64_t i = 0; i < plan.own->chunks(); ++i) {
      puts.push_back({.key = ChunkKey(plan.item->key, plan.own->generation, i),
                      .value = plan.item->value.subspan(i * plan.own->chunk_bytes, plan.own->BytesOf(i))});
    }
  }
  return puts.empty() ? Result<void>() : store_.Put(puts);
}

Result<void> Writer::FindReplaced(std::vector<Plan>& plans) const {
  std::vector<Plan*> replacing;
  std::vector<Key> keys;
  for (Plan& plan : plans) {
    if (!plan.own || plan.item->condition != Condition::kAlways) continue;
    replacing.push_back(&plan);
    keys.push_back(plan.item->key);
  }
  if (keys.empty()) return {};
  const auto manifests = TRY(reader_.Manifests(keys));
  for (std::size_t i = 0; i < keys.size(); ++i) replacing[i]->replaced = manifests[i];
  return {};
}

Result<void> Writer::WriteManifests(const std::vector<Plan>& plans) const {
  std::vector<PutItem> puts;
  const PutItem* lost = nullptr;
  for (const Plan& plan : plans) {
    if (plan.loses) {
      lost = plan.item;
      continue;
    }
    PutItem& put = puts.emplace_back(*plan.item);
    if (plan.own) put.value = plan.own_bytes;
    if (plan.compares) put.expected = plan.replaced_bytes;
  }
  if (!puts.empty()) TRY(store_.Put(puts));
  if (lost != nullptr) return ConflictError(*lost, store_);
  return {};
}

// Best effort: what stays appears in List.
void Writer::CleanUp(const std::vector<Plan>& plans, const Result<void>& written) const {
  if (!written.ok() && MayComeLater(written.error().code)) return;
  std::vector<Key> keys;
  keys.reserve(plans.size());
  for (const Plan& plan : plans) keys.push_back(plan.item->key);
  std::vector<std::optional<Manifest>> standing(plans.size());
  if (!written.ok()) {
    auto found = reader_.Manifests(keys);
    if (!found.ok()) return;
    standing = std::move(found).value();
  }
  std::vector<Key> garbage;
  for (std::size_t i = 0; i < plans.size(); ++i) {
    const Plan& plan = plans[i];
    const bool stands = written.ok() ? !plan.superseded : plan.own && standing[i] == plan.own;
    const bool done = written.ok() || stands;
    if (done && plan.replaced) AppendChunkKeys(plan.item->key, *plan.replaced, garbage);
    // Without a condition another writer may have come after; its clean-up is not ours.
    const bool lost = written.ok() || plan.item->condition != Condition::kAlways;
    if (plan.own && !stands && lost) AppendChunkKeys(plan.item->key, *plan.own, garbage);
  }
  DeleteQuietly(garbage);
}

void Writer::DeleteOwn(const std::vector<Plan>& plans) const {
  std::vector<Key> garbage;
  for (const Plan& plan : plans) {
    if (plan.own && !plan.loses) AppendChunkKeys(plan.item->key, *plan.own, garbage);
  }
  DeleteQuietly(garbage);
}

void Writer::DeleteQuietly(std::span<const Key> garbage) const {
  if (garbage.empty()) return;
  [[maybe_unused]] const Result<void> ignored = store_.Delete(garbage);
}

}  // namespace lambdaml::chunk
