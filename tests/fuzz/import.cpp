// SPDX-License-Identifier: Apache-2.0
// Every format that is imported. The first byte chooses the format and some options, the rest is the file.
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
  const std::size_t variant = data[0] / formats.size();
  ImportOptions options;
  options.source = StrCat("/proc/self/fd/", file.get());
  options.labels = options.source;
  options.format = formats[data[0] % formats.size()].name;
  options.hash_columns = variant % 2 == 0 ? 0 : 1000;
  options.missing = variant / 2 % 2 == 0 ? "error" : "zero";
  options.label_column = variant / 4 % 2 == 0 ? "first" : "last";
  options.test = variant / 8 % 2 == 0 ? "" : options.source;
  options.positive = "animal";
  fuzz::Ignore(ImportDataset(options, [](std::string_view, ByteSpan) { return Result<void>(); }, {}));
  return 0;
}
