// SPDX-License-Identifier: Apache-2.0
#include "worker/checkpoint_parts.h"

#include <algorithm>
#include <cstring>

#include "base/text.h"

namespace lambdaml {

namespace {

// Each section is its length, 64 bits in the machine's byte order (little-endian on all that Lambda has), and its
// bytes.
void Append(Bytes& bytes, ByteSpan section) {
  const std::uint64_t length = section.size();
  const ByteSpan as_bytes = std::as_bytes(std::span(&length, 1));
  bytes.insert(bytes.end(), as_bytes.begin(), as_bytes.end());
  bytes.insert(bytes.end(), section.begin(), section.end());
}

class Sections {
 public:
  explicit Sections(ByteSpan bytes) : rest_(bytes) {}

  Result<ByteSpan> Next() {
    std::uint64_t length = 0;
    if (rest_.size() < sizeof length) return CutOff();
    std::memcpy(&length, rest_.data(), sizeof length);
    rest_ = rest_.subspan(sizeof length);
    if (length > rest_.size()) return CutOff();
    const ByteSpan section = rest_.first(length);
    rest_ = rest_.subspan(length);
    return section;
  }

 private:
  static Error CutOff() { return {Code::kInvalid, "the checkpoint's part is cut off"}; }

  ByteSpan rest_;
};

Result<std::vector<float>> Floats(ByteSpan bytes) {
  if (bytes.size() % sizeof(float) != 0) {
    return Error{Code::kInvalid, StrCat("the checkpoint's part has ", bytes.size(), " bytes of numbers of 4")};
  }
  std::vector<float> floats(bytes.size() / sizeof(float));
  std::ranges::copy(bytes, std::as_writable_bytes(std::span(floats)).begin());
  return floats;
}

}  // namespace

Bytes ToBytes(const SharedPart& part) {
  Bytes bytes;
  Append(bytes, std::as_bytes(std::span(part.standardisation.mean)));
  Append(bytes, std::as_bytes(std::span(part.standardisation.scale)));
  Append(bytes, part.training);
  return bytes;
}

Bytes ToBytes(const OwnPart& part) {
  Bytes bytes;
  Append(bytes, AsBytes(ToJson(part.so_far)));
  Append(bytes, part.training);
  return bytes;
}

Result<SharedPart> ParseSharedPart(ByteSpan bytes) {
  Sections sections(bytes);
  SharedPart part;
  part.standardisation.mean = TRY(Floats(TRY(sections.Next())));
  part.standardisation.scale = TRY(Floats(TRY(sections.Next())));
  part.training = ToBytes(TRY(sections.Next()));
  return part;
}

Result<OwnPart> ParseOwnPart(ByteSpan bytes) {
  Sections sections(bytes);
  OwnPart part;
  const ByteSpan report = TRY(sections.Next());
  part.so_far = TRY(ParseWorkerReport({reinterpret_cast<const char*>(report.data()), report.size()}));
  part.training = ToBytes(TRY(sections.Next()));
  return part;
}

void AddCosts(const WorkerReport& before, WorkerReport& report) {
  report.seconds.start = before.seconds.start;
  report.seconds.load += before.seconds.load;
  report.seconds.compute += before.seconds.compute;
  report.seconds.communicate += before.seconds.communicate;
  report.seconds.wait += before.seconds.wait;
  report.requests += before.requests;
  report.misses += before.misses;
  report.bytes_sent += before.bytes_sent;
  report.bytes_received += before.bytes_received;
  report.channel_dollars += before.channel_dollars;
  report.memory_peak_bytes = std::max(report.memory_peak_bytes, before.memory_peak_bytes);
  report.cold_start += before.cold_start;
}

}  // namespace lambdaml
