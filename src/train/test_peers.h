// SPDX-License-Identifier: Apache-2.0
#pragma once

// For tests: ranks as threads that meet in memory. Sums have the canonical order, as everywhere. What may be stale
// comes as late as it may, which is the worst case and the same in every run.

#include <algorithm>
#include <barrier>
#include <cstdint>
#include <deque>
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
    ++rounds_;
    TRY(values_.Sum(*this, mine.values, mine.staleness));
    return tally_.Sum(*this, mine.tally, mine.staleness);
  }
  Result<void> AllReduce(std::span<double> values) override {
    ++rounds_;
    return Late<double>().Sum(*this, values, 0);
  }

  void Start(const Contribution& mine) override { started_ = AllReduce(mine); }
  Result<void> Finish() override { return std::exchange(started_, {}); }

  Result<void> Broadcast(Bytes& bytes, int root) override {
    ++rounds_;
    Bring(bytes);
    Bytes theirs = ToBytes(meeting_.parts[static_cast<std::size_t>(root)]);
    meeting_.everyone.arrive_and_wait();
    bytes = std::move(theirs);
    return {};
  }

  Result<void> Barrier() override {
    ++rounds_;
    meeting_.everyone.arrive_and_wait();
    return {};
  }

  Result<bool> Recall(const Contribution&) override { return false; }
  void Forget(std::uint64_t) override {}
  std::uint64_t next_round() const override { return rounds_; }
  CommunicatorUse use() const override { return {}; }

 private:
  template <class T>
  using Vectors = std::vector<std::vector<T>>;

  // What the ranks have brought and this one has not had, one Vectors for each call; all but its own.
  template <class T>
  class Late {
   public:
    Result<void> Sum(TestPeers& peers, std::span<T> values, std::uint64_t staleness) {
      Vectors<T> sums = peers.Swap(values);
      calls_.push_back(sums);
      for (std::size_t rank = 0; rank < sums.size(); ++rank) {
        if (rank != static_cast<std::size_t>(peers.rank_)) std::ranges::fill(sums[rank], T{});
      }
      for (; calls_.size() > staleness; calls_.pop_front()) {
        AddOthers(calls_.front(), static_cast<std::size_t>(peers.rank_), sums);
      }
      std::vector<Encoded> by_rank;
      for (const std::vector<T>& sum : sums) by_rank.push_back(Encoded::Of(std::span(sum)));
      CanonicalSum(by_rank, Accumulate::kFloat32, Elements::Of(values));
      return {};
    }

   private:
    static void AddOthers(const Vectors<T>& from, std::size_t own, Vectors<T>& sums) {
      for (std::size_t rank = 0; rank < from.size(); ++rank) {
        for (std::size_t i = 0; rank != own && i < from[rank].size(); ++i) sums[rank][i] += from[rank][i];
      }
    }

    std::deque<Vectors<T>> calls_;
  };

  template <class T>
  Vectors<T> Swap(std::span<T> values) {
    Bring(std::as_bytes(values));
    Vectors<T> all(meeting_.parts.size(), std::vector<T>(values.size()));
    for (std::size_t rank = 0; rank < all.size(); ++rank) {
      std::ranges::copy(meeting_.parts[rank], std::as_writable_bytes(std::span(all[rank])).begin());
    }
    meeting_.everyone.arrive_and_wait();
    return all;
  }

  void Bring(ByteSpan part) {
    meeting_.parts[static_cast<std::size_t>(rank_)] = part;
    meeting_.everyone.arrive_and_wait();
  }

  Meeting& meeting_;
  int rank_;
  std::uint64_t rounds_ = 0;
  Late<float> values_;
  Late<double> tally_;
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
