// SPDX-License-Identifier: Apache-2.0
#include "storage/memcached/pipeline.h"

#include "base/text.h"

namespace lambdaml::memcached {

namespace {

constexpr std::size_t kBytesMax = std::size_t{16} << 20U;
// What asks for values fits into the buffers of the sockets: then the server is never kept from reading it by answers
// that nobody reads yet.
constexpr std::size_t kAskedForMax = std::size_t{64} << 10U;
constexpr std::size_t kSegmentBytesMax = std::size_t{16} << 10U;  // a TLS record
constexpr std::size_t kCopiedBytesMax = 1024;  // a smaller value is cheaper to copy than to send as a piece of its own

constexpr std::string_view kLineEnd = "\r\n";

std::string_view TextOf(ByteSpan bytes) { return {reinterpret_cast<const char*>(bytes.data()), bytes.size()}; }

}  // namespace

// Before each command, with its value.
void Pipeline::Begin(std::size_t command_bytes) {
  if (segment_bytes_ > 0 && segment_bytes_ + command_bytes > kSegmentBytesMax) {
    seams_.push_back({.at = text_.size(), .value = {}});
    segment_bytes_ = 0;
  }
  segment_bytes_ += command_bytes;
  bytes_ += command_bytes;
}

void Pipeline::AddWithoutValue(std::string_view command) {
  Begin(command.size());
  text_ += command;
}

void Pipeline::Ask(std::string_view wire_key, std::string_view flags, std::size_t index) {
  const std::size_t before = bytes_;
  AddWithoutValue(StrCat("mg ", wire_key, flags, index, "\r\n"));
  asked_for_ += bytes_ - before;
}

void Pipeline::Delete(std::string_view wire_key, std::size_t index) {
  AddWithoutValue(StrCat("md ", wire_key, " q O", index, "\r\n"));
}

void Pipeline::Set(std::string_view wire_key, ByteSpan value, const SetMode& mode, std::size_t index) {
  std::string command = StrCat("ms ", wire_key, " ", value.size());
  if (mode.exptime != 0) command += StrCat(" T", mode.exptime);
  if (mode.add) command += " ME";
  if (mode.cas_unique) command += StrCat(" C", *mode.cas_unique);
  command += StrCat(" q O", index, "\r\n");
  Begin(command.size() + value.size() + kLineEnd.size());
  text_ += command;
  if (value.size() <= kCopiedBytesMax) {
    text_ += TextOf(value);
  } else {
    seams_.push_back({.at = text_.size(), .value = value});
  }
  text_ += kLineEnd;
}

bool Pipeline::full() const { return bytes_ >= kBytesMax || asked_for_ >= kAskedForMax; }

Pieces Pipeline::Finish() {
  AddWithoutValue("mn\r\n");
  Pieces pieces;
  pieces.all.reserve(2 * seams_.size() + 1);
  const ByteSpan text = AsBytes(text_);
  std::size_t begin = 0;
  for (const Seam& seam : seams_) {
    pieces.all.push_back(text.subspan(begin, seam.at - begin));
    if (seam.value.empty()) {
      pieces.segment_ends.push_back(pieces.all.size());
    } else {
      pieces.all.push_back(seam.value);
    }
    begin = seam.at;
  }
  pieces.all.push_back(text.subspan(begin));
  pieces.segment_ends.push_back(pieces.all.size());
  return pieces;
}

void Pipeline::Clear() {
  text_.clear();
  seams_.clear();
  bytes_ = 0;
  segment_bytes_ = 0;
  asked_for_ = 0;
}

}  // namespace lambdaml::memcached
