// SPDX-License-Identifier: Apache-2.0
// All-reduces over a channel of an injected latency and bandwidth, in virtual time: the time of a round is what the
// patterns make of the channel, without what this machine's few processors need for the work of many. The limit is the
// latency of each step, one after the other, and the bytes of the busiest rank at the bandwidth, of what it writes or
// reads, whichever are more. The channel is polled and billed as S3 is.
#include <algorithm>
#include <array>
#include <memory>
#include <string>
#include <utility>

#include "base/random.h"
#include "base/text.h"
#include "bench/bench.h"
#include "comm/registry.h"
#include "storage/layers/latency.h"
#include "storage/layers/meter.h"
#include "storage/layers/poll.h"
#include "storage/registry.h"
#include "tests/sim/process.h"

namespace lambdaml::bench {

namespace {

using std::chrono::milliseconds;

constexpr milliseconds kLatency{80};
constexpr std::chrono::seconds kPeriod{3};  // from the start of a round to that of the next
constexpr ChannelPrices kS3{.put = 5e-6, .get = 4e-7};

struct Channel {
  double connection = 0;  // bytes per second; 0: unlimited
  double worker = 0;
};

struct Run {
  std::string pattern{};
  int ranks = 2;
  std::size_t elements = 1000;
  Channel channel{};
  ChannelPrices prices{};
  int warm_up = 20;  // until the ranks have learnt when messages come
  int rounds = 9;
  Clock::Duration skew = milliseconds(5);  // of the ranks' starts
};

// Of all ranks.
struct Measured {
  std::vector<double> seconds;    // of each round of each rank
  std::vector<double> from_last;  // likewise, from the start of the last rank
  double misses_per_round = 0;
  double puts_per_round = 0;
  double gets_per_round = 0;
  std::vector<PatternChoice> choices;
};

// The store that all ranks share, as one that cannot block.
class PolledStore final : public Store {
 public:
  explicit PolledStore(Store& store) : store_(store), limits_(store.limits()) {
    limits_.waits_natively = false;
    limits_.poll_pause_min = milliseconds(5);
    limits_.poll_pause_max = milliseconds(100);
  }

  Result<void> Put(std::span<const PutItem> items) override { return store_.Put(items); }
  Result<Values> Get(std::span<const Key> keys) override { return store_.Get(keys); }
  Result<std::vector<Entry>> List(const Key& prefix) override { return store_.List(prefix); }
  Result<void> Delete(std::span<const Key> keys) override { return store_.Delete(keys); }
  const Limits& limits() const override { return limits_; }
  std::string name() const override { return store_.name(); }

 private:
  Store& store_;
  Limits limits_;
};

// One rank with everything that it owns.
class Rank {
 public:
  Rank(const Run& run, int rank, sim::Scheduler& scheduler, Store& shared)
      : run_(run), rank_(rank), process_(scheduler, StrCat("rank ", rank)) {
    const auto seed = static_cast<std::uint64_t>(rank);
    auto store = WithLatency(std::make_unique<PolledStore>(shared), clock_,
                             {.latency = kLatency,
                              .bytes_per_second = run.channel.worker,
                              .connection_bytes_per_second = run.channel.connection,
                              .seed = seed});
    store_ = WithPolling(WithMeter(std::move(store), clock_, {}, meter_), clock_, &meter_);
  }

  void Play() { result_ = Rounds(); }

  const Result<void>& result() const { return result_; }
  struct Times {
    Clock::Time begin;
    Clock::Time end;
  };
  const std::vector<Times>& times() const { return times_; }
  const StoreUse& use() const { return use_; }
  const std::vector<PatternChoice>& choices() const { return choices_; }

 private:
  Result<void> Rounds() {
    const Key job("jobs/bench/1");
    const auto peers = TRY(Join(run_.pattern, {.store = *store_,
                                               .clock = clock_,
                                               .background = background_,
                                               .job = job,
                                               .abort = job / "abort",
                                               .rank = rank_,
                                               .size = run_.ranks,
                                               .timeout = std::chrono::minutes(10),
                                               .prices = run_.prices}));
    Random random(11, static_cast<std::uint64_t>(rank_));
    std::vector<float> values(run_.elements);
    StoreUse before;
    for (int round = 0; round < run_.warm_up + run_.rounds; ++round) {
      if (round == run_.warm_up) before = meter_.use();
      const Clock::Duration skew{
          static_cast<Clock::Duration::rep>(random.Below(static_cast<std::uint64_t>(run_.skew.count())))};
      clock_.SleepUntil(sim::Scheduler::kStart + (round + 1) * kPeriod + skew);
      std::fill(values.begin(), values.end(), 1.0F);
      const Clock::Time begin = clock_.Now();
      TRY(peers->AllReduce(std::span(values)));
      if (round >= run_.warm_up) times_.push_back({begin, clock_.Now()});
      if (values.back() != static_cast<float>(run_.ranks)) return Error{Code::kInternal, "the sum is wrong"};
    }
    use_ = meter_.use();
    use_.puts -= before.puts;
    use_.waits -= before.waits;
    use_.misses -= before.misses;
    choices_ = peers->use().choices;
    return {};
  }

  const Run& run_;
  int rank_;
  sim::Process process_;
  sim::SimClock clock_{process_};
  sim::SimBackground background_{process_, 6};
  StoreMeter meter_;
  std::unique_ptr<Store> store_;
  std::vector<Times> times_;
  StoreUse use_;
  std::vector<PatternChoice> choices_;
  Result<void> result_;
};

void AddTimes(std::span<const std::unique_ptr<Rank>> ranks, Measured& measured) {
  for (std::size_t round = 0; round < ranks.front()->times().size(); ++round) {
    Clock::Time last{};
    for (const auto& rank : ranks) last = std::max(last, rank->times()[round].begin);
    for (const auto& rank : ranks) {
      const Rank::Times& times = rank->times()[round];
      measured.seconds.push_back(Seconds(times.end - times.begin));
      measured.from_last.push_back(Seconds(times.end - last));
    }
  }
}

Result<Measured> Play(const Run& run) {
  sim::Scheduler scheduler(1);
  SystemClock unused;
  const auto shared = TRY(OpenStore("memory:", {.clock = unused}));
  std::vector<std::unique_ptr<Rank>> ranks;
  for (int rank = 0; rank < run.ranks; ++rank) {
    ranks.push_back(std::make_unique<Rank>(run, rank, scheduler, *shared));
    scheduler.Start(StrCat("rank ", rank), [at = ranks.back().get()] { at->Play(); });
  }
  TRY(scheduler.Run());
  Measured measured;
  StoreUse use;
  for (const auto& rank : ranks) {
    TRY(Result<void>(rank->result()));
    use += rank->use();
  }
  AddTimes(ranks, measured);
  measured.misses_per_round = static_cast<double>(use.misses) / run.rounds;
  measured.puts_per_round = static_cast<double>(use.puts) / run.rounds;
  measured.gets_per_round = static_cast<double>(use.waits) / run.rounds;
  measured.choices = ranks.front()->choices();
  return measured;
}

const Pattern& PatternNamed(std::string_view name) { return *std::ranges::find(Patterns(), name, &Pattern::name); }

double LimitOf(const Run& run, std::string_view pattern) {
  const RoundCost cost =
      PatternNamed(pattern).cost({.ranks = static_cast<std::size_t>(run.ranks), .elements = run.elements});
  double seconds = 0;
  double longest = 0;
  std::array<double, 2> bytes{};  // written and read: steps alternate
  for (std::size_t i = 0; i < cost.steps.size(); ++i) {
    if (cost.steps[i].messages == 0) continue;
    seconds += Seconds(kLatency);
    bytes.at(i % 2) += static_cast<double>(cost.steps[i].bytes);
    longest = std::max(longest, static_cast<double>(cost.steps[i].longest));
  }
  if (run.channel.worker == 0) return seconds;
  return seconds + std::max(std::max(bytes[0], bytes[1]) / run.channel.worker, longest / run.channel.connection);
}

Row AtMost(std::string name, double seconds, double limit, double share) {
  return {.name = std::move(name),
          .value = seconds * 1e3,
          .unit = "ms",
          .limit = limit * 1e3,
          .goal = StrCat("<= ", share, " x limit"),
          .holds = seconds <= share * limit};
}

std::string Describe(const Run& run) {
  if (run.channel.worker == 0) return StrCat(run.pattern, ", 1,000 floats, w = ", run.ranks);
  return StrCat(run.pattern, ", ", Fixed(static_cast<double>(run.elements) * 4e-6, 1), " MB, w = ", run.ranks);
}

// Of a round over S3: its requests and the workers' time.
double DollarsOf(const Measured& measured, int ranks) {
  return measured.puts_per_round * kS3.put + measured.gets_per_round * kS3.get +
         Median(measured.seconds) * ranks * kS3.worker_second;
}

// `auto` beside the best of the others: by time where requests cost nothing, by dollars where they cost what S3's do.
Result<void> AddAuto(Run run, const std::vector<Measured>& others, Rows& rows) {
  std::vector<double> seconds;
  std::vector<double> dollars;
  for (const Measured& other : others) {
    seconds.push_back(Median(other.seconds));
    dollars.push_back(DollarsOf(other, run.ranks));
  }
  run.pattern = "auto";
  const Measured fast = TRY(Play(run));
  const std::string chosen = fast.choices.back().pattern;
  const std::string name = StrCat(Describe(run), " (", chosen, ")");
  rows.push_back(AtMost(name + ", limit the best", Median(fast.seconds), std::ranges::min(seconds), 1.1));
  if (run.channel.worker > 0) rows.push_back(AtMost(name, Median(fast.seconds), LimitOf(run, chosen), 1.3));
  run.prices = kS3;
  const Measured cheap = TRY(Play(run));
  Row row{.name = StrCat(Describe(run), " (", cheap.choices.back().pattern, ") priced as S3, limit the cheapest"),
          .value = DollarsOf(cheap, run.ranks) * 1e6,
          .unit = "$/million",
          .limit = std::ranges::min(dollars) * 1e6,
          .goal = "<= 1.1 x limit"};
  row.holds = row.ratio() <= 1.1;
  rows.push_back(std::move(row));
  return {};
}

Result<void> AddCell(Run run, Rows& rows) {
  std::vector<Measured> all;
  for (const Pattern& pattern : Patterns()) {
    if (pattern.cost == nullptr) continue;
    run.pattern = pattern.name;
    const Measured& measured = all.emplace_back(TRY(Play(run)));
    Row row = AtMost(StrCat(Describe(run), ", ", Fixed(measured.misses_per_round, 1), " misses"),
                     Median(measured.seconds), LimitOf(run, pattern.name), 1.15);
    if (run.channel.worker > 0) {
      row.goal.clear();
      row.holds = true;
    }
    rows.push_back(std::move(row));
  }
  return AddAuto(run, all, rows);
}

// Ranks that compute for a time that differs from round to round: how long after the last one has come.
Result<void> AddUneven(Rows& rows) {
  for (const std::int64_t skew_ms : {50, 400}) {
    const Run run{.pattern = "all_gather", .ranks = 16, .rounds = 40, .skew = milliseconds(skew_ms)};
    const Measured measured = TRY(Play(run));
    rows.push_back(AtMost(StrCat(Describe(run), ", starts within ", skew_ms, " ms, from the last, ",
                                 Fixed(measured.misses_per_round / run.ranks, 1), " misses each"),
                          Median(measured.from_last), LimitOf(run, run.pattern), 1.5));
  }
  return {};
}

}  // namespace

Result<Rows> InjectedRounds() {
  Rows rows;
  TRY(AddUneven(rows));
  for (const int ranks : {2, 4, 8, 16, 32}) TRY(AddCell({.ranks = ranks}, rows));
  const Channel s3{.connection = 65e6, .worker = 630e6};
  for (const std::size_t bytes : {12'900'000U, 94'000'000U}) {
    TRY(AddCell({.ranks = 10, .elements = bytes / sizeof(float), .channel = s3, .warm_up = 12, .rounds = 3}, rows));
  }
  return rows;
}

}  // namespace lambdaml::bench
