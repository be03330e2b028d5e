// SPDX-License-Identifier: Apache-2.0
// Everything that is text: job files, invocations, events, reports, manifests, URLs.
#include "base/url.h"
#include "data/dataset.h"
#include "fuzz.h"
#include "job/event.h"
#include "job/invocation.h"
#include "job/report.h"

using namespace lambdaml;

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = fuzz::Text(data, size);
  const Result<JobSpec> spec = ParseJobSpec(text, "fuzz");
  if (spec.ok()) fuzz::Ignore(ParseJobSpec(ToJson(spec.value()), "again"));
  fuzz::Ignore(ParseJobInvocation(text));
  fuzz::Ignore(ParseEvent(text));
  fuzz::Ignore(ParseWorkerReports(text));
  fuzz::Ignore(ParseJobReport(text));
  fuzz::Ignore(ParseManifest(text));
  fuzz::Ignore(Url::Parse(text));
  return 0;
}
