// SPDX-License-Identifier: Apache-2.0
#include "data/zip_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <optional>
#include <span>

#include "base/file.h"
#include "base/text.h"

namespace lambdaml {

namespace {

constexpr std::size_t kEndBytes = 22;  // of the record that ends the file, without its comment
constexpr std::size_t kEndBytesMax = kEndBytes + 0xFFFF;
constexpr std::size_t kWideLocatorBytes = 20;
constexpr std::size_t kWideEndBytes = 56;
constexpr std::size_t kEntryBytes = 46;  // of the directory, without name, extra fields and comment
constexpr std::size_t kLocalBytes = 30;
constexpr std::uint64_t kDirectoryBytesMax = std::uint64_t{16} << 20U;
constexpr std::uint64_t kIn64Bits = 0xFFFFFFFFU;  // the value stands in the 64-bit extension
constexpr std::size_t kPackedAtOnce = std::size_t{1} << 18U;

Error Invalid(std::string_view path, std::string_view what) { return {Code::kInvalid, StrCat(path, ": ", what)}; }
Error Damaged(std::string_view path) { return Invalid(path, "the zip file is cut short or damaged; fetch it again"); }

// A little-endian number of `size` bytes.
std::uint64_t Number(std::string_view bytes, std::size_t at, std::size_t size) {
  std::uint64_t number = 0;
  for (std::size_t i = 0; i < size; ++i) {
    number |= std::uint64_t{static_cast<unsigned char>(bytes[at + i])} << (8 * i);
  }
  return number;
}

// The bytes of the file, by position.
class Disk {
 public:
  static Result<Disk> Open(const std::string& path) {
    Disk disk;
    disk.path_ = path;
    disk.file_ = FileDescriptor(open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (!disk.file_.open()) return FileError("cannot open", path, errno);
    struct stat status {};
    if (fstat(disk.file_.get(), &status) != 0) return FileError("cannot read", path, errno);
    if (!S_ISREG(status.st_mode)) return Invalid(path, "it is not a file");
    disk.bytes_ = static_cast<std::uint64_t>(status.st_size);
    return disk;
  }

  std::uint64_t bytes() const { return bytes_; }
  const std::string& path() const { return path_; }

  Result<void> Read(std::uint64_t at, std::span<char> into) const {
    if (at > bytes_ || into.size() > bytes_ - at) return Damaged(path_);
    for (std::size_t done = 0; done < into.size();) {
      const ssize_t count = pread(file_.get(), into.data() + done, into.size() - done, static_cast<off_t>(at + done));
      if (count < 0 && errno == EINTR) continue;
      if (count < 0) return FileError("cannot read", path_, errno);
      if (count == 0) return Damaged(path_);
      done += static_cast<std::size_t>(count);
    }
    return {};
  }
  Result<std::string> Text(std::uint64_t at, std::uint64_t size) const {
    if (at > bytes_ || size > bytes_ - at) return Damaged(path_);
    std::string text(size, '\0');
    TRY(Read(at, text));
    return text;
  }

 private:
  std::string path_;
  FileDescriptor file_;
  std::uint64_t bytes_ = 0;
};

struct Directory {
  std::uint64_t at = 0;
  std::uint64_t bytes = 0;
};

// The 64-bit end record, where its locator stands before the plain one.
Result<std::optional<Directory>> FindWideDirectory(const Disk& disk, std::uint64_t end) {
  if (end < kWideLocatorBytes) return std::optional<Directory>();
  const std::string locator = TRY(disk.Text(end - kWideLocatorBytes, kWideLocatorBytes));
  if (!locator.starts_with("PK\x06\x07")) return std::optional<Directory>();
  const std::string record = TRY(disk.Text(Number(locator, 8, 8), kWideEndBytes));
  if (!record.starts_with("PK\x06\x06")) return Damaged(disk.path());
  return std::optional(Directory{.at = Number(record, 48, 8), .bytes = Number(record, 40, 8)});
}

Result<Directory> FindDirectory(const Disk& disk) {
  const std::uint64_t size = std::min<std::uint64_t>(disk.bytes(), kEndBytesMax);
  const std::string tail = TRY(disk.Text(disk.bytes() - size, size));
  const std::size_t at = size < kEndBytes ? std::string::npos : tail.rfind("PK\x05\x06", size - kEndBytes);
  if (at == std::string::npos) return Damaged(disk.path());
  const auto wide = TRY(FindWideDirectory(disk, disk.bytes() - size + at));
  if (wide) return *wide;
  return Directory{.at = Number(tail, at + 16, 4), .bytes = Number(tail, at + 12, 4)};
}

// Takes from the 64-bit extension, in its order, what does not fit into 32 bits. False when it is not there.
bool ReadWide(std::string_view extra, ZipMember& member) {
  while (extra.size() >= 4) {
    const std::uint64_t size = Number(extra, 2, 2);
    if (size > extra.size() - 4) return false;
    if (Number(extra, 0, 2) != 1) {
      extra.remove_prefix(4 + size);
      continue;
    }
    std::string_view left = extra.substr(4, size);
    for (std::uint64_t* field : {&member.bytes, &member.packed_bytes, &member.offset}) {
      if (*field != kIn64Bits) continue;
      if (left.size() < 8) return false;
      *field = Number(left, 0, 8);
      left.remove_prefix(8);
    }
    return true;
  }
  return false;
}

// The member whose entry begins `directory`, which it takes away.
Result<ZipMember> ReadEntry(const std::string& path, std::string_view& directory) {
  constexpr std::uint64_t kStored = 0;
  constexpr std::uint64_t kDeflated = 8;
  if (directory.size() < kEntryBytes || !directory.starts_with("PK\x01\x02")) return Damaged(path);
  const std::uint64_t name = Number(directory, 28, 2);
  const std::uint64_t extra = Number(directory, 30, 2);
  const std::uint64_t whole = kEntryBytes + name + extra + Number(directory, 32, 2);
  if (whole > directory.size()) return Damaged(path);
  ZipMember member{.name = std::string(directory.substr(kEntryBytes, name)),
                   .offset = Number(directory, 42, 4),
                   .packed_bytes = Number(directory, 20, 4),
                   .bytes = Number(directory, 24, 4),
                   .crc = static_cast<std::uint32_t>(Number(directory, 16, 4)),
                   .deflated = Number(directory, 10, 2) == kDeflated};
  const bool wide = std::max({member.bytes, member.packed_bytes, member.offset}) == kIn64Bits;
  if (wide && !ReadWide(directory.substr(kEntryBytes + name, extra), member)) return Damaged(path);
  if ((Number(directory, 8, 2) & 1U) != 0) return Invalid(path, StrCat(member.name, " is encrypted"));
  if (!member.deflated && Number(directory, 10, 2) != kStored) {
    return Invalid(path, StrCat(member.name, " is packed in a way that is not known; use store or deflate"));
  }
  if (!member.deflated && member.bytes != member.packed_bytes) return Damaged(path);
  directory.remove_prefix(whole);
  return member;
}

// One member, unpacked on the way.
class MemberSource final : public InputFile::Source {
 public:
  MemberSource(Disk disk, const ZipMember& member, std::uint64_t at, std::string path)
      : disk_(std::move(disk)), member_(member), path_(std::move(path)), at_(at), end_(at + member.packed_bytes) {}
  MemberSource(const MemberSource&) = delete;
  MemberSource& operator=(const MemberSource&) = delete;
  ~MemberSource() override {
    if (member_.deflated) inflateEnd(&stream_);
  }

  Result<void> Begin() {
    if (!member_.deflated || inflateInit2(&stream_, -MAX_WBITS) == Z_OK) return {};
    return Error{Code::kInternal, StrCat("cannot open ", path_, ": out of memory")};
  }

  Result<std::size_t> Read(std::span<char> buffer) override {
    const std::span<char> want = buffer.first(std::min<std::uint64_t>(buffer.size(), member_.bytes - done_));
    TRY(member_.deflated ? Unpack(want) : Copy(want));
    for (std::size_t from = 0; from < want.size(); from += kPackedAtOnce) {
      const auto part = want.subspan(from, std::min(kPackedAtOnce, want.size() - from));
      crc_ = crc32(crc_, reinterpret_cast<const Bytef*>(part.data()), static_cast<uInt>(part.size()));
    }
    done_ += want.size();
    if (done_ == member_.bytes && crc_ != member_.crc) {
      return Invalid(path_, "the zip data is damaged (its checksum differs); fetch the file again");
    }
    return want.size();
  }

  double share() const override {
    return member_.bytes == 0 ? 1 : static_cast<double>(done_) / static_cast<double>(member_.bytes);
  }

 private:
  Result<void> Copy(std::span<char> want) {
    TRY(disk_.Read(at_, want));
    at_ += want.size();
    return {};
  }

  Result<void> Unpack(std::span<char> want) {
    while (!want.empty()) {
      if (stream_.avail_in == 0) TRY(Refill());
      const auto room = static_cast<uInt>(std::min<std::size_t>(want.size(), std::size_t{1} << 30U));
      stream_.next_out = reinterpret_cast<Bytef*>(want.data());
      stream_.avail_out = room;
      const int status = inflate(&stream_, Z_NO_FLUSH);
      want = want.subspan(room - stream_.avail_out);
      if (status == Z_OK || (status == Z_STREAM_END && want.empty())) continue;
      return Invalid(path_, "the zip data is damaged; fetch the file again");
    }
    return {};
  }

  Result<void> Refill() {
    if (at_ == end_) return Invalid(path_, "the zip data is cut short; fetch the file again");
    packed_.resize(std::min<std::uint64_t>(kPackedAtOnce, end_ - at_));
    TRY(disk_.Read(at_, packed_));
    at_ += packed_.size();
    stream_.next_in = reinterpret_cast<Bytef*>(packed_.data());
    stream_.avail_in = static_cast<uInt>(packed_.size());
    return {};
  }

  Disk disk_;
  ZipMember member_;
  std::string path_;
  std::uint64_t at_;  // of what is read next
  std::uint64_t end_;
  std::uint64_t done_ = 0;  // unpacked bytes given out
  uLong crc_ = 0;
  z_stream stream_{};
  std::vector<char> packed_;
};

}  // namespace

Result<std::vector<ZipMember>> ListZip(const std::string& path) {
  const Disk disk = TRY(Disk::Open(path));
  const Directory found = TRY(FindDirectory(disk));
  if (found.bytes > kDirectoryBytesMax) return Invalid(path, "the zip file has too many members");
  const std::string directory = TRY(disk.Text(found.at, found.bytes));
  std::vector<ZipMember> members;
  for (std::string_view left = directory; !left.empty();) members.push_back(TRY(ReadEntry(path, left)));
  return members;
}

Result<InputFile> OpenZipMember(const std::string& path, const ZipMember& member) {
  Disk disk = TRY(Disk::Open(path));
  const std::string local = TRY(disk.Text(member.offset, kLocalBytes));
  if (!local.starts_with("PK\x03\x04")) return Damaged(path);
  const std::uint64_t at = member.offset + kLocalBytes + Number(local, 26, 2) + Number(local, 28, 2);
  if (at > disk.bytes() || member.packed_bytes > disk.bytes() - at) return Damaged(path);
  const std::string name = StrCat(path, "/", member.name);
  auto source = std::make_unique<MemberSource>(std::move(disk), member, at, name);
  TRY(source->Begin());
  return InputFile(name, std::move(source));
}

}  // namespace lambdaml
