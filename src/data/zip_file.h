// SPDX-License-Identifier: Apache-2.0
#pragma once

// The members of a ZIP file, stored or deflated, with the 64-bit extension (PKWARE's APPNOTE 6.3). The central
// directory is read at once, members are streamed. Every size is checked against the file before it is believed; the
// CRC-32 of a member is checked when it has been read to its end. Errors are kInvalid and name the file.

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "data/input_file.h"

namespace lambdaml {

struct ZipMember {
  std::string name;
  std::uint64_t offset = 0;        // of its local header
  std::uint64_t packed_bytes = 0;  // in the file
  std::uint64_t bytes = 0;         // unpacked
  std::uint32_t crc = 0;           // CRC-32 of the unpacked bytes
  bool deflated = false;
};

Result<std::vector<ZipMember>> ListZip(const std::string& path);

// `member` is one that ListZip gave for this file.
Result<InputFile> OpenZipMember(const std::string& path, const ZipMember& member);

}  // namespace lambdaml
