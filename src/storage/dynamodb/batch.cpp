// SPDX-License-Identifier: Apache-2.0
#include "storage/dynamodb/batch.h"

#include <algorithm>
#include <functional>
#include <unordered_map>
#include <utility>

#include "base/text.h"
#include "storage/dynamodb/backoff.h"

namespace lambdaml::dynamodb {

namespace {

// Of requests that are in memory at once. A batch of the largest items has 14 MB.
constexpr std::size_t kRequestBytesMax = std::size_t{64} << 20U;

constexpr std::uint64_t kPartitionAnswerBytes = std::uint64_t{1} << 20U;

Error StillUnprocessed(const Service& service, std::string_view operation, std::size_t count) {
  return {Code::kUnavailable, StrCat(service.settings().name, ": ", operation, " at ", service.settings().server(),
                                     ": ", count, " items stay unprocessed; use fewer workers or give table ",
                                     service.settings().table, " more capacity")};
}

// What is still to be written, and one round of calls after another that write it. A call that is refused for now does
// not end the round: the others have written their items, which should not be paid for twice.
class WriteRound {
 public:
  WriteRound(Service& service, std::span<const Write> writes) : service_(service) {
    for (const Write& write : writes) {
      pending_.push_back(&write);
      by_key_.emplace(write.key, &write);
    }
  }

  std::size_t pending() const { return pending_.size(); }
  const std::optional<Error>& refusal() const { return refusal_; }  // of the last round

  // Sends what is pending, and keeps what stays unprocessed.
  Result<void> Send() {
    refusal_.reset();
    const std::vector<const Write*> asked = std::exchange(pending_, {});
    for (std::size_t begin = 0; begin < asked.size();) {
      std::vector<Part> parts;
      std::vector<Call> calls = NextCalls(std::span(asked).subspan(begin), parts);
      for (const Part part : parts) begin += part.size();
      Result<void> outcome;
      service_.SendAll(std::move(calls), [&](std::size_t i, const Result<std::string>& answer) {
        Result<void> taken = Take(parts[i], answer);
        if (outcome.ok()) outcome = std::move(taken);
      });
      TRY(std::move(outcome));
    }
    return {};
  }

 private:
  using Part = std::span<const Write* const>;

  // As many as may be in memory at once.
  std::vector<Call> NextCalls(Part rest, std::vector<Part>& parts) const {
    std::vector<Call> calls;
    std::size_t bytes = 0;
    while (!rest.empty() && bytes < kRequestBytesMax) {
      parts.push_back(rest.first(std::min(kWritesMax, rest.size())));
      rest = rest.subspan(parts.back().size());
      calls.push_back({"BatchWriteItem", BatchWriteText(service_.settings(), parts.back())});
      bytes += calls.back().body.size();
    }
    return calls;
  }

  Result<void> Take(Part part, const Result<std::string>& answer) {
    const auto unprocessed = Parsed(answer);
    if (!unprocessed.ok()) {
      if (unprocessed.error().code != Code::kUnavailable) return unprocessed.error();
      pending_.insert(pending_.end(), part.begin(), part.end());
      refusal_ = unprocessed.error();
      return {};
    }
    for (const std::string& key : unprocessed.value()) {
      const auto write = by_key_.find(key);
      if (write != by_key_.end()) pending_.push_back(write->second);
    }
    return {};
  }

  Result<std::vector<std::string>> Parsed(const Result<std::string>& answer) const {
    if (!answer.ok()) return answer.error();
    auto parsed = ParseBatchWrite(answer.value(), service_.settings().table);
    if (!parsed.ok()) return service_.Located(std::move(parsed).error(), "BatchWriteItem");
    return parsed;
  }

  Service& service_;
  std::vector<const Write*> pending_;
  std::unordered_map<std::string_view, const Write*> by_key_;
  std::optional<Error> refusal_;
};

// As WriteRound.
class ReadRound {
 public:
  ReadRound(Service& service, std::span<const Wanted> wanted)
      : service_(service), wanted_(wanted), found_(wanted.size()) {
    for (const Wanted& each : wanted) {
      index_.emplace(each.key, index_.size());
      PendingOf(each.projection).push_back(&each.key);
    }
  }

  std::size_t pending_values() const { return values_.size(); }
  std::size_t pending() const { return values_.size() + sizes_.size(); }
  std::uint64_t largest() const { return largest_; }
  const std::optional<Error>& refusal() const { return refusal_; }
  std::vector<std::optional<StoredItem>> TakeFound() && { return std::move(found_); }

  Result<void> Send(std::size_t value_keys) {
    refusal_.reset();
    const Keys values = std::exchange(values_, {});
    const Keys sizes = std::exchange(sizes_, {});
    std::vector<Part> parts;
    Split(parts, values, Projection::kValue, value_keys);
    Split(parts, sizes, Projection::kSize, kReadsMax);
    std::vector<Call> calls;
    calls.reserve(parts.size());
    for (const Part& part : parts) {
      calls.push_back({"BatchGetItem", BatchReadText(service_.settings(), part.keys, part.projection)});
    }
    Result<void> outcome;
    service_.SendAll(std::move(calls), [&](std::size_t i, const Result<std::string>& answer) {
      Result<void> taken = Take(parts[i], answer);
      if (outcome.ok()) outcome = std::move(taken);
    });
    return outcome;
  }

 private:
  using Keys = std::vector<const std::string*>;
  struct Part {
    std::span<const std::string* const> keys;
    Projection projection;
  };

  Keys& PendingOf(Projection projection) { return projection == Projection::kSize ? sizes_ : values_; }

  static void Split(std::vector<Part>& parts, std::span<const std::string* const> keys, Projection projection,
                    std::size_t keys_max) {
    for (; !keys.empty(); keys = keys.subspan(parts.back().keys.size()))
      parts.push_back({keys.first(std::min(keys_max, keys.size())), projection});
  }

  Result<void> Take(const Part& part, const Result<std::string>& answer) {
    Keys& pending = PendingOf(part.projection);
    Result<BatchReadAnswer> parsed = Parsed(answer);
    if (!parsed.ok()) {
      if (parsed.error().code != Code::kUnavailable) return std::move(parsed).error();
      pending.insert(pending.end(), part.keys.begin(), part.keys.end());
      refusal_ = std::move(parsed).error();
      return {};
    }
    for (StoredItem& item : parsed.value().items) {
      if (part.projection == Projection::kValue) TRY(TakeValue(item));
      const auto at = index_.find(item.key);
      if (at != index_.end()) found_[at->second] = std::move(item);
    }
    for (const std::string& key : parsed.value().unprocessed) {
      const auto at = index_.find(key);
      if (at != index_.end()) pending.push_back(&wanted_[at->second].key);
    }
    return {};
  }

  Result<BatchReadAnswer> Parsed(const Result<std::string>& answer) const {
    if (!answer.ok()) return answer.error();
    auto parsed = ParseBatchRead(answer.value(), service_.settings().table);
    if (!parsed.ok()) return service_.Located(std::move(parsed).error(), "BatchGetItem");
    return parsed;
  }

  Result<void> TakeValue(const StoredItem& item) {
    largest_ = std::max(largest_, item.value_bytes);
    if (item.value.size() == item.value_bytes) return {};
    return service_.Located({Code::kInvalid, StrCat("the item ", item.key, " has lost its value: delete it")},
                            "BatchGetItem");
  }

  Service& service_;
  const std::span<const Wanted> wanted_;
  std::unordered_map<std::string_view, std::size_t> index_;
  Keys values_;
  Keys sizes_;
  std::vector<std::optional<StoredItem>> found_;
  std::uint64_t largest_ = 0;
  std::optional<Error> refusal_;
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
    if (round.pending() < before) {
      backoff.Progress();
    } else if (round.refusal()) {
      return *round.refusal();
    }
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
    if (teaches) read_size.Learn(round.refusal() ? kValueBytesMax : round.largest());
    if (round.pending() == 0) return std::move(round).TakeFound();
    const bool progress = round.pending() < before;
    if (!progress && round.refusal()) return *round.refusal();
    if (progress) backoff.Progress();
    if ((!progress || round.refusal()) && !backoff.Pause())
      return StillUnprocessed(service, "BatchGetItem", round.pending());
  }
}

}  // namespace lambdaml::dynamodb
