// SPDX-License-Identifier: Apache-2.0
// Four processes add their vectors over a channel: allreduce redis://127.0.0.1:6379/example
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>

#include "comm/registry.h"
#include "storage/ops.h"
#include "storage/registry.h"

using namespace lambdaml;

int main(int argc, char** argv) {
  int rank = 0;
  while (rank < 3 && fork() == 0) ++rank;  // each process makes the next
  SystemClock clock;
  const auto background = MakeBackground(2);
  const auto store = OpenStore(argc > 1 ? argv[1] : "redis://127.0.0.1:6379", {.clock = clock}).value();
  const Key job("jobs/example/1");
  const auto peers = Join("scatter_reduce", {.store = *store,
                                             .clock = clock,
                                             .background = *background,
                                             .job = job,
                                             .abort = job / "abort",
                                             .rank = rank,
                                             .size = 4,
                                             .timeout = std::chrono::seconds(10)})
                         .value();
  std::vector<float> values(1000, static_cast<float>(rank + 1));
  const Result<void> done = peers->AllReduce(values);
  std::printf("rank %d: %s, %g\n", rank, done.ok() ? "sum" : done.error().message.c_str(), double{values[999]});
  wait(nullptr);
  return done.ok() && (rank > 0 || Clear(*store, job).ok()) ? 0 : 1;
}
