// SPDX-License-Identifier: Apache-2.0
#include "comm/flight_recorder.h"

#include <algorithm>
#include <utility>

#include "base/text.h"

namespace lambdaml {

std::string ToText(const FlightRecord& record) {
  const std::string what =
      record.elements > 0 ? StrCat(" of ", HumanCount(static_cast<std::int64_t>(record.elements)), " elements") : "";
  return StrCat("round ", record.round, " ", record.operation, what, " at ", Fixed(record.began_seconds, 3), " s took ",
                Fixed(record.seconds, 3), " s: ", record.outcome);
}

void FlightRecorder::Began(std::uint64_t round, std::string_view operation, std::uint64_t elements) {
  const std::lock_guard lock(mutex_);
  records_[rounds_++ % kRecords] = {
      .round = round, .operation = operation, .elements = elements, .began_seconds = Now(), .outcome = "under way"};
}

void FlightRecorder::Ended(std::uint64_t round, std::string outcome) {
  const std::lock_guard lock(mutex_);
  const auto record = std::ranges::find(records_, round, &FlightRecord::round);
  if (record == records_.end()) return;  // so long ago that others have taken its place
  record->seconds = Now() - record->began_seconds;
  record->outcome = std::move(outcome);
}

std::vector<FlightRecord> FlightRecorder::Records() const {
  const std::lock_guard lock(mutex_);
  const std::size_t count = std::min<std::size_t>(rounds_, kRecords);
  std::vector<FlightRecord> records;
  for (std::uint64_t i = rounds_ - count; i < rounds_; ++i) {
    records.push_back(records_[i % kRecords]);
    if (records.back().outcome == "under way") records.back().seconds = Now() - records.back().began_seconds;
  }
  return records;
}

}  // namespace lambdaml
