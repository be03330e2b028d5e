// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/channel.h"

#include <algorithm>
#include <utility>

#include "base/text.h"

namespace lambdaml::sim {

namespace {

// How late a wait sees that it was cancelled.
constexpr std::chrono::milliseconds kSlice{100};

// A client that had no answer tries again; this is the share of such requests that had only been held up.
constexpr double kHeldUp = 0.5;

Error Killed() { return {Code::kInternal, "this process was killed"}; }
Error Unavailable(std::string_view what) { return {Code::kUnavailable, StrCat("sim: ", what, " by chance")}; }

std::string Doing(std::string_view call, std::size_t keys, const Key* first) {
  return first == nullptr ? StrCat(call, " nothing") : StrCat(call, " ", keys, ": ", first->text());
}

std::string Doing(std::string_view call, std::span<const Key> keys) {
  return Doing(call, keys.size(), keys.empty() ? nullptr : &keys.front());
}

}  // namespace

// One process's end of the channel.
class SimStore final : public Store {
 public:
  SimStore(Channel& channel, Process& process) : channel_(channel), process_(process) {}

  Result<void> Put(std::span<const PutItem> items) override;
  Result<Values> Get(std::span<const Key> keys) override;
  Result<Values> Wait(std::span<const Key> keys, const WaitOptions& options) override;
  Result<std::vector<Entry>> List(const Key& prefix) override;
  Result<void> Delete(std::span<const Key> keys) override;
  const lambdaml::Limits& limits() const override { return channel_.options_.limits; }
  std::string name() const override { return "sim:"; }

 private:
  using Fate = Channel::Fate;
  using Change = Channel::Change;

  Result<void> Do(const std::string& doing, std::vector<Change> changes);
  Result<void> End(const Fate& fate, Clock::Time end, const std::string& doing);
  void LookAt(std::span<const Key> keys, const Fate& fate, Values& values);
  void Listen(std::span<const Key> keys, const WaitOptions& options, const std::string& doing);

  Channel& channel_;
  Process& process_;
};

Result<void> SimStore::Put(std::span<const PutItem> items) {
  std::vector<Change> changes;
  for (const PutItem& item : items) {
    if (item.value.size() > limits().value_bytes_max) return Error{Code::kInvalid, "sim: the value is too large"};
    changes.push_back({.key = item.key,
                       .value = Blob(ToBytes(item.value)),
                       .condition = item.condition,
                       .expected = ToBytes(item.expected),
                       .writer = &process_});
  }
  return Do(Doing("put", items.size(), items.empty() ? nullptr : &items.front().key), std::move(changes));
}

Result<void> SimStore::Delete(std::span<const Key> keys) {
  std::vector<Change> changes;
  for (const Key& key : keys) changes.push_back({.key = key, .writer = &process_});
  return Do(Doing("delete", keys), std::move(changes));
}

Result<void> SimStore::Do(const std::string& doing, std::vector<Change> changes) {
  process_.Yield(doing);
  if (process_.dead()) return Killed();
  const Fate fate = channel_.Draw();
  const Clock::Time end = process_.Now() + fate.takes;
  const auto refused = std::make_shared<bool>(false);
  channel_.Send(std::move(changes), fate, end, refused);
  TRY(End(fate, end, doing));
  if (*refused) return Error{Code::kConflict, "sim: the condition of a put did not hold"};
  return {};
}

Result<void> SimStore::End(const Fate& fate, Clock::Time end, const std::string& doing) {
  process_.SleepUntil(end, StrCat("await the answer to ", doing));
  if (process_.dead()) return Killed();
  if (fate.fails) return Unavailable("failed");
  if (fate.loses_reply) return Unavailable("lost its answer");
  return {};
}

Result<Values> SimStore::Get(std::span<const Key> keys) {
  const std::string doing = Doing("get", keys);
  process_.Yield(doing);
  if (process_.dead()) return Killed();
  const Fate fate = channel_.Draw();
  const Clock::Time begin = process_.Now();
  Values values(keys.size());
  // The keys of a batch are read one after the other: here in two halves.
  for (const bool first : {true, false}) {
    process_.SleepUntil(begin + (first ? fate.takes / 3 : fate.takes * 2 / 3), doing);
    const std::size_t half = keys.size() / 2;
    const std::size_t offset = first ? 0 : half;
    for (std::size_t i = offset; i < (first ? half : keys.size()); ++i) values[i] = channel_.Look(keys[i], fate.lag);
  }
  TRY(End(fate, begin + fate.takes, doing));
  return values;
}

Result<Values> SimStore::Wait(std::span<const Key> keys, const WaitOptions& options) {
  if (!limits().waits_natively) return Get(keys);
  const std::string doing = Doing("wait for", keys);
  process_.Yield(doing);
  if (process_.dead()) return Killed();
  const Fate fate = channel_.Draw();
  process_.SleepUntil(process_.Now() + fate.takes / 2, doing);
  Values values(keys.size());
  while (!process_.dead() && !fate.fails) {
    for (std::size_t i = 0; i < keys.size(); ++i) values[i] = channel_.Look(keys[i], {});
    const bool is_over = options.cancelled != nullptr && options.cancelled->load();
    if (is_over || process_.Now() >= options.deadline || Enough(values, options)) break;
    Listen(keys, options, doing);
  }
  TRY(End(fate, process_.Now() + fate.takes / 2, doing));
  return values;
}

// Until one of the keys changes.
void SimStore::Listen(std::span<const Key> keys, const WaitOptions& options, const std::string& doing) {
  const Actor actor = process_.scheduler().current();
  for (const Key& key : keys) channel_.waiters_[key].insert(actor);
  const Clock::Time look = options.cancelled == nullptr ? options.deadline : process_.Now() + kSlice;
  process_.Block(std::min(look, options.deadline), doing);
  for (const Key& key : keys) {
    const auto at = channel_.waiters_.find(key);
    at->second.erase(actor);
    if (at->second.empty()) channel_.waiters_.erase(at);
  }
}

Result<std::vector<Entry>> SimStore::List(const Key& prefix) {
  const std::string doing = Doing("list", {&prefix, 1});
  process_.Yield(doing);
  if (process_.dead()) return Killed();
  const Fate fate = channel_.Draw();
  const Clock::Time end = process_.Now() + fate.takes;
  process_.SleepUntil(process_.Now() + fate.takes / 2, doing);
  std::vector<Entry> entries;
  for (auto at = channel_.cells_.lower_bound(prefix); at != channel_.cells_.end(); ++at) {
    if (!at->first.text().starts_with(prefix.text())) break;
    const auto value = channel_.Look(at->first, fate.lag);
    if (value) entries.push_back({.key = at->first, .bytes = value->size()});
  }
  TRY(End(fate, end, doing));
  return entries;
}

std::unique_ptr<Store> Channel::Open(Process& process) { return std::make_unique<SimStore>(*this, process); }

std::size_t Channel::ObjectsOf(const Process& writer) const {
  return static_cast<std::size_t>(std::ranges::count_if(cells_, [&writer](const auto& cell) {
    return cell.second.value && !cell.second.came_back && cell.second.writer == &writer;
  }));
}

std::vector<Key> Channel::Alive() const {
  std::vector<Key> keys;
  for (const auto& [key, cell] : cells_) {
    if (cell.value && !cell.came_back && !cell.is_posthumous) keys.push_back(key);
  }
  return keys;
}

std::optional<Blob> Channel::Peek(const Key& key) const {
  const auto at = cells_.find(key);
  return at == cells_.end() ? std::nullopt : at->second.value;
}

void Channel::Lose(double share) {
  for (auto& [key, cell] : cells_) {
    if (!cell.value || !Chance(share)) continue;
    cell.value = cell.before = std::nullopt;
    cell.changed = scheduler_.now();
  }
}

std::size_t Channel::WrittenBy(const Process& writer) const {
  const auto at = written_.find(&writer);
  return at == written_.end() ? 0 : at->second;
}

Channel::Fate Channel::Draw() {
  Fate fate;
  fate.takes = options_.latency_min + UpTo(options_.latency_max - options_.latency_min);
  if (Chance(options_.slow)) {
    ++faults_.slow;
    fate.takes += UpTo(options_.slow_max);
  }
  fate.fails = Chance(options_.errors);
  fate.loses_reply = Chance(options_.lost_replies);
  fate.repeats = Chance(fate.fails && options_.repeats > 0 ? kHeldUp : options_.repeats);
  if (Chance(options_.stale_reads)) fate.lag = UpTo(options_.stale_max);
  faults_.errors += fate.fails ? 1 : 0;
  faults_.lost_replies += fate.loses_reply ? 1 : 0;
  return fate;
}

Clock::Duration Channel::UpTo(Clock::Duration longest) {
  return Clock::Duration(
      static_cast<Clock::Duration::rep>(random_.Below(static_cast<std::uint64_t>(longest.count()) + 1)));
}

void Channel::Send(std::vector<Change> changes, const Fate& fate, Clock::Time end,
                   const std::shared_ptr<bool>& refused) {
  const Clock::Time now = scheduler_.now();
  const bool is_partial = fate.fails && Chance(0.5);
  for (Change& change : changes) {
    const Clock::Time when = now + UpTo(end - now);
    if (fate.repeats) {
      Change again = change;
      again.is_repeat = true;
      ++faults_.repeats;
      scheduler_.At(end + UpTo(options_.repeat_max),
                    [this, again = std::move(again)] { Apply(again, std::make_shared<bool>(false)); });
    }
    if (fate.fails && !(is_partial && Chance(0.5))) continue;
    scheduler_.At(when, [this, change = std::move(change), refused] {
      if (!change.writer->killed() || Chance(0.5)) Apply(change, refused);
    });
  }
}

void Channel::Apply(const Change& change, const std::shared_ptr<bool>& refused) {
  if (!Allows(change)) {
    *refused = true;
    return;
  }
  Cell& cell = cells_[change.key];
  const bool is_new =
      change.value && !change.is_repeat && (!cell.value || cell.writer != change.writer || cell.came_back);
  if (is_new) ++written_[change.writer];
  cell.came_back = change.value && change.is_repeat && (!cell.value || cell.came_back);
  cell.is_posthumous = change.value && change.writer->killed();
  cell.before = std::exchange(cell.value, change.value);
  cell.changed = scheduler_.now();
  cell.writer = change.writer;
  if (change.value) WakeWaitersOf(change.key);
}

bool Channel::Allows(const Change& change) const {
  if (change.condition == Condition::kAlways) return true;
  const auto at = cells_.find(change.key);
  const bool exists = at != cells_.end() && at->second.value;
  if (change.condition == Condition::kIfAbsent) return !exists;
  return exists && std::ranges::equal(at->second.value->span(), change.expected);
}

void Channel::WakeWaitersOf(const Key& key) {
  const auto at = waiters_.find(key);
  if (at == waiters_.end()) return;
  for (const Actor actor : at->second) scheduler_.Wake(actor);
}

std::optional<Blob> Channel::Look(const Key& key, Clock::Duration lag) {
  const auto at = cells_.find(key);
  if (at == cells_.end()) return std::nullopt;
  const Cell& cell = at->second;
  if (scheduler_.now() - cell.changed >= lag) return cell.value;
  ++faults_.stale_reads;
  return cell.before;
}

}  // namespace lambdaml::sim
