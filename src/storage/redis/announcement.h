// SPDX-License-Identifier: Apache-2.0
#pragma once

// How a writer tells those who wait of a new value: a message on a channel that is named after the key's folder. It
// holds the key, and the value too if that is small, so that nobody needs to ask for it
// (docs/adr/0009-redis-waits-by-publish.md).

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "storage/redis/resp.h"

namespace lambdaml::redis {

inline constexpr std::size_t kAnnouncedBytesMax = std::size_t{16} << 10U;

// The channel for a key, prefix included. The server keeps no channels apart by database: their names do.
std::string ChannelOf(std::string_view key, int database);

struct Announcement {
  std::string_view key;  // points into the message
  std::optional<Blob> value = {};
};

// Adds the command that announces a value.
void AddAnnouncement(Commands& commands, int database, const Announcement& announcement);

// Nothing if the message is none.
std::optional<Announcement> ReadAnnouncement(const Blob& message);

}  // namespace lambdaml::redis
