// SPDX-License-Identifier: Apache-2.0
#pragma once

// For tests: a rank writes down the results of its calls, and one that takes over from it is told them again.

#include <cstdint>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "comm/communicator.h"

namespace lambdaml {

struct RecordedCall {
  std::vector<float> values;
  std::vector<double> tally;
  Bytes bytes;
};

// `inner` and `calls` must outlive this.
class RecordingPeers final : public Communicator {
 public:
  RecordingPeers(Communicator& inner, std::vector<RecordedCall>& calls) : inner_(inner), calls_(calls) {}

  int rank() const override { return inner_.rank(); }
  int size() const override { return inner_.size(); }
  std::uint64_t next_round() const override { return inner_.next_round(); }
  Result<void> AllReduce(const Contribution& mine) override {
    TRY(inner_.AllReduce(mine));
    calls_.push_back({.values = {mine.values.begin(), mine.values.end()},
                      .tally = {mine.tally.begin(), mine.tally.end()},
                      .bytes = {}});
    return {};
  }
  Result<void> AllReduce(std::span<double> values) override {
    TRY(inner_.AllReduce(values));
    calls_.push_back({.values = {}, .tally = {values.begin(), values.end()}, .bytes = {}});
    return {};
  }
  void Start(const Contribution& mine) override { started_ = AllReduce(mine); }
  Result<void> Finish() override { return std::exchange(started_, {}); }
  Result<void> Broadcast(Bytes& bytes, int root) override {
    TRY(inner_.Broadcast(bytes, root));
    calls_.push_back({.values = {}, .tally = {}, .bytes = bytes});
    return {};
  }
  Result<void> Barrier() override {
    calls_.push_back({});
    return inner_.Barrier();
  }
  Result<bool> Recall(const Contribution& mine) override { return inner_.Recall(mine); }
  void Forget(std::uint64_t round) override { inner_.Forget(round); }
  CommunicatorUse use() const override { return inner_.use(); }

 private:
  Communicator& inner_;
  std::vector<RecordedCall>& calls_;
  Result<void> started_;
};

// Is alone and makes the same calls again. `calls` must outlive this.
class ReplayingPeers final : public Communicator {
 public:
  ReplayingPeers(int rank, int size, const std::vector<RecordedCall>& calls)
      : rank_(rank), size_(size), calls_(calls) {}

  int rank() const override { return rank_; }
  int size() const override { return size_; }
  std::uint64_t next_round() const override { return next_; }
  Result<void> AllReduce(const Contribution& mine) override {
    ++contributions_;
    return Take(mine);
  }
  Result<void> AllReduce(std::span<double> values) override { return Take({.values = {}, .tally = values}); }
  void Start(const Contribution& mine) override { started_ = AllReduce(mine); }
  Result<void> Finish() override { return std::exchange(started_, {}); }
  Result<void> Broadcast(Bytes& bytes, int /*root*/) override {
    if (IsOver()) return Over();
    bytes = calls_[next_++].bytes;
    return {};
  }
  Result<void> Barrier() override { return Take({}); }
  Result<bool> Recall(const Contribution& mine) override {
    if (IsOver()) return false;
    TRY(Take(mine));
    return true;
  }
  void Forget(std::uint64_t /*round*/) override {}
  CommunicatorUse use() const override { return {}; }

  bool IsOver() const { return next_ == calls_.size(); }
  int contributions() const { return contributions_; }  // that were made although their sum was known

 private:
  static Error Over() { return Error{Code::kInternal, "nothing was recorded of this call"}; }

  Result<void> Take(const Contribution& mine) {
    if (IsOver()) return Over();
    const RecordedCall& call = calls_[next_++];
    EXPECT_EQ(call.values.size(), mine.values.size());
    EXPECT_EQ(call.tally.size(), mine.tally.size());
    std::ranges::copy(call.values, mine.values.begin());
    std::ranges::copy(call.tally, mine.tally.begin());
    return {};
  }

  int rank_;
  int size_;
  const std::vector<RecordedCall>& calls_;
  std::size_t next_ = 0;
  int contributions_ = 0;
  Result<void> started_;
};

}  // namespace lambdaml
