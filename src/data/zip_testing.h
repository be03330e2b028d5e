// SPDX-License-Identifier: Apache-2.0
#pragma once

// For tests: ZIP files in memory.

#include <zlib.h>

#include <string>
#include <string_view>
#include <vector>

namespace lambdaml::testing {

struct ZipContent {
  std::string_view name;
  std::string content;
  bool deflated = false;
};

inline std::string LittleEndian(std::uint64_t number, int bytes) {
  std::string text;
  for (int i = 0; i < bytes; ++i, number >>= 8U) text += static_cast<char>(number & 0xFFU);
  return text;
}

inline std::string Deflated(const std::string& content) {
  z_stream stream{};
  deflateInit2(&stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, -MAX_WBITS, 8, Z_DEFAULT_STRATEGY);
  std::string packed(deflateBound(&stream, content.size()), '\0');
  std::string copy = content;
  stream.next_in = reinterpret_cast<Bytef*>(copy.data());
  stream.avail_in = static_cast<uInt>(copy.size());
  stream.next_out = reinterpret_cast<Bytef*>(packed.data());
  stream.avail_out = static_cast<uInt>(packed.size());
  deflate(&stream, Z_FINISH);
  packed.resize(stream.total_out);
  deflateEnd(&stream);
  return packed;
}

enum class ZipSizes { k32Bits, k64Bits };  // where sizes and offsets stand

inline std::string Zip(const std::vector<ZipContent>& contents, ZipSizes sizes = ZipSizes::k32Bits) {
  const bool wide = sizes == ZipSizes::k64Bits;
  std::string file;
  std::string directory;
  for (const ZipContent& member : contents) {
    const std::string packed = member.deflated ? Deflated(member.content) : member.content;
    const std::uint64_t crc =
        crc32(0, reinterpret_cast<const Bytef*>(member.content.data()), static_cast<uInt>(member.content.size()));
    const std::string common =
        LittleEndian(20, 2) + LittleEndian(0, 2) + LittleEndian(member.deflated ? 8 : 0, 2) + LittleEndian(0, 4) +
        LittleEndian(crc, 4) + LittleEndian(wide ? 0xFFFFFFFFU : packed.size(), 4) +
        LittleEndian(wide ? 0xFFFFFFFFU : member.content.size(), 4) + LittleEndian(member.name.size(), 2);
    const std::string extra = !wide ? ""
                                    : LittleEndian(0x5455, 2) + LittleEndian(1, 2) + "x" + LittleEndian(1, 2) +
                                          LittleEndian(24, 2) + LittleEndian(member.content.size(), 8) +
                                          LittleEndian(packed.size(), 8) + LittleEndian(file.size(), 8);
    directory += "PK\x01\x02" + LittleEndian(20, 2) + common + LittleEndian(extra.size(), 2) + LittleEndian(0, 10) +
                 LittleEndian(wide ? 0xFFFFFFFFU : file.size(), 4) + std::string(member.name) + extra;
    file += "PK\x03\x04" + common + LittleEndian(3, 2) + std::string(member.name) + "pad" + packed;
  }
  const std::uint64_t at = file.size();
  file += directory;
  if (wide) {
    const std::uint64_t end = file.size();
    file += "PK\x06\x06" + LittleEndian(44, 8) + LittleEndian(0, 28) + LittleEndian(directory.size(), 8) +
            LittleEndian(at, 8) + "PK\x06\x07" + LittleEndian(0, 4) + LittleEndian(end, 8) + LittleEndian(1, 4);
  }
  return file + "PK\x05\x06" + LittleEndian(0, 8) + LittleEndian(wide ? 0xFFFFFFFFU : directory.size(), 4) +
         LittleEndian(wide ? 0xFFFFFFFFU : at, 4) + LittleEndian(0, 2);
}

}  // namespace lambdaml::testing
