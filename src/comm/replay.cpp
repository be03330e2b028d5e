// SPDX-License-Identifier: Apache-2.0
#include "comm/replay.h"

#include <algorithm>
#include <utility>

#include "comm/waiting.h"

namespace lambdaml {

namespace {

// What may be asked for at once, beyond the messages of one call.
constexpr std::size_t kKeysMax = 512;
constexpr std::size_t kBytesMax = std::size_t{8} << 20U;

}  // namespace

Result<std::optional<std::vector<Arrival>>> Replay::Find(const Collective& call, std::span<const Incoming> expected) {
  const auto is_known = [this, &call](const Incoming& message) {
    return ahead_.contains(exchange_.KeyOf(call, message));
  };
  if (!std::ranges::all_of(expected, is_known)) TRY(ReadAhead(call, expected));
  if (!std::ranges::all_of(expected, is_known)) return std::optional<std::vector<Arrival>>();
  std::optional<std::vector<Arrival>> arrivals(std::in_place);
  std::size_t bytes = 0;
  for (const Incoming& message : expected) {
    const auto found = ahead_.extract(exchange_.KeyOf(call, message));
    bytes += found.mapped().size();
    arrivals->push_back(TRY(exchange_.Check(call, message, found.key(), found.mapped())));
  }
  bytes_ = std::max(bytes_, bytes);
  return arrivals;
}

// Asks for twice as much as the last time, so what is read in vain is never more than what was needed.
Result<void> Replay::ReadAhead(const Collective& call, std::span<const Incoming> expected) {
  std::vector<Key> keys;
  const std::uint64_t calls = std::min<std::uint64_t>(calls_ahead_, std::max<std::size_t>(1, kBytesMax / bytes_));
  Collective later = call;
  for (; later.round - call.round < calls && keys.size() < kKeysMax; ++later.round) {
    for (const Incoming& message : expected) {
      const bool has_round = message.round || message.key;  // and so is no other message later
      if (has_round && later.round > call.round) continue;
      Key key = exchange_.KeyOf(later, message);
      if (!ahead_.contains(key)) keys.push_back(std::move(key));
    }
  }
  calls_ahead_ = std::min<std::uint64_t>(2 * calls_ahead_, kKeysMax);
  Values values = TRY(exchange_.Get(keys));
  for (std::size_t i = 0; i < keys.size(); ++i) {
    if (values[i]) ahead_.insert_or_assign(std::move(keys[i]), *std::move(values[i]));
  }
  return {};
}

Result<bool> Replay::Take(const VectorSum& sum) {
  const std::vector<Stripe> stripes = StripesOf(exchange_, sum);
  const std::vector<Outcome> first = sum.reduction->Outcomes(exchange_, stripes.front());
  const auto arrivals = TRY(Find(sum.call, MessagesOf(first)));
  if (!arrivals) return false;
  if (stripes.size() > 1 && !TRY(AllExist(exchange_.membership().store, KeysOf(sum)))) return false;
  TakeOver(first, *arrivals, exchange_.membership().format);
  TRY(TakeStripes(sum, std::span(stripes).subspan(1)));
  for (const Stripe& stripe : stripes) exchange_.Inherit(sum.call, sum.reduction->Written(exchange_, stripe));
  exchange_.Synchronised(sum.call);
  return true;
}

std::vector<Key> Replay::KeysOf(const VectorSum& sum) const {
  std::vector<Key> keys;
  for (const Stripe& stripe : StripesOf(exchange_, sum)) {
    for (const Incoming& message : MessagesOf(sum.reduction->Outcomes(exchange_, stripe))) {
      keys.push_back(exchange_.KeyOf(sum.call, message));
    }
  }
  return keys;
}

Result<void> Replay::TakeAfterAll(const VectorSum& sum) {
  VectorSum again = sum;
  again.call.given_up = std::make_shared<std::atomic<bool>>(false);
  again.call.result = nullptr;
  TRY(TakeStripes(again, StripesOf(exchange_, again)));
  is_on_ = true;
  return {};
}

// They are there, so this does not wait but for a channel that shows an old state.
Result<void> Replay::TakeStripes(const VectorSum& sum, std::span<const Stripe> stripes) {
  for (const Stripe& stripe : stripes) {
    const std::vector<Outcome> outcomes = sum.reduction->Outcomes(exchange_, stripe);
    const std::vector<Arrival> arrivals = TRY(exchange_.Collect(sum.call, MessagesOf(outcomes)));
    TakeOver(outcomes, arrivals, exchange_.membership().format);
  }
  return {};
}

}  // namespace lambdaml
