// SPDX-License-Identifier: Apache-2.0
#pragma once

// The items of one call that go to one node, a pipeline at a time: Send, then Receive, until it is done.

#include <optional>
#include <vector>

#include "storage/memcached/cluster.h"

namespace lambdaml::memcached {

class Lane {
 public:
  // Both must outlive the lane.
  Lane(Node& node, const Work& work) : node_(node), work_(work) {}

  void Add(std::size_t index) { items_.push_back(index); }

  // After an error it is done: the remaining items are not sent.
  bool done() const { return next_ == items_.size(); }
  const std::optional<Error>& error() const { return error_; }

  void Send();
  void Receive();

 private:
  void FillPipeline();
  Result<void> TrySend();
  Result<void> TryReceive();
  Result<void> SendAgainAfter(Error error);
  void Fail(Error error);

  Node& node_;
  const Work& work_;
  std::vector<std::size_t> items_;
  std::size_t next_ = 0;  // of items_: the first that is not answered
  std::size_t sent_ = 0;  // of items_: behind the last that is sent
  Pipeline pipeline_;
  Pieces pieces_;  // of pipeline_
  std::optional<Borrowed> borrowed_;
  std::optional<Error> error_;
};

}  // namespace lambdaml::memcached
