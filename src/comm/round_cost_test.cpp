// SPDX-License-Identifier: Apache-2.0
#include "comm/round_cost.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <mutex>

#include "comm/test_ranks.h"
#include "storage/registry.h"

namespace lambdaml {
namespace {

// Counts the values that are written and those that are found, whoever asks.
class CountingStore final : public Store {
 public:
  explicit CountingStore(Clock& clock) : store_(OpenStore("memory:", {.clock = clock}).value()) {}

  Result<void> Put(std::span<const PutItem> items) override {
    {
      const std::lock_guard lock(mutex_);
      counted_.puts += items.size();
      for (const PutItem& item : items) counted_.bytes_written += item.value.size();
    }
    return store_->Put(items);
  }

  Result<Values> Get(std::span<const Key> keys) override { return Counted(store_->Get(keys)); }
  Result<Values> Wait(std::span<const Key> keys, const WaitOptions& options) override {
    return Counted(store_->Wait(keys, options));
  }
  Result<std::vector<Entry>> List(const Key& prefix) override { return store_->List(prefix); }
  Result<void> Delete(std::span<const Key> keys) override { return store_->Delete(keys); }
  const Limits& limits() const override { return store_->limits(); }
  std::string name() const override { return store_->name(); }

  const RoundCost& counted() const { return counted_; }

 private:
  Result<Values> Counted(Result<Values> values) {
    if (!values.ok()) return values;
    const std::lock_guard lock(mutex_);
    for (const auto& value : values.value()) {
      counted_.gets += value ? 1 : 0;
      counted_.bytes_read += value ? value->size() : 0;
    }
    return values;
  }

  std::unique_ptr<Store> store_;
  std::mutex mutex_;
  RoundCost counted_;
};

class RoundCostOf : public ::testing::TestWithParam<std::string> {};

// With 4 KiB pieces the longest of these has several stripes, of several pieces each.
TEST_P(RoundCostOf, IsWhatAChannelCounts) {
  SystemClock clock;
  const Pattern& pattern = *std::ranges::find(Patterns(), GetParam(), &Pattern::name);
  for (const int ranks : {2, 3, 4, 7, 16}) {
    for (const std::size_t elements : {0U, 1U, 1000U, 5003U, 70'001U}) {
      CountingStore store(clock);
      const Session session{.store = store,
                            .clock = clock,
                            .pattern = GetParam(),
                            .size = ranks,
                            .format = {.sparse = false},
                            .piece_bytes = 4096};
      EXPECT_EQ(Failures(RunRanks(session,
                                  [elements](Communicator& peers) {
                                    std::vector<float> values(elements, 1.0F);
                                    std::vector<double> tally(5);
                                    return peers.AllReduce({.values = values, .tally = tally});
                                  })),
                "");
      const RoundCost cost = pattern.cost(
          {.ranks = static_cast<std::size_t>(ranks), .elements = elements, .tally = 5, .piece_bytes = 4096});
      const RoundCost& counted = store.counted();
      EXPECT_EQ(counted.puts, cost.puts) << ranks << " ranks, " << elements << " elements";
      EXPECT_EQ(counted.gets, cost.gets) << ranks << " ranks, " << elements << " elements";
      EXPECT_EQ(counted.bytes_written, cost.bytes_written) << ranks << " ranks, " << elements << " elements";
      EXPECT_EQ(counted.bytes_read, cost.bytes_read) << ranks << " ranks, " << elements << " elements";
    }
  }
}

std::vector<std::string> FixedPatterns() {
  std::vector<std::string> fixed;
  for (const Pattern& pattern : Patterns()) {
    if (pattern.cost != nullptr) fixed.emplace_back(pattern.name);
  }
  return fixed;
}

INSTANTIATE_TEST_SUITE_P(Patterns, RoundCostOf, ::testing::ValuesIn(FixedPatterns()),
                         [](const auto& pattern) { return pattern.param; });

}  // namespace
}  // namespace lambdaml
