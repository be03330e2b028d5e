// SPDX-License-Identifier: Apache-2.0
#include "cli/cost.h"

#include <gtest/gtest.h>

#include "base/text.h"
#include "cli/summary.h"
#include "storage/registry.h"

namespace lambdaml {
namespace {

TEST(Cost, IsInCentsOrHasTwoDigitsThatCount) {
  EXPECT_EQ(CostInWords(12.345, "file:///x"), "$12.35");
  EXPECT_EQ(CostInWords(0.25, "file:///x"), "$0.25");
  EXPECT_EQ(CostInWords(0.000416, "file:///x"), "$0.00042");
  EXPECT_EQ(CostInWords(0, "file:///x"), "");
}

TEST(Cost, TellsTheDateOfItsPrices) {
  for (const Backend& backend : Backends()) {
    if (backend.prices.as_of.empty()) continue;
    EXPECT_EQ(CostInWords(0.5, backend.example), StrCat("$0.50, prices of ", backend.prices.as_of));
  }
}

TEST(Summary, TellsTheCostOfAllWorkersIfThereIsAny) {
  JobReport report;
  report.spec.channel = "file:///x";
  report.workers.resize(2);
  EXPECT_EQ(SummaryOf(report).find("cost"), std::string::npos);
  for (WorkerReport& worker : report.workers) worker.channel_dollars = 0.02;
  EXPECT_NE(SummaryOf(report).find("\ncost     $0.040\n"), std::string::npos) << SummaryOf(report);
}

}  // namespace
}  // namespace lambdaml
