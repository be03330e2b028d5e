// SPDX-License-Identifier: Apache-2.0
#pragma once

// Tasks that run beside their owner, so that waiting for one thing does not delay another. A parameter, as clocks are:
// a simulator gives its own, where one thread runs at a time.
//
// Start may be called from any thread, also from a task. A task that waits for a later one needs a thread for each.

#include <cstddef>
#include <functional>
#include <memory>

namespace lambdaml {

class Background {
 public:
  using Task = std::function<void()>;  // must not throw

  virtual ~Background() = default;

  // `task` begins as soon as a thread is free, in the order of Start.
  virtual void Start(Task task) = 0;

  // Returns when every task that was started has ended. Not to be called from a task.
  virtual void Finish() = 0;
};

// On at most `threads` threads (at least 1), each made when it is first needed. Its destructor finishes.
std::unique_ptr<Background> MakeBackground(std::size_t threads);

}  // namespace lambdaml
