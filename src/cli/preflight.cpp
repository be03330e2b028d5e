// SPDX-License-Identifier: Apache-2.0
#include "cli/preflight.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>

#include "base/file.h"
#include "base/text.h"
#include "base/url.h"
#include "cli/place.h"
#include "cli/preflight_limits.h"
#include "cli/preflight_places.h"
#include "platform/platform.h"
#include "storage/ops.h"
#include "storage/registry.h"
#include "worker/catalog.h"

namespace lambdaml {

namespace fs = std::filesystem;

namespace {

// As large as what any channel is given at once; smaller values are of no concern to any.
constexpr double kValueTried = 1 << 20U;
constexpr double kValueSmall = 1 << 16U;

struct NearestFolder {
  fs::path path;
  std::uint64_t room_bytes = 0;
};

// The folder need not exist; the nearest one that does must be writable.
Result<NearestFolder> FindOutput(const JobSpec& spec) {
  std::error_code failed;
  fs::path path = fs::absolute(spec.output, failed);
  while (!fs::exists(path, failed) && path.has_relative_path()) path = path.parent_path();
  if (!fs::is_directory(path, failed)) {
    return Error{Code::kInvalid, StrCat(path.string(), " is a file: choose a folder")};
  }
  if (::access(path.c_str(), W_OK | X_OK) != 0) return FileError("writing into", path, errno);
  return NearestFolder{.path = path, .room_bytes = fs::space(path, failed).available};
}

// `model_bytes`: 0 if not known.
Result<std::string> CheckOutput(const JobSpec& spec, double model_bytes) {
  const NearestFolder folder = TRY(FindOutput(spec));
  const auto room = static_cast<double>(folder.room_bytes);
  if (room >= model_bytes) return spec.output;
  return Error{Code::kInvalid, StrCat(folder.path.string(), " has ", HumanBytes(room), " left and the model takes ",
                                      HumanBytes(model_bytes), ": make room, or choose another folder")};
}

Result<std::string> CheckPlatform(const JobSpec& spec) {
  std::vector<std::string> names;
  for (const PlatformKind& kind : PlatformKinds()) {
    if (kind.name == spec.platform) return std::string(kind.summary);
    names.emplace_back(kind.name);
  }
  return Error{Code::kInvalid,
               StrCat("no platform is called '", spec.platform, "'; known are ", JoinWith(", ", names))};
}

// Tries to write what is as large as a message will be, up to what the narrowest channels take at once.
Check CheckValueSize(Store& channel, const JobSpec& spec, double vector_bytes, const Session& session) {
  const auto size = static_cast<std::size_t>(std::min(vector_bytes, kValueTried));
  const Key key = Key("probe") / spec.name / StrCat("value-", session.clock.UnixMs(), "-", ::getpid());
  const Bytes value(size, std::byte{1});
  Result<void> done = Save(channel, key, value);
  if (done.ok()) done = Remove(channel, key);
  return CheckOf("values", done.ok() ? Result<std::string>(StrCat(HumanBytes(static_cast<double>(size)), " at once"))
                                     : Result<std::string>(done.error()));
}

// Places with their variables replaced, or every variable that is not set.
Result<void> Resolve(JobSpec& spec, const Environment& environment) {
  Result<std::string> data = ResolveUrl(spec.data, environment).Context("data");
  Result<std::string> channel = ResolveUrl(spec.channel, environment).Context("channel");
  Result<std::string> output = environment.Expand(spec.output).Context("output");
  std::string& url = spec.recovery.records;
  Result<std::string> checkpoints =
      url.empty() ? Result<std::string>(url) : ResolveUrl(url, environment).Context("recovery.records");
  std::vector<std::string> problems;
  for (const Result<std::string>* const place : {&data, &channel, &output, &checkpoints}) {
    if (!place->ok()) problems.push_back(place->error().message);
  }
  if (!problems.empty()) return Error{Code::kInvalid, JoinWith("; ", problems)};
  spec.data = std::move(data).value();
  spec.channel = std::move(channel).value();
  spec.output = std::move(output).value();
  spec.recovery.records = std::move(checkpoints).value();
  return {};
}

// What needs the data, the model and the channel. Checks that cannot be made say what is in the way.
class JobChecks {
 public:
  JobChecks(const JobSpec& spec, const Session& session)
      : spec_(spec), session_(session), places_(CheckPlaces(spec, session)) {}

  std::vector<Check> Run() {
    const Check platform = CheckOf("platform", CheckPlatform(spec_));
    const bool known = platform.verdict == Verdict::kGood;
    checks_.push_back(platform);
    checks_.insert(checks_.end(), places_.checks.begin(), places_.checks.end());
    CheckParts();
    const Split* const train = places_.manifest ? places_.manifest->Find("train") : nullptr;
    checks_.push_back(CheckWorkers(spec_, train == nullptr ? std::nullopt : std::optional(train->rows)));
    CheckNeeds();
    checks_.push_back(CheckOf("output", CheckOutput(spec_, forecast_ ? forecast_->vector_bytes : 0)));
    if (known && spec_.platform == "local") {
      for (Check& check : CheckMachineFor(spec_, forecast_ ? forecast_->bytes() : 0)) {
        checks_.push_back(std::move(check));
      }
    }
    return std::move(checks_);
  }

 private:
  void Add(std::string_view what, const Result<void>& held, std::string good) {
    checks_.push_back(held.ok() ? Good(what, std::move(good)) : Wrong(what, held.error().message));
  }

  void CheckParts() {
    Add("pattern", CheckPattern(spec_), spec_.pattern);
    if (!places_.manifest) {
      checks_.push_back(NotChecked("model", "data"));
      checks_.push_back(NotChecked("algorithm", "data"));
      return;
    }
    const Split* const train = places_.manifest->Find("train");
    const DataShape shape{.columns = places_.manifest->columns,
                          .classes = places_.manifest->classes.size(),
                          .class_rows = places_.manifest->class_rows,
                          .rows = train == nullptr ? 0 : train->rows};
    const Result<void> model = CheckModel(spec_, shape);
    Add("model", model, spec_.model.kind);
    if (!model.ok()) {
      checks_.push_back(NotChecked("algorithm", "model"));
      return;
    }
    const Result<void> algorithm = CheckAlgorithm(spec_, shape);
    Add("algorithm", algorithm, spec_.algorithm.kind);
    if (!algorithm.ok()) return;
    Result<MemoryForecast> forecast = ForecastMemory(spec_, *places_.manifest);
    if (forecast.ok()) forecast_ = std::move(forecast).value();
  }

  void CheckNeeds() {
    if (!forecast_) {
      const std::string_view first = !places_.manifest ? "data" : "model or algorithm";
      checks_.push_back(NotChecked("memory", first));
      return;
    }
    checks_.push_back(CheckMemory(spec_, *places_.manifest, *forecast_));
    if (!places_.channel) return;
    if (places_.room_bytes) checks_.push_back(CheckRoom(spec_, forecast_->vector_bytes, *places_.room_bytes));
    if (forecast_->vector_bytes > kValueSmall) {
      checks_.push_back(CheckValueSize(*places_.channel, spec_, forecast_->vector_bytes, session_));
    }
  }

  const JobSpec& spec_;
  const Session& session_;
  Places places_;
  std::optional<MemoryForecast> forecast_;
  std::vector<Check> checks_;
};

}  // namespace

Result<void> SetFrom(JobSpec& spec, std::string_view assignment) {
  const std::size_t equals = assignment.find('=');
  if (equals == std::string_view::npos || equals == 0) {
    return Error{Code::kInvalid, StrCat("--set '", assignment, "': write KEY=VALUE, as in algorithm.epochs=5")};
  }
  return Set(spec, assignment.substr(0, equals), assignment.substr(equals + 1)).Context("--set");
}

Result<JobSpec> ReadJob(const JobFile& file, const Environment& environment) {
  const Blob text = TRY(ReadFile(file.path));
  JobSpec spec = TRY(ParseJobSpec(text.text(), file.path));
  for (const std::string& assignment : file.set) TRY(SetFrom(spec, assignment));
  if (file.workers > 0) spec.workers = file.workers;
  TRY(Validate(spec).Context(file.path));
  TRY(Resolve(spec, environment));
  return spec;
}

Result<std::string> WorkerProgram(const std::string& program) {
  const fs::path path = fs::path(program).parent_path() / "bootstrap";
  if (::access(path.c_str(), X_OK) == 0) return path.string();
  return Error{Code::kInvalid, StrCat(path.string(), " is missing: build it, or install it beside lambdaml")};
}

std::vector<Check> CheckMachine(const Session& session) {
  return {CheckOf("worker program", WorkerProgram(session.program))};
}

std::vector<Check> CheckJob(const JobSpec& spec, const Session& session) { return JobChecks(spec, session).Run(); }

Result<void> Preflight(const JobSpec& spec, const Session& session) {
  std::vector<std::string> problems;
  for (const auto& checks : {CheckMachine(session), CheckJob(spec, session)}) {
    for (const Check& check : checks) {
      if (check.verdict == Verdict::kWrong) problems.push_back(StrCat(check.what, ": ", check.found));
    }
  }
  if (problems.empty()) return {};
  Error last{Code::kInvalid, std::move(problems.back())};
  problems.pop_back();
  for (const std::string& problem : problems) {
    session.terminal.Err(StrCat("lambdaml: ", session.command, ": ", problem, "\n"));
  }
  return last;
}

}  // namespace lambdaml
