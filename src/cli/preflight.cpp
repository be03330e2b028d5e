// SPDX-License-Identifier: Apache-2.0
#include "cli/preflight.h"

#include <unistd.h>

#include <cerrno>
#include <filesystem>

#include "base/file.h"
#include "base/text.h"
#include "base/url.h"
#include "cli/place.h"
#include "platform/platform.h"
#include "storage/ops.h"
#include "storage/registry.h"
#include "worker/catalog.h"

namespace lambdaml {

namespace fs = std::filesystem;

namespace {

Result<void> SetFrom(JobSpec& spec, std::string_view assignment) {
  const std::size_t equals = assignment.find('=');
  if (equals == std::string_view::npos || equals == 0) {
    return Error{Code::kInvalid, StrCat("--set '", assignment, "': write KEY=VALUE, as in algorithm.epochs=5")};
  }
  return Set(spec, assignment.substr(0, equals), assignment.substr(equals + 1)).Context("--set");
}

Result<std::string> CheckData(const JobSpec& spec, const Session& session) {
  const OpenDataset dataset = TRY(OpenDatasetAt(spec.data, session.stores()));
  const auto* const train = dataset.manifest.Find("train");
  const std::uint64_t rows = train == nullptr ? 0 : train->rows;
  if (rows < static_cast<std::uint64_t>(spec.workers)) {
    return Error{Code::kInvalid, StrCat(spec.workers, " workers for ", rows, " training rows in ",
                                        PrintableUrl(spec.data), ": set workers to at most ", rows)};
  }
  TRY(CheckSpec(spec, {.columns = dataset.manifest.columns,
                       .classes = dataset.manifest.classes.size(),
                       .class_rows = dataset.manifest.class_rows,
                       .rows = rows}));
  return StrCat(HumanCount(static_cast<std::int64_t>(rows)), " rows of ", dataset.manifest.columns, " columns in ",
                PrintableUrl(spec.data));
}

// Writes a key and deletes it again.
Result<std::string> CheckChannel(const JobSpec& spec, const Session& session) {
  const std::unique_ptr<Store> store = TRY(OpenStore(spec.channel, session.stores()));
  if (!store->limits().survives_process) {
    return Error{Code::kInvalid,
                 StrCat(store->name(), " lives inside one process and functions are processes of their ",
                        "own: use a channel they share, as file:///tmp/channel")};
  }
  const Key probe = Key("probe") / spec.name / StrCat(session.clock.UnixMs());
  TRY(Save(*store, probe, AsBytes("lambdaml")).Context("not writable"));
  TRY(Remove(*store, probe));
  return store->name();
}

// The folder need not exist; the nearest one that does must be writable.
Result<std::string> CheckOutput(const JobSpec& spec) {
  std::error_code failed;
  fs::path path = fs::absolute(spec.output, failed);
  while (!fs::exists(path, failed) && path.has_relative_path()) path = path.parent_path();
  if (!fs::is_directory(path, failed)) {
    return Error{Code::kInvalid, StrCat(path.string(), " is a file: choose a folder")};
  }
  if (::access(path.c_str(), W_OK | X_OK) != 0) return FileError("writing into", path, errno);
  return spec.output;
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

}  // namespace

Result<JobSpec> ReadJob(const JobFile& file, const Environment& environment) {
  const Blob text = TRY(ReadFile(file.path));
  JobSpec spec = TRY(ParseJobSpec(text.text(), file.path));
  for (const std::string& assignment : file.set) TRY(SetFrom(spec, assignment));
  if (file.workers > 0) spec.workers = file.workers;
  TRY(Validate(spec).Context(file.path));
  spec.data = TRY(ResolveUrl(spec.data, environment).Context("data"));
  spec.channel = TRY(ResolveUrl(spec.channel, environment).Context("channel"));
  spec.output = TRY(environment.Expand(spec.output).Context("output"));
  return spec;
}

Result<std::string> WorkerProgram(const std::string& program) {
  const fs::path path = fs::path(program).parent_path() / "bootstrap";
  if (::access(path.c_str(), X_OK) == 0) return path.string();
  return Error{Code::kInvalid, StrCat(path.string(), " is missing: build it, or install it beside lambdaml")};
}

std::vector<Check> CheckMachine(const Session& session) { return {{"worker program", WorkerProgram(session.program)}}; }

std::vector<Check> CheckJob(const JobSpec& spec, const Session& session) {
  std::vector<Check> checks;
  checks.push_back({"platform", CheckPlatform(spec)});
  checks.push_back({"data", CheckData(spec, session)});
  checks.push_back({"channel", CheckChannel(spec, session)});
  checks.push_back({"output", CheckOutput(spec)});
  return checks;
}

Result<void> Preflight(const JobSpec& spec, const Session& session) {
  for (const auto& checks : {CheckMachine(session), CheckJob(spec, session)}) {
    for (const Check& check : checks) {
      if (!check.found.ok()) return Error(check.found.error()).Context(check.what);
    }
  }
  return {};
}

}  // namespace lambdaml
