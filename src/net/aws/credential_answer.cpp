// SPDX-License-Identifier: Apache-2.0
// What endpoints and processes answer.
#include <algorithm>
#include <chrono>
#include <nlohmann/json.hpp>

#include "base/text.h"
#include "net/aws/credential_source.h"

namespace lambdaml::aws {

namespace {

// A cursor in a timestamp; after the first thing that is not as it should be, `ok` stays false.
struct TimestampReader {
  std::string_view rest;
  bool ok = true;

  int Number(std::size_t digits) {
    ok = ok && rest.size() >= digits &&
         std::ranges::all_of(rest.substr(0, digits), [](char c) { return c >= '0' && c <= '9'; });
    if (!ok) return 0;
    const int number = static_cast<int>(ParseInteger(rest.substr(0, digits)).value_or(0));
    rest.remove_prefix(digits);
    return number;
  }

  bool Skip(char c) {
    if (!rest.starts_with(c)) return false;
    rest.remove_prefix(1);
    return true;
  }

  void Expect(char c) { ok = Skip(c) && ok; }

  // What follows the seconds: the thousandths.
  int Fraction() {
    if (!Skip('.')) return 0;
    const std::size_t digits = std::min(rest.find_first_not_of("0123456789"), rest.size());
    std::string thousandths(rest.substr(0, std::min<std::size_t>(digits, 3)));
    ok = ok && digits > 0;
    thousandths.resize(3, '0');
    rest.remove_prefix(digits);
    return static_cast<int>(ParseInteger(thousandths).value_or(0));
  }

  std::chrono::minutes Offset() {
    if (Skip('Z')) return {};
    const bool west = rest.starts_with('-');
    if (!Skip('-')) Expect('+');
    const std::chrono::hours hours(Number(2));
    Skip(':');
    const std::chrono::minutes offset = hours + std::chrono::minutes(Number(2));
    return west ? -offset : offset;
  }
};

std::string TextOf(const nlohmann::json& answer, std::string_view name) {
  const auto found = answer.find(name);
  return found != answer.end() && found->is_string() ? found->get<std::string>() : std::string();
}

// Keys and tokens are, and no more may stand in a header.
bool IsVisible(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return c > ' ' && c <= '~'; });
}

}  // namespace

std::optional<std::int64_t> ParseTimestamp(std::string_view text) {
  using namespace std::chrono;
  TimestampReader reader{text};
  const year year(reader.Number(4));
  reader.Expect('-');
  const month month(static_cast<unsigned>(reader.Number(2)));
  reader.Expect('-');
  const day day(static_cast<unsigned>(reader.Number(2)));
  reader.Expect('T');
  const hours hour(reader.Number(2));
  reader.Expect(':');
  const minutes minute(reader.Number(2));
  reader.Expect(':');
  const seconds second(reader.Number(2));
  const milliseconds fraction(reader.Fraction());
  const minutes offset = reader.Offset();
  const year_month_day date(year, month, day);
  if (!reader.ok || !reader.rest.empty() || !date.ok()) return std::nullopt;
  return (sys_days(date) + hour + minute + second + fraction - offset).time_since_epoch() / milliseconds(1);
}

Result<Credentials> Checked(Credentials credentials, std::string_view from) {
  if (credentials.access_key.empty() || credentials.secret_key.empty()) {
    return Error{Code::kInvalid, StrCat(from, " did not give both an access key and its secret")};
  }
  for (const std::string& text : {credentials.access_key, credentials.secret_key, credentials.session_token}) {
    if (IsVisible(text)) continue;
    return Error{Code::kInvalid, StrCat(from, " gave a key or a token with a character that none has")};
  }
  return credentials;
}

Result<Credentials> ParseCredentials(std::string_view json, std::string_view token_name, std::string_view from) {
  // A message of the JSON library would show a part of the text.
  const nlohmann::json answer = nlohmann::json::parse(json, nullptr, false);
  if (!answer.is_object()) return Error{Code::kInvalid, StrCat(from, " gave no JSON object")};
  Credentials credentials{TextOf(answer, "AccessKeyId"), TextOf(answer, "SecretAccessKey"), TextOf(answer, token_name),
                          std::nullopt};
  const std::string expiration = TextOf(answer, "Expiration");
  if (!expiration.empty()) {
    credentials.expires_unix_ms = ParseTimestamp(expiration);
    if (!credentials.expires_unix_ms) {
      return Error{Code::kInvalid, StrCat(from, " gave an Expiration that is no time: ", expiration)};
    }
  }
  return Checked(std::move(credentials), from);
}

}  // namespace lambdaml::aws
