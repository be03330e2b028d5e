// SPDX-License-Identifier: Apache-2.0
#include "base/process.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <string_view>

#include "base/file.h"
#include "base/text.h"

namespace lambdaml {

std::int64_t PeakMemoryBytes() {
  constexpr std::string_view kField = "VmHWM:";
  const FileDescriptor status(open("/proc/self/status", O_RDONLY | O_CLOEXEC));
  std::array<char, 4096> buffer{};
  const ssize_t size = read(status.get(), buffer.data(), buffer.size());
  if (size <= 0) return 0;
  for (const std::string_view line : SplitText({buffer.data(), static_cast<std::size_t>(size)}, '\n')) {
    if (!line.starts_with(kField)) continue;
    const std::string_view kilobytes = Trim(line.substr(kField.size()));
    return 1024 * ParseInteger(kilobytes.substr(0, kilobytes.find(' '))).value_or(0);
  }
  return 0;
}

}  // namespace lambdaml
