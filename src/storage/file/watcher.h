// SPDX-License-Identifier: Apache-2.0
#pragma once

// Tells which files have appeared in some folders, by inotify. Watches are kept from one call to the next, because
// adding one costs more than the wait it serves. Never fails: where the system has no watches left, or a folder cannot
// be watched, it sleeps a little and says that it is not sure. One thread uses a Watcher at a time, and not across
// fork.

#include <sys/inotify.h>

#include <array>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/file.h"

namespace lambdaml::file {

struct Changes {
  std::vector<std::string_view> names;  // of files that appeared in any of the folders; valid until the next call
  bool unsure = false;                  // others may have appeared too: look for all
};

class Watcher {
 public:
  explicit Watcher(Clock& clock) : clock_(clock) {}

  // Call at the begin of each wait: forgets folders of long ago when there are many.
  void Begin();

  // Blocks until a file appears in one of `folders`, or `until`. The folders are created if they are absent. Unsure
  // whenever nothing was heard of, or a watch is new.
  Changes Next(std::span<const std::string> folders, Clock::Time until);

 private:
  enum class Coverage { kKept, kNew, kNone };

  Coverage Cover(std::span<const std::string> folders);
  int Add(const std::string& folder);
  Changes Poll(Clock::Time until);
  Changes ReadEvents();
  void Forget(int watch);
  void Pause(Clock::Time until);

  Clock& clock_;
  Clock::Duration pause_{};
  FileDescriptor inotify_;
  std::map<std::string, int> watches_;  // by folder; two names of one folder have the same watch
  alignas(inotify_event) std::array<char, 16384> buffer_{};
};

}  // namespace lambdaml::file
