// SPDX-License-Identifier: Apache-2.0
#include "comm/waiting.h"

#include <algorithm>
#include <chrono>
#include <optional>
#include <utility>

namespace lambdaml {

namespace {

using std::chrono::seconds;

// How long a rank that has taken over waits before it looks whether others have ended the call long ago, which can only
// be if the channel had shown an old state or the incarnation before was slow to end. Then it looks ever less often.
constexpr seconds kLooksForResultAfter{1};

// How long every slice may end with a failure.
constexpr seconds kFailsMax{30};

class Waiting {
 public:
  Waiting(const Membership& membership, const Awaited& awaited)
      : membership_(membership), awaited_(awaited), begin_(membership.clock.Now()), values_(awaited.keys.size()) {
    if (membership.detector != nullptr) detector_look_ = Later(begin_, membership.detector->first_look());
    if (awaited.call.result != nullptr) result_look_ = begin_ + kLooksForResultAfter;
  }

  Result<Values> Run() && {
    const Collective& call = awaited_.call;
    for (;;) {
      const Clock::Time slice = std::min({call.deadline, detector_look_, result_look_});
      Result<void> waited = WaitUntil(slice);
      if (!waited.ok() && !MayGoOn(waited.error(), slice)) return std::move(waited).error();
      if (waited.ok()) failing_since_.reset();
      const Clock::Time now = membership_.clock.Now();
      if (values_[0] || Missing().empty() || *call.given_up || now >= call.deadline) return std::move(values_);
      TRY(TellDetector(now));
      TRY(LookForResult(now));
    }
  }

 private:
  // The layers below try again what fails, but hardly beyond the end of the wait; the end of a slice is none.
  bool MayGoOn(const Error& error, Clock::Time slice) {
    const Clock::Time now = membership_.clock.Now();
    if (error.code != Code::kUnavailable || now < slice || slice == awaited_.call.deadline) return false;
    if (!failing_since_) failing_since_ = now;
    return now - *failing_since_ < kFailsMax;
  }

  // The places of messages that are not there yet.
  std::vector<std::size_t> Missing() const {
    std::vector<std::size_t> missing;
    for (std::size_t i = 1; i < values_.size(); ++i) {
      if (!values_[i]) missing.push_back(i);
    }
    return missing;
  }

  Result<void> WaitUntil(Clock::Time time) {
    const std::vector<std::size_t> missing = Missing();
    const Collective& call = awaited_.call;
    const WaitOptions options{.deadline = time,
                              .at_least = missing.size(),
                              .cancelled = call.given_up.get(),
                              .urgent = 1,
                              .kind = call.together ? awaited_.kind : 0,
                              .since = call.together};
    if (missing.size() + 1 == values_.size()) {
      values_ = TRY(membership_.store.Wait(awaited_.keys, options));
      return {};
    }
    std::vector<Key> keys{awaited_.keys[0]};
    for (const std::size_t i : missing) keys.push_back(awaited_.keys[i]);
    Values values = TRY(membership_.store.Wait(keys, options));
    values_[0] = std::move(values[0]);
    for (std::size_t i = 0; i < missing.size(); ++i) values_[missing[i]] = std::move(values[i + 1]);
    return {};
  }

  Result<void> TellDetector(Clock::Time now) {
    if (now < detector_look_) return {};
    std::vector<int> ranks;
    for (const std::size_t i : Missing()) ranks.push_back(awaited_.senders[i - 1]);
    std::erase(ranks, membership_.rank);  // what it has written itself may show late, or be lost
    TRY(membership_.detector->Missing(awaited_.call.round, Distinct(std::move(ranks)), now - begin_));
    detector_look_ = Later(membership_.clock.Now(), membership_.detector->look_every());
    return {};
  }

  Result<void> LookForResult(Clock::Time now) {
    if (now < result_look_) return {};
    KnownResult& result = *awaited_.call.result;
    if (TRY(AllExist(membership_.store, result.keys))) {
      result.is_there = true;
      return Error{Code::kUnavailable, "the result of the call is in the channel already"};
    }
    result_look_ = now + (now - begin_);
    return {};
  }

  const Membership& membership_;
  const Awaited& awaited_;
  Clock::Time begin_;
  Values values_;
  Clock::Time detector_look_ = Clock::Time::max();
  Clock::Time result_look_ = Clock::Time::max();
  std::optional<Clock::Time> failing_since_;
};

}  // namespace

Result<Values> Await(const Membership& membership, const Awaited& awaited) {
  return Waiting(membership, awaited).Run();
}

Result<bool> AllExist(Store& store, std::span<const Key> keys) {
  std::vector<Range> ranges;
  for (const Key& key : keys) ranges.push_back({.key = key, .length = 0});
  const Slices found = TRY(store.Read(ranges));
  return std::ranges::all_of(found, [](const auto& slice) { return slice.has_value(); });
}

Clock::Time Later(Clock::Time time, Clock::Duration duration) {
  return duration < Clock::Time::max() - time ? time + duration : Clock::Time::max();
}

std::vector<int> Distinct(std::vector<int> ranks) {
  std::ranges::sort(ranks);
  ranks.erase(std::unique(ranks.begin(), ranks.end()), ranks.end());
  return ranks;
}

}  // namespace lambdaml
