// SPDX-License-Identifier: Apache-2.0
#pragma once

// Which of several nodes holds a key: consistent hashing with the points of libketama (R. Jones, last.fm, 2007), so
// that a node more or less moves only its share of the keys, and so that other clients agree on where a key is. Each
// node has 160 points on a circle of 2^32: the four little-endian words of the MD5 sums of "host:port-0" to
// "host:port-39". A key belongs to the first point at or after the first word of its own MD5 sum.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace lambdaml::memcached {

class KetamaRing {
 public:
  // Nodes by "host:port"; their order does not matter to where a key goes. kInternal where MD5 is not to be had, as
  // with OpenSSL in FIPS mode.
  static Result<KetamaRing> Of(const std::vector<std::string>& nodes);

  // The index of the key's node.
  std::size_t NodeOf(std::string_view wire_key) const;

 private:
  struct Point {
    std::uint32_t at;
    std::size_t node;
  };

  std::vector<Point> points_;  // in order; empty for a single node
};

}  // namespace lambdaml::memcached
