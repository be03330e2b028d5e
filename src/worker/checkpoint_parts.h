// SPDX-License-Identifier: Apache-2.0
#pragma once

// What the parts of a checkpoint hold (docs/formats/coordination.md): the shared one what all ranks have alike, the own
// one what a rank alone has, and what it has cost so far.

#include "base/bytes.h"
#include "base/result.h"
#include "data/standardise.h"
#include "job/report.h"

namespace lambdaml {

struct SharedPart {
  Standardisation standardisation;  // empty: none
  Bytes training;                   // of the trainer
};

struct OwnPart {
  WorkerReport so_far;  // seconds, requests, bytes, dollars, invocations
  Bytes training;
};

Bytes ToBytes(const SharedPart& part);
Bytes ToBytes(const OwnPart& part);

// kInvalid if the bytes are not those of a part.
Result<SharedPart> ParseSharedPart(ByteSpan bytes);
Result<OwnPart> ParseOwnPart(ByteSpan bytes);

// Adds what earlier functions of the rank have cost.
void AddCosts(const WorkerReport& before, WorkerReport& report);

}  // namespace lambdaml
