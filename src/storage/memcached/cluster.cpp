// SPDX-License-Identifier: Apache-2.0
#include "storage/memcached/cluster.h"

#include <algorithm>

#include "storage/memcached/key_dump.h"
#include "storage/memcached/lane.h"

namespace lambdaml::memcached {

Result<Cluster> Cluster::Of(const std::vector<Endpoint>& endpoints, const Access& access, Clock& clock) {
  std::vector<std::unique_ptr<Node>> nodes;
  std::vector<std::string> names;
  for (const Endpoint& endpoint : endpoints) {
    nodes.push_back(std::make_unique<Node>(endpoint, access, clock));
    names.push_back(nodes.back()->name());
  }
  return Cluster(std::move(nodes), TRY(KetamaRing::Of(names)), clock);
}

Result<void> Cluster::Run(std::span<const std::string> wire_keys, const Work& work) {
  std::vector<Lane> lanes;
  lanes.reserve(nodes_.size());
  for (const auto& node : nodes_) lanes.emplace_back(*node, work);
  for (std::size_t i = 0; i < wire_keys.size(); ++i) lanes[ring_.NodeOf(wire_keys[i])].Add(i);

  const auto done = [](const Lane& lane) { return lane.done(); };
  while (!std::all_of(lanes.begin(), lanes.end(), done)) {
    for (Lane& lane : lanes) {
      if (!lane.done()) lane.Send();
    }
    for (Lane& lane : lanes) {
      if (!lane.done()) lane.Receive();
    }
  }
  for (const Lane& lane : lanes) {
    if (lane.error()) return *lane.error();
  }
  return {};
}

Result<std::vector<std::string>> Cluster::WireKeys(std::string_view wire_prefix) {
  std::vector<Connection> connections;
  for (const auto& node : nodes_) {
    connections.push_back(TRY(node->Borrow()).connection);
    TRY(RequestKeys(connections.back()));
  }
  std::vector<std::string> keys;
  for (std::size_t i = 0; i < nodes_.size(); ++i) {
    for (std::string& key : TRY(ReceiveKeys(connections[i], wire_prefix, *clock_))) keys.push_back(std::move(key));
    nodes_[i]->Return(std::move(connections[i]));
  }
  return keys;
}

}  // namespace lambdaml::memcached
