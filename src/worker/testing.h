// SPDX-License-Identifier: Apache-2.0
#pragma once

// For tests: the workers of a job as threads, with generated data and a channel of their own.

#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "base/text.h"
#include "data/generate.h"
#include "storage/ops.h"
#include "storage/registry.h"
#include "worker/run.h"

namespace lambdaml::testing {

// Keeps the lines that workers print.
class Lines final : public Log {
 public:
  void Line(std::string_view line) override {
    const std::lock_guard lock(mutex_);
    lines_.emplace_back(line);
  }
  std::vector<std::string> lines() const {
    const std::lock_guard lock(mutex_);
    return lines_;
  }

 private:
  mutable std::mutex mutex_;
  std::vector<std::string> lines_;
};

class WorkersTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = std::filesystem::temp_directory_path() / "lambdaml-worker-XXXXXX";
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
    spec_.name = "test";
    spec_.data = StrCat("file://", pattern, "/data");
    spec_.channel = StrCat("file://", pattern, "/channel");
    spec_.output = "unused";
    spec_.algorithm = {"ga_sgd", {{"epochs", "3"}, {"batch", "64"}, {"learning_rate", "0.05"}}};
    Generate({"blobs", {{"rows", "1000"}, {"columns", "5"}, {"classes", "3"}}});
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  void Generate(const Choice& generator) {
    const auto store = OpenStore(spec_.data, {.clock = clock_});
    ASSERT_TRUE(store.ok());
    const ShardSink sink = [&store](std::string_view name, ByteSpan content) {
      return Save(*store.value(), Key(std::string(name)), content);
    };
    const Result<Manifest> made = GenerateDataset(generator, 1, sink, {});
    ASSERT_TRUE(made.ok()) << made.error().message;
  }

  JobInvocation InvocationOf(std::int64_t rank) const {
    return {.part = JobInvocation::Part::kWorker,
            .attempt = StrCat(attempt_),
            .rank = rank,
            .launched_unix_ms = 0,
            .spec = spec_};
  }

  // Runs all ranks of another attempt, each on a thread of its own; their results by rank.
  std::vector<Result<WorkerReport>> RunAll(Clock::Duration time = std::chrono::seconds(60)) {
    ++attempt_;
    std::vector<Result<WorkerReport>> results(static_cast<std::size_t>(spec_.workers), Error{});
    last_calls_.assign(results.size(), {});
    {
      std::vector<std::jthread> ranks;
      for (std::size_t rank = 0; rank < results.size(); ++rank) {
        ranks.emplace_back([this, rank, time, &results] {
          const Clock::Time now = clock_.Now();
          const JobInvocation invocation = InvocationOf(static_cast<std::int64_t>(rank));
          WorkerEnd end = RunWorker(invocation, {.clock = clock_,
                                                 .log = log_,
                                                 .environment = Environment(),
                                                 .arrived = now,
                                                 .deadline = now + time,
                                                 .cold_start = true});
          results[rank] = std::move(end.report);
          last_calls_[rank] = std::move(end.last_calls);
        });
      }
    }
    return results;
  }

  Blob ModelBytes() {
    const auto store = OpenStore(spec_.channel, {.clock = clock_});
    return Load(*store.value(), InvocationOf(0).ModelKey()).value();
  }

  SystemClock clock_;
  Lines log_;
  JobSpec spec_;
  std::filesystem::path folder_;
  int attempt_ = 0;
  std::vector<std::vector<std::string>> last_calls_;  // of the last attempt's ranks that failed
};

}  // namespace lambdaml::testing
