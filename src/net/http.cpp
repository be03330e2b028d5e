// SPDX-License-Identifier: Apache-2.0
#include "net/http.h"

#include <algorithm>
#include <charconv>

#include "base/text.h"
#include "base/url.h"

namespace lambdaml {

namespace {

constexpr std::size_t kSummaryBytesMax = 300;

char Lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

}  // namespace

std::string LowerCase(std::string_view text) {
  std::string lower(text);
  std::ranges::transform(lower, lower.begin(), Lower);
  return lower;
}

bool HeaderNameLess::operator()(std::string_view left, std::string_view right) const {
  return std::ranges::lexicographical_compare(left, right, {}, Lower, Lower);
}

std::string_view Find(const HttpHeaders& headers, std::string_view name) {
  const auto found = headers.find(name);
  return found == headers.end() ? std::string_view() : std::string_view(found->second);
}

std::string HttpResponse::Summary() const {
  std::string summary = StrCat("HTTP status ", status);
  if (!body.empty()) summary += StrCat(": ", std::string_view(body).substr(0, kSummaryBytesMax));
  std::ranges::replace(summary, '\n', ' ');
  return summary;
}

std::string PercentDecoded(std::string_view text) {
  std::string decoded;
  decoded.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    unsigned value = 0;
    if (text[i] == '%' && i + 2 < text.size()) {
      const char* digits = text.data() + i + 1;
      if (std::from_chars(digits, digits + 2, value, 16).ptr == digits + 2) {
        decoded += static_cast<char>(value);
        i += 2;
        continue;
      }
    }
    decoded += text[i];
  }
  return decoded;
}

std::string TargetPath(std::string_view target) { return PercentDecoded(target.substr(0, target.find('?'))); }

std::string WithoutSecrets(std::string_view url) {
  const Result<Url> parsed = Url::Parse(url);
  return parsed.ok() ? parsed.value().Printable() : "(an unreadable URL)";
}

}  // namespace lambdaml
