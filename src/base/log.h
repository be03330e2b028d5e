// SPDX-License-Identifier: Apache-2.0
#pragma once

// Where a program's log lines go. One line a call, written at once; may be used from any thread. What a function prints
// is its log, on every platform.

#include <string_view>

namespace lambdaml {

class Log {
 public:
  virtual ~Log() = default;
  virtual void Line(std::string_view line) = 0;
};

// Each line in one write to a file descriptor, which is not owned.
class DescriptorLog final : public Log {
 public:
  explicit DescriptorLog(int fd) : fd_(fd) {}
  void Line(std::string_view line) override;

 private:
  int fd_;
};

}  // namespace lambdaml
