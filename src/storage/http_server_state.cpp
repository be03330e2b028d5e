// SPDX-License-Identifier: Apache-2.0
#include "storage/http_server_state.h"

#include <algorithm>
#include <array>
#include <chrono>

#include "base/text.h"
#include "net/http_client.h"

namespace lambdaml {

namespace {

std::optional<unsigned> NumberBelow(std::string_view digits, unsigned bound) {
  const auto number = ParseInteger(digits);
  if (!number || *number < 0 || *number >= static_cast<std::int64_t>(bound)) return std::nullopt;
  return static_cast<unsigned>(*number);
}

std::optional<unsigned> MonthOf(std::string_view name) {
  constexpr std::array<std::string_view, 12> kNames{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                    "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const auto* const at = std::ranges::find(kNames, name);
  if (at == kNames.end()) return std::nullopt;
  return static_cast<unsigned>(at - kNames.begin()) + 1;
}

}  // namespace

std::optional<std::int64_t> ParseHttpDate(std::string_view text) {
  const auto words = SplitText(text, ' ');
  if (words.size() != 6 || words[5] != "GMT") return std::nullopt;
  const auto time = SplitText(words[4], ':');
  if (time.size() != 3) return std::nullopt;
  const auto day = NumberBelow(words[1], 32);
  const auto month = MonthOf(words[2]);
  const auto year = NumberBelow(words[3], 10'000);
  const auto hour = NumberBelow(time[0], 24);
  const auto minute = NumberBelow(time[1], 60);
  const auto second = NumberBelow(time[2], 61);  // there are leap seconds
  if (!day || !month || !year || !hour || !minute || !second) return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year(static_cast<int>(*year)), std::chrono::month(*month),
                                         std::chrono::day(*day)};
  if (!date.ok()) return std::nullopt;
  const std::int64_t days = std::chrono::sys_days(date).time_since_epoch().count();
  return 1000 * (((days * 24 + *hour) * 60 + *minute) * 60 + *second);
}

Result<ServerState> AskByHttp(const std::string& url, const std::string& ca_file, Clock::Duration patience) {
  constexpr std::int64_t kSecond = 1000;
  HttpClient client({.connect_timeout = patience, .ca_file = ca_file});
  const HttpResponse response = TRY(client.Send({.url = url}, patience));
  return ServerState{.unix_ms = ParseHttpDate(Find(response.headers, "Date")), .precision_ms = kSecond};
}

}  // namespace lambdaml
