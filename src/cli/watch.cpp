// SPDX-License-Identifier: Apache-2.0
#include "cli/watch.h"

#include "base/text.h"
#include "cli/job_log.h"
#include "cli/live_view.h"

namespace lambdaml {

namespace {

class LiveWatch final : public Watch {
 public:
  LiveWatch(Terminal& terminal, const JobSpec& spec) : terminal_(terminal), redraw_(terminal), view_(spec) {}
  void Add(const Event& event) override { view_.Add(event); }
  void Draw(double elapsed) override { redraw_.Show(view_.Text(terminal_.columns(), elapsed)); }
  void End() override { redraw_.Clear(); }

 private:
  Terminal& terminal_;
  Redraw redraw_;
  LiveView view_;
};

// One line for what happens once or once an epoch. Curves are the same on every rank: rank 0 speaks for all.
class PlainWatch final : public Watch {
 public:
  explicit PlainWatch(Terminal& terminal) : terminal_(terminal) {}
  void Add(const Event& event) override {
    const bool shown = event.kind == "error" || (event.rank <= 0 && event.kind != "round");
    if (shown) terminal_.Out(StrCat(InWords(event), "\n"));
  }
  void Draw(double) override {}
  void End() override {}

 private:
  Terminal& terminal_;
};

class JsonWatch final : public Watch {
 public:
  explicit JsonWatch(Terminal& terminal) : terminal_(terminal) {}
  void Add(const Event& event) override { terminal_.Out(StrCat(ToJson(event), "\n")); }
  void Draw(double) override {}
  void End() override {}

 private:
  Terminal& terminal_;
};

}  // namespace

std::unique_ptr<Watch> OpenWatch(WatchKind kind, Terminal& terminal, const JobSpec& spec) {
  switch (kind) {
    case WatchKind::kLive: return std::make_unique<LiveWatch>(terminal, spec);
    case WatchKind::kPlain: return std::make_unique<PlainWatch>(terminal);
    case WatchKind::kJson: return std::make_unique<JsonWatch>(terminal);
  }
  return nullptr;
}

}  // namespace lambdaml
