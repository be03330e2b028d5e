// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "base/text.h"
#include "storage/memcached/discovery.h"
#include "storage/memcached/memcached_store.h"
#include "storage/memcached/settings.h"

namespace lambdaml::memcached {

namespace {

constexpr std::size_t kLinesMax = 1000;

struct Statistics {
  std::int64_t unix_s = 0;
  std::int64_t limit_bytes = 0;
  std::int64_t used_bytes = 0;
};

Result<Statistics> Ask(const Endpoint& node, const Access& access, Clock& clock) {
  Connection connection = TRY(Connection::Open(node, access, clock));
  TRY(connection.Send("stats\r\n"));
  Statistics statistics;
  for (std::size_t i = 0; i < kLinesMax; ++i) {
    const std::string_view line = TRY(connection.ReadLine());
    if (line == "END") return statistics;
    const auto words = SplitText(line, ' ');
    if (words.size() != 3 || words[0] != "STAT") {
      return connection.Refuse(
          {Code::kInvalid, "it does not answer `stats` as memcached does: is it of another kind?"});
    }
    const std::int64_t number = ParseInteger(words[2]).value_or(0);
    if (words[1] == "time") statistics.unix_s = number;
    if (words[1] == "limit_maxbytes") statistics.limit_bytes = number;
    if (words[1] == "bytes") statistics.used_bytes = number;
  }
  return connection.Refuse({Code::kInvalid, "its answer to `stats` has no end"});
}

Result<ServerState> AskAll(const Settings& settings, const Access& access, Clock& clock) {
  std::vector<Endpoint> nodes = settings.endpoints;
  if (settings.discovery) nodes = TRY(DiscoverNodes(settings.endpoints[0], access, clock));
  ServerState state{.precision_ms = 1000};
  std::int64_t limit = 0;
  std::int64_t used = 0;
  for (const Endpoint& node : nodes) {
    const Statistics statistics = TRY(Ask(node, access, clock));
    if (!state.unix_ms && statistics.unix_s > 0) state.unix_ms = statistics.unix_s * 1000;
    limit += statistics.limit_bytes;
    used += statistics.used_bytes;
  }
  if (limit > 0) state.room_bytes = static_cast<std::uint64_t>(std::max<std::int64_t>(0, limit - used));
  state.caution = StrCat("a cache: when its ", HumanBytes(static_cast<double>(limit)),
                         " are full, or it is started again, it drops values");
  return state;
}

}  // namespace

Result<StoreServer> Server(const Url& url, const StoreOptions& options) {
  const Settings settings = TRY(ParseSettings(url, options.environment));
  Access access{.user = settings.user, .password = settings.password};
  if (settings.tls) access.trust = TRY(TlsTrust::Load(settings.ca_file).Context(url.Printable()));
  std::vector<std::string> nodes;
  for (const Endpoint& node : settings.endpoints) nodes.push_back(node.text());
  return StoreServer{.address = JoinWith(",", nodes),
                     .ask = [settings, access, &clock = options.clock](Clock::Duration patience) {
                       Access patient = access;
                       patient.connect_time = patient.answer_time = patience;
                       return AskAll(settings, patient, clock);
                     }};
}

}  // namespace lambdaml::memcached
