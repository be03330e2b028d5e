// SPDX-License-Identifier: Apache-2.0
#include "storage/redis/resp.h"

#include <algorithm>
#include <charconv>

#include "base/text.h"

namespace lambdaml::redis {

namespace {

constexpr std::size_t kLineBytesMax = std::size_t{64} << 10U;
constexpr std::uint64_t kElementsMax = std::uint64_t{1} << 20U;
constexpr std::size_t kElementsReserved = 1024;  // before there is one: a count alone takes no memory
constexpr int kDepthMax = 8;
constexpr std::size_t kShownBytes = 40;
constexpr std::size_t kCopiedBytes = 1024;  // of a value that is rather copied than sent from where it is

Error Strange(std::string_view line) {
  std::string shown(line.substr(0, kShownBytes));
  std::ranges::replace_if(
      shown, [](char c) { return c < ' ' || c > '~'; }, '?');
  return {Code::kInvalid, StrCat("'", shown, "' is no answer of a Redis server: is this another kind of server?")};
}

// A size from 0 to `max`, or nothing for -1, which is how version 2 says that there is no value.
Result<std::optional<std::uint64_t>> SizeOf(std::string_view line, std::uint64_t max) {
  if (line == "$-1" || line == "*-1") return std::optional<std::uint64_t>();
  const std::optional<std::int64_t> size = ParseInteger(line.substr(1));
  if (!size || *size < 0) return Strange(line);
  if (static_cast<std::uint64_t>(*size) <= max) return std::optional(static_cast<std::uint64_t>(*size));
  return Error{Code::kInvalid, StrCat("the server's answer is too large (", line, "): at most ", max, " is read")};
}

class Reader {
 public:
  explicit Reader(ByteSource& source) : source_(source) {}

  Result<Reply> Next(int depth) {
    const std::string_view line = TRY(source_.Line(kLineBytesMax));
    if (line.empty()) return Strange(line);
    const std::string_view rest = line.substr(1);
    switch (line[0]) {
      case '$':
      case '=':
      case '!': return Bulk(line);
      case ':': return Integer(line);
      case '+':
      case ',':
      case '(': return Reply{.kind = Reply::Kind::kText, .text = std::string(rest)};
      case '-': return Reply{.kind = Reply::Kind::kError, .text = std::string(rest)};
      case '_': return rest.empty() ? Result<Reply>(Reply()) : Strange(line);
      case '#':
        if (rest != "t" && rest != "f") return Strange(line);
        return Reply{.kind = Reply::Kind::kInteger, .integer = rest == "t" ? 1 : 0};
      case '*':
      case '~':
      case '%':
      case '>': return Elements(line, depth);
      default: return Strange(line);
    }
  }

 private:
  static Result<Reply> Integer(std::string_view line) {
    const std::optional<std::int64_t> number = ParseInteger(line.substr(1));
    if (!number) return Strange(line);
    return Reply{.kind = Reply::Kind::kInteger, .integer = *number};
  }

  Result<Reply> Bulk(std::string_view line) {
    const bool is_error = line[0] == '!';
    const auto size = TRY(SizeOf(line, is_error ? kLineBytesMax : kBulkBytesMax));
    if (!size) return Reply();
    Bytes bytes(*size);
    TRY(source_.Exactly(bytes));
    const std::string_view end = TRY(source_.Line(kShownBytes));
    if (!end.empty()) return Strange(end);
    Blob bulk(std::move(bytes));
    if (is_error) return Reply{.kind = Reply::Kind::kError, .text = std::string(bulk.text())};
    return Reply{.kind = Reply::Kind::kBulk, .bulk = std::move(bulk)};
  }

  Result<Reply> Elements(std::string_view line, int depth) {
    if (depth == kDepthMax) return Error{Code::kInvalid, "the server's answer is nested too deeply"};
    const char type = line[0];
    const auto size = TRY(SizeOf(line, kElementsMax));
    if (!size) return Reply();
    const std::uint64_t count = type == '%' ? *size * 2 : *size;
    Reply reply{.kind = type == '>' ? Reply::Kind::kPush : Reply::Kind::kArray};
    reply.elements.reserve(std::min<std::size_t>(count, kElementsReserved));
    for (std::uint64_t i = 0; i < count; ++i) reply.elements.push_back(TRY(Next(depth + 1)));
    return reply;
  }

  ByteSource& source_;
};

void AppendNumber(std::string& text, std::uint64_t number) {
  char digits[20];
  const auto end = std::to_chars(digits, digits + sizeof(digits), number).ptr;
  text.append(digits, end);
}

}  // namespace

Result<Reply> ReadReply(ByteSource& source) { return Reader(source).Next(0); }

void Commands::Begin(std::size_t arguments) {
  text_ += '*';
  AppendNumber(text_, arguments);
  text_ += "\r\n";
}

void Commands::Add(std::int64_t argument) { Add(StrCat(argument)); }

void Commands::AddJoined(std::span<const std::string_view> texts, ByteSpan value) {
  std::size_t size = value.size();
  for (const std::string_view text : texts) size += text.size();
  text_ += '$';
  AppendNumber(text_, size);
  text_ += "\r\n";
  for (const std::string_view text : texts) text_ += text;
  if (value.size() <= kCopiedBytes) {
    text_.append(reinterpret_cast<const char*>(value.data()), value.size());
  } else {
    outside_.push_back({text_.size(), value});
    outside_bytes_ += value.size();
  }
  text_ += "\r\n";
}

void Commands::Clear() {
  text_.clear();
  outside_.clear();
  outside_bytes_ = 0;
}

std::vector<ByteSpan> Commands::Pieces() const {
  const ByteSpan text = AsBytes(text_);
  std::vector<ByteSpan> pieces;
  pieces.reserve(2 * outside_.size() + 1);
  std::size_t taken = 0;
  for (const Outside& outside : outside_) {
    pieces.push_back(text.subspan(taken, outside.at - taken));
    pieces.push_back(outside.bytes);
    taken = outside.at;
  }
  pieces.push_back(text.subspan(taken));
  return pieces;
}

}  // namespace lambdaml::redis
