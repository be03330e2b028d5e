// SPDX-License-Identifier: Apache-2.0
#include "storage/memcached/discovery.h"

#include <set>

#include "base/text.h"

namespace lambdaml::memcached {

namespace {

constexpr std::int64_t kConfigurationBytesMax = std::int64_t{64} << 10U;
constexpr std::size_t kNodesMax = 1000;
constexpr int kPortMax = 65535;

Result<Endpoint> ParseNode(std::string_view text) {
  const std::vector<std::string_view> parts = SplitText(text, '|');
  if (parts.size() == 3) {
    const std::string_view host = parts[0].empty() ? parts[1] : parts[0];
    const std::optional<std::int64_t> port = ParseInteger(parts[2]);
    if (!host.empty() && port && *port > 0 && *port <= kPortMax) {
      return Endpoint{.host = std::string(host), .port = static_cast<int>(*port)};
    }
  }
  return Error{Code::kInvalid, "the cluster's configuration names a node that is not host|ip|port"};
}

// "CONFIG cluster 0 BYTES", the configuration in so many bytes, "END".
Result<std::string> ReadConfiguration(Connection& connection) {
  const std::string_view line = TRY(connection.ReadLine());
  if (line == "ERROR" || line.starts_with("CLIENT_ERROR")) {
    return connection.Refuse(
        {Code::kInvalid, "the server knows of no cluster: leave out discovery=on and name all nodes in the URL"});
  }
  const std::vector<std::string_view> words = SplitText(line, ' ');
  const std::optional<std::int64_t> bytes =
      words.size() == 4 && words[0] == "CONFIG" ? ParseInteger(words[3]) : std::nullopt;
  if (!bytes || *bytes < 0 || *bytes > kConfigurationBytesMax) return connection.Refuse(RefusalOf(line));
  const Bytes text = TRY(connection.ReadValue(static_cast<std::uint64_t>(*bytes)));
  if (TRY(connection.ReadLine()) != "END") {
    return connection.Refuse({Code::kInvalid, "the cluster's configuration does not end where it should"});
  }
  return std::string(reinterpret_cast<const char*>(text.data()), text.size());
}

}  // namespace

Result<std::vector<Endpoint>> ParseConfiguration(std::string_view text) {
  const std::vector<std::string_view> lines = SplitText(text, '\n');
  if (lines.size() < 2 || !ParseInteger(Trim(lines[0]))) {
    return Error{Code::kInvalid, "the cluster's configuration is not a version and a line of nodes"};
  }
  std::set<Endpoint> nodes;
  for (const std::string_view node : SplitText(Trim(lines[1]), ' ')) nodes.insert(TRY(ParseNode(node)));
  if (nodes.size() > kNodesMax) {
    return Error{Code::kInvalid, StrCat("the cluster's configuration names more than ", kNodesMax, " nodes")};
  }
  return std::vector<Endpoint>(nodes.begin(), nodes.end());
}

Result<std::vector<Endpoint>> DiscoverNodes(const Endpoint& server, const Access& access, Clock& clock) {
  Connection connection = TRY(Connection::Open(server, access, clock));
  TRY(connection.Send("config get cluster\r\n"));
  return ParseConfiguration(TRY(ReadConfiguration(connection))).Context(server.text());
}

}  // namespace lambdaml::memcached
