// SPDX-License-Identifier: Apache-2.0
#include "base/text.h"
#include "cli/commands/commands.h"
#include "cli/storage_run.h"
#include "storage/ops.h"
#include "storage/settings.h"

namespace lambdaml {

namespace {

struct WaitSettings {
  std::string url;
  std::string key;
  std::string timeout = "30s";
};

Parameters Describe(WaitSettings& s) {
  return {.arguments = {{"URL", &s.url, "a channel: a URL or a folder"}, {"KEY", &s.key, "which value"}},
          .options = {{"timeout", s.timeout, "give up after this long: 500ms, 30s, 5m"}}};
}

Result<Exit> StorageWait(const WaitSettings& settings, Session& session) {
  const std::optional<Clock::Duration> patience = ParseDuration(settings.timeout);
  if (!patience) {
    return Error{Code::kInvalid, StrCat("--timeout '", settings.timeout, "': write a duration, as 500ms, 30s or 5m")};
  }
  const auto channel = TRY(Channel::Open(settings.url, session));
  const Clock::Time began = session.clock.Now();
  const Result<Blob> value = channel->Named(LoadOrWait(channel->store(), Key(settings.key), began + *patience));
  if (!value.ok() && value.error().code == Code::kTimeout) {
    return Error{Code::kTimeout, StrCat(value.error().message, " within ", settings.timeout)};
  }
  session.terminal.Out(StrCat(channel->Label(), settings.key, ", ", BytesInWords(TRY(value).size()), ", after ",
                              HumanSeconds(Seconds(session.clock.Now() - began)), "\n", channel->CostLine()));
  return Exit::kDone;
}

}  // namespace

constinit const Command kStorageWait = {.name = "storage wait",
                                        .topic = "Storage",
                                        .summary = "Wait until somebody has written a value",
                                        .examples =
                                            "lambdaml storage wait redis://localhost start --timeout 5m\n"
                                            "lambdaml storage wait s3://bucket/jobs done && echo done",
                                        .start = Start<WaitSettings, StorageWait>};

}  // namespace lambdaml
