// SPDX-License-Identifier: Apache-2.0
#pragma once

// How a running job is shown: a live view on a terminal, plain lines in a pipe, or the events as JSON lines.

#include <memory>

#include "cli/terminal.h"
#include "job/event.h"
#include "job/spec.h"

namespace lambdaml {

class Watch {
 public:
  virtual ~Watch() = default;
  virtual void Add(const Event& event) = 0;
  // Called often; `elapsed` is seconds since the command began.
  virtual void Draw(double elapsed) = 0;
  // After the last event: what was drawn for the moment goes away.
  virtual void End() = 0;
};

enum class WatchKind { kLive, kPlain, kJson };

// The terminal must outlive the watch.
std::unique_ptr<Watch> OpenWatch(WatchKind kind, Terminal& terminal, const JobSpec& spec);

}  // namespace lambdaml
