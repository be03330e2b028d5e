// SPDX-License-Identifier: Apache-2.0
// Safetensors files, models and parts of checkpoints.
#include "coordination/checkpoint_part.h"
#include "data/safetensors.h"
#include "fuzz.h"
#include "worker/model_file.h"

using namespace lambdaml;

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::Ignore(ParseSafetensors(fuzz::Copy(data, size), "fuzz"));
  fuzz::Ignore(ReadModel(fuzz::Copy(data, size), "fuzz"));
  fuzz::Ignore(DecodePart({.number = 4, .restart = 1, .part = 2}, fuzz::Copy(data, size)));
  return 0;
}
