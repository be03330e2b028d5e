// SPDX-License-Identifier: Apache-2.0
#pragma once

// Benchmarks print one table each, every figure beside the limit that was measured in the same run. A bench is one
// function in a file of its own and one line in bench/main.cpp.

#include <functional>
#include <string>
#include <vector>

#include "base/result.h"

namespace lambdaml::bench {

struct Row {
  std::string name;
  double value = 0;
  std::string unit;
  double limit = 0;   // the reference measured or computed in this run, in the same unit; 0: there is none
  std::string goal;   // for people: "<= 2 ms", ">= 0.5 x limit"
  bool holds = true;  // whether the goal is met

  double ratio() const { return limit == 0 ? 0 : value / limit; }
};

using Rows = std::vector<Row>;

Result<Rows> CommBench();  // with the next two
Result<Rows> InjectedRounds();
Result<Rows> MergeBench();
Result<Rows> DataBench();
Result<Rows> LearnBench();  // with the next one
Result<Rows> KmeansBench();
Result<Rows> StorageBench();
Result<Rows> TrainBench();

// Of a Redis server on this machine: the median of a PING, and MB/s of its own benchmark for values of 1 MB.
Result<double> PingSeconds(int port);
Result<double> RedisTransferRate(int port);

// Median and 99th percentile; `samples` must not be empty.
double Median(std::vector<double> samples);
double Percentile(std::vector<double> samples, double share);

// GB/s that threads together read from memory, by summing a buffer far larger than the caches; the best of several
// passes.
double ReadBandwidth(std::size_t threads = 1);

// How far the memory of a process grows at most while it does `work`, measured in one of its own, in bytes.
Result<double> PeakGrowthOf(const std::function<Result<void>()>& work);

}  // namespace lambdaml::bench
