// SPDX-License-Identifier: Apache-2.0
#pragma once

// Work on several threads. ParallelFor calls work(i) for every i in [0, count), on at most `threads` threads at once,
// and returns when all are done. `work` must not throw. With one thread it runs on the caller's.

#include <atomic>
#include <cstddef>
#include <thread>
#include <vector>

namespace lambdaml {

template <class Work>
void ParallelFor(std::size_t threads, std::size_t count, const Work& work) {
  std::atomic<std::size_t> next{0};
  const auto run = [&next, count, &work] {
    for (std::size_t i = next++; i < count; i = next++) work(i);
  };
  std::vector<std::jthread> others;
  for (std::size_t i = 1; i < threads && i < count; ++i) others.emplace_back(run);
  run();
}

// The processors that this process may use, at least 1.
std::size_t AvailableThreads();

}  // namespace lambdaml
