// SPDX-License-Identifier: Apache-2.0
#include "cli/live_view.h"

#include <gtest/gtest.h>

#include "base/text.h"
#include "cli/table.h"

namespace lambdaml {
namespace {

JobSpec Spec() {
  JobSpec spec;
  spec.name = "fashion";
  spec.workers = 2;
  return spec;
}

Event Round(std::int64_t rank, double epoch, double wait) {
  Event event;
  event.rank = rank;
  event.kind = "round";
  event.point = CurvePoint{.round = static_cast<std::int64_t>(epoch * 100),
                           .epoch = epoch,
                           .seconds = epoch,
                           .loss = 0.5,
                           .accuracy = 0.825,
                           .test = {}};
  event.seconds = PhaseSeconds{.start = 0, .load = 0, .compute = 1 - wait, .communicate = 0, .wait = wait};
  event.bytes_sent = 1024;
  event.bytes_received = 2048;
  event.epochs_total = 20;
  return event;
}

TEST(LiveView, ShowsThatItStarts) {
  EXPECT_EQ(LiveView(Spec()).Text(80, 0),
            "fashion: logistic by ga_sgd, 2 workers on local, scatter_reduce  0:00\n"
            "starting\n");
}

TEST(LiveView, ShowsProgressQualityAndTraffic) {
  LiveView view(Spec());
  view.Add(Round(0, 4.5, 0.25));
  view.Add(Round(1, 5, 0.5));
  EXPECT_EQ(view.Text(80, 65),
            "fashion: logistic by ga_sgd, 2 workers on local, scatter_reduce  1:05\n"
            "[=======>                      ] 25 %  epoch 5.0/20  round 500  0:15 left\n"
            "loss 0.5000  accuracy 0.8250  100 rounds/s\n"
            "sent 2.0 KiB  received 4.0 KiB  waiting  0: 25 %  1: 50 %\n");
}

TEST(LiveView, KeepsTheLatestTestMetrics) {
  LiveView view(Spec());
  Event tested = Round(0, 1, 0);
  tested.point->test = Metrics{.loss = 0.6, .accuracy = 0.8, .rows = 10};
  view.Add(tested);
  view.Add(Round(0, 2, 0));
  EXPECT_NE(view.Text(80, 0).find("test loss 0.6000  test accuracy 0.8000"), std::string::npos);
}

TEST(LiveView, IgnoresARankThatIsBehind) {
  LiveView view(Spec());
  view.Add(Round(0, 5, 0));
  view.Add(Round(1, 4, 0));
  EXPECT_NE(view.Text(80, 0).find("epoch 5.0/20"), std::string::npos);
}

TEST(LiveView, IsNeverWiderThanTheTerminal) {
  LiveView view(Spec());
  for (int rank = 0; rank < 12; ++rank) view.Add(Round(rank, 3, 0.1));
  const std::string text = view.Text(40, 10);
  for (const std::string_view line : SplitText(text, '\n')) EXPECT_LT(WidthOf(line), 40U) << line;
}

}  // namespace
}  // namespace lambdaml
