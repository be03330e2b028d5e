// SPDX-License-Identifier: Apache-2.0
#include "comm/sweep.h"

#include <algorithm>
#include <memory>
#include <utility>

namespace lambdaml {

namespace {

// Rounds whose messages are deleted at once.
constexpr std::uint64_t kRoundsPerSweep = 8;

}  // namespace

void Sweep::Note(std::uint64_t round, Key key, Life life) {
  const std::lock_guard lock(mutex_);
  (life == Life::kUntilRead ? fleeting_ : kept_).push_back({.round = round, .key = std::move(key)});
}

void Sweep::ReadersDone(std::uint64_t round) {
  const std::lock_guard lock(mutex_);
  readers_done_before_ = std::max(readers_done_before_, round);
}

void Sweep::Forget(std::uint64_t round) {
  const std::lock_guard lock(mutex_);
  if (round <= forgotten_before_) return;
  forgotten_before_ = round;
  has_forgotten_ = true;
}

void Sweep::Start() {
  const auto keys = std::make_shared<std::vector<Key>>(Ripe());
  if (keys->empty()) return;
  std::ranges::sort(*keys);  // folder by folder, where the channel has folders
  background_.Start([this, keys] {
    Result<void> deleted = store_.Delete(*keys).Context("deleting the messages of rounds that are over");
    const std::lock_guard lock(mutex_);
    if (result_.ok()) result_ = std::move(deleted);
  });
}

Result<void> Sweep::result() const {
  const std::lock_guard lock(mutex_);
  return result_;
}

std::vector<Key> Sweep::Ripe() {
  std::vector<Key> keys;
  const std::lock_guard lock(mutex_);
  if (readers_done_before_ < swept_before_ + kRoundsPerSweep && !has_forgotten_) return keys;
  TakeBelow(readers_done_before_, fleeting_, keys);
  if (has_forgotten_) TakeBelow(forgotten_before_, kept_, keys);
  swept_before_ = std::max(swept_before_, readers_done_before_);
  has_forgotten_ = false;
  return keys;
}

void Sweep::TakeBelow(std::uint64_t round, std::vector<Written>& written, std::vector<Key>& keys) {
  std::erase_if(written, [round, &keys](Written& one) {
    if (one.round >= round) return false;
    keys.push_back(std::move(one.key));
    return true;
  });
}

}  // namespace lambdaml
