// SPDX-License-Identifier: Apache-2.0
#include "storage/redis/write.h"

#include "base/text.h"
#include "storage/redis/announcement.h"
#include "storage/redis/fetch.h"

namespace lambdaml::redis {

namespace {

// KEYS: the key. ARGV: what is expected, the new value, the channel, for how many milliseconds (0: for ever).
constexpr std::string_view kReplaceScript =
    "if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end "
    "if ARGV[4] == '0' then redis.call('SET', KEYS[1], ARGV[2]) "
    "else redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[4]) end "
    "redis.call('PUBLISH', ARGV[3], KEYS[1]) "
    "return 1";

class Writer {
 public:
  Writer(Connection& connection, const Settings& settings, std::span<const PutItem> items)
      : connection_(connection), settings_(settings), items_(items) {}

  Result<std::optional<std::size_t>> Run() {
    while (next_ < items_.size()) TRY(Window());
    return conflict_;
  }

 private:
  Result<void> Window() {
    const std::size_t begin = next_;
    Commands commands;
    std::vector<std::size_t> replies;
    std::size_t awaited = 0;
    while (next_ < items_.size() && replies.size() < kWindowItems &&
           (replies.empty() || commands.bytes() + items_[next_].value.size() <= kWindowBytes)) {
      replies.push_back(AddItem(commands, items_[next_++]));
      awaited += replies.back();
    }
    TRY(connection_.Send(commands, awaited));
    Result<void> outcome;
    for (std::size_t i = 0; i < replies.size(); ++i) {
      for (std::size_t reply = 0; reply < replies[i]; ++reply) {
        Result<void> read = ReadReplyOf(begin + i);
        if (connection_.broken()) return read;
        if (!read.ok() && outcome.ok()) outcome = std::move(read);
      }
    }
    return outcome;
  }

  // Gives the number of replies.
  std::size_t AddItem(Commands& commands, const PutItem& item) const {
    const std::string key = settings_.prefix + item.key.text();
    if (item.condition == Condition::kIfEquals) {
      AddReplace(commands, key, item);
      return 1;
    }
    // Nobody may take an announced value for the stored one after that has been replaced, hence the transaction.
    const bool announces_value = item.condition == Condition::kAlways && item.value.size() <= kAnnouncedBytesMax;
    if (announces_value) commands.Command("MULTI");
    AddSet(commands, key, item);
    const std::optional<Blob> announced = announces_value ? std::optional(Blob(nullptr, item.value)) : std::nullopt;
    AddAnnouncement(commands, settings_.database, {.key = key, .value = announced});
    if (announces_value) commands.Command("EXEC");
    return announces_value ? 4 : 2;
  }

  void AddSet(Commands& commands, const std::string& key, const PutItem& item) const {
    const bool absent = item.condition == Condition::kIfAbsent;
    const bool expires = settings_.ttl.count() > 0;
    commands.Begin(3U + (absent ? 1U : 0U) + (expires ? 2U : 0U));
    commands.Add("SET");
    commands.Add(key);
    commands.AddValue(item.value);
    if (absent) commands.Add("NX");
    if (!expires) return;
    commands.Add("PX");
    commands.Add(settings_.ttl.count());
  }

  void AddReplace(Commands& commands, const std::string& key, const PutItem& item) const {
    commands.Begin(8);
    for (const std::string_view argument : {std::string_view("EVAL"), kReplaceScript, std::string_view("1")}) {
      commands.Add(argument);
    }
    commands.Add(key);
    commands.AddValue(item.expected);
    commands.AddValue(item.value);
    commands.Add(ChannelOf(key, settings_.database));
    commands.Add(settings_.ttl.count());
  }

  // SET NX says nothing, and the script 0, when the condition failed.
  Result<void> ReadReplyOf(std::size_t index) {
    const Reply reply = TRY(connection_.NextGood());
    for (const Reply& element : reply.elements) {
      if (element.Is(Reply::Kind::kError)) return connection_.ErrorOf(element);
    }
    const Condition condition = items_[index].condition;
    const bool failed = condition == Condition::kIfAbsent ? reply.Is(Reply::Kind::kNothing)
                                                          : condition == Condition::kIfEquals && reply.integer == 0;
    if (failed && !conflict_) conflict_ = index;
    return {};
  }

  Connection& connection_;
  const Settings& settings_;
  std::span<const PutItem> items_;
  std::size_t next_ = 0;
  std::optional<std::size_t> conflict_;
};

}  // namespace

Result<std::optional<std::size_t>> Write(Connection& connection, const Settings& settings,
                                         std::span<const PutItem> items) {
  return Writer(connection, settings, items).Run();
}

}  // namespace lambdaml::redis
