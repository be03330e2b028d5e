// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/text.h"
#include "cli/commands/commands.h"
#include "cli/storage_run.h"
#include "cli/table.h"

namespace lambdaml {

namespace {

struct LsSettings {
  std::string url;
  std::string prefix;
  std::int64_t limit = 0;
  bool json = false;
};

Parameters Describe(LsSettings& s) {
  return {.arguments = {{"URL", &s.url, "a channel: a URL or a folder"},
                        {"PREFIX", &s.prefix, "only keys that begin with this text", Need::kOptional}},
          .options = {{"limit", s.limit, "print at most this many keys, and count the rest; 0: all", {.min = 0}},
                      {"json", s.json, "print JSON"}}};
}

std::uint64_t BytesOf(const std::vector<Entry>& entries) {
  std::uint64_t bytes = 0;
  for (const Entry& entry : entries) bytes += entry.bytes;
  return bytes;
}

// Keys that other programs wrote may hold what a terminal would obey.
std::string Shown(std::string key) {
  std::replace_if(
      key.begin(), key.end(), [](char c) { return (c >= 0 && c < ' ') || c == '\x7F'; }, '?');
  return key;
}

std::string AsTable(const std::vector<Entry>& entries, std::size_t shown, const std::string& label) {
  Table table;
  for (std::size_t i = 0; i < shown; ++i) table.Row({BytesInWords(entries[i].bytes), Shown(entries[i].key.text())});
  const std::string more = shown < entries.size() ? StrCat("; the first ", shown, " are shown") : "";
  return StrCat(table.Text(), label, InWords(entries.size(), BytesOf(entries)), more, "\n");
}

std::string AsJson(const std::vector<Entry>& entries, std::size_t shown, const Channel& channel) {
  using Json = nlohmann::ordered_json;
  Json list = Json::array();
  for (std::size_t i = 0; i < shown; ++i) {
    list.push_back({{"key", entries[i].key.text()}, {"bytes", entries[i].bytes}});
  }
  const Json json = {{"channel", channel.name()},
                     {"keys", std::move(list)},
                     {"count", entries.size()},
                     {"bytes", BytesOf(entries)},
                     {"dollars", channel.use().dollars}};
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

Result<Exit> StorageLs(const LsSettings& settings, Session& session) {
  const auto channel = TRY(Channel::Open(settings.url, session));
  const std::vector<Entry> entries = TRY(channel->Named(channel->store().List(Key(settings.prefix))));
  const std::size_t most = settings.limit > 0 ? static_cast<std::size_t>(settings.limit) : entries.size();
  const std::size_t shown = std::min(most, entries.size());
  session.terminal.Out(settings.json ? AsJson(entries, shown, *channel)
                                     : AsTable(entries, shown, channel->Label()) + channel->CostLine());
  return Exit::kDone;
}

}  // namespace

constinit const Command kStorageLs = {.name = "storage ls",
                                      .topic = "Storage",
                                      .summary = "List the keys of a channel, with their sizes",
                                      .examples =
                                          "lambdaml storage ls s3://bucket/jobs\n"
                                          "lambdaml storage ls file:///tmp/channel jobs/fashion/ --limit 20\n"
                                          "lambdaml storage ls redis://localhost --json",
                                      .start = Start<LsSettings, StorageLs>};

}  // namespace lambdaml
