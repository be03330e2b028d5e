// SPDX-License-Identifier: Apache-2.0
#include "base/url.h"

#include <algorithm>

#include "base/text.h"

namespace lambdaml {

namespace {

bool IsSchemeCharacter(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '+' || c == '-'; }

std::map<std::string, std::string> ParseQuery(std::string_view text) {
  std::map<std::string, std::string> query;
  for (const std::string_view pair : SplitText(text, '&')) {
    if (pair.empty()) continue;
    const std::size_t equals = pair.find('=');
    query[std::string(pair.substr(0, equals))] = equals == std::string_view::npos ? "" : pair.substr(equals + 1);
  }
  return query;
}

// A password with a '/' or '?' that was not percent-encoded ends the authority too early: "u:pass/word@host".
bool MayHoldPartOfPassword(const Url& url) {
  if (url.authority.find('@') != std::string::npos || url.authority.find(':') == std::string::npos) return false;
  const auto has_at = [](const std::string& text) { return text.find('@') != std::string::npos; };
  return has_at(url.path) || std::any_of(url.query.begin(), url.query.end(), [&has_at](const auto& setting) {
           return has_at(setting.first) || has_at(setting.second);
         });
}

}  // namespace

Result<Url> Url::Parse(std::string_view text) {
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos || colon == 0 ||
      !std::all_of(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(colon), IsSchemeCharacter)) {
    return Error{Code::kInvalid, StrCat("'", text, "' is not a URL: write file:///folder, or another scheme://")};
  }
  Url url;
  url.scheme = text.substr(0, colon);
  text.remove_prefix(colon + 1);
  const std::size_t question = text.find('?');
  if (question != std::string_view::npos) {
    url.query = ParseQuery(text.substr(question + 1));
    text = text.substr(0, question);
  }
  if (text.starts_with("//")) {
    text.remove_prefix(2);
    const std::size_t slash = std::min(text.find('/'), text.size());
    url.authority = text.substr(0, slash);
    text.remove_prefix(slash);
  }
  url.path = text;
  return url;
}

std::string Url::Printable() const {
  if (MayHoldPartOfPassword(*this)) return StrCat(scheme, "://...");
  const std::size_t at = authority.rfind('@');
  const std::string_view host =
      at == std::string::npos ? std::string_view(authority) : std::string_view(authority).substr(at + 1);
  if (host.empty() && path.empty()) return StrCat(scheme, ":");
  return StrCat(scheme, "://", host, path);
}

std::string PrintableUrl(std::string_view text) {
  const Result<Url> url = Url::Parse(text);
  return url.ok() ? url.value().Printable() : std::string(text);
}

}  // namespace lambdaml
