// SPDX-License-Identifier: Apache-2.0
#include "coordination/job_state.h"

#include <algorithm>
#include <utility>

#include "base/text.h"
#include "job/json.h"
#include "storage/ops.h"

namespace lambdaml {

namespace {

std::string ErrorText(const Error& error) {
  json::Value value;
  value["code"] = Name(error.code);
  value["message"] = error.message;
  return json::Write(value);
}

Result<std::pair<std::string, std::string>> CodeAndMessage(std::string_view text) {
  const json::Reader reader = TRY(json::Reader::Parse(text, "abort"));
  return std::pair(TRY(reader.Text("code")), TRY(reader.Text("message")));
}

// What cannot be read is an error as well.
Error ToError(std::string_view text) {
  Result<std::pair<std::string, std::string>> read = CodeAndMessage(text);
  if (!read.ok()) return std::move(read).error();
  auto& [name, message] = read.value();
  for (const Code code : {Code::kNotFound, Code::kConflict, Code::kUnavailable, Code::kTimeout, Code::kInvalid}) {
    if (name == Name(code)) return {code, std::move(message)};
  }
  return {Code::kInternal, std::move(message)};
}

// Writes what nobody has written yet; what is there already stays.
Result<void> SaveFirst(Store& records, const Key& key, std::string_view text) {
  Result<void> saved = SaveIfAbsent(records, key, AsBytes(text));
  if (!saved.ok() && saved.error().code == Code::kConflict) return {};
  return saved;
}

}  // namespace

Result<void> OpenJob(Store& records, const JobInvocation& invocation) {
  return Save(records, invocation.OpenKey(), AsBytes(invocation.attempt));
}

Result<bool> IsOpen(Store& records, const JobInvocation& invocation) {
  const Key key = invocation.OpenKey();
  return TRY(records.Get({&key, 1})).front().has_value();
}

Result<void> MarkChannel(Store& channel, const JobInvocation& invocation, std::int64_t restart) {
  return Save(channel, invocation.MessagesPrefix(restart) / "open", AsBytes(invocation.attempt));
}

Result<bool> IsMarked(Store& channel, const JobInvocation& invocation, std::int64_t restart) {
  const Key key = invocation.MessagesPrefix(restart) / "open";
  return TRY(channel.Get({&key, 1})).front().has_value();
}

Result<void> AbortJob(Store& records, const JobInvocation& invocation, const Error& why) {
  return SaveFirst(records, invocation.AbortKey(), ErrorText(why));
}

Result<std::optional<Error>> AbortOf(Store& records, const JobInvocation& invocation) {
  const Key key = invocation.AbortKey();
  const Values values = TRY(records.Get({&key, 1}));
  if (!values.front()) return std::optional<Error>();
  return std::optional(ToError(values.front()->text()));
}

Result<void> PutReport(Store& records, const JobInvocation& invocation, const WorkerReport& report) {
  return SaveFirst(records, invocation.ReportKey(invocation.rank), ToJson(report));
}

Result<void> PutFailure(Store& records, const JobInvocation& invocation, const Failure& failure) {
  const std::string name = StrCat(failure.rank < 0 ? "trigger" : Padded(static_cast<std::uint64_t>(failure.rank), 4),
                                  ".", Padded(static_cast<std::uint64_t>(failure.incarnation), 4));
  return SaveFirst(records, invocation.FailurePrefix() / name, ToJson(failure));
}

Result<std::vector<Failure>> FailuresOf(Store& records, const JobInvocation& invocation) {
  std::vector<Key> keys;
  for (const Entry& entry : TRY(ListBelow(records, invocation.FailurePrefix()))) keys.push_back(entry.key);
  std::vector<Failure> failures;
  for (const auto& value : TRY(records.Get(keys))) {
    if (value) failures.push_back(TRY(ParseFailure(value->text())));
  }
  return failures;
}

Result<JobEnd> AwaitEnd(Store& records, const JobInvocation& invocation, Clock::Time deadline,
                        const std::atomic<bool>* cancelled) {
  std::vector<Key> keys{invocation.AbortKey()};
  for (std::int64_t rank = 0; rank < invocation.spec.workers; ++rank) keys.push_back(invocation.ReportKey(rank));
  const Values values =
      TRY(records.Wait(keys, {.deadline = deadline, .at_least = keys.size() - 1, .cancelled = cancelled, .urgent = 1}));
  JobEnd end;
  if (values.front()) end.aborted = ToError(values.front()->text());
  if (!std::ranges::all_of(values.begin() + 1, values.end(), [](const auto& value) { return value.has_value(); })) {
    return end;
  }
  for (std::size_t i = 1; i < values.size(); ++i) end.reports.push_back(TRY(ParseWorkerReport(values[i]->text())));
  return end;
}

}  // namespace lambdaml
