// SPDX-License-Identifier: Apache-2.0

// The first hour as a user meets it: how fast the command line tool starts, and a whole job on real data by its report.

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>

#include "base/clock.h"
#include "base/file.h"
#include "base/temporary_folder.h"
#include "base/text.h"
#include "bench/bench.h"
#include "job/report.h"

namespace lambdaml::bench {

namespace {

constexpr std::string_view kImages = "/usr/share/datasets/fashion-mnist";
constexpr int kStarts = 21;

// Runs a program without its output and returns the seconds it took.
Result<double> Run(std::vector<std::string> words) {
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
  const SystemClock clock;
  const Clock::Time begin = clock.Now();
  pid_t child = 0;
  const int error = posix_spawn(&child, arguments[0], &actions, nullptr, arguments.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  if (error != 0) return FileError("cannot start", words[0], error);
  int status = 0;
  waitpid(child, &status, 0);
  const double seconds = Seconds(clock.Now() - begin);
  if (status != 0) return Error{Code::kInternal, StrCat(words[0], " ", words[1], " ended with status ", status)};
  return seconds;
}

Result<double> MedianStartMs(const std::vector<std::string>& words) {
  std::vector<double> samples;
  for (int i = 0; i < kStarts; ++i) samples.push_back(1e3 * TRY(Run(words)));
  return Median(std::move(samples));
}

Result<Row> StartRow(const std::string& program) {
  const double value = TRY(MedianStartMs({program, "version"}));
  const double limit = TRY(MedianStartMs({"/bin/true", ""}));
  return Row{"lambdaml version, start to end", value, "ms", limit, "<= 10 ms", value <= 10};
}

double Largest(const JobReport& report, double (*of)(const WorkerReport&)) {
  double largest = 0;
  for (const WorkerReport& worker : report.workers) largest = std::max(largest, of(worker));
  return largest;
}

// MiB that a worker needs beyond the rows it holds.
double OverheadMiB(const WorkerReport& worker) {
  constexpr double kRowBytes = 784 * sizeof(float);
  constexpr double kTestRows = 10'000;
  const double share = kRowBytes * (static_cast<double>(worker.rows) + kTestRows / 4);
  return (static_cast<double>(worker.memory_peak_bytes) - share) / (1 << 20);
}

Rows RowsOf(const JobReport& report) {
  const double start = Largest(report, [](const WorkerReport& worker) { return worker.seconds.start; });
  const double overhead = Largest(report, OverheadMiB);
  const auto largest = [&report](double (*of)(const WorkerReport&)) { return Largest(report, of); };
  return {
      {"Fashion-MNIST, 4 workers, 20 epochs: wall", report.wall_seconds, "s", 0, "<= 10 s", report.wall_seconds <= 10},
      {"  start of trigger and workers", start, "s", 0, "<= 0.3 s", start <= 0.3},
      {"  load", largest([](const WorkerReport& w) { return w.seconds.load; }), "s", 0, "", true},
      {"  compute", largest([](const WorkerReport& w) { return w.seconds.compute; }), "s", 0, "", true},
      {"  communicate", largest([](const WorkerReport& w) { return w.seconds.communicate; }), "s", 0, "", true},
      {"  wait", largest([](const WorkerReport& w) { return w.seconds.wait; }), "s", 0, "", true},
      {"  a worker's memory beyond its rows", overhead, "MiB", 0, "<= 64 MiB", overhead <= 64},
  };
}

}  // namespace

Result<Rows> TrainBench() {
  const std::string program = std::filesystem::read_symlink("/proc/self/exe").parent_path() / "lambdaml";
  const TemporaryFolder folder = TRY(TemporaryFolder::Make());
  const std::string job = folder.path() / "job.yaml";
  const std::string here = folder.path();
  const std::string text = StrCat("name: bench\ndata: ", here, "/data\nmodel: {kind: logistic, l2: 1.0e-5}\n",
                                  "algorithm: {kind: ga_sgd, learning_rate: 0.1, batch: 512, epochs: 20}\n",
                                  "channel: ", here, "/channel\noutput: ", here, "/out\n");
  TRY(WriteFileAtomically(job, AsBytes(text), Durability::kProcess));
  TRY(Run({program, "data", "import", std::string(kImages), here + "/data"}));
  TRY(Run({program, "train", job}));
  const Blob report = TRY(ReadFile(folder.path() / "out/report.json"));
  Rows rows = RowsOf(TRY(ParseJobReport(report.text())));
  rows.insert(rows.begin(), TRY(StartRow(program)));
  return rows;
}

}  // namespace lambdaml::bench
