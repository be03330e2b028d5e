// SPDX-License-Identifier: Apache-2.0
#pragma once

// The nodes of a cluster, as ElastiCache's configuration endpoint tells them when it is asked `config get cluster`: a
// version, and for each node its name, its number and its port. Stock memcached does not know this command.

#include <string_view>
#include <vector>

#include "storage/memcached/connection.h"

namespace lambdaml::memcached {

// The nodes in a configuration such as "12\nhost|ip|port host||port\n": by name, or by number where there is no name.
// kInvalid for any other text.
Result<std::vector<Endpoint>> ParseConfiguration(std::string_view text);

Result<std::vector<Endpoint>> DiscoverNodes(const Endpoint& server, const Access& access, Clock& clock);

}  // namespace lambdaml::memcached
