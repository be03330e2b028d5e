// SPDX-License-Identifier: Apache-2.0
#include "cli/live_view.h"

#include <algorithm>

#include "base/text.h"
#include "cli/bar.h"
#include "cli/summary.h"
#include "cli/table.h"

namespace lambdaml {

namespace {

constexpr std::size_t kRanksShown = 8;  // a line has room for no more

double Total(const PhaseSeconds& seconds) {
  return seconds.start + seconds.load + seconds.compute + seconds.communicate + seconds.wait;
}

std::string Percent(double share) { return StrCat(Fixed(100 * share, 0), " %"); }

}  // namespace

LiveView::LiveView(const JobSpec& spec)
    : title_(StrCat(spec.name, ": ", spec.model.kind, " by ", spec.algorithm.kind, ", ", spec.workers, " workers on ",
                    spec.platform, ", ", spec.pattern)) {}

void LiveView::Add(const Event& event) {
  if (!event.message.empty()) message_ = event.message;
  if (event.epochs_total > 0) epochs_total_ = event.epochs_total;
  if (event.rank >= 0 && (event.seconds || event.bytes_sent != 0)) latest_[event.rank] = event;
  if (!event.point || event.point->round < point_.round) return;
  point_ = *event.point;
  if (point_.test) test_ = point_.test;
}

std::string LiveView::Head(double elapsed) const { return StrCat(title_, "  ", ClockText(elapsed)); }

std::string LiveView::Progress(std::size_t columns) const {
  if (point_.round == 0) return message_.empty() ? "starting" : message_;
  const double share = epochs_total_ > 0 ? point_.epoch / epochs_total_ : 0;
  std::string text = StrCat(" ", Percent(share), "  epoch ", Fixed(point_.epoch, 1), "/", EpochsInWords(epochs_total_),
                            "  round ", HumanCount(point_.round));
  if (share > 0) text += StrCat("  ", ClockText(point_.seconds * (1 - share) / share), " left");
  const std::size_t bar = columns > text.size() + 10 ? std::min<std::size_t>(columns - text.size(), 32) : 10;
  return Bar(share, bar) + text;
}

std::string LiveView::Quality() const {
  std::string text = QualityInWords("", point_.loss, point_.accuracy, point_.rmse);
  if (test_) text += StrCat("  ", QualityInWords("test ", test_->loss, test_->accuracy, test_->rmse));
  if (point_.seconds > 0) {
    text += StrCat("  ", Fixed(static_cast<double>(point_.round) / point_.seconds, 0), " rounds/s");
  }
  return text;
}

std::string LiveView::Traffic() const {
  double sent = 0;
  double received = 0;
  std::string waits;
  std::size_t shown = 0;
  for (const auto& [rank, event] : latest_) {
    sent += static_cast<double>(event.bytes_sent);
    received += static_cast<double>(event.bytes_received);
    if (!event.seconds || shown++ >= kRanksShown) continue;
    const double total = Total(*event.seconds);
    waits += StrCat("  ", rank, ": ", Percent(total > 0 ? event.seconds->wait / total : 0));
  }
  if (latest_.size() > kRanksShown) waits += "  …";
  return StrCat("sent ", HumanBytes(sent), "  received ", HumanBytes(received), "  waiting", waits);
}

std::string LiveView::Text(int columns, double elapsed) const {
  const auto width = static_cast<std::size_t>(std::max(columns, 20)) - 1;
  std::string text = Fit(Head(elapsed), width) + '\n' + Fit(Progress(width), width) + '\n';
  if (point_.round > 0) text += Fit(Quality(), width) + '\n';
  if (!latest_.empty()) text += Fit(Traffic(), width) + '\n';
  return text;
}

}  // namespace lambdaml
