// SPDX-License-Identifier: Apache-2.0
#pragma once

// For tests: the workers of a job as threads, with generated data and a channel of their own.

#include <gtest/gtest.h>
#include <stdlib.h>

#include <deque>
#include <filesystem>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "base/text.h"
#include "coordination/job_state.h"
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

// A platform of threads: each invocation of a worker runs on one of its own, for at most `time`.
class Functions {
 public:
  Functions(Clock& clock, Log& log, Clock::Duration time) : clock_(clock), log_(log), time_(time) {}

  void Start(const JobInvocation& invocation) {
    const std::lock_guard lock(mutex_);
    const std::size_t number = threads_.size();
    threads_.emplace_back([this, invocation, number] {
      const Result<std::string> note = RunWorker(invocation, RuntimeOf(number));
      EXPECT_TRUE(note.ok()) << note.error().message;
    });
  }

  // Returns when no function runs any more; how many there were.
  std::size_t Await() {
    for (std::size_t i = 0;; ++i) {
      std::thread thread;
      {
        const std::lock_guard lock(mutex_);
        if (i == threads_.size()) return i;
        thread = std::move(threads_[i]);
      }
      thread.join();
    }
  }

 private:
  FunctionRuntime RuntimeOf(std::size_t number) {
    const Clock::Time now = clock_.Now();
    return {.clock = clock_,
            .log = log_,
            .open_store =
                [this](std::string_view url, StoreMeter* meter) {
                  return OpenStore(url, {.clock = clock_, .environment = Environment(), .meter = meter});
                },
            .make_background = MakeBackground,
            .invoke =
                [this](std::span<const std::string> payloads) {
                  for (const std::string& payload : payloads) Start(ParseJobInvocation(payload).value());
                  return std::vector<Result<void>>(payloads.size());
                },
            .instance = StrCat("instance ", number),
            .arrived = now,
            .deadline = now + time_,
            .cold_start = true};
  }

  Clock& clock_;
  Log& log_;
  const Clock::Duration time_;
  std::mutex mutex_;
  std::deque<std::thread> threads_;
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

  std::unique_ptr<Store> Records() { return OpenStore(RecordsUrl(spec_), {.clock = clock_}).value(); }

  // Runs all ranks of another attempt, each on a thread of its own, by functions that live for `time`. Their results by
  // rank; all of them the error where the job failed.
  std::vector<Result<WorkerReport>> RunAll(Clock::Duration time = std::chrono::seconds(60)) {
    ++attempt_;
    const auto records = Records();
    EXPECT_TRUE(OpenJob(*records, InvocationOf(0)).ok());
    Functions functions(clock_, log_, time);
    for (std::int64_t rank = 0; rank < spec_.workers; ++rank) functions.Start(InvocationOf(rank));
    functions_ = functions.Await();
    std::vector<Result<WorkerReport>> results(static_cast<std::size_t>(spec_.workers), Error{});
    failures_ = FailuresOf(*records, InvocationOf(0)).value();
    const JobEnd end = AwaitEnd(*records, InvocationOf(0), clock_.Now(), nullptr).value();
    for (std::size_t rank = 0; rank < results.size(); ++rank) {
      if (end.aborted) {
        results[rank] = *end.aborted;
      } else if (!end.reports.empty()) {
        results[rank] = end.reports[rank];
      }
    }
    return results;
  }

  Blob ModelBytes() { return Load(*Records(), InvocationOf(0).ModelKey()).value(); }
  std::filesystem::path ModelFile() const { return folder_ / "channel" / InvocationOf(0).ModelKey().text(); }

  SystemClock clock_;
  Lines log_;
  JobSpec spec_;
  std::filesystem::path folder_;
  int attempt_ = 0;
  std::size_t functions_ = 0;      // that were the workers of the last attempt
  std::vector<Failure> failures_;  // of the last attempt
};

}  // namespace lambdaml::testing
