// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "base/text.h"
#include "storage/redis/connection.h"
#include "storage/redis/redis_store.h"
#include "storage/redis/settings.h"

namespace lambdaml::redis {

namespace {

// Of the lines "name:value" of INFO.
std::string_view FieldOf(std::string_view info, std::string_view name) {
  for (const std::string_view line : SplitText(info, '\n')) {
    if (line.starts_with(name) && line.substr(name.size()).starts_with(':')) return Trim(line.substr(name.size() + 1));
  }
  return {};
}

// Without a limit the machine's memory is one, which nobody tells.
void TakeMemory(std::string_view info, ServerState& state) {
  const std::int64_t limit = ParseInteger(FieldOf(info, "maxmemory")).value_or(0);
  const std::int64_t used = ParseInteger(FieldOf(info, "used_memory")).value_or(0);
  if (limit <= 0) return;
  state.room_bytes = static_cast<std::uint64_t>(std::max<std::int64_t>(0, limit - used));
  const std::string_view policy = FieldOf(info, "maxmemory_policy");
  if (policy.empty() || policy == "noeviction") return;
  state.caution = StrCat("when its ", HumanBytes(static_cast<double>(limit)),
                         " are full it drops values (maxmemory-policy ", policy, "): set noeviction");
}

Result<ServerState> Ask(Settings settings, Clock& clock, Clock::Duration patience) {
  settings.connect_time = settings.answer_time = patience;
  const auto connection = TRY(Connection::Open(settings, clock));
  Commands commands;
  commands.Command("TIME");
  commands.Command("INFO", "memory");
  TRY(connection->Send(commands, 2));
  const Reply time = TRY(connection->Next());  // not everybody may ask for these two
  const Reply info = TRY(connection->Next());
  ServerState state{.precision_ms = 1};
  if (time.Is(Reply::Kind::kArray) && time.elements.size() == 2) {
    const auto seconds = ParseInteger(time.elements[0].bulk.text());
    const auto microseconds = ParseInteger(time.elements[1].bulk.text());
    if (seconds && microseconds) state.unix_ms = *seconds * 1000 + *microseconds / 1000;
  }
  TakeMemory(info.bulk.text(), state);
  return state;
}

}  // namespace

Result<StoreServer> Server(const Url& url, const StoreOptions& options) {
  const Settings settings = TRY(ParseSettings(url, options.environment));
  return StoreServer{
      .address = settings.endpoint.text(),
      .ask = [settings, &clock = options.clock](Clock::Duration patience) { return Ask(settings, clock, patience); }};
}

}  // namespace lambdaml::redis
