// SPDX-License-Identifier: Apache-2.0
// Safetensors files and models.
#include "data/safetensors.h"
#include "fuzz.h"
#include "worker/model_file.h"

using namespace lambdaml;

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::Ignore(ParseSafetensors(fuzz::Copy(data, size), "fuzz"));
  fuzz::Ignore(ReadModel(fuzz::Copy(data, size), "fuzz"));
  return 0;
}
