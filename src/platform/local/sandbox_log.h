// SPDX-License-Identifier: Apache-2.0
#pragma once

// The log of one sandbox: what its process prints, cut into lines, and the lines of the platform among them. Every line
// goes to the sink at once; the last 4 KB are kept for the caller of an invocation. May be used from any thread.

#include <mutex>
#include <string>
#include <string_view>

#include "platform/platform.h"

namespace lambdaml::local {

class SandboxLog {
 public:
  // `sink_mutex` is held during each call of the sink, whose calls come one at a time for all sandboxes.
  SandboxLog(std::string instance, const LogSink& sink, std::mutex& sink_mutex)
      : instance_(std::move(instance)), sink_(sink), sink_mutex_(sink_mutex) {}

  // Reads all that the process has printed and does not block.
  void Drain(int output_descriptor);

  // The rest of a line that was never ended becomes a line.
  void Flush();

  // A line of the platform itself.
  void Write(std::string_view line);

  // Forgets the tail, for the next invocation.
  void BeginTail();
  std::string tail() const;

 private:
  void Append(std::string_view text);
  void Emit(std::string_view line);

  const std::string instance_;
  const LogSink& sink_;
  std::mutex& sink_mutex_;
  mutable std::mutex mutex_;
  std::string line_;
  std::string tail_;
};

}  // namespace lambdaml::local
