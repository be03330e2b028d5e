// SPDX-License-Identifier: Apache-2.0
#include <filesystem>

#include "base/file.h"
#include "base/text.h"
#include "cli/commands/commands.h"
#include "cli/storage_run.h"
#include "storage/ops.h"

namespace lambdaml {

namespace {

struct PutSettings {
  std::string url;
  std::string key;
  std::string file;
  bool if_absent = false;
};

Parameters Describe(PutSettings& s) {
  return {.arguments = {{"URL", &s.url, "a channel: a URL or a folder"},
                        {"KEY", &s.key, "what the value is called"},
                        {"FILE", &s.file, "the value; without it, or as -, what is piped in", Need::kOptional}},
          .options = {{"if_absent", s.if_absent, "fail if there is a value of this key already"}}};
}

Result<Blob> ValueOf(const PutSettings& settings, const Store& store, Terminal& terminal) {
  const std::uint64_t bytes_max = store.limits().value_bytes_max;
  if (settings.file.empty() || settings.file == "-") return Blob(TRY(terminal.ReadAll(bytes_max)));
  std::error_code failed;
  const std::filesystem::file_status status = std::filesystem::status(settings.file, failed);
  if (std::filesystem::exists(status) && std::filesystem::is_other(status)) {
    return Error{Code::kInvalid, StrCat(settings.file, " is not a file: pipe it in instead")};
  }
  return ReadFile(settings.file);
}

Result<Exit> StoragePut(const PutSettings& settings, Session& session) {
  const auto channel = TRY(Channel::Open(settings.url, session));
  const Blob value = TRY(ValueOf(settings, channel->store(), session.terminal));
  const Clock::Time began = session.clock.Now();
  const Key key(settings.key);
  TRY(channel->Named(settings.if_absent ? SaveIfAbsent(channel->store(), key, value.span())
                                        : Save(channel->store(), key, value.span())));
  session.terminal.Out(StrCat(channel->Label(), settings.key, ", ", BytesInWords(value.size()), ", in ",
                              HumanSeconds(Seconds(session.clock.Now() - began)), "\n", channel->CostLine()));
  return Exit::kDone;
}

}  // namespace

constinit const Command kStoragePut = {
    .name = "storage put",
    .topic = "Storage",
    .summary = "Write a value",
    .examples =
        "lambdaml storage put s3://bucket/models fashion out/demo/model.safetensors\n"
        "echo go | lambdaml storage put redis://localhost start --if-absent",
    .start = Start<PutSettings, StoragePut>};

}  // namespace lambdaml
