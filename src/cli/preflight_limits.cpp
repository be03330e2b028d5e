// SPDX-License-Identifier: Apache-2.0
#include "cli/preflight_limits.h"

#include <sys/resource.h>

#include <algorithm>
#include <cmath>
#include <fstream>

#include "base/text.h"
#include "base/url.h"
#include "job/invocation.h"
#include "platform/lambda_client.h"
#include "platform/platform.h"

namespace lambdaml {

namespace {

constexpr std::size_t kUsesShown = 3;
constexpr double kRoundsAlive = 3;  // messages of older rounds have been deleted

// What the local platform opens for each function, and for itself.
constexpr std::int64_t kDescriptorsOfFunction = 7;
constexpr std::int64_t kDescriptorsOfPlatform = 16;

// "1,769 MB", in the unit of function.memory_mb.
std::string Megabytes(double bytes) {
  return StrCat(HumanCount(static_cast<std::int64_t>(std::ceil(bytes / kFunctionMegabyte))), " MB");
}

std::string LargestOf(const MemoryForecast& forecast) {
  std::vector<std::string> parts;
  for (const MemoryUse& use : forecast.uses) {
    if (parts.size() == kUsesShown || use.bytes < kFunctionMegabyte) break;
    parts.push_back(StrCat(use.purpose, " ", Megabytes(use.bytes)));
  }
  return JoinWith(", ", parts);
}

std::string Advice(const MemoryRemedy& remedy) {
  std::vector<std::string> ways;
  if (remedy.memory_mb) ways.push_back(StrCat("function.memory_mb to at least ", *remedy.memory_mb));
  if (remedy.workers) ways.push_back(StrCat("workers to at least ", *remedy.workers));
  if (ways.empty()) return "no function is large enough: choose a smaller model, batch or dataset";
  return StrCat("raise ", JoinWith(" or ", ways));
}

// The number in a file of /proc, behind `name` if that is given. Such a file has no length that could be asked for.
std::optional<std::int64_t> ReadNumber(const char* path, std::string_view name = {}) {
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) {
    if (!line.starts_with(name)) continue;
    const std::string_view number = Trim(std::string_view(line).substr(name.size()));
    return ParseInteger(number.substr(0, number.find(' ')));
  }
  return std::nullopt;
}

std::int64_t ConcurrencyOf(std::string_view platform) {
  for (const PlatformKind& kind : PlatformKinds()) {
    if (kind.name == platform) return kind.concurrency;
  }
  return 0;
}

Check CheckDescriptors(const JobSpec& spec) {
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  const std::int64_t needed = kDescriptorsOfPlatform + kDescriptorsOfFunction * (spec.workers + 1);
  const std::string text = StrCat(needed, " for ", spec.workers, " workers, the limit is ", limit.rlim_cur);
  if (static_cast<rlim_t>(needed) <= limit.rlim_cur) return Good("open files", text);
  return Wrong("open files",
               StrCat(text, ": `ulimit -n ", needed, "`, or set workers to at most ",
                      std::max<std::int64_t>(1, (static_cast<std::int64_t>(limit.rlim_cur) - kDescriptorsOfPlatform) /
                                                        kDescriptorsOfFunction -
                                                    1)));
}

std::optional<Check> CheckWatches(const JobSpec& spec) {
  constexpr const char* kLimit = "/proc/sys/fs/inotify/max_user_instances";
  const auto limit = ReadNumber(kLimit);
  if (!spec.channel.starts_with("file:") || !limit || spec.workers <= *limit) return std::nullopt;
  return Doubtful("file watches", StrCat(spec.workers, " workers watch ", PrintableUrl(spec.channel), ", ", *limit,
                                         " can (", kLimit, "): the others look every 20 ms; raise it by `sysctl ",
                                         "fs.inotify.max_user_instances=", 2 * spec.workers, "`"));
}

std::optional<Check> CheckMachineMemory(const JobSpec& spec, double worker_bytes) {
  const auto free_kb = ReadNumber("/proc/meminfo", "MemAvailable:");
  const double needed = worker_bytes * static_cast<double>(spec.workers);
  if (!free_kb || needed <= static_cast<double>(*free_kb) * 1024) return std::nullopt;
  return Doubtful("machine", StrCat(spec.workers, " workers need about ", Megabytes(needed), " together, and ",
                                    Megabytes(static_cast<double>(*free_kb) * 1024), " are free: use fewer workers"));
}

}  // namespace

Check CheckMemory(const JobSpec& spec, const Manifest& manifest, const MemoryForecast& forecast) {
  const double limit = static_cast<double>(spec.function.memory_mb) * kFunctionMegabyte;
  const std::string parts = LargestOf(forecast);
  const std::string about = StrCat("about ", Megabytes(forecast.bytes()), " of ", Megabytes(limit), " (", parts, ")");
  if (forecast.bytes() <= limit) return Good("memory", about);
  const Result<MemoryRemedy> remedy = RemedyFor(spec, manifest);
  const std::string advice = remedy.ok() ? Advice(remedy.value()) : remedy.error().message;
  if (forecast.bytes_at_least() <= limit) return Doubtful("memory", StrCat(about, ": it may be too little; ", advice));
  return Wrong("memory", StrCat("a worker needs about ", Megabytes(forecast.bytes()), " (", parts, ") and may use ",
                                Megabytes(limit), ": ", advice));
}

Check CheckWorkers(const JobSpec& spec, std::optional<std::uint64_t> rows) {
  const std::int64_t functions = spec.workers + 1;  // and the trigger
  const std::int64_t most = ConcurrencyOf(spec.platform);
  const std::size_t payload = ToJson(JobInvocation{.attempt = "0123456789-0123456789", .spec = spec}).size();
  std::vector<std::string> problems;
  if (rows && *rows < static_cast<std::uint64_t>(spec.workers)) {
    problems.push_back(StrCat(spec.workers, " workers for ", *rows, " training rows in ", PrintableUrl(spec.data),
                              ": set workers to at most ", *rows));
  } else if (most > 0 && functions > most) {
    problems.push_back(StrCat(spec.workers, " and the trigger are more than the ", most,
                              " functions that run at once: set workers to at most ", most - 1));
  }
  if (payload > kAsyncPayloadBytesMax) {
    problems.push_back(StrCat("the job has ", payload, " bytes as an invocation, which may have ",
                              kAsyncPayloadBytesMax, ": shorten its settings"));
  }
  if (!problems.empty()) return Wrong("workers", JoinWith("; ", problems));
  if (most == 0) return Good("workers", StrCat(spec.workers));
  return Good("workers", StrCat(spec.workers, " and the trigger, of ", most, " functions at once"));
}

Check CheckRoom(const JobSpec& spec, double vector_bytes, std::uint64_t room_bytes) {
  const double workers = static_cast<double>(spec.workers);
  const double element = spec.sync == "bsp" ? 1 : 2;  // stale sums travel in double precision
  const double round = spec.workers == 1 ? 0 : element * (workers + 1) * vector_bytes;
  const auto room = static_cast<double>(room_bytes);
  const double needed = kRoundsAlive * round + vector_bytes;
  const std::string text =
      StrCat("about ", HumanBytes(needed), " of ", HumanBytes(room), " in ", PrintableUrl(spec.channel));
  if (needed <= room) return Good("room", text);
  constexpr std::string_view kRemedy = "make room there, or use another channel";
  return round + vector_bytes > room ? Wrong("room", StrCat(text, ": ", kRemedy))
                                     : Doubtful("room", StrCat(text, ": ", kRemedy));
}

std::vector<Check> CheckMachineFor(const JobSpec& spec, double worker_bytes) {
  std::vector<Check> checks{CheckDescriptors(spec)};
  for (const std::optional<Check>& check : {CheckWatches(spec), CheckMachineMemory(spec, worker_bytes)}) {
    if (check) checks.push_back(*check);
  }
  return checks;
}

}  // namespace lambdaml
