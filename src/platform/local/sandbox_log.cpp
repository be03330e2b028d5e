// SPDX-License-Identifier: Apache-2.0
#include "platform/local/sandbox_log.h"

#include <unistd.h>

#include <array>

namespace lambdaml::local {

namespace {

constexpr std::size_t kTailBytesMax = 4096;
// CloudWatch Logs cuts events of 256 KB.
constexpr std::size_t kLineBytesMax = std::size_t{256} * 1024;

}  // namespace

void SandboxLog::Drain(int output_descriptor) {
  const std::lock_guard lock(mutex_);
  std::array<char, 65536> piece{};
  while (true) {
    const ssize_t size = read(output_descriptor, piece.data(), piece.size());
    if (size <= 0) return;  // nothing more for now, or the end
    Append({piece.data(), static_cast<std::size_t>(size)});
  }
}

void SandboxLog::Append(std::string_view text) {
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    line_ += text.substr(0, end);
    if (end == std::string_view::npos && line_.size() < kLineBytesMax) return;
    Emit(line_);
    line_.clear();
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
}

void SandboxLog::Emit(std::string_view line) {
  tail_.append(line).append(1, '\n');
  if (tail_.size() > kTailBytesMax) tail_.erase(0, tail_.size() - kTailBytesMax);
  if (!sink_) return;
  const std::lock_guard lock(sink_mutex_);
  sink_({.instance = instance_, .text = std::string(line)});
}

void SandboxLog::Flush() {
  const std::lock_guard lock(mutex_);
  if (!line_.empty()) Emit(line_);
  line_.clear();
}

void SandboxLog::Write(std::string_view line) {
  const std::lock_guard lock(mutex_);
  Emit(line);
}

void SandboxLog::BeginTail() {
  const std::lock_guard lock(mutex_);
  tail_.clear();
}

std::string SandboxLog::tail() const {
  const std::lock_guard lock(mutex_);
  return tail_;
}

}  // namespace lambdaml::local
