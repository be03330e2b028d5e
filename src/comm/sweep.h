// SPDX-License-Identifier: Apache-2.0
#pragma once

// What one rank has written to the channel and deletes itself: in batches beside the calls, since a request to delete
// costs the latency of the channel, whatever its length. So a constant number of rounds is alive, or, of what is kept
// for ranks that take over, what has not been forgotten. Thread-safe.

#include <cstdint>
#include <mutex>
#include <vector>

#include "base/key.h"
#include "base/result.h"
#include "comm/membership.h"

namespace lambdaml {

class Sweep {
 public:
  enum class Life : std::uint8_t { kUntilRead, kUntilForgotten };

  // The store and the background of the membership must outlive the tasks of the latter.
  explicit Sweep(const Membership& membership)
      : store_(membership.store), background_(membership.background), swept_before_(membership.first_round) {}

  // This rank, or the one that it takes over from, has written this for the call `round`.
  void Note(std::uint64_t round, Key key, Life life);

  // All calls below `round` are over: whoever reads messages has had them.
  void ReadersDone(std::uint64_t round);

  // No rank will take over at a call below `round`.
  void Forget(std::uint64_t round);

  // Begins to delete what may go, if that is worth a request.
  void Start();

  // The first error so far.
  Result<void> result() const;

 private:
  struct Written {
    std::uint64_t round;
    Key key;
  };

  static void TakeBelow(std::uint64_t round, std::vector<Written>& written, std::vector<Key>& keys);
  std::vector<Key> Ripe();

  Store& store_;
  Background& background_;

  mutable std::mutex mutex_;  // of what follows
  std::uint64_t readers_done_before_ = 0;
  std::uint64_t swept_before_;
  std::uint64_t forgotten_before_ = 0;
  bool has_forgotten_ = false;     // more than at the last sweep
  std::vector<Written> fleeting_;  // not yet deleted, by their life
  std::vector<Written> kept_;
  Result<void> result_;
};

}  // namespace lambdaml
