// SPDX-License-Identifier: Apache-2.0
#include "base/log.h"

#include <unistd.h>

#include <cerrno>
#include <string>

namespace lambdaml {

void DescriptorLog::Line(std::string_view line) {
  std::string text(line);
  text += '\n';
  std::string_view rest = text;
  while (!rest.empty()) {
    const ssize_t written = write(fd_, rest.data(), rest.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return;  // nobody reads the log any more; the program's result does not depend on it
    rest.remove_prefix(static_cast<std::size_t>(written));
  }
}

}  // namespace lambdaml
