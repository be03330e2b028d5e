// SPDX-License-Identifier: Apache-2.0
#include "storage/redis/announcement.h"

#include <array>

#include "base/text.h"

namespace lambdaml::redis {

namespace {

// No key holds it.
constexpr std::string_view kEndOfKey = "\n";

}  // namespace

std::string ChannelOf(std::string_view key, int database) {
  const std::size_t slash = key.rfind('/');
  const std::string_view folder = key.substr(0, slash == std::string_view::npos ? 0 : slash + 1);
  return database == 0 ? StrCat(folder, kEndOfKey) : StrCat(folder, kEndOfKey, database);
}

void AddAnnouncement(Commands& commands, int database, const Announcement& announcement) {
  commands.Begin(3);
  commands.Add("PUBLISH");
  commands.Add(ChannelOf(announcement.key, database));
  if (announcement.value) {
    const std::array<std::string_view, 2> head{announcement.key, kEndOfKey};
    commands.AddJoined(head, announcement.value->span());
  } else {
    commands.Add(announcement.key);
  }
}

std::optional<Announcement> ReadAnnouncement(const Blob& message) {
  const std::string_view text = message.text();
  const std::size_t end = text.find(kEndOfKey);
  if (end == std::string_view::npos) return Announcement{.key = text};
  if (end == 0) return std::nullopt;
  return Announcement{.key = text.substr(0, end), .value = message.Slice(end + 1, message.size())};
}

}  // namespace lambdaml::redis
