// SPDX-License-Identifier: Apache-2.0
#include <filesystem>

#include "base/text.h"
#include "cli/commands/commands.h"
#include "cli/place.h"
#include "cli/storage_run.h"
#include "storage/copy.h"
#include "storage/download.h"
#include "storage/upload.h"

namespace lambdaml {

namespace {

struct CpSettings {
  std::string source;
  std::string destination;
};

Parameters Describe(CpSettings& s) {
  return {.arguments = {{"SOURCE", &s.source, "a channel's URL, all of whose values are copied; or a file or a folder"},
                        {"DESTINATION", &s.destination, "a channel's URL, or a folder"}}};
}

// Where values come from or go to: a channel, or files.
struct End {
  std::string path;  // of files
  std::unique_ptr<Channel> channel;

  std::string name() const { return channel ? channel->name() : path; }
  std::string Label() const { return channel ? channel->Label() : StrCat(path, ": "); }
  std::string CostLine() const { return channel ? channel->CostLine() : ""; }
};

Result<End> OpenEnd(const std::string& text, const Session& session) {
  End end;
  if (HasScheme(text)) {
    end.channel = TRY(Channel::Open(text, session));
  } else {
    end.path = TRY(session.environment.Expand(text));
  }
  return end;
}

Result<Transfer> CopyTo(const End& from, const End& to, const OnTransfer& progress) {
  if (from.channel && to.channel) {
    return Copy({.store = from.channel->store()}, {.store = to.channel->store()}, progress);
  }
  if (to.channel) return Upload(from.path, {.store = to.channel->store()}, progress);
  return DownloadAll({.store = from.channel->store()}, to.path, progress);
}

Result<Exit> StorageCp(const CpSettings& settings, Session& session) {
  const End from = TRY(OpenEnd(settings.source, session));
  const End to = TRY(OpenEnd(settings.destination, session));
  if (!from.channel && !to.channel) {
    return Error{Code::kInvalid, StrCat(settings.source, " and ", settings.destination,
                                        " are both paths: write one of them as a URL, as file:///folder")};
  }
  std::error_code none;
  if (!to.channel && std::filesystem::exists(to.path, none) && !std::filesystem::is_directory(to.path, none)) {
    return Error{Code::kInvalid, StrCat(to.path, " is not a folder; `lambdaml storage get ", from.name(), " KEY ",
                                        to.path, "` reads one value into a file")};
  }
  const Clock::Time began = session.clock.Now();
  const Channel& named = from.channel ? *from.channel : *to.channel;
  const TransferWork copy = [&from, &to](const OnTransfer& progress) { return CopyTo(from, to, progress); };
  const Transfer transfer = TRY(named.Named(RunTransfer(copy, session)));
  session.terminal.Out(StrCat(to.Label(), InWords(transfer.values, transfer.bytes), " from ", from.name(), ", in ",
                              HumanSeconds(Seconds(session.clock.Now() - began)), "\n", from.CostLine(),
                              to.CostLine()));
  return Exit::kDone;
}

}  // namespace

constinit const Command kStorageCp = {.name = "storage cp",
                                      .topic = "Storage",
                                      .summary = "Copy values between channels, files and folders",
                                      .examples =
                                          "lambdaml storage cp data/adult s3://bucket/adult\n"
                                          "lambdaml storage cp s3://bucket/adult /tmp/adult\n"
                                          "lambdaml storage cp file:///tmp/channel redis://localhost/copy",
                                      .start = Start<CpSettings, StorageCp>};

}  // namespace lambdaml
