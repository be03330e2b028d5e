// SPDX-License-Identifier: Apache-2.0
#pragma once

// Writes this rank's parts of checkpoints and commits. While training goes on, the shared part is written and the head
// committed beside it, by rank 0: it commits when every rank has begun a call behind the boundary, and each rank writes
// its own part before that. When training pauses or ends, all meet, and whoever is first commits.
//
// Used by one thread.

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>

#include "base/background.h"
#include "comm/communicator.h"
#include "coordination/checkpoint.h"
#include "coordination/protocol.h"

namespace lambdaml {

// The parts of a checkpoint as they are written.
struct CheckpointState {
  CheckpointManifest manifest;  // number and restart are the writer's
  Bytes shared;                 // empty on other ranks than 0
  Bytes own;
};

class CheckpointWriter {
 public:
  // All must outlive this. `head` is what training has begun with; the background needs a thread for this alone.
  CheckpointWriter(Checkpoints& checkpoints, Background& background, std::int64_t rank, const JobHead& head,
                   const ProtocolSteps& steps);
  CheckpointWriter(const CheckpointWriter&) = delete;
  CheckpointWriter& operator=(const CheckpointWriter&) = delete;
  ~CheckpointWriter() { background_.Finish(); }

  // The number of the next checkpoint: every rank counts alike.
  std::int64_t next() const { return next_; }

  // While a checkpoint was taken that is not committed yet; on rank 0, who says when to take another.
  const std::atomic<bool>& is_open() const { return open_; }

  // At a boundary, on every rank. The error may be that of the one before.
  Result<void> Keep(CheckpointState state);

  // To be told when a round begins.
  void RoundBegins();

  // At a boundary where all ranks meet, which is one more call: returns when the checkpoint is committed.
  Result<void> Finish(CheckpointState state, Communicator& peers);

 private:
  CheckpointManifest Stamped(CheckpointManifest manifest);
  void Commit(const CheckpointManifest& manifest);
  void Note(Result<void> written);
  Result<void> TakeError();

  Checkpoints& checkpoints_;
  Background& background_;
  const std::int64_t rank_;
  const std::int64_t restart_;
  const ProtocolSteps steps_;
  std::int64_t next_;
  std::optional<CheckpointManifest> last_;  // the head's, as far as rank 0 has made it
  std::atomic<bool> open_ = false;
  std::shared_ptr<CheckpointManifest> pending_;
  int rounds_behind_ = 0;
  std::mutex mutex_;
  Result<void> written_;  // the first error of the background; guarded by mutex_
};

}  // namespace lambdaml
