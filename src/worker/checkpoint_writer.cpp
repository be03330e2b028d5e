// SPDX-License-Identifier: Apache-2.0
#include "worker/checkpoint_writer.h"

#include <utility>

namespace lambdaml {

namespace {

// The first round behind the boundary may begin before other ranks have written their parts. When the second one
// begins, every rank has taken part in the first, before which it wrote its part.
constexpr int kRoundsBehind = 2;

}  // namespace

CheckpointWriter::CheckpointWriter(Checkpoints& checkpoints, Background& background, std::int64_t rank,
                                   const JobHead& head, const ProtocolSteps& steps)
    : checkpoints_(checkpoints),
      background_(background),
      rank_(rank),
      restart_(head.restart),
      steps_(steps),
      next_(head.checkpoint ? head.checkpoint->number + 1 : 1),
      last_(head.checkpoint) {}

CheckpointManifest CheckpointWriter::Stamped(CheckpointManifest manifest) {
  manifest.number = next_++;
  manifest.restart = restart_;
  return manifest;
}

Result<void> CheckpointWriter::Keep(CheckpointState state) {
  TRY(TakeError());
  const CheckpointManifest manifest = Stamped(std::move(state.manifest));
  if (!steps_.commit_order) Commit(manifest);
  TRY(checkpoints_.WritePart(manifest, rank_, state.own));
  if (rank_ != 0) return {};
  open_ = true;
  pending_ = std::make_shared<CheckpointManifest>(manifest);
  rounds_behind_ = 0;
  background_.Start([this, manifest, shared = std::move(state.shared)] {
    Note(checkpoints_.WritePart(manifest, kSharedPart, shared));
  });
  return {};
}

void CheckpointWriter::RoundBegins() {
  if (!pending_ || ++rounds_behind_ < kRoundsBehind) return;
  // Behind the shared part, because tasks of one thread run one after another.
  background_.Start([this, manifest = std::exchange(pending_, nullptr)] { Commit(*manifest); });
}

void CheckpointWriter::Commit(const CheckpointManifest& manifest) {
  {
    const std::lock_guard lock(mutex_);
    if (!written_.ok()) return;
  }
  Result<bool> committed = checkpoints_.Commit(manifest);
  if (!committed.ok()) return Note(std::move(committed).error());
  if (last_) Note(checkpoints_.Drop(*last_));
  last_ = manifest;
  open_ = false;
}

Result<void> CheckpointWriter::Finish(CheckpointState state, Communicator& peers) {
  background_.Finish();
  TRY(TakeError());
  pending_ = nullptr;
  CheckpointManifest manifest = Stamped(std::move(state.manifest));
  manifest.call = static_cast<std::int64_t>(peers.next_round() + 1);
  TRY(checkpoints_.WritePart(manifest, rank_, state.own));
  if (rank_ == 0) TRY(checkpoints_.WritePart(manifest, kSharedPart, state.shared));
  TRY(peers.Barrier());
  TRY(checkpoints_.Commit(manifest));
  if (rank_ == 0 && last_) TRY(checkpoints_.Drop(*last_));
  last_ = manifest;
  return {};
}

void CheckpointWriter::Note(Result<void> written) {
  const std::lock_guard lock(mutex_);
  if (written_.ok()) written_ = std::move(written);
}

Result<void> CheckpointWriter::TakeError() {
  const std::lock_guard lock(mutex_);
  return std::exchange(written_, Result<void>());
}

}  // namespace lambdaml
