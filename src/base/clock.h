// SPDX-License-Identifier: Apache-2.0
#pragma once

// Time as a parameter. Deadlines are points on a steady clock; UnixMs is for timestamps that people read. Tests pass
// a clock of their own.

#include <chrono>
#include <cstdint>

namespace lambdaml {

class Clock {
 public:
  using Duration = std::chrono::nanoseconds;
  using Time = std::chrono::time_point<Clock, Duration>;

  virtual ~Clock() = default;
  virtual Time Now() const = 0;
  virtual void SleepUntil(Time time) = 0;
  virtual std::int64_t UnixMs() const = 0;
};

// The machine's own clock. Stateless; may be used from any thread.
class SystemClock final : public Clock {
 public:
  Time Now() const override;
  void SleepUntil(Time time) override;
  std::int64_t UnixMs() const override;
};

inline double Seconds(Clock::Duration duration) { return std::chrono::duration<double>(duration).count(); }

// `seconds` as a duration; a value too large for a clock becomes a century.
Clock::Duration FromSeconds(double seconds);

}  // namespace lambdaml
