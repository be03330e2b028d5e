// SPDX-License-Identifier: Apache-2.0
#include "data/input_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "base/file.h"
#include "base/text.h"

namespace lambdaml {

namespace {

constexpr unsigned kUnpackBytes = 1U << 18U;
constexpr std::size_t kReadBytesMax = std::size_t{1} << 30U;  // zlib counts in 32 bits

bool HasGzipMagic(int file) {
  std::array<unsigned char, 2> head{};
  return pread(file, head.data(), head.size(), 0) == 2 && head[0] == 0x1F && head[1] == 0x8B;
}

Error Invalid(const std::string& path, std::string_view what) { return {Code::kInvalid, StrCat(path, ": ", what)}; }

struct Close {
  void operator()(gzFile_s* file) const { gzclose(file); }
};

// zlib reads a file that is not gzipped as it is.
class GzipSource final : public InputFile::Source {
 public:
  GzipSource(std::string path, gzFile file, double bytes) : path_(std::move(path)), file_(file), bytes_(bytes) {}

  Result<std::size_t> Read(std::span<char> buffer) override {
    std::size_t done = 0;
    while (done < buffer.size()) {
      const auto ask = static_cast<unsigned>(std::min(buffer.size() - done, kReadBytesMax));
      const int count = gzread(file_.get(), buffer.data() + done, ask);
      if (count < 0) return CheckEnd().error();
      if (count == 0) {
        TRY(CheckEnd());
        break;
      }
      done += static_cast<std::size_t>(count);
    }
    empty_ = empty_ && done == 0;
    if (empty_ && !buffer.empty()) return Invalid(path_, "the file is empty");
    return done;
  }

  double share() const override { return std::min(1.0, static_cast<double>(gzoffset(file_.get())) / bytes_); }

 private:
  // After the last byte or a failure: whether the file really ended there.
  Result<void> CheckEnd() {
    int status = Z_OK;
    const std::string_view message = gzerror(file_.get(), &status);
    if (status == Z_OK || status == Z_STREAM_END) return {};
    if (status == Z_ERRNO) return FileError("cannot read", path_, errno);
    if (status == Z_BUF_ERROR) return Invalid(path_, "the gzip data is cut short; fetch the file again");
    const std::string_view detail = message.substr(std::min(message.size(), message.rfind(": ") + 2));
    return Invalid(path_, StrCat("the gzip data is damaged (", detail, "); fetch the file again"));
  }

  std::string path_;
  std::unique_ptr<gzFile_s, Close> file_;
  double bytes_;  // on disk
  bool empty_ = true;
};

}  // namespace

Result<InputFile> InputFile::Open(const std::string& path) {
  const FileDescriptor file(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file.open()) return FileError("cannot open", path, errno);
  struct stat status {};
  if (fstat(file.get(), &status) != 0) return FileError("cannot read", path, errno);
  if (!S_ISREG(status.st_mode)) return Invalid(path, "it is not a file");
  if (status.st_size == 0) return Invalid(path, "the file is empty");
  if (path.ends_with(".gz") && !HasGzipMagic(file.get())) {
    return Invalid(path, "it is named .gz but is not gzipped");
  }
  const int own = dup(file.get());
  if (own < 0) return FileError("cannot open", path, errno);
  const gzFile zipped = gzdopen(own, "rb");
  if (zipped == nullptr) {
    close(own);
    return Error{Code::kInternal, StrCat("cannot open ", path, ": out of memory")};
  }
  gzbuffer(zipped, kUnpackBytes);
  return InputFile(path, std::make_unique<GzipSource>(path, zipped, static_cast<double>(status.st_size)));
}

}  // namespace lambdaml
