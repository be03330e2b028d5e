// SPDX-License-Identifier: Apache-2.0
#include "job/invocation.h"

#include "base/text.h"
#include "job/json.h"

namespace lambdaml {

Key JobInvocation::Prefix() const { return Key("jobs") / spec.name / attempt; }
Key JobInvocation::StopKey() const { return Prefix() / "stop"; }
Key JobInvocation::MessagesPrefix(std::int64_t restart) const { return Prefix() / "messages" / StrCat(restart); }
Key JobInvocation::RecordsPrefix() const { return Key("records") / spec.name / attempt; }
Key JobInvocation::OpenKey() const { return RecordsPrefix() / "open"; }
Key JobInvocation::AbortKey() const { return RecordsPrefix() / "abort"; }
Key JobInvocation::LeaseKey(std::int64_t of_rank) const {
  return RecordsPrefix() / "lease" / (of_rank < 0 ? "trigger" : StrCat(of_rank));
}
Key JobInvocation::ReportKey(std::int64_t of_rank) const { return RecordsPrefix() / "report" / StrCat(of_rank); }
Key JobInvocation::FailurePrefix() const { return RecordsPrefix() / "failure"; }
Key JobInvocation::CheckpointPrefix() const { return RecordsPrefix() / "checkpoint"; }
Key JobInvocation::ModelKey() const { return RecordsPrefix() / "model.safetensors"; }

const std::string& RecordsUrl(const JobSpec& spec) {
  return spec.recovery.records.empty() ? spec.channel : spec.recovery.records;
}

std::string ToJson(const JobInvocation& invocation) {
  json::Value value;
  value["part"] = invocation.part == JobInvocation::Part::kTrigger ? "trigger" : "worker";
  value["attempt"] = invocation.attempt;
  value["rank"] = invocation.rank;
  value["incarnation"] = invocation.incarnation;
  value["launched_unix_ms"] = invocation.launched_unix_ms;
  if (!invocation.resumes.empty()) value["resumes"] = invocation.resumes;
  value["job"] = json::FromSpec(invocation.spec);
  return json::Write(value);
}

Result<JobInvocation> ParseJobInvocation(std::string_view text) {
  const json::Reader reader = TRY(json::Reader::Parse(text, "invocation"));
  JobInvocation invocation;
  const std::string part = TRY(reader.Text("part"));
  if (part != "trigger" && part != "worker") {
    return Error{Code::kInvalid, StrCat("invocation: part '", part, "' is neither trigger nor worker")};
  }
  invocation.part = part == "trigger" ? JobInvocation::Part::kTrigger : JobInvocation::Part::kWorker;
  invocation.attempt = TRY(reader.Text("attempt"));
  invocation.rank = TRY(reader.Integer("rank"));
  invocation.incarnation = TRY(reader.Integer("incarnation"));
  invocation.launched_unix_ms = TRY(reader.Integer("launched_unix_ms"));
  if (reader.Has("resumes")) invocation.resumes = TRY(reader.Text("resumes"));
  invocation.spec = TRY(ParseJobSpec(TRY(reader.Nested("job")), "invocation"));
  TRY(Validate(invocation.spec).Context("invocation"));
  if (invocation.rank < 0 || invocation.rank >= invocation.spec.workers) {
    return Error{Code::kInvalid, StrCat("invocation: rank ", invocation.rank, " of ", invocation.spec.workers)};
  }
  return invocation;
}

}  // namespace lambdaml
