// SPDX-License-Identifier: Apache-2.0
#include "cli/terminal.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "base/file.h"
#include "base/text.h"

namespace lambdaml {

namespace {

constexpr std::size_t kReadBytes = std::size_t{1} << 20U;
constexpr std::size_t kAnswerBytesMax = 1000;

// 0, or the error number. A reader that has gone away is none.
int WriteAll(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = ::write(fd, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return errno == EPIPE ? 0 : errno;
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  return 0;
}

Error TooMuch(std::uint64_t bytes_max) {
  return {Code::kInvalid,
          StrCat("the input is larger than a value may be, ", HumanBytes(static_cast<double>(bytes_max)))};
}

std::string_view Escape(Ink ink) {
  switch (ink) {
    case Ink::kBold: return "\x1b[1m";
    case Ink::kDim: return "\x1b[2m";
    case Ink::kRed: return "\x1b[31m";
    case Ink::kGreen: return "\x1b[32m";
    case Ink::kYellow: return "\x1b[33m";
  }
  return "";
}

}  // namespace

DescriptorTerminal::DescriptorTerminal(int out, int err, const Environment& environment, int in)
    : out_(out),
      err_(err),
      in_(in),
      interactive_(::isatty(out) == 1 && environment.Get("TERM") != "dumb"),
      color_(interactive_ && environment.Get("NO_COLOR").empty()) {}

void DescriptorTerminal::Out(std::string_view text) { WriteAll(out_, text); }

void DescriptorTerminal::Err(std::string_view text) { WriteAll(err_, text); }

Result<void> DescriptorTerminal::OutWhole(ByteSpan bytes) {
  const int error = WriteAll(out_, {reinterpret_cast<const char*>(bytes.data()), bytes.size()});
  if (error != 0) return FileError("cannot write", "the output", error);
  return {};
}

Result<Bytes> DescriptorTerminal::ReadAll(std::uint64_t bytes_max) {
  Bytes bytes;
  std::size_t filled = 0;
  while (filled <= bytes_max) {
    if (filled == bytes.size()) bytes.resize(filled + std::max(kReadBytes, filled / 2));
    const ssize_t count = ::read(in_, bytes.data() + filled, bytes.size() - filled);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return FileError("cannot read", "the input", errno);
    if (count == 0) {
      bytes.resize(filled);
      return bytes;
    }
    filled += static_cast<std::size_t>(count);
  }
  return TooMuch(bytes_max);
}

std::optional<std::string> DescriptorTerminal::Ask(std::string_view question) {
  if (!interactive_ || ::isatty(in_) != 1) return std::nullopt;
  Out(question);
  std::string answer;
  char c = 0;
  while (answer.size() < kAnswerBytesMax && ::read(in_, &c, 1) == 1 && c != '\n') answer += c;
  return answer;
}

Result<void> TextTerminal::OutWhole(ByteSpan bytes) {
  out.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  return {};
}

Result<Bytes> TextTerminal::ReadAll(std::uint64_t bytes_max) {
  if (in.size() > bytes_max) return TooMuch(bytes_max);
  return ToBytes(AsBytes(in));
}

std::optional<std::string> TextTerminal::Ask(std::string_view question) {
  if (answer) out += question;
  return answer;
}

int DescriptorTerminal::columns() const {
  winsize size{};
  if (::ioctl(out_, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return 80;
  return std::max<int>(size.ws_col, 20);
}

std::string Paint(const Terminal& terminal, Ink ink, std::string_view text) {
  if (!terminal.color()) return std::string(text);
  return StrCat(Escape(ink), text, "\x1b[0m");
}

void Redraw::Show(std::string_view lines) {
  std::string text;
  if (shown_ > 0) text = StrCat("\x1b[", shown_, "A\r\x1b[J");
  terminal_.Out(text.append(lines));
  shown_ = static_cast<std::size_t>(std::count(lines.begin(), lines.end(), '\n'));
}

void Redraw::Clear() {
  if (shown_ > 0) terminal_.Out(StrCat("\x1b[", shown_, "A\r\x1b[J"));
  shown_ = 0;
}

}  // namespace lambdaml
