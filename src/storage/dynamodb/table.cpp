// SPDX-License-Identifier: Apache-2.0
#include "storage/dynamodb/table.h"

#include <algorithm>
#include <iterator>

#include "base/text.h"
#include "storage/dynamodb/request.h"

namespace lambdaml::dynamodb {

namespace {

constexpr std::chrono::minutes kCreationPatience{2};
constexpr std::chrono::milliseconds kPauseMin{20};
constexpr std::chrono::seconds kPauseMax{2};

// A page of a scan holds 1 MB of items, so a large table takes many, one after another: in as many chains as this.
constexpr std::size_t kSegments = 4;

// Empty if there is no such table.
Result<std::string> TableStatus(Service& service) {
  const Result<std::string> answer =
      service.Send({.operation = "DescribeTable", .body = DescribeTableText(service.settings())});
  if (!answer.ok() && answer.error().code == Code::kNotFound) return std::string();
  Result<std::string> status = ParseTableStatus(TRY(answer));
  if (!status.ok()) return service.Located(std::move(status).error(), "DescribeTable");
  return status;
}

// Whether it was this call that created it.
Result<bool> CreateTable(Service& service) {
  const Result<std::string> answer =
      service.Send({.operation = "CreateTable", .body = CreateTableText(service.settings())});
  if (!answer.ok() && answer.error().code == Code::kConflict) return false;
  TRY(answer);
  return true;
}

// False if it is worth another try.
bool EnableTimeToLive(Service& service) {
  const Result<std::string> answer =
      service.Send({.operation = "UpdateTimeToLive", .body = EnableTimeToLiveText(service.settings())});
  return answer.ok() || answer.error().code == Code::kInvalid;
}

// The pages of one segment after another are asked for at the same time as those of the others.
class ScanRound {
 public:
  ScanRound(Service& service, const std::string& prefix) : service_(service) {
    for (std::size_t i = 0; i < kSegments; ++i)
      pending_.push_back({.prefix = prefix, .segment = i, .segments = kSegments});
  }

  bool done() const { return pending_.empty(); }
  std::vector<StoredItem> TakeItems() && { return std::move(items_); }

  Result<void> Send() {
    std::vector<Call> calls;
    for (const Scan& scan : pending_)
      calls.push_back({.operation = "Scan", .body = ScanText(service_.settings(), scan)});
    const std::vector<Scan> asked = std::move(pending_);
    pending_.clear();
    Result<void> outcome;
    service_.SendAll(std::move(calls), [&](std::size_t i, const Result<std::string>& answer) {
      Result<void> taken = Take(asked[i], answer);
      if (outcome.ok()) outcome = std::move(taken);
    });
    return outcome;
  }

 private:
  Result<void> Take(Scan scan, const Result<std::string>& answer) {
    if (!answer.ok()) return answer.error();
    Result<ScanAnswer> page = ParseScan(answer.value());
    if (!page.ok()) return service_.Located(std::move(page).error(), "Scan");
    if (page.value().last_key == scan.after)
      return service_.Located({Code::kInvalid, "the scan does not get on; check the endpoint"}, "Scan");
    std::ranges::move(page.value().items, std::back_inserter(items_));
    if (!page.value().last_key) return {};
    scan.after = *std::move(page.value().last_key);
    pending_.push_back(std::move(scan));
    return {};
  }

  Service& service_;
  std::vector<Scan> pending_;
  std::vector<StoredItem> items_;
};

}  // namespace

Result<void> EnsureTable(Service& service) {
  Clock& clock = service.clock();
  const Clock::Time deadline = clock.Now() + kCreationPatience;
  Clock::Duration pause = kPauseMin;
  bool created = false;
  while (clock.Now() < deadline) {
    const std::string status = TRY(TableStatus(service));
    if (status == "ACTIVE" && (!created || EnableTimeToLive(service))) return {};
    if (status.empty() && TRY(CreateTable(service))) created = true;
    clock.SleepUntil(clock.Now() + pause);
    pause = std::min<Clock::Duration>(pause * 2, kPauseMax);
  }
  return Error{Code::kTimeout,
               StrCat(service.settings().name, ": table ", service.settings().table, " at ",
                      service.settings().server(), " is not ready after two minutes: look at it there")};
}

Result<std::vector<StoredItem>> ScanTable(Service& service, const std::string& prefix) {
  ScanRound round(service, prefix);
  while (!round.done()) TRY(round.Send());
  return std::move(round).TakeItems();
}

}  // namespace lambdaml::dynamodb
