// SPDX-License-Identifier: Apache-2.0
#include "comm/exchange.h"

#include <algorithm>
#include <atomic>
#include <string>
#include <utility>

#include "base/text.h"
#include "comm/message.h"
#include "comm/waiting.h"

namespace lambdaml {

namespace {

// A message about a thousand missing ranks need not name them all.
constexpr std::size_t kRanksNamedMax = 8;

// How elements of this type travel when they are not sparse.
ElementType DenseForm(ElementType type, Wire wire) {
  if (type == ElementType::kFloat64) return type;
  switch (wire) {
    case Wire::kFloat16: return ElementType::kFloat16;
    case Wire::kBfloat16: return ElementType::kBfloat16;
    case Wire::kInt8: return ElementType::kInt8;
    case Wire::kFloat32: break;
  }
  return ElementType::kFloat32;
}

bool IsVector(ElementType type) { return type == ElementType::kFloat32 || type == ElementType::kFloat64; }

}  // namespace

Exchange::Exchange(const Membership& membership)
    : membership_(membership),
      job_hash_(JobHash(membership.job)),
      next_round_(membership.first_round),
      sweep_(membership),
      heard_(static_cast<std::size_t>(membership.size)) {}

Exchange::~Exchange() { membership_.background.Finish(); }

Result<Collective> Exchange::Begin(std::uint64_t concurrent) {
  TRY(MayWrite(next_round_));
  sweep_.Start();
  TRY(sweep_.result());
  Collective call = Next(concurrent);
  ++next_round_;
  return call;
}

Collective Exchange::Next(std::uint64_t concurrent) const {
  const Clock::Time now = membership_.clock.Now();
  const std::lock_guard lock(mutex_);
  return {.round = next_round_,
          .ended_before = next_round_ - concurrent,
          .began = now,
          .deadline = std::min(Later(now, membership_.timeout), membership_.deadline),
          .together = together_,
          .given_up = std::make_shared<std::atomic<bool>>(false)};
}

Result<void> Exchange::Skip() {
  TRY(MayWrite(next_round_));
  ++next_round_;
  return {};
}

void Exchange::Inherit(const Collective& call, std::span<const Outgoing> messages) {
  for (const Outgoing& message : messages) sweep_.Note(call.round, KeyOf(call, message), LifeOf(message));
}

void Exchange::Inherit(const Key& key, std::uint64_t last_round) {
  sweep_.Note(last_round, key, membership_.keeps_results ? Sweep::Life::kUntilForgotten : Sweep::Life::kUntilRead);
}

ByteSpan Exchange::Encode(const Collective& call, const Outgoing& message, Bytes& buffer) const {
  buffer.resize(kMessageHeaderBytes);
  ElementType type = message.values.type;
  if (IsVector(type)) {
    type = lambdaml::Encode(message.values, membership_.format, buffer);
  } else {
    buffer.insert(buffer.end(), message.values.bytes.begin(), message.values.bytes.end());
  }
  const ByteSpan tally = std::as_bytes(message.tally);
  buffer.insert(buffer.end(), tally.begin(), tally.end());
  WriteHeader({.job = job_hash_,
               .round = call.round,
               .sender = static_cast<std::uint32_t>(rank()),
               .part = message.part,
               .elements = message.elements,
               .tally = static_cast<std::uint32_t>(message.tally.size()),
               .type = type},
              buffer);
  return buffer;
}

Result<void> Exchange::Post(const Collective& call, std::span<const Outgoing> messages) {
  if (messages.empty()) return {};
  TRY(MayWrite(call.round));
  std::vector<Bytes> buffers(messages.size());
  std::vector<PutItem> items;
  for (const Outgoing& message : messages) {
    items.push_back({.key = KeyOf(call, message), .value = {}});
    sweep_.Note(call.round, items.back().key, LifeOf(message));
  }
  {
    const std::lock_guard lock(mutex_);
    for (std::size_t i = 0; i < messages.size(); ++i) {
      if (buffers_.empty()) break;
      buffers[i] = std::move(buffers_.back());
      buffers_.pop_back();
    }
  }
  WriteTime write{.messages = messages.size()};
  for (std::size_t i = 0; i < messages.size(); ++i) {
    items[i].value = Encode(call, messages[i], buffers[i]);
    write.bytes += items[i].value.size();
    write.longest = std::max<std::uint64_t>(write.longest, items[i].value.size());
  }
  const Clock::Time begin = membership_.clock.Now();
  Result<void> put = membership_.store.Put(items);
  write.seconds = Seconds(membership_.clock.Now() - begin);
  const std::lock_guard lock(mutex_);
  if (put.ok()) speed_.Add(write);
  for (Bytes& buffer : buffers) buffers_.push_back(std::move(buffer));
  return put;
}

Result<std::vector<Arrival>> Exchange::Collect(const Collective& call, std::span<const Incoming> expected,
                                               std::uint32_t kind) {
  std::vector<Arrival> arrivals;
  if (expected.empty()) return arrivals;
  std::vector<Key> keys{membership_.abort};
  keys.reserve(expected.size() + 1);
  for (const Incoming& message : expected) keys.push_back(KeyOf(call, message));
  std::vector<int> senders;
  for (const Incoming& message : expected) senders.push_back(message.sender);
  const Values values =
      TRY(Await(membership_, {.call = call, .keys = keys, .senders = std::move(senders), .kind = kind}));
  if (values[0]) return Aborted(*values[0]);
  arrivals.reserve(expected.size());
  for (std::size_t i = 0; i < expected.size(); ++i) {
    if (values[i + 1]) arrivals.push_back(TRY(Check(call, expected[i], keys[i + 1], *values[i + 1])));
  }
  if (arrivals.size() == expected.size()) return arrivals;
  if (*call.given_up) return Error{Code::kInternal, "given up, as another part of the call has failed"};
  return Missing(call, expected, keys, values);
}

Result<std::vector<int>> Exchange::Absent(const Collective& call, std::span<const Incoming> expected) {
  std::vector<Key> keys;
  for (const Incoming& message : expected) keys.push_back(KeyOf(call, message));
  const Values values = TRY(membership_.store.Get(keys));
  std::vector<int> senders;
  for (std::size_t i = 0; i < expected.size(); ++i) {
    if (!values[i]) senders.push_back(expected[i].sender);
  }
  return Distinct(std::move(senders));
}

Result<Arrival> Exchange::PostOnce(const Collective& call, const Outgoing& message, const Key& key,
                                   std::uint64_t last_round) {
  TRY(MayWrite(call.round));
  Bytes buffer;
  const PutItem item{.key = key, .value = Encode(call, message, buffer), .condition = Condition::kIfAbsent};
  Result<void> put = membership_.store.Put({&item, 1});
  if (!put.ok() && put.error().code != Code::kConflict) return std::move(put).error();
  Inherit(key, last_round);
  const Incoming expected{.inbox = message.to, .sender = rank(), .type = message.values.type, .key = key};
  std::vector<Arrival> arrivals = TRY(Collect(call, {&expected, 1}));
  return std::move(arrivals.front());
}

Result<void> Exchange::PostSlot(const Collective& call, std::uint64_t generation, const Outgoing& message) {
  TRY(MayWrite(call.round));
  Bytes buffer;
  const Key key = SlotKey(membership_.job, generation, rank());
  const PutItem item{.key = key, .value = Encode(call, message, buffer)};
  return membership_.store.Put({&item, 1});
}

void Exchange::RetireSlot(const Collective& call, std::uint64_t generation) {
  sweep_.Note(call.round, SlotKey(membership_.job, generation, rank()), Sweep::Life::kUntilRead);
}

Result<std::vector<std::optional<Arrival>>> Exchange::Peek(const Collective& call, std::span<const Incoming> expected) {
  std::vector<Key> keys;
  for (const Incoming& message : expected) keys.push_back(KeyOf(call, message));
  const Values values = TRY(Get(keys));
  std::vector<std::optional<Arrival>> arrivals(expected.size());
  for (std::size_t i = 0; i < expected.size(); ++i) {
    if (values[i]) arrivals[i] = TRY(Check(call, expected[i], keys[i], *values[i]));
  }
  return arrivals;
}

Result<Values> Exchange::Get(std::span<const Key> keys) {
  std::vector<Key> all(keys.begin(), keys.end());
  all.push_back(membership_.abort);
  Values values = TRY(membership_.store.Get(all));
  if (values.back()) return Aborted(*values.back());
  values.pop_back();
  return values;
}

ChannelSpeed Exchange::speed() const {
  const std::lock_guard lock(mutex_);
  return speed_.speed();
}

void Exchange::Synchronised(const Collective& call) {
  ReadersDone(call.ended_before);
  const std::lock_guard lock(mutex_);
  together_ = membership_.clock.Now();
}

Result<void> Exchange::MayWrite(std::uint64_t round) const {
  return membership_.detector == nullptr ? Result<void>() : membership_.detector->MayWrite(round);
}

Sweep::Life Exchange::LifeOf(const Outgoing& message) const {
  const bool stays = membership_.keeps_results && message.to.is_of_all() && message.may_be_recalled;
  return stays ? Sweep::Life::kUntilForgotten : Sweep::Life::kUntilRead;
}

Key Exchange::KeyOf(const Collective& call, const Outgoing& message) const {
  return MessageKey(membership_.job,
                    {.inbox = message.to, .round = call.round, .part = message.part, .sender = rank()});
}

Key Exchange::KeyOf(const Collective& call, const Incoming& expected) const {
  if (expected.key) return *expected.key;
  return MessageKey(membership_.job, {.inbox = expected.inbox,
                                      .round = expected.round.value_or(call.round),
                                      .part = expected.part,
                                      .sender = expected.sender});
}

Result<Arrival> Exchange::Check(const Collective& call, const Incoming& expected, const Key& key, const Blob& message) {
  ExpectedMessage wanted{.header = {.job = job_hash_,
                                    .round = expected.round.value_or(call.round),
                                    .sender = static_cast<std::uint32_t>(expected.sender),
                                    .part = expected.part,
                                    .elements = expected.elements.value_or(0),
                                    .tally = static_cast<std::uint32_t>(expected.tally),
                                    .type = expected.type},
                         .or_type = expected.type,
                         .any_round = expected.key.has_value(),
                         .any_elements = !expected.elements};
  if (IsVector(expected.type)) {
    wanted.header.type = DenseForm(expected.type, membership_.format.wire);
    const bool both = MayTravelAs(expected.type, membership_.format, ElementType::kSparseFloat32);
    wanted.or_type = both ? ElementType::kSparseFloat32 : wanted.header.type;
  }
  const DecodedMessage decoded = TRY(DecodeMessage(key, message.span(), wanted));
  const ByteSpan payload = decoded.payload;
  std::size_t bytes = payload.size();
  if (IsVector(expected.type)) {
    bytes = TRY(CheckEncoded(decoded.header.type, payload, expected.part_elements).Context(key.text()));
  }
  const std::size_t wanted_bytes = bytes + expected.tally * sizeof(double);
  if (expected.elements && payload.size() != wanted_bytes) {
    return MessageRefused(key, "length", StrCat(wanted_bytes), StrCat(payload.size()));
  }
  {
    const std::lock_guard lock(mutex_);
    heard_[static_cast<std::size_t>(expected.sender)] = {membership_.clock.Now(), decoded.header.round};
  }
  return Arrival{
      .message = message,
      .values = {.type = decoded.header.type, .bytes = payload.first(bytes), .elements = expected.part_elements},
      .tally = payload.subspan(bytes),
      .round = decoded.header.round};
}

std::string Exchange::LastHeard(int sender) {
  const std::lock_guard lock(mutex_);
  const auto& heard = heard_[static_cast<std::size_t>(sender)];
  if (!heard) return "never heard of";
  return StrCat("last heard ", HumanSeconds(Seconds(membership_.clock.Now() - heard->when)), " ago in round ",
                heard->round);
}

Error Exchange::Aborted(const Blob& reason) const { return {Code::kInternal, StrCat("job aborted: ", reason.text())}; }

Error Exchange::Missing(const Collective& call, std::span<const Incoming> expected, std::span<const Key> keys,
                        const Values& values) {
  std::vector<int> senders;
  std::vector<std::string> details;
  for (std::size_t i = 0; i < expected.size(); ++i) {
    if (values[i + 1]) continue;
    const bool named = std::ranges::count(senders, expected[i].sender) != 0;
    senders.push_back(expected[i].sender);
    if (named || details.size() >= kRanksNamedMax) continue;
    details.push_back(
        StrCat("rank ", expected[i].sender, " ", LastHeard(expected[i].sender), ", missing key ", keys[i + 1].text()));
  }
  const double waited = Seconds(membership_.clock.Now() - call.began);
  return {Code::kTimeout, StrCat("nothing came from ", RankNames(Distinct(std::move(senders))), " within ",
                                 HumanSeconds(waited), " (", JoinWith("; ", details), ")")};
}

std::string RankNames(std::span<const int> ranks) {
  std::vector<std::string> names;
  for (const int rank : ranks.first(std::min(ranks.size(), kRanksNamedMax))) names.push_back(StrCat(rank));
  if (ranks.size() > kRanksNamedMax) names.push_back(StrCat("and ", ranks.size() - kRanksNamedMax, " more"));
  return StrCat(ranks.size() == 1 ? "rank " : "ranks ", JoinWith(", ", names));
}

}  // namespace lambdaml
