// SPDX-License-Identifier: Apache-2.0
// Everything that is text: job files, invocations, events, reports, leases, manifests, URLs.
#include <cstdlib>

#include "base/url.h"
#include "coordination/checkpoint.h"
#include "coordination/lease.h"
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
  fuzz::Ignore(ParseJobReport(text));
  fuzz::Ignore(ParseManifest(text));
  // A lease is replaced by the text of what was read.
  const Result<LeaseRecord> lease = ParseLeaseRecord(text);
  if (lease.ok() && ParseLeaseRecord(ToJson(lease.value())).value() != lease.value()) std::abort();
  const Result<JobHead> head = ParseJobHead(text);
  if (head.ok() && !ParseJobHead(ToJson(head.value())).ok()) std::abort();
  fuzz::Ignore(Url::Parse(text));
  return 0;
}
