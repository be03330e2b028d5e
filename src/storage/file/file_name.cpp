// SPDX-License-Identifier: Apache-2.0
#include "storage/file/file_name.h"

#include <algorithm>

#include "base/text.h"
#include "storage/key_rules.h"

namespace lambdaml::file {

namespace {

constexpr std::size_t kNameBytesMax = 255;  // NAME_MAX of Linux file systems
constexpr std::string_view kHexDigits = "0123456789ABCDEF";

bool IsPlain(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         std::string_view("._-=@+").find(c) != std::string_view::npos;
}

void AppendEscaped(std::string& path, char c) {
  const auto byte = static_cast<unsigned char>(c);
  path += '%';
  path += kHexDigits[byte >> 4U];
  path += kHexDigits[byte & 15U];
}

void AppendName(std::string& path, std::string_view segment) {
  if (segment.empty()) path += '%';
  const bool is_dots = segment == "." || segment == "..";
  for (const char c : segment) {
    if (IsPlain(c) && !is_dots) {
      path += c;
    } else {
      AppendEscaped(path, c);
    }
  }
}

// The byte that the two digits at the start of `text` spell, or nothing.
std::optional<char> Unescaped(std::string_view text) {
  if (text.size() < 2) return std::nullopt;
  const std::size_t high = kHexDigits.find(text[0]);
  const std::size_t low = kHexDigits.find(text[1]);
  if (high == std::string_view::npos || low == std::string_view::npos) return std::nullopt;
  return static_cast<char>(high * 16 + low);
}

}  // namespace

Result<void> AppendPath(std::string& path, const Key& key) {
  TRY(CheckKey(key));
  return AppendSegments(path, key.text());
}

Result<void> AppendSegments(std::string& path, std::string_view text) {
  std::string_view rest = text;
  while (true) {
    const std::size_t slash = std::min(rest.find('/'), rest.size());
    path += '/';
    const std::size_t begin = path.size();
    AppendName(path, rest.substr(0, slash));
    if (path.size() - begin > kNameBytesMax) {
      return Error{Code::kInvalid, StrCat("the key ", text, " has a segment of ", path.size() - begin,
                                          " bytes as a file name: use at most ", kNameBytesMax, " between two '/'")};
    }
    if (slash == rest.size()) return {};
    rest.remove_prefix(slash + 1);
  }
}

std::optional<std::string> SegmentOf(std::string_view name) {
  std::string segment;
  for (std::size_t at = 0; at < name.size() && name != "%"; ++at) {
    if (name[at] != '%') {
      segment += name[at];
      continue;
    }
    const std::optional<char> byte = Unescaped(name.substr(at + 1));
    if (!byte) return std::nullopt;
    segment += *byte;
    at += 2;
  }
  std::string spelled;
  AppendName(spelled, segment);
  if (spelled != name) return std::nullopt;
  return segment;
}

}  // namespace lambdaml::file
