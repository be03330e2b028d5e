// SPDX-License-Identifier: Apache-2.0
#include "storage/s3/upload.h"

#include <algorithm>
#include <unordered_map>
#include <vector>

#include "base/text.h"
#include "storage/key_rules.h"
#include "storage/s3/download.h"
#include "storage/s3/multipart.h"
#include "storage/s3/refusal.h"

namespace lambdaml::s3 {

namespace {

// From here on several connections are worth two more requests.
constexpr std::size_t kWholeBytesMax = std::size_t{64} << 20U;

class Batch {
 public:
  Batch(Bucket& bucket, const Store& store) : bucket_(bucket), store_(store) {}

  // Sorts out what is to be sent, and how.
  Result<void> Plan(std::span<const PutItem> items);
  Result<void> Send();

 private:
  Result<void> FindTags(std::span<const PutItem* const> replacing);
  void AddRequest(const PutItem& item, std::string_view tag = {});
  Result<void> Judge(const PutItem& item, const Result<HttpResponse>& answer) const;

  Bucket& bucket_;
  const Store& store_;
  std::vector<HttpRequest> requests_;
  std::vector<const PutItem*> requested_;  // by each of them
  std::vector<const PutItem*> in_parts_;
  Result<void> conflict_;  // the first one
};

// Of several with one key only the last.
std::vector<const PutItem*> LastOfEachKey(std::span<const PutItem> items) {
  std::unordered_map<std::string_view, std::size_t> last;
  for (std::size_t i = 0; i < items.size(); ++i) last[items[i].key.text()] = i;
  std::vector<const PutItem*> kept;
  for (std::size_t i = 0; i < items.size(); ++i) {
    if (last[items[i].key.text()] == i) kept.push_back(&items[i]);
  }
  return kept;
}

Result<void> Batch::Plan(std::span<const PutItem> items) {
  std::vector<const PutItem*> replacing;
  for (const PutItem* const item : LastOfEachKey(items)) {
    if (item->condition == Condition::kIfEquals) {
      replacing.push_back(item);
    } else if (item->condition == Condition::kAlways && item->value.size() > kWholeBytesMax) {
      in_parts_.push_back(item);
    } else {
      AddRequest(*item);
    }
  }
  return replacing.empty() ? Result<void>() : FindTags(replacing);
}

Result<void> Batch::FindTags(std::span<const PutItem* const> replacing) {
  std::vector<Range> ranges;
  for (const PutItem* const item : replacing) ranges.push_back({.key = item->key});
  const auto found = TRY(Download(bucket_, ranges, Need::kBytesAndTag));
  for (std::size_t i = 0; i < replacing.size(); ++i) {
    if (found[i] && std::ranges::equal(found[i]->slice.bytes.span(), replacing[i]->expected)) {
      AddRequest(*replacing[i], found[i]->tag);
    } else if (conflict_.ok()) {
      conflict_ = ConflictError(*replacing[i], store_);
    }
  }
  return {};
}

void Batch::AddRequest(const PutItem& item, std::string_view tag) {
  HttpRequest request = bucket_.ForObject("PUT", item.key);
  request.large_body = item.value;
  request.at_most_once = item.condition != Condition::kAlways;
  if (item.condition == Condition::kIfAbsent) request.headers["If-None-Match"] = "*";
  if (item.condition == Condition::kIfEquals) request.headers["If-Match"] = tag;
  requests_.push_back(std::move(request));
  requested_.push_back(&item);
}

Result<void> Batch::Send() {
  const Bucket::Answers answers = bucket_.SendAll(std::move(requests_));
  Result<void> failed;
  for (std::size_t i = 0; i < answers.size(); ++i) {
    Result<void> judged = Judge(*requested_[i], answers[i]);
    if (judged.ok()) continue;
    Result<void>& kept = judged.error().code == Code::kConflict ? conflict_ : failed;
    if (kept.ok()) kept = std::move(judged);
  }
  TRY(failed);
  for (const PutItem* const item : in_parts_) TRY(UploadInParts(bucket_, item->key, item->value));
  return conflict_;
}

Result<void> Batch::Judge(const PutItem& item, const Result<HttpResponse>& answer) const {
  if (!answer.ok()) return answer.error();
  const HttpResponse& response = answer.value();
  if (response.status == 200 && !Find(response.headers, "ETag").empty()) return {};
  Error error = ErrorOf(bucket_.location(), StrCat("write ", item.key.text()), response);
  const bool conditional = item.condition != Condition::kAlways;
  // kNotFound: what was to be replaced has been deleted.
  const bool conflict = error.code == Code::kConflict || error.code == Code::kNotFound;
  if (conditional && conflict) return ConflictError(item, store_);
  return error;
}

Result<void> CheckSize(const Store& store, const PutItem& item) {
  const std::uint64_t size = item.value.size();
  if (size > kValueBytesMax) {
    return Error{Code::kInvalid, StrCat(store.name(), ": ", item.key.text(), " has ", size,
                                        " bytes, and an object at most 5 TiB; write it in chunks")};
  }
  if (item.condition != Condition::kAlways && size > kConditionalBytesMax) {
    return Error{Code::kInvalid, StrCat(store.name(), ": ", item.key.text(), " has ", size,
                                        " bytes, and at most 5 GiB can be written with a condition; write it without")};
  }
  return {};
}

}  // namespace

Result<void> Upload(Bucket& bucket, const Store& store, std::span<const PutItem> items) {
  for (const PutItem& item : items) TRY(CheckSize(store, item));
  Batch batch(bucket, store);
  TRY(batch.Plan(items));
  return batch.Send();
}

}  // namespace lambdaml::s3
