// SPDX-License-Identifier: Apache-2.0
#include "data/npy_file.h"

#include <string>

#include "base/text.h"

namespace lambdaml {

Bytes NpyOf(std::span<const float> values, std::size_t columns) {
  constexpr std::size_t kAlignment = 64;  // of the values in the file
  constexpr std::size_t kPreamble = 10;   // magic, version, length of the header
  std::string header =
      StrCat("{'descr': '<f4', 'fortran_order': False, 'shape': (", values.size() / columns, ", ", columns, "), }");
  header.append(kAlignment - (kPreamble + header.size() + 1) % kAlignment, ' ');
  header += '\n';
  std::string file("\x93NUMPY\x01\x00", 8);
  file += static_cast<char>(header.size() & 0xFFU);
  file += static_cast<char>(header.size() >> 8U);
  file += header;
  Bytes bytes = ToBytes(AsBytes(file));
  const ByteSpan numbers = std::as_bytes(values);
  bytes.insert(bytes.end(), numbers.begin(), numbers.end());
  return bytes;
}

}  // namespace lambdaml
