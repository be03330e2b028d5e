// SPDX-License-Identifier: Apache-2.0
// Messages between ranks.
#include "comm/message.h"
#include "fuzz.h"

using namespace lambdaml;

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::Ignore(DecodeMessage(Key("fuzz"), AsBytes(fuzz::Text(data, size)), {}));
  return 0;
}
