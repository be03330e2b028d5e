// SPDX-License-Identifier: Apache-2.0
#pragma once

// The state of a job at a boundary between two rounds, in a store that keeps what it is given. Each rank writes its
// part; when all parts are there, the head of the job is replaced by a conditional put, so that it names them. A part
// checks itself (checkpoint_part.h). So whoever reads the head finds what it names, whole.
//
// The head also says how often all ranks have gone back to it together. It is one record, so a checkpoint of before a
// restart can never be committed after it; and its parts have other keys, so a writer that wakes up late spoils
// nothing.

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/key.h"
#include "base/result.h"
#include "coordination/checkpoint_part.h"
#include "storage/store.h"

namespace lambdaml {

struct CheckpointManifest {
  std::int64_t number = 0;   // from 1
  std::int64_t call = 0;     // the first collective call after it
  std::int64_t restart = 0;  // the restart to which the calls before it belong
  std::int64_t ranks = 0;    // that have parts
  std::int64_t rounds = 0;   // of training so far
  double epochs = 0;
  double loss = 0;  // of the last round
  std::int64_t unix_ms = 0;
  std::string committed_by{};  // instance

  friend bool operator==(const CheckpointManifest&, const CheckpointManifest&) = default;
};

struct JobHead {
  std::int64_t restart = 0;                        // how often all ranks have gone back
  std::string by{};                                // the last time: which instance said so
  std::string why{};                               // likewise
  std::optional<CheckpointManifest> checkpoint{};  // nothing: the beginning

  friend bool operator==(const JobHead&, const JobHead&) = default;
};

std::string ToJson(const JobHead& head);
Result<JobHead> ParseJobHead(std::string_view json);

// May be used from several threads. The store must outlive it.
class Checkpoints {
 public:
  // Everything is below `prefix`.
  Checkpoints(Store& store, Key prefix) : store_(store), prefix_(std::move(prefix)) {}

  Result<JobHead> Head();  // of a job that has none: the beginning, restart 0

  // `part` is a rank or kSharedPart. Of the manifest the number and the restart count.
  Result<void> WritePart(const CheckpointManifest& of, std::int64_t part, ByteSpan state);
  // kNotFound if it was dropped meanwhile: read the head again. kInvalid names the key and what is wrong with it.
  Result<Blob> ReadPart(const CheckpointManifest& of, std::int64_t part);

  // Makes `next` the head's checkpoint. Returns false, having done nothing, if there is one of this number or a later
  // one already; kConflict if there was a restart that `next` does not belong to.
  Result<bool> Commit(const CheckpointManifest& next);

  // All ranks go back together: declares the restart after `known`. Returns the head in force, whose restart is higher
  // if others were faster.
  Result<JobHead> DeclareRestart(std::int64_t known, std::string_view by, std::string_view why);

  // Deletes the parts of a checkpoint that the head does not name any more.
  Result<void> Drop(const CheckpointManifest& of);

 private:
  // The head as `decide` wants it, which is asked again when another writer came between. Nothing: as it is.
  using Decide = std::function<Result<std::optional<JobHead>>(const JobHead& head)>;
  Result<JobHead> Change(const Decide& decide);
  Key HeadKey() const { return prefix_ / "head"; }
  Key PartKey(const CheckpointManifest& of, std::int64_t part) const;

  Store& store_;
  Key prefix_;
};

}  // namespace lambdaml
