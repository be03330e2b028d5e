// SPDX-License-Identifier: Apache-2.0
#include "cli/storage_bench.h"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <thread>

#include "base/random.h"
#include "base/text.h"
#include "storage/ops.h"

namespace lambdaml {

namespace {

constexpr std::size_t kBatch = 64;
constexpr std::uint64_t kBatchValueBytesMax = std::uint64_t{1} << 20U;
constexpr Clock::Duration kPatience = std::chrono::seconds(30);  // for an answer

Bytes Noise(std::uint64_t bytes) {
  Bytes noise(bytes);
  Random random(1, 0);
  for (std::byte& byte : noise) byte = static_cast<std::byte>(random.Next());
  return noise;
}

// A mapped file is read when it is looked at.
void Touch(ByteSpan bytes) {
  constexpr std::size_t kPage = 4096;
  for (std::size_t at = 0; at < bytes.size(); at += kPage) {
    [[maybe_unused]] const volatile std::byte seen = bytes[at];
  }
}

double Percentile(const std::vector<double>& sorted, double share) {
  const auto rank = static_cast<std::size_t>(std::ceil(share * static_cast<double>(sorted.size())));
  return sorted[std::max<std::size_t>(rank, 1) - 1];
}

// The other side of a wait: answers ping/N with pong/N, until it goes.
class Echo {
 public:
  Echo(Store& store, Clock& clock, const Key& prefix)
      : thread_([this, &store, &clock, prefix] { Answer(store, clock, prefix); }) {}
  ~Echo() { ended_ = true; }

  static Key Ping(const Key& prefix, std::size_t turn) { return prefix / "ping" / StrCat(turn); }
  static Key Pong(const Key& prefix, std::size_t turn) { return prefix / "pong" / StrCat(turn); }

 private:
  void Answer(Store& store, Clock& clock, const Key& prefix) const {
    for (std::size_t turn = 0; !ended_; ++turn) {
      const Key ping = Ping(prefix, turn);
      const WaitOptions until{.deadline = clock.Now() + kPatience, .cancelled = &ended_};
      const Result<Values> question = store.Wait({&ping, 1}, until);
      if (!question.ok() || !question.value()[0]) return;
      if (!Save(store, Pong(prefix, turn), question.value()[0]->span()).ok()) return;
    }
  }

  std::atomic<bool> ended_ = false;
  std::jthread thread_;  // joined first
};

class Bench {
 public:
  Bench(Store& store, Clock& clock, const BenchOptions& options, const OnBench& watch)
      : store_(store), clock_(clock), options_(options), watch_(watch), began_(clock.Now()) {
    measurements_ = 2 * static_cast<double>(options.value_bytes.size()) + 3;
  }

  Result<std::vector<BenchRow>> Run(Store& peer) {
    const Key warm = options_.prefix / "warm";
    TRY(Save(store_, warm, AsBytes("x")));  // opens connections
    const bool seen = TRY(peer.Get({&warm, 1}))[0].has_value();
    for (const std::uint64_t bytes : options_.value_bytes) TRY(Measure(1, bytes));
    TRY(Measure(kBatch, std::min(options_.value_bytes.front(), kBatchValueBytesMax)));
    if (seen) TRY(MeasureWait(peer));
    return std::move(rows_);
  }

 private:
  Result<void> Measure(std::size_t batch, std::uint64_t bytes) {
    const Bytes value = Noise(bytes);
    std::vector<PutItem> items;
    std::vector<Key> keys;
    for (std::size_t i = 0; i < batch; ++i) {
      keys.push_back(options_.prefix / StrCat("value-", bytes) / StrCat(i));
      items.push_back({.key = keys.back(), .value = value});
    }
    const std::string many = batch > 1 ? StrCat(" of ", batch) : "";
    TRY(Repeat({.what = "put" + many, .value_bytes = bytes, .batch = batch},
               [this, &items](std::size_t) { return store_.Put(items); }));
    return Repeat({.what = "get" + many, .value_bytes = bytes, .batch = batch},
                  [this, &keys](std::size_t) -> Result<void> {
                    for (const auto& found : TRY(store_.Get(keys))) {
                      if (!found) return Error{Code::kInternal, "a value that was just written is not there"};
                      Touch(found->span());
                    }
                    return {};
                  });
  }

  Result<void> MeasureWait(Store& peer) {
    const std::uint64_t bytes = std::min(options_.value_bytes.front(), kBatchValueBytesMax);
    const Bytes value = Noise(bytes);
    const Echo echo(peer, clock_, options_.prefix);
    const Call ask = [this, &value](std::size_t turn) -> Result<void> {
      TRY(Save(store_, Echo::Ping(options_.prefix, turn), value));
      TRY(LoadOrWait(store_, Echo::Pong(options_.prefix, turn), clock_.Now() + kPatience));
      return {};
    };
    // All but the last pair, so that a channel of folders keeps those that are watched until the end.
    const Call forget = [this](std::size_t turn) -> Result<void> {
      if (turn == 0) return {};
      const Key keys[] = {Echo::Ping(options_.prefix, turn - 1), Echo::Pong(options_.prefix, turn - 1)};
      return RemoveAll(store_, keys);
    };
    return Repeat({.what = "wait, round trip", .value_bytes = bytes}, ask, forget);
  }

  using Call = std::function<Result<void>(std::size_t turn)>;

  // Calls for this measurement's share of the time, at least once. What is done after each call is not measured.
  Result<void> Repeat(BenchRow row, const Call& call, const Call& after = {}) {
    const Clock::Time end = clock_.Now() + FromSeconds(options_.seconds / measurements_);
    std::vector<double> seconds;
    do {
      TRY(watch_(std::min(1.0, Seconds(clock_.Now() - began_) / options_.seconds), row.what));
      const Clock::Time begin = clock_.Now();
      TRY(call(seconds.size()));
      seconds.push_back(Seconds(clock_.Now() - begin));
      row.total += seconds.back();
      if (after) TRY(after(seconds.size() - 1));
    } while (clock_.Now() < end);
    std::sort(seconds.begin(), seconds.end());
    row.calls = seconds.size();
    row.p50 = Percentile(seconds, 0.5);
    row.p99 = Percentile(seconds, 0.99);
    rows_.push_back(std::move(row));
    return {};
  }

  Store& store_;
  Clock& clock_;
  const BenchOptions& options_;
  const OnBench& watch_;
  Clock::Time began_;
  double measurements_ = 0;
  std::vector<BenchRow> rows_;
};

}  // namespace

Result<std::vector<BenchRow>> MeasureStore(Store& store, Store& peer, Clock& clock, const BenchOptions& options,
                                           const OnBench& watch) {
  Result<std::vector<BenchRow>> rows = Bench(store, clock, options, watch).Run(peer);
  const Result<std::size_t> cleared = Clear(store, options.prefix);
  if (rows.ok() && !cleared.ok()) {
    return Error(cleared.error()).Context(StrCat("deleting what was written below ", options.prefix.text()));
  }
  return rows;
}

}  // namespace lambdaml
