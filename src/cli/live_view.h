// SPDX-License-Identifier: Apache-2.0
#pragma once

// What a person sees while a job trains: a few lines, made from the events so far. Pure: events in, text out.

#include <map>
#include <string>

#include "job/event.h"
#include "job/spec.h"

namespace lambdaml {

class LiveView {
 public:
  explicit LiveView(const JobSpec& spec);

  void Add(const Event& event);

  // Whole lines, none wider than `columns`. `elapsed` is seconds since the command began.
  std::string Text(int columns, double elapsed) const;

 private:
  std::string Head(double elapsed) const;
  std::string Progress(std::size_t columns) const;
  std::string Quality() const;
  std::string Traffic() const;

  std::string title_;
  std::map<std::int64_t, Event> latest_;  // of each rank, with its numbers
  CurvePoint point_;
  std::optional<Metrics> test_;  // the latest there was
  double epochs_total_ = 0;
  std::string message_;
};

}  // namespace lambdaml
