// SPDX-License-Identifier: Apache-2.0
#pragma once

// For tests: ranks as threads that meet in memory. Sums have the canonical order, as everywhere.

#include <algorithm>
#include <barrier>
#include <thread>
#include <utility>
#include <vector>

#include "comm/canonical_sum.h"
#include "comm/communicator.h"

namespace lambdaml {

// Where the ranks of one test meet.
struct Meeting {
  explicit Meeting(int size) : everyone(size), parts(static_cast<std::size_t>(size)) {}

  std::barrier<> everyone;
  std::vector<ByteSpan> parts;  // what each rank has brought
};

class TestPeers final : public Communicator {
 public:
  TestPeers(Meeting& meeting, int rank) : meeting_(meeting), rank_(rank) {}
  ~TestPeers() override { meeting_.everyone.arrive_and_drop(); }

  int rank() const override { return rank_; }
  int size() const override { return static_cast<int>(meeting_.parts.size()); }
  Result<void> AllReduce(const Contribution& mine) override {
    TRY(Sum(mine.values));
    return Sum(mine.tally);
  }
  Result<void> AllReduce(std::span<double> values) override { return Sum(values); }

  void Start(const Contribution& mine) override { started_ = AllReduce(mine); }
  Result<void> Finish() override { return std::exchange(started_, {}); }

  Result<void> Broadcast(Bytes& bytes, int root) override {
    Bring(bytes);
    Bytes theirs = ToBytes(meeting_.parts[static_cast<std::size_t>(root)]);
    meeting_.everyone.arrive_and_wait();
    bytes = std::move(theirs);
    return {};
  }

  Result<void> Barrier() override {
    meeting_.everyone.arrive_and_wait();
    return {};
  }

  CommunicatorUse use() const override { return {}; }

 private:
  template <class T>
  Result<void> Sum(std::span<T> values) {
    Bring(std::as_bytes(values));
    std::vector<T> sum(values.size());
    CanonicalSum(meeting_.parts, Elements::Of(std::span(sum)));
    meeting_.everyone.arrive_and_wait();
    std::copy(sum.begin(), sum.end(), values.begin());
    return {};
  }

  void Bring(ByteSpan part) {
    meeting_.parts[static_cast<std::size_t>(rank_)] = part;
    meeting_.everyone.arrive_and_wait();
  }

  Meeting& meeting_;
  int rank_;
  Result<void> started_;
};

// Calls work(peers) on a thread for each rank.
template <class Work>
void RunRanks(int size, const Work& work) {
  Meeting meeting(size);
  std::vector<std::jthread> threads;
  for (int rank = 0; rank < size; ++rank) {
    threads.emplace_back([&meeting, &work, rank] {
      TestPeers peers(meeting, rank);
      work(peers);
    });
  }
}

}  // namespace lambdaml
