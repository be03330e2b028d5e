// SPDX-License-Identifier: Apache-2.0
#include "cli/job_log.h"

#include <fcntl.h>
#include <unistd.h>

#include "base/text.h"
#include "cli/summary.h"

namespace lambdaml {

namespace {

std::string PointInWords(const CurvePoint& point, double epochs_total) {
  std::string text = StrCat("epoch ", EpochsInWords(point.epoch));
  if (epochs_total > 0) text += StrCat("/", EpochsInWords(epochs_total));
  text += StrCat("  round ", point.round, "  ", QualityInWords("", point.loss, point.accuracy, point.rmse));
  if (point.test) {
    text += StrCat("  ", QualityInWords("test ", point.test->loss, point.test->accuracy, point.test->rmse));
  }
  for (const auto& [name, value] : point.measures) text += StrCat("  ", name, " ", MetricText(value));
  return StrCat(text, "  ", HumanSeconds(point.seconds));
}

}  // namespace

// Lambda tells why in a line of its own, "RequestId: ID Error: WHY", and then that it was so: "REPORT ... Status:
// error".
void JobLog::LookForDeath(const LogLine& line) {
  constexpr std::string_view kError = " Error: ";
  const std::size_t at = line.text.find(kError);
  if (line.text.starts_with("RequestId: ") && at != std::string::npos) {
    error_of_[line.instance] = line.text.substr(at + kError.size());
  } else if (line.text.starts_with("REPORT ") && line.text.find("\tStatus: ") != std::string::npos) {
    deaths_.push_back({.instance = line.instance, .why = std::exchange(error_of_[line.instance], {})});
  }
}

std::vector<JobLog::Death> JobLog::TakeDeaths() {
  const std::lock_guard lock(mutex_);
  return std::exchange(deaths_, {});
}

void JobLog::Add(const LogLine& line) {
  const std::lock_guard lock(mutex_);
  LookForDeath(line);
  Result<Event> event = ParseEvent(line.text);
  if (event.ok()) rank_of_[line.instance] = event.value().rank;
  const auto known = rank_of_.find(line.instance);
  if (known == rank_of_.end()) {
    waiting_[line.instance].push_back(line.text);
    return;
  }
  const std::filesystem::path path = folder_.log(known->second);
  for (const std::string& earlier : std::exchange(waiting_[line.instance], {})) Append(path, earlier);
  Append(path, line.text);
  if (!event.ok()) return;
  Append(folder_.events(), line.text);
  events_.push_back(std::move(event).value());
}

void JobLog::Flush() {
  const std::lock_guard lock(mutex_);
  for (const auto& [instance, lines] : std::exchange(waiting_, {})) {
    for (const std::string& line : lines) Append(folder_.log(-1), line);
  }
}

std::vector<Event> JobLog::Take() {
  const std::lock_guard lock(mutex_);
  return std::exchange(events_, {});
}

// A full disk must not end the job: the line is lost here, the platform still has it.
void JobLog::Append(const std::filesystem::path& path, std::string_view line) {
  FileDescriptor& file = files_[path];
  if (!file.open()) {
    std::error_code none;
    std::filesystem::create_directories(path.parent_path(), none);
    file = FileDescriptor(::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644));
  }
  const std::string text = StrCat(line, "\n");
  [[maybe_unused]] const ssize_t written = ::write(file.get(), text.data(), text.size());
}

std::string InWords(const Event& event) {
  std::string text = event.rank < 0 ? std::string("trigger") : StrCat("rank ", event.rank);
  if (event.kind == "error") text += ": error";
  if (event.point) text += StrCat(": ", PointInWords(*event.point, event.epochs_total));
  if (!event.message.empty()) text += StrCat(": ", event.message);
  return text;
}

std::string InWords(std::string_view line) {
  const Result<Event> event = ParseEvent(line);
  return event.ok() ? InWords(event.value()) : std::string(line);
}

std::vector<std::string> TailOf(const std::filesystem::path& path, std::size_t count) {
  const Result<Blob> file = ReadFile(path);
  if (!file.ok()) return {};
  std::vector<std::string_view> lines = SplitText(file.value().text(), '\n');
  std::erase_if(lines, [](std::string_view line) { return line.empty(); });
  std::vector<std::string> tail;
  for (std::size_t i = lines.size() - std::min(count, lines.size()); i < lines.size(); ++i) {
    tail.push_back(InWords(lines[i]));
  }
  return tail;
}

}  // namespace lambdaml
