// SPDX-License-Identifier: Apache-2.0
#include <unistd.h>

#include <nlohmann/json.hpp>

#include "base/text.h"
#include "cli/commands/commands.h"
#include "cli/cost.h"
#include "cli/interrupts.h"
#include "cli/progress_line.h"
#include "cli/storage_bench.h"
#include "cli/storage_run.h"
#include "cli/table.h"

namespace lambdaml {

namespace {

constexpr std::uint64_t kSmall = 4096;
constexpr std::uint64_t kLarge = std::uint64_t{1} << 20U;

struct BenchSettings {
  std::string url;
  double seconds = 5;
  std::int64_t value_bytes = 0;
  bool json = false;
};

Parameters Describe(BenchSettings& s) {
  return {.arguments = {{"URL", &s.url, "a channel: a URL or a folder"}},
          .options = {{"seconds", s.seconds, "for all measurements together", {.min = 0.01, .max = 3600}},
                      {"value_bytes", s.value_bytes, "measure this size; 0: 4 KiB and 1 MiB", {.min = 0, .max = 1e9}},
                      {"json", s.json, "print JSON"}}};
}

std::string AsTable(const std::vector<BenchRow>& rows) {
  Table table;
  table.Row({"request", "value", "p50", "p99", "calls/s", "bytes/s"});
  for (const BenchRow& row : rows) {
    table.Row({row.what, BytesInWords(row.value_bytes), HumanSeconds(row.p50), HumanSeconds(row.p99),
               HumanCount(static_cast<std::int64_t>(row.CallsPerSecond())), HumanBytes(row.BytesPerSecond())});
  }
  return table.Text();
}

std::string UseInWords(const StoreUse& use) {
  return StrCat(HumanCount(static_cast<std::int64_t>(use.requests())), " requests, ", BytesInWords(use.bytes_written),
                " sent, ", BytesInWords(use.bytes_read), " received\n");
}

std::string AsJson(const std::vector<BenchRow>& rows, const Channel& channel, const StoreUse& use) {
  using Json = nlohmann::ordered_json;
  Json list = Json::array();
  for (const BenchRow& row : rows) {
    list.push_back({{"request", row.what},
                    {"value_bytes", row.value_bytes},
                    {"values", row.batch},
                    {"calls", row.calls},
                    {"p50_seconds", row.p50},
                    {"p99_seconds", row.p99},
                    {"calls_per_second", row.CallsPerSecond()},
                    {"bytes_per_second", row.BytesPerSecond()}});
  }
  const Json json = {
      {"channel", channel.name()}, {"rows", std::move(list)}, {"requests", use.requests()}, {"dollars", use.dollars}};
  return json.dump(2) + "\n";
}

Result<Exit> StorageBench(const BenchSettings& settings, Session& session) {
  Interrupts interrupts = TRY(Interrupts::Begin());
  const auto channel = TRY(Channel::Open(settings.url, session));
  const auto peer = TRY(Channel::Open(settings.url, session));
  BenchOptions options{.prefix = Key(StrCat("bench-", session.clock.UnixMs(), "-", static_cast<int>(::getpid()))),
                       .seconds = settings.seconds,
                       .value_bytes = {kSmall, kLarge}};
  if (settings.value_bytes > 0) options.value_bytes = {static_cast<std::uint64_t>(settings.value_bytes)};
  ProgressLine line(session.terminal, session.clock);
  const OnBench watch = [&interrupts, &line](double share, const std::string& what) -> Result<void> {
    line.Show(share, what);
    if (interrupts.Wait({}) != Interrupts::Woken::kBySignal) return {};
    return Error{Code::kUnavailable, "interrupted; what was written is deleted again"};
  };
  const Result<std::vector<BenchRow>> rows =
      channel->Named(MeasureStore(channel->store(), peer->store(), session.clock, options, watch));
  line.End();
  if (!rows.ok()) return rows.error();
  StoreUse use = channel->use();
  use += peer->use();
  session.terminal.Out(settings.json ? AsJson(rows.value(), *channel, use)
                                     : StrCat(AsTable(rows.value()), channel->Label(), UseInWords(use),
                                              CostLine(use.dollars, channel->url())));
  return Exit::kDone;
}

}  // namespace

constinit const Command kStorageBench = {.name = "storage bench",
                                         .topic = "Storage",
                                         .summary = "Measure how fast a channel is from here",
                                         .examples =
                                             "lambdaml storage bench redis://localhost\n"
                                             "lambdaml storage bench s3://bucket/bench --seconds 10 --json",
                                         .start = Start<BenchSettings, StorageBench>};

}  // namespace lambdaml
