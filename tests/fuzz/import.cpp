// SPDX-License-Identifier: Apache-2.0
// Every format that is imported. The first byte chooses the format, the rest is the file.
#include "data/import.h"

#include <sys/mman.h>
#include <unistd.h>

#include <string>

#include "base/file.h"
#include "base/text.h"
#include "fuzz.h"

using namespace lambdaml;

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const auto formats = FormatList();
  const FileDescriptor file(memfd_create("fuzz", MFD_CLOEXEC));
  if (write(file.get(), data + 1, size - 1) != static_cast<ssize_t>(size - 1)) return 0;
  ImportOptions options;
  options.source = StrCat("/proc/self/fd/", file.get());
  options.labels = options.source;
  options.format = formats[data[0] % formats.size()].name;
  fuzz::Ignore(ImportDataset(options, [](std::string_view, ByteSpan) { return Result<void>(); }, {}));
  return 0;
}
