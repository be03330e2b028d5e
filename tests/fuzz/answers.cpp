// SPDX-License-Identifier: Apache-2.0
// What servers answer, and what users and other programs leave in files: the first byte says which parser reads the
// rest.
#include <algorithm>
#include <array>

#include "fuzz.h"
#include "net/aws/credential_source.h"
#include "net/aws/profile.h"
#include "storage/dynamodb/answer.h"
#include "storage/layers/chunk_format.h"
#include "storage/memcached/discovery.h"
#include "storage/memcached/key_dump.h"
#include "storage/memcached/reply.h"
#include "storage/redis/resp.h"
#include "storage/s3/xml.h"

using namespace lambdaml;

namespace {

class TextSource final : public redis::ByteSource {
 public:
  explicit TextSource(std::string_view text) : text_(text) {}

  Result<std::string_view> Line(std::size_t bytes_max) override {
    const std::size_t end = text_.find("\r\n");
    if (end == std::string_view::npos || end > bytes_max) return Ended();
    const std::string_view line = text_.substr(0, end);
    text_.remove_prefix(end + 2);
    return line;
  }

  Result<void> Exactly(std::span<std::byte> into) override {
    if (into.size() > text_.size()) return Ended();
    std::ranges::copy(AsBytes(text_.substr(0, into.size())), into.begin());
    text_.remove_prefix(into.size());
    return {};
  }

 private:
  static Error Ended() { return {Code::kUnavailable, "the text has ended"}; }

  std::string_view text_;
};

void ReadReplies(std::string_view text) {
  TextSource source(text);
  fuzz::Ignore(redis::ReadReply(source));
}

void ReadKeys(std::string_view text) {
  memcached::KeyDump dump("jobs/");
  fuzz::Ignore(dump.Take(text));
}

void ReadManifest(std::string_view text) {
  if (chunk::LooksLikeManifest(AsBytes(text))) fuzz::Ignore(chunk::ParseManifest(AsBytes(text)));
  static_cast<void>(chunk::ParseChunkKey(Key(std::string(text))));
}

constexpr std::array<void (*)(std::string_view), 16> kParsers{
    ReadReplies,
    ReadKeys,
    ReadManifest,
    [](std::string_view text) { fuzz::Ignore(memcached::ParseReply(text)); },
    [](std::string_view text) { fuzz::Ignore(memcached::ParseConfiguration(text)); },
    [](std::string_view text) { static_cast<void>(s3::ParseRefusal(text)); },
    [](std::string_view text) { fuzz::Ignore(s3::ParsePage(text)); },
    [](std::string_view text) { fuzz::Ignore(s3::ParseDeleteAnswer(text)); },
    [](std::string_view text) { fuzz::Ignore(s3::ParseUploadId(text)); },
    [](std::string_view text) { fuzz::Ignore(s3::ParseSession(text)); },
    [](std::string_view text) { fuzz::Ignore(dynamodb::ParseBatchRead(text, "t")); },
    [](std::string_view text) { fuzz::Ignore(dynamodb::ParseBatchWrite(text, "t")); },
    [](std::string_view text) { fuzz::Ignore(dynamodb::ParseScan(text)); },
    [](std::string_view text) { fuzz::Ignore(aws::ParseSections(text, "config")); },
    [](std::string_view text) { fuzz::Ignore(aws::ParseCredentials(text, "Token", "fuzz")); },
    [](std::string_view text) { fuzz::Ignore(aws::SplitCommand(text)); },
};

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  kParsers[data[0] % kParsers.size()](fuzz::Text(data + 1, size - 1));
  return 0;
}
