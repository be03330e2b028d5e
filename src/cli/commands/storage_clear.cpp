// SPDX-License-Identifier: Apache-2.0
#include "base/text.h"
#include "cli/commands/commands.h"
#include "cli/storage_run.h"
#include "storage/ops.h"

namespace lambdaml {

namespace {

struct ClearSettings {
  std::string url;
  std::string prefix;
  bool yes = false;
};

Parameters Describe(ClearSettings& s) {
  return {.arguments = {{"URL", &s.url, "a channel: a URL or a folder"},
                        {"PREFIX", &s.prefix, "delete the keys PREFIX/..., and no others"}},
          .options = {{"yes", s.yes, "do not ask"}}};
}

// Whether it may be done, as a person says who is told how much it is.
Result<bool> Allowed(const ClearSettings& settings, Channel& channel, Terminal& terminal) {
  if (settings.yes) return true;
  std::uint64_t bytes = 0;
  const std::vector<Entry> entries = TRY(ListBelow(channel.store(), Key(settings.prefix)));
  for (const Entry& entry : entries) bytes += entry.bytes;
  const std::string what = StrCat(InWords(entries.size(), bytes), " below ", settings.prefix, " in ", channel.name());
  if (entries.empty()) return true;
  const std::optional<std::string> answer = terminal.Ask(StrCat("delete ", what, "? [y/N] "));
  if (!answer) return Error{Code::kInvalid, StrCat("would delete ", what, ": give --yes to do so without being asked")};
  return *answer == "y" || *answer == "Y" || *answer == "yes";
}

Result<Exit> StorageClear(const ClearSettings& settings, Session& session) {
  const auto channel = TRY(Channel::Open(settings.url, session));
  if (!TRY(channel->Named(Allowed(settings, *channel, session.terminal)))) {
    session.terminal.Out("nothing was deleted\n");
    return Exit::kFailed;
  }
  const std::size_t deleted = TRY(channel->Named(Clear(channel->store(), Key(settings.prefix))));
  session.terminal.Out(
      StrCat(channel->Label(), KeysInWords(deleted), " below ", settings.prefix, " deleted\n", channel->CostLine()));
  return Exit::kDone;
}

}  // namespace

constinit const Command kStorageClear = {.name = "storage clear",
                                         .topic = "Storage",
                                         .summary = "Delete every value below a prefix",
                                         .examples =
                                             "lambdaml storage clear s3://bucket jobs/fashion\n"
                                             "lambdaml storage clear file:///tmp/channel jobs --yes",
                                         .start = Start<ClearSettings, StorageClear>};

}  // namespace lambdaml
