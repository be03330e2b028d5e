// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "base/text.h"
#include "cli/commands/commands.h"
#include "cli/storage_run.h"
#include "storage/download.h"

namespace lambdaml {

namespace {

struct GetSettings {
  std::string url;
  std::string key;
  std::string file;
  std::string range;
};

Parameters Describe(GetSettings& s) {
  return {.arguments = {{"URL", &s.url, "a channel: a URL or a folder"},
                        {"KEY", &s.key, "which value"},
                        {"FILE", &s.file, "where it goes; without it, or as -, it is printed", Need::kOptional}},
          .options = {{"range", s.range, "only these bytes: FIRST-LAST, counted from 0, or FIRST-"}}};
}

Result<Range> RangeOf(const GetSettings& settings) {
  Range range{.key = Key(settings.key)};
  if (settings.range.empty()) return range;
  const std::string_view text = settings.range;
  const std::size_t dash = std::min(text.find('-', 1), text.size());
  const auto first = ParseInteger(text.substr(0, dash));
  const std::string_view rest = text.substr(std::min(dash + 1, text.size()));
  const auto last = ParseInteger(rest);
  const bool to_the_end = dash < text.size() && rest.empty();
  if (!first || *first < 0 || (!to_the_end && (!last || *last < *first))) {
    return Error{Code::kInvalid, StrCat("--range '", text, "': write FIRST-LAST, as 0-99 for the first hundred bytes")};
  }
  range.offset = static_cast<std::uint64_t>(*first);
  if (!to_the_end) range.length = static_cast<std::uint64_t>(*last - *first) + 1;
  return range;
}

// Control characters that belong to a text.
constexpr std::string_view kLayout = "\n\r\t";

bool IsText(ByteSpan bytes) {
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  return IsUtf8(text) && std::none_of(text.begin(), text.end(), [](char c) {
           return ((c >= 0 && c < ' ') || c == '\x7F') && kLayout.find(c) == std::string_view::npos;
         });
}

Result<Transfer> Print(Store& store, const Range& range, const OnTransfer& progress, Terminal& terminal) {
  const OnBytes sink = [&terminal, &range](ByteSpan bytes) -> Result<void> {
    if (terminal.interactive() && !IsText(bytes)) {
      return Error{Code::kInvalid,
                   StrCat(range.key.text(), " is not text: name a FILE for it, or send it into a pipe")};
    }
    return terminal.OutWhole(bytes);
  };
  return ReadInParts(store, range, sink, progress);
}

Result<Transfer> Named(Result<Transfer> transfer, const Channel& channel) {
  if (transfer.ok() || transfer.error().code != Code::kNotFound) return channel.Named(std::move(transfer));
  return Error{Code::kNotFound, StrCat(channel.Named(std::move(transfer)).error().message, "; `lambdaml storage ls ",
                                       channel.name(), "` lists the keys")};
}

Result<Exit> StorageGet(const GetSettings& settings, Session& session) {
  const Range range = TRY(RangeOf(settings));
  const auto channel = TRY(Channel::Open(settings.url, session));
  if (settings.file.empty() || settings.file == "-") {
    const OnTransfer no_bar = [](const Transfer&) -> Result<void> { return {}; };
    TRY(Named(Print(channel->store(), range, no_bar, session.terminal), *channel));
    session.terminal.Err(channel->CostLine());
    return Exit::kDone;
  }
  const Clock::Time began = session.clock.Now();
  const TransferWork download = [&channel, &range, &settings](const OnTransfer& progress) {
    return Download(channel->store(), range, settings.file, progress);
  };
  const Transfer transfer = TRY(Named(RunTransfer(download, session), *channel));
  session.terminal.Out(StrCat(settings.file, ": ", BytesInWords(transfer.bytes), ", in ",
                              HumanSeconds(Seconds(session.clock.Now() - began)), "\n", channel->CostLine()));
  return Exit::kDone;
}

}  // namespace

constinit const Command kStorageGet = {.name = "storage get",
                                       .topic = "Storage",
                                       .summary = "Read a value, or a part of it",
                                       .examples =
                                           "lambdaml storage get s3://bucket/models fashion model.safetensors\n"
                                           "lambdaml storage get file:///tmp/channel note\n"
                                           "lambdaml storage get dynamodb://table log --range 0-99",
                                       .start = Start<GetSettings, StorageGet>};

}  // namespace lambdaml
