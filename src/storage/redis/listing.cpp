// SPDX-License-Identifier: Apache-2.0
#include "storage/redis/listing.h"

#include <algorithm>

#include "storage/key_rules.h"
#include "storage/redis/fetch.h"

namespace lambdaml::redis {

namespace {

// The server may name a key more than once, and those of other programs too.
Result<std::vector<std::string>> Scan(Connection& connection, const std::string& beginning) {
  const std::string pattern = GlobEscaped(beginning) + "*";
  std::vector<std::string> keys;
  std::string cursor = "0";
  do {
    Commands commands;
    commands.Command("SCAN", cursor, "MATCH", pattern, "COUNT", "1000", "TYPE", "string");
    TRY(connection.Send(commands, 1));
    const Reply reply = TRY(connection.NextGood());
    if (reply.elements.size() != 2 || !reply.elements[0].Is(Reply::Kind::kBulk)) return connection.Unexpected();
    cursor = reply.elements[0].bulk.text();
    for (const Reply& key : reply.elements[1].elements) {
      if (key.bulk.text().starts_with(beginning)) keys.emplace_back(key.bulk.text());
    }
  } while (cursor != "0");
  std::ranges::sort(keys);
  keys.erase(std::unique(keys.begin(), keys.end()), keys.end());
  return keys;
}

// Each key's size, or nothing if it is no longer there.
Result<std::vector<std::optional<std::uint64_t>>> SizesOf(Connection& connection, std::span<const std::string> keys) {
  Commands commands;
  for (const std::string& key : keys) {
    commands.Command("STRLEN", key);
    commands.Command("EXISTS", key);
  }
  TRY(connection.Send(commands, 2 * keys.size()));
  std::vector<std::optional<std::uint64_t>> sizes;
  Result<void> outcome;
  for (std::size_t i = 0; i < keys.size(); ++i) {
    const Reply size = TRY(connection.Next());
    const Reply exists = TRY(connection.Next());
    if (size.Is(Reply::Kind::kError)) outcome = connection.ErrorOf(size);
    const bool there = size.integer > 0 || exists.integer > 0;
    sizes.push_back(there ? std::optional(static_cast<std::uint64_t>(size.integer)) : std::nullopt);
  }
  if (!outcome.ok()) return std::move(outcome).error();
  return sizes;
}

}  // namespace

std::string GlobEscaped(std::string_view text) {
  std::string escaped;
  for (const char c : text) {
    if (c == '*' || c == '?' || c == '[' || c == ']' || c == '\\') escaped += '\\';
    escaped += c;
  }
  return escaped;
}

Result<std::vector<Entry>> ListKeys(Connection& connection, const std::string& store_prefix,
                                    const std::string& prefix) {
  const std::vector<std::string> keys = TRY(Scan(connection, store_prefix + prefix));
  std::vector<Entry> entries;
  for (std::size_t begin = 0; begin < keys.size(); begin += kWindowItems) {
    const auto window = std::span(keys).subspan(begin, std::min(kWindowItems, keys.size() - begin));
    const auto sizes = TRY(SizesOf(connection, window));
    for (std::size_t i = 0; i < window.size(); ++i) {
      Key key(window[i].substr(store_prefix.size()));
      if (sizes[i] && CheckKey(key).ok()) entries.push_back({.key = std::move(key), .bytes = *sizes[i]});
    }
  }
  return entries;
}

}  // namespace lambdaml::redis
