// SPDX-License-Identifier: Apache-2.0
#include "storage/file/watcher.h"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "storage/file/value_file.h"

namespace lambdaml::file {

namespace {

using std::chrono::milliseconds;

constexpr std::size_t kWatchesKept = 64;
constexpr Clock::Duration kPauseMin = milliseconds(1);
constexpr Clock::Duration kPauseMax = milliseconds(20);

// Values appear by rename, or by link where the file system cannot rename without replacing. A folder that moves away
// takes its watch with it.
constexpr std::uint32_t kMask = IN_MOVED_TO | IN_CREATE | IN_MOVE_SELF | IN_ONLYDIR;

timespec ToTimespec(Clock::Duration duration) {
  duration = std::max(duration, Clock::Duration::zero());
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(duration);
  return {.tv_sec = seconds.count(), .tv_nsec = (duration - seconds).count()};
}

}  // namespace

void Watcher::Begin() {
  pause_ = kPauseMin;
  if (watches_.size() < kWatchesKept) return;
  watches_.clear();
  inotify_.Close();
}

Changes Watcher::Next(std::span<const std::string> folders, Clock::Time until) {
  switch (Cover(folders)) {
    case Coverage::kKept: return Poll(until);
    case Coverage::kNew: return {.names = {}, .unsure = true};
    case Coverage::kNone: break;
  }
  Pause(until);
  return {.names = {}, .unsure = true};
}

Watcher::Coverage Watcher::Cover(std::span<const std::string> folders) {
  Coverage coverage = Coverage::kKept;
  if (!inotify_.open()) inotify_ = FileDescriptor(inotify_init1(IN_NONBLOCK | IN_CLOEXEC));
  for (const std::string& folder : folders) {
    if (watches_.contains(folder)) continue;
    const int watch = Add(folder);
    if (watch < 0) return Coverage::kNone;
    watches_.emplace(folder, watch);
    coverage = Coverage::kNew;
  }
  return coverage;
}

int Watcher::Add(const std::string& folder) {
  const int watch = inotify_add_watch(inotify_.get(), folder.c_str(), kMask);
  if (watch >= 0 || errno != ENOENT || MakeFolders(folder) != 0) return watch;
  return inotify_add_watch(inotify_.get(), folder.c_str(), kMask);
}

Changes Watcher::Poll(Clock::Time until) {
  pollfd waiting{.fd = inotify_.get(), .events = POLLIN, .revents = 0};
  const timespec timeout = ToTimespec(until - clock_.Now());
  if (ppoll(&waiting, 1, &timeout, nullptr) <= 0) return {.names = {}, .unsure = true};
  return ReadEvents();
}

Changes Watcher::ReadEvents() {
  Changes changes;
  const ssize_t size = read(inotify_.get(), buffer_.data(), buffer_.size());
  if (size <= 0) return {.names = {}, .unsure = true};
  for (std::size_t at = 0; at < static_cast<std::size_t>(size);) {
    const auto* const event = reinterpret_cast<const inotify_event*>(&buffer_[at]);
    if ((event->mask & (IN_Q_OVERFLOW | IN_IGNORED | IN_MOVE_SELF)) != 0) changes.unsure = true;
    if ((event->mask & IN_MOVE_SELF) != 0) inotify_rm_watch(inotify_.get(), event->wd);
    if ((event->mask & (IN_IGNORED | IN_MOVE_SELF)) != 0) Forget(event->wd);
    if (event->len > 0) changes.names.emplace_back(&event->name[0]);
    at += sizeof(inotify_event) + event->len;
  }
  return changes;
}

void Watcher::Forget(int watch) {
  std::erase_if(watches_, [watch](const auto& entry) { return entry.second == watch; });
}

void Watcher::Pause(Clock::Time until) {
  clock_.SleepUntil(std::min(until, clock_.Now() + pause_));
  pause_ = std::min(2 * pause_, kPauseMax);
}

}  // namespace lambdaml::file
