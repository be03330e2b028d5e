// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/speakers.h"

#include <algorithm>
#include <optional>
#include <string_view>

#include "base/text.h"
#include "coordination/lease.h"

namespace lambdaml::sim {

namespace {

// PREFIX/RESTART/x/INBOX/ROUND.PART.SENDER; nothing for other keys.
std::optional<Speakers::Round> RoundOf(const Key& key, const JobInvocation& job) {
  const std::string prefix = StrCat((job.Prefix() / "messages").text(), "/");
  std::string_view rest = key.text();
  if (!rest.starts_with(prefix)) return std::nullopt;
  rest.remove_prefix(prefix.size());
  const std::size_t end = rest.find("/x/");
  if (end == std::string_view::npos) return std::nullopt;
  const auto restart = ParseInteger(rest.substr(0, end));
  rest.remove_prefix(rest.rfind('/') + 1);
  const auto round = ParseInteger(rest.substr(0, rest.find('.')));
  if (!restart || !round) return std::nullopt;
  return Speakers::Round(*restart, *round);
}

class WatchedStore final : public Store {
 public:
  WatchedStore(std::unique_ptr<Store> store, Speakers& speakers, const Process& process,
               const JobInvocation& invocation)
      : store_(std::move(store)), speakers_(speakers), process_(process), invocation_(invocation) {}

  Result<void> Put(std::span<const PutItem> items) override {
    for (const PutItem& item : items) {
      const auto round = RoundOf(item.key, invocation_);
      if (round && !process_.dead()) speakers_.Writes(process_, invocation_, *round);
    }
    return store_->Put(items);
  }
  Result<Values> Get(std::span<const Key> keys) override { return store_->Get(keys); }
  Result<Values> Wait(std::span<const Key> keys, const WaitOptions& options) override {
    return store_->Wait(keys, options);
  }
  Result<std::vector<Entry>> List(const Key& prefix) override { return store_->List(prefix); }
  Result<void> Delete(std::span<const Key> keys) override { return store_->Delete(keys); }
  const lambdaml::Limits& limits() const override { return store_->limits(); }
  std::string name() const override { return store_->name(); }

 private:
  std::unique_ptr<Store> store_;
  Speakers& speakers_;
  const Process& process_;
  const JobInvocation& invocation_;
};

}  // namespace

std::unique_ptr<Store> Speakers::Watched(std::unique_ptr<Store> channel, const Process& process,
                                         const JobInvocation& invocation) {
  return std::make_unique<WatchedStore>(std::move(channel), *this, process, invocation);
}

bool Speakers::WasReplaced(const JobInvocation& invocation) const {
  const auto value = leases_.Peek(job_.LeaseKey(invocation.rank));
  return value && ParseLeaseRecord(value->text()).value().incarnation > invocation.incarnation;
}

void Speakers::Writes(const Process& process, const JobInvocation& invocation, const Round& round) {
  const auto [speaks, is_first] = speaks_.try_emplace({invocation.rank, invocation.incarnation}, &process);
  if (!is_first && speaks->second != &process) {
    return scheduler_.Fail(StrCat(process.name(), " and ", speaks->second->name(), " both write messages"));
  }
  Round& granted = granted_.try_emplace(&process, round).first->second;
  if (!WasReplaced(invocation)) {
    granted = std::max(granted, round);
    return;
  }
  const std::int64_t ahead = 1 + invocation.spec.staleness;
  if (round.first == granted.first && round.second <= granted.second + ahead) return;
  scheduler_.Fail(StrCat(process.name(), " was replaced in round ", granted.first, ".", granted.second,
                         " and writes in round ", round.first, ".", round.second));
}

}  // namespace lambdaml::sim
