// SPDX-License-Identifier: Apache-2.0
#include "comm/exchange.h"

#include <algorithm>
#include <numeric>
#include <string>
#include <utility>

#include "base/text.h"
#include "comm/message.h"

namespace lambdaml {

namespace {

// Rounds whose keys are deleted at once. A request to delete costs the latency of the channel, whatever its length.
constexpr std::uint64_t kRoundsPerSweep = 8;

// A message about a thousand missing ranks need not name them all.
constexpr std::size_t kRanksNamedMax = 8;

MessageId IdOf(const Call& call, const Incoming& expected) {
  return {.inbox = expected.inbox, .round = call.round, .part = expected.part, .sender = expected.sender};
}

// The one addition of durations that may be as long as a century.
Clock::Time Later(Clock::Time time, Clock::Duration duration) {
  return duration < Clock::Time::max() - time ? time + duration : Clock::Time::max();
}

std::vector<int> Distinct(std::vector<int> ranks) {
  std::ranges::sort(ranks);
  ranks.erase(std::unique(ranks.begin(), ranks.end()), ranks.end());
  return ranks;
}

}  // namespace

Exchange::Exchange(const Membership& membership) : membership_(membership), job_hash_(JobHash(membership.job)) {}

Call Exchange::Begin() {
  const Clock::Time now = membership_.clock.Now();
  return {
      .round = rounds_++, .began = now, .deadline = std::min(Later(now, membership_.timeout), membership_.deadline)};
}

Result<void> Exchange::Post(const Call& call, std::span<const Outgoing> messages) {
  if (messages.empty()) return {};
  if (buffers_.size() < messages.size()) buffers_.resize(messages.size());
  std::vector<PutItem> items;
  items.reserve(messages.size());
  for (std::size_t i = 0; i < messages.size(); ++i) {
    const Outgoing& message = messages[i];
    const MessageHeader header{.job = job_hash_,
                               .round = call.round,
                               .sender = static_cast<std::uint32_t>(rank()),
                               .part = message.part,
                               .elements = message.elements,
                               .type = message.type};
    EncodeMessage(header, message.payload, buffers_[i]);
    const MessageId id{.inbox = message.to, .round = call.round, .part = message.part, .sender = rank()};
    items.push_back({.key = MessageKey(membership_.job, id), .value = buffers_[i]});
    written_.push_back({.round = call.round, .key = items.back().key});
  }
  return membership_.store.Put(items);
}

Result<void> Exchange::Collect(const Call& call, std::span<const Incoming> expected, const Deliver& deliver) {
  TRY(Sweep());
  Pending pending;
  pending.keys.reserve(expected.size() + 1);
  pending.keys.push_back(membership_.abort);
  for (std::size_t i = 0; i < expected.size(); ++i) {
    pending.indices.push_back(i);
    pending.keys.push_back(MessageKey(membership_.job, IdOf(call, expected[i])));
  }
  while (!pending.indices.empty()) {
    const Values values = TRY(membership_.store.Wait(pending.keys, {.deadline = call.deadline}));
    if (values[0]) return Aborted(*values[0]);
    std::vector<Arrived> arrived = Take(pending, values);
    if (arrived.empty() && membership_.clock.Now() >= call.deadline) return Missing(call, expected, pending);
    for (const Arrived& one : arrived) {
      deliver(one.index, TRY(Check(call, expected[one.index], one.key, one.message)));
    }
  }
  return {};
}

std::vector<Exchange::Arrived> Exchange::Take(Pending& pending, const Values& values) {
  std::vector<Arrived> arrived;
  Pending still;
  still.keys.push_back(std::move(pending.keys[0]));
  for (std::size_t i = 0; i < pending.indices.size(); ++i) {
    Key& key = pending.keys[i + 1];
    if (values[i + 1]) {
      arrived.push_back({.index = pending.indices[i], .key = std::move(key), .message = *values[i + 1]});
    } else {
      still.indices.push_back(pending.indices[i]);
      still.keys.push_back(std::move(key));
    }
  }
  pending = std::move(still);
  return arrived;
}

void Exchange::Synchronised(const Call& call) { readers_done_before_ = call.round; }

Result<void> Exchange::Sweep() {
  if (readers_done_before_ < swept_before_ + kRoundsPerSweep) return {};
  std::vector<Key> keys;
  const auto alive =
      std::ranges::find_if(written_, [this](const Written& written) { return written.round >= readers_done_before_; });
  for (auto at = written_.begin(); at != alive; ++at) keys.push_back(std::move(at->key));
  written_.erase(written_.begin(), alive);
  std::ranges::sort(keys);  // folder by folder, where the channel has folders
  swept_before_ = readers_done_before_;
  return membership_.store.Delete(keys).Context("deleting the messages of rounds that are over");
}

Result<Arrival> Exchange::Check(const Call& call, const Incoming& expected, const Key& key, const Blob& message) const {
  const MessageHeader header{.job = job_hash_,
                             .round = call.round,
                             .sender = static_cast<std::uint32_t>(expected.sender),
                             .part = expected.part,
                             .elements = expected.elements,
                             .type = expected.type};
  const ByteSpan payload =
      TRY(DecodeMessage(key, message.span(), {.header = header, .payload_bytes = expected.payload_bytes}));
  return Arrival{message, payload};
}

Error Exchange::Aborted(const Blob& reason) const { return {Code::kInternal, StrCat("job aborted: ", reason.text())}; }

Error Exchange::Missing(const Call& call, std::span<const Incoming> expected, const Pending& pending) const {
  std::vector<int> senders;
  for (const std::size_t index : pending.indices) senders.push_back(expected[index].sender);
  const double waited = Seconds(membership_.clock.Now() - call.began);
  return {Code::kTimeout, StrCat("nothing came from ", RankNames(Distinct(std::move(senders))), " within ",
                                 HumanSeconds(waited), " (first missing key ", pending.keys[1].text(), ")")};
}

Result<std::vector<int>> Exchange::Absent(const Call& call, std::span<const Incoming> expected) {
  std::vector<Key> keys;
  for (const Incoming& message : expected) keys.push_back(MessageKey(membership_.job, IdOf(call, message)));
  const Values values = TRY(membership_.store.Get(keys));
  std::vector<int> senders;
  for (std::size_t i = 0; i < expected.size(); ++i) {
    if (!values[i]) senders.push_back(expected[i].sender);
  }
  return Distinct(std::move(senders));
}

std::string RankNames(std::span<const int> ranks) {
  std::vector<std::string> names;
  for (const int rank : ranks.first(std::min(ranks.size(), kRanksNamedMax))) names.push_back(StrCat(rank));
  if (ranks.size() > kRanksNamedMax) names.push_back(StrCat("and ", ranks.size() - kRanksNamedMax, " more"));
  return StrCat(ranks.size() == 1 ? "rank " : "ranks ", JoinWith(", ", names));
}

}  // namespace lambdaml
