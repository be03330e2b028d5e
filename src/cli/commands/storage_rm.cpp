// SPDX-License-Identifier: Apache-2.0
#include "base/text.h"
#include "cli/commands/commands.h"
#include "cli/storage_run.h"
#include "storage/ops.h"

namespace lambdaml {

namespace {

struct RmSettings {
  std::string url;
  std::vector<std::string> keys;
};

Parameters Describe(RmSettings& s) {
  return {.arguments = {{"URL", &s.url, "a channel: a URL or a folder"}},
          .last = LastArguments{"KEY", &s.keys, "what to delete; what is not there is no error"}};
}

Result<Exit> StorageRm(const RmSettings& settings, Session& session) {
  const auto channel = TRY(Channel::Open(settings.url, session));
  std::vector<Key> keys;
  for (const std::string& key : settings.keys) keys.emplace_back(key);
  TRY(channel->Named(RemoveAll(channel->store(), keys)));
  session.terminal.Out(StrCat(channel->Label(), KeysInWords(keys.size()), " deleted\n", channel->CostLine()));
  return Exit::kDone;
}

}  // namespace

constinit const Command kStorageRm = {.name = "storage rm",
                                      .topic = "Storage",
                                      .summary = "Delete values",
                                      .examples = "lambdaml storage rm s3://bucket/models old older",
                                      .start = Start<RmSettings, StorageRm>};

}  // namespace lambdaml
