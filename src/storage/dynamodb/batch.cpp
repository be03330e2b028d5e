// SPDX-License-Identifier: Apache-2.0
#include "storage/dynamodb/batch.h"

#include <algorithm>
#include <functional>
#include <unordered_map>

#include "base/text.h"
#include "storage/dynamodb/backoff.h"

namespace lambdaml::dynamodb {

namespace {

// Of requests that are in memory at once. A batch of the largest items has 14 MB.
constexpr std::size_t kRequestBytesMax = std::size_t{64} << 20U;

constexpr std::uint64_t kPartitionAnswerBytes = std::uint64_t{1} << 20U;

Error InService(Error error, const Service& service, std::string_view operation) {
  return std::move(error).Context(
      StrCat(service.settings().name, ": ", operation, " at ", service.settings().server()));
}

Error StillUnprocessed(const Service& service, std::string_view operation, std::size_t count) {
  return {Code::kUnavailable, StrCat(service.settings().name, ": ", operation, " at ", service.settings().server(),
                                     ": ", count, " items stay unprocessed; use fewer workers or give table ",
                                     service.settings().table, " more capacity")};
}

// Takes the part of `pending` that fits into one call, and one memory, at a time.
class WriteRound {
 public:
  WriteRound(Service& service, std::span<const Write> writes) : service_(service) {
    for (const Write& write : writes) {
      pending_.push_back(&write);
      by_key_.emplace(write.key, &write);
    }
  }

  std::size_t pending() const { return pending_.size(); }

  // Sends what is pending, and keeps what stays unprocessed.
  Result<void> Send() {
    std::vector<const Write*> unprocessed;
    std::size_t begin = 0;
    while (begin < pending_.size()) {
      std::vector<Call> calls = NextCalls(begin);
      Result<void> outcome;
      service_.SendAll(std::move(calls), [&](std::size_t, const Result<std::string>& answer) {
        const Result<void> taken = Take(answer, unprocessed);
        if (outcome.ok()) outcome = taken;
      });
      TRY(std::move(outcome));
    }
    pending_ = std::move(unprocessed);
    return {};
  }

 private:
  std::vector<Call> NextCalls(std::size_t& begin) const {
    std::vector<Call> calls;
    std::size_t bytes = 0;
    while (begin < pending_.size() && bytes < kRequestBytesMax) {
      const auto part = std::span(pending_).subspan(begin, std::min(kWritesMax, pending_.size() - begin));
      calls.push_back({"BatchWriteItem", BatchWriteText(service_.settings(), part), part.size()});
      bytes += calls.back().body.size();
      begin += part.size();
    }
    return calls;
  }

  Result<void> Take(const Result<std::string>& answer, std::vector<const Write*>& unprocessed) const {
    if (!answer.ok()) return answer.error();
    const Result<std::vector<std::string>> keys = ParseBatchWrite(answer.value(), service_.settings().table);
    if (!keys.ok()) return InService(keys.error(), service_, "BatchWriteItem");
    for (const std::string& key : keys.value()) {
      const auto write = by_key_.find(key);
      if (write != by_key_.end()) unprocessed.push_back(write->second);
    }
    return {};
  }

  Service& service_;
  std::vector<const Write*> pending_;
  std::unordered_map<std::string_view, const Write*> by_key_;
};

class ReadRound {
 public:
  ReadRound(Service& service, std::span<const Wanted> wanted)
      : service_(service), wanted_(wanted), found_(wanted.size()) {
    for (const Wanted& each : wanted) {
      index_.emplace(each.key, index_.size());
      Want(each);
    }
  }

  std::size_t pending_values() const { return values_.size(); }
  std::size_t pending() const { return values_.size() + sizes_.size(); }
  std::uint64_t largest() const { return largest_; }
  std::vector<std::optional<StoredItem>> TakeFound() && { return std::move(found_); }

  Result<void> Send(std::size_t value_keys) {
    std::vector<Call> calls;
    AddCalls(calls, values_, Projection::kValue, value_keys);
    const std::size_t value_calls = calls.size();
    AddCalls(calls, sizes_, Projection::kSize, kReadsMax);
    values_.clear();
    sizes_.clear();
    Result<void> outcome;
    service_.SendAll(std::move(calls), [&](std::size_t i, const Result<std::string>& answer) {
      const Result<void> taken = Take(answer, i < value_calls ? Projection::kValue : Projection::kSize);
      if (outcome.ok()) outcome = taken;
    });
    return outcome;
  }

 private:
  void Want(const Wanted& each) { (each.projection == Projection::kSize ? sizes_ : values_).push_back(&each.key); }

  void AddCalls(std::vector<Call>& calls, std::span<const std::string* const> keys, Projection projection,
                std::size_t keys_max) const {
    for (std::size_t begin = 0; begin < keys.size(); begin += keys_max) {
      const auto part = keys.subspan(begin, std::min(keys_max, keys.size() - begin));
      calls.push_back({"BatchGetItem", BatchReadText(service_.settings(), part, projection), part.size()});
    }
  }

  Result<void> Take(const Result<std::string>& answer, Projection projection) {
    if (!answer.ok()) return answer.error();
    Result<BatchReadAnswer> parsed = ParseBatchRead(answer.value(), service_.settings().table);
    if (!parsed.ok()) return InService(parsed.error(), service_, "BatchGetItem");
    for (StoredItem& item : parsed.value().items) {
      const auto at = index_.find(item.key);
      if (at == index_.end()) continue;
      if (projection == Projection::kValue && item.value.size() != item.value_bytes) {
        return InService({Code::kInvalid, StrCat("the item ", item.key, " has lost its value: delete it")}, service_,
                         "BatchGetItem");
      }
      if (projection == Projection::kValue) largest_ = std::max(largest_, item.value_bytes);
      found_[at->second] = std::move(item);
    }
    for (const std::string& key : parsed.value().unprocessed) {
      const auto at = index_.find(key);
      if (at != index_.end()) Want(wanted_[at->second]);
    }
    return {};
  }

  Service& service_;
  const std::span<const Wanted> wanted_;
  std::unordered_map<std::string_view, std::size_t> index_;
  std::vector<const std::string*> values_;
  std::vector<const std::string*> sizes_;
  std::vector<std::optional<StoredItem>> found_;
  std::uint64_t largest_ = 0;
};

}  // namespace

Result<void> WriteItems(Service& service, std::span<const Write> writes) {
  if (writes.empty()) return {};
  WriteRound round(service, writes);
  Backoff backoff(service.clock(), std::hash<std::string>()(writes.front().key));
  for (;;) {
    const std::size_t before = round.pending();
    TRY(round.Send());
    if (round.pending() == 0) return {};
    if (round.pending() < before) backoff.Progress();
    if (!backoff.Pause()) return StillUnprocessed(service, "BatchWriteItem", round.pending());
  }
}

void ReadSize::Learn(std::uint64_t largest_value_bytes) {
  const std::uint64_t keys = kPartitionAnswerBytes / std::max<std::uint64_t>(largest_value_bytes, 1);
  keys_.store(std::clamp<std::uint64_t>(keys, 2, kReadsMax), std::memory_order_relaxed);
}

Result<std::vector<std::optional<StoredItem>>> ReadItems(Service& service, std::span<const Wanted> wanted,
                                                         ReadSize& read_size) {
  ReadRound round(service, wanted);
  if (wanted.empty()) return std::move(round).TakeFound();
  Backoff backoff(service.clock(), std::hash<std::string>()(wanted.front().key));
  for (;;) {
    const std::size_t before = round.pending();
    const bool teaches = round.pending_values() > 1;
    TRY(round.Send(read_size.keys()));
    if (teaches) read_size.Learn(round.largest());
    if (round.pending() == 0) return std::move(round).TakeFound();
    if (round.pending() < before) {
      backoff.Progress();
    } else if (!backoff.Pause()) {
      return StillUnprocessed(service, "BatchGetItem", round.pending());
    }
  }
}

}  // namespace lambdaml::dynamodb
