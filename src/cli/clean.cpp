// SPDX-License-Identifier: Apache-2.0
#include "cli/clean.h"

#include "base/text.h"
#include "base/url.h"
#include "cli/preflight.h"
#include "storage/ops.h"
#include "storage/registry.h"

namespace lambdaml {

namespace fs = std::filesystem;

std::optional<JobInvocation> LostAttempt(const JobFolder& folder) {
  const Result<Blob> text = ReadFile(folder.attempt());
  if (!text.ok()) return std::nullopt;
  Result<JobInvocation> lost = ParseJobInvocation(text.value().text());
  return lost.ok() ? std::optional(std::move(lost).value()) : std::nullopt;
}

Result<std::unique_ptr<Store>> OpenBriefly(std::string_view channel, const Session& session) {
  Url url = TRY(Url::Parse(channel));
  url.query["retry"] = "2s";
  return OpenStore(url, session.stores());
}

Result<PastJob> PastJobOf(const JobFolder& folder) {
  if (const auto lost = LostAttempt(folder)) return PastJob{.folder = folder, .channel = lost->spec.channel};
  const Result<Blob> text = ReadFile(folder.spec());
  if (!text.ok()) {
    return Error{Code::kNotFound, StrCat("job '", folder.name(),
                                         "' has not told its channel: give its job file, `lambdaml clean JOB.yaml`")};
  }
  const JobSpec spec = TRY(ParseJobSpec(text.value().text(), folder.spec().string()));
  return PastJob{.folder = folder, .channel = spec.channel};
}

Result<PastJob> FindPastJob(std::string_view word, const Environment& environment) {
  const Result<JobFolder> folder = JobFolder::Find(environment, word);
  if (folder.ok()) return PastJobOf(folder.value());
  const bool is_file = word.find('/') != std::string_view::npos || word.ends_with(".yaml") || word.ends_with(".yml");
  if (!is_file) return folder.error();
  const JobSpec spec = TRY(ReadJob({.path = std::string(word), .set = {}}, environment));
  return PastJob{.folder = TRY(JobFolder::Of(environment, spec.name)), .channel = spec.channel};
}

Result<Leftover> FindLeftover(const PastJob& job, const Session& session) {
  const std::string name = job.folder.name();
  Leftover leftover;
  leftover.channel = TRY(OpenBriefly(job.channel, session).Context(StrCat("job '", name, "'")));
  leftover.entries = TRY(ListBelow(*leftover.channel, Key("jobs") / name).Context(StrCat("job '", name, "'")));
  // Only now: whoever begins after the look owns nothing that it has seen.
  if (StatusOf(job.folder) == "running") {
    return Error{Code::kConflict, StrCat("job '", name, "' is running: end it with `lambdaml stop ", name,
                                         "`, which leaves nothing in its channel")};
  }
  return leftover;
}

Result<void> RemoveLeftover(const PastJob& job, const Leftover& leftover) {
  std::vector<Key> keys;
  for (const Entry& entry : leftover.entries) keys.push_back(entry.key);
  TRY(leftover.channel->Delete(keys).Context(StrCat("job '", job.folder.name(), "'")));
  const auto lost = LostAttempt(job.folder);
  std::error_code none;
  if (lost && lost->spec.channel == job.channel) fs::remove(job.folder.attempt(), none);
  return {};
}

}  // namespace lambdaml
