// SPDX-License-Identifier: Apache-2.0
#pragma once

// One rank's training within one process: the rows and the model are loaded once; from a checkpoint, or from the
// beginning, it goes on until training ends, is handed over, or fails. After a failure it may go on from a later head.
//
// Used by one thread.

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "comm/membership.h"
#include "coordination/checkpoint.h"
#include "coordination/runtime.h"
#include "job/invocation.h"
#include "job/report.h"
#include "worker/checkpoint_parts.h"
#include "worker/checkpoint_writer.h"
#include "worker/detector.h"
#include "worker/model_file.h"
#include "worker/progress.h"
#include "worker/rows.h"
#include "worker/timed_communicator.h"
#include "worker/trainer.h"
#include "worker/voter.h"

namespace lambdaml {

// All must outlive the training.
struct TrainingSetup {
  const JobInvocation& invocation;
  const FunctionRuntime& runtime;
  StoreMeter& meter;  // of the channel
  Store& records;
};

// From where, and among whom, training goes on. All must outlive the call.
struct Stretch {
  Store& channel;
  const JobHead& head;
  Checkpoints& from;  // where the head's checkpoint is
  Checkpoints& to;    // where new ones go
  FailureDetector& detector;
  bool is_new_run = false;  // of an attempt that ended before: somebody wants it to go on
  bool takes_over = false;  // from another incarnation: what the ranks have exchanged since the checkpoint is there
};

class Training {
 public:
  explicit Training(const TrainingSetup& setup);

  Result<void> Load();

  // Nothing if the rank hands over: the head then is a checkpoint that all ranks have agreed on.
  Result<std::optional<WorkerReport>> Run(const Stretch& stretch);

  // After a run: the channel is of no more concern.
  void LeaveChannel() { peers_.reset(); }

  // Of the last run, the oldest first, for a failure; none once the channel was left.
  std::vector<std::string> LastCalls() const;

 private:
  Result<void> OpenRows();
  Membership MembershipOf(const Stretch& stretch);
  Result<void> Restore(const Stretch& stretch);
  Result<void> StandardiseRows(Communicator& peers);
  VoterSetup VoterOf(const Stretch& stretch) const;
  Result<Trained> TrainWith(const Stretch& stretch, TimedCommunicator& peers);
  Result<void> Checkpoint(const TrainingState& state, Purpose purpose, TimedCommunicator& peers);
  Result<void> SaveModel(const Trained& trained);
  PhaseSeconds SecondsSoFar(const TimedCommunicator& peers) const;
  WorkerReport CostsSoFar(const TimedCommunicator& peers) const;
  WorkerReport Report(const Trained& trained, const TimedCommunicator& peers) const;

  const TrainingSetup setup_;
  const JobInvocation& invocation_;
  const JobSpec& spec_;
  Clock& clock_;
  Progress progress_;
  Clock::Time began_{};
  Clock::Time loaded_{};
  Share share_;
  RowForm form_ = RowForm::kDense;
  std::vector<double> column_sums_;  // of this rank's rows before they were standardised
  std::vector<double> column_squares_;
  TrainedModel trained_model_;
  std::unique_ptr<Background> cores_;
  std::unique_ptr<Model> model_;  // the trained one's, on all cores
  std::unique_ptr<Background> background_;
  std::unique_ptr<Background> writing_;
  std::unique_ptr<Communicator> peers_;
  std::unique_ptr<CheckpointWriter> writer_;
  std::int64_t last_call_kept_ = 0;  // the boundary of the last checkpoint, in calls
  WorkerReport before_;              // what earlier functions of the rank have cost
  std::optional<SharedPart> shared_;
  Bytes own_training_;
  bool has_own_ = false;
};

}  // namespace lambdaml
