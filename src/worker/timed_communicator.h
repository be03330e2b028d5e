// SPDX-License-Identifier: Apache-2.0
#pragma once

// Measures the time spent in another Communicator's calls. Forwards every call unchanged.

#include "base/clock.h"
#include "comm/communicator.h"

namespace lambdaml {

class TimedCommunicator final : public Communicator {
 public:
  // Both must outlive this.
  TimedCommunicator(Communicator& inner, Clock& clock) : inner_(inner), clock_(clock) {}

  int rank() const override { return inner_.rank(); }
  int size() const override { return inner_.size(); }
  Result<void> AllReduce(const Contribution& mine) override {
    const Timer timer(*this);
    return inner_.AllReduce(mine);
  }
  Result<void> AllReduce(std::span<double> values) override {
    const Timer timer(*this);
    return inner_.AllReduce(values);
  }
  void Start(const Contribution& mine) override {
    const Timer timer(*this);
    inner_.Start(mine);
  }
  Result<void> Finish() override {
    const Timer timer(*this);
    return inner_.Finish();
  }
  Result<void> Broadcast(Bytes& bytes, int root) override {
    const Timer timer(*this);
    return inner_.Broadcast(bytes, root);
  }
  Result<void> Barrier() override {
    const Timer timer(*this);
    return inner_.Barrier();
  }
  Result<bool> Recall(const Contribution& mine) override {
    const Timer timer(*this);
    return inner_.Recall(mine);
  }
  void Forget(std::uint64_t round) override { inner_.Forget(round); }
  std::uint64_t next_round() const override { return inner_.next_round(); }
  CommunicatorUse use() const override { return inner_.use(); }

  Clock::Duration spent() const { return spent_; }

 private:
  class Timer {
   public:
    explicit Timer(TimedCommunicator& of) : of_(of), begin_(of.clock_.Now()) {}
    Timer(const Timer&) = delete;
    Timer& operator=(const Timer&) = delete;
    ~Timer() { of_.spent_ += of_.clock_.Now() - begin_; }

   private:
    TimedCommunicator& of_;
    Clock::Time begin_;
  };

  Communicator& inner_;
  Clock& clock_;
  Clock::Duration spent_{};
};

}  // namespace lambdaml
