// SPDX-License-Identifier: Apache-2.0
#include "storage/memcached/reply.h"

#include <charconv>
#include <optional>

#include "base/text.h"

namespace lambdaml::memcached {

namespace {

constexpr std::size_t kQuotedBytesMax = 80;

// As much of a foreign line as a message can bear.
std::string Quoted(std::string_view line) {
  std::string text(line.substr(0, kQuotedBytesMax));
  for (char& c : text) {
    if (c < ' ' || c > '~') c = '?';
  }
  return StrCat("'", text, line.size() > kQuotedBytesMax ? "...'" : "'");
}

template <class Number>
std::optional<Number> ParseNumber(std::string_view digits) {
  Number number{};
  const auto [end, status] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (status != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
  return number;
}

std::string_view NextWord(std::string_view& line) {
  const std::size_t end = std::min(line.find(' '), line.size());
  const std::string_view word = line.substr(0, end);
  line.remove_prefix(std::min(end + 1, line.size()));
  return word;
}

std::optional<Reply::Kind> KindOf(std::string_view word) {
  if (word == "VA") return Reply::Kind::kValue;
  if (word == "HD") return Reply::Kind::kDone;
  if (word == "EN" || word == "NF") return Reply::Kind::kMissing;
  if (word == "NS") return Reply::Kind::kNotStored;
  if (word == "EX") return Reply::Kind::kExists;
  if (word == "MN") return Reply::Kind::kEnd;
  return std::nullopt;
}

// False for a flag that cannot be read; flags that nobody asked for are passed over.
bool TakeFlag(std::string_view word, Reply& reply) {
  const auto take = [digits = word.substr(std::min<std::size_t>(1, word.size()))](auto& into) {
    const auto number = ParseNumber<std::remove_reference_t<decltype(into)>>(digits);
    if (number) into = *number;
    return number.has_value();
  };
  if (word.starts_with('O')) return take(reply.index);
  if (word.starts_with('c')) return take(reply.cas_unique);
  if (word.starts_with('s')) return take(reply.bytes) && reply.bytes <= kItemBytesMax;
  return true;
}

}  // namespace

Error RefusalOf(std::string_view line) {
  if (line.starts_with("SERVER_ERROR object too large")) {
    return {Code::kInvalid,
            "the server takes no item of this size: give a smaller ?item= (bytes) in the URL, or start "
            "the server with a larger -I (ElastiCache: max_item_size)"};
  }
  if (line.starts_with("SERVER_ERROR out of memory")) return {Code::kUnavailable, "the server's memory is full"};
  if (line.starts_with("SERVER_ERROR")) return {Code::kUnavailable, StrCat("the server failed: ", Quoted(line))};
  if (line == "CLIENT_ERROR unauthenticated") {
    return {Code::kInvalid,
            "the server asks for a user and a password: set LAMBDAML_CHANNEL_USER and "
            "LAMBDAML_CHANNEL_PASSWORD, or write user:password@ before the host"};
  }
  if (line == "ERROR") {
    return {Code::kInvalid, "the server does not know the meta commands: memcached 1.6 or newer is needed"};
  }
  if (line.starts_with("CLIENT_ERROR")) return {Code::kInvalid, StrCat("the server refuses: ", Quoted(line))};
  return {Code::kInvalid, StrCat("this is no memcached server, it answered ", Quoted(line))};
}

Result<Reply> ParseReply(std::string_view line) {
  std::string_view rest = line;
  const std::optional<Reply::Kind> kind = KindOf(NextWord(rest));
  if (!kind) return RefusalOf(line);
  Reply reply{.kind = *kind};
  if (reply.kind == Reply::Kind::kValue) {
    const auto bytes = ParseNumber<std::uint64_t>(NextWord(rest));
    if (!bytes || *bytes > kItemBytesMax) return RefusalOf(line);
    reply.bytes = *bytes;
  }
  while (!rest.empty()) {
    if (!TakeFlag(NextWord(rest), reply)) return RefusalOf(line);
  }
  return reply;
}

}  // namespace lambdaml::memcached
