// SPDX-License-Identifier: Apache-2.0
#pragma once

// The nodes of a store and what goes through them in one call: each item's command to the node of its key, all nodes at
// once, each in pipelines of bounded size. A key's node is never another one because that is away: its value must not
// be looked for in the wrong place.

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "storage/memcached/ketama.h"
#include "storage/memcached/node.h"
#include "storage/memcached/pipeline.h"

namespace lambdaml::memcached {

// An item is known by its index.
struct Work {
  std::function<void(Pipeline& pipeline, std::size_t index)> ask;  // adds the item's command
  std::function<void(const Reply& reply, Bytes value)> take = {};  // for each answer
  bool repeatable = true;  // does the same if it is sent twice, because a connection broke
};

class Cluster {
 public:
  // At least one node. `clock` must outlive the cluster.
  static Result<Cluster> Of(const std::vector<Endpoint>& endpoints, const Access& access, Clock& clock);

  // One item for each key. After an error some of them may be done; the other nodes' items are all the same.
  Result<void> Run(std::span<const std::string> wire_keys, const Work& work);

  // The keys that start with a prefix, of all nodes, in no order. kInvalid where the server does not tell them.
  Result<std::vector<std::string>> WireKeys(std::string_view wire_prefix);

 private:
  Cluster(std::vector<std::unique_ptr<Node>> nodes, KetamaRing ring, Clock& clock)
      : nodes_(std::move(nodes)), ring_(std::move(ring)), clock_(&clock) {}

  std::vector<std::unique_ptr<Node>> nodes_;
  KetamaRing ring_;
  Clock* clock_;
};

}  // namespace lambdaml::memcached
