// SPDX-License-Identifier: Apache-2.0
#include "cli/terminal.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "base/text.h"

namespace lambdaml {

namespace {

void WriteAll(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = ::write(fd, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return;
    text.remove_prefix(static_cast<std::size_t>(written));
  }
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

DescriptorTerminal::DescriptorTerminal(int out, int err, const Environment& environment)
    : out_(out),
      err_(err),
      interactive_(::isatty(out) == 1 && environment.Get("TERM") != "dumb"),
      color_(interactive_ && environment.Get("NO_COLOR").empty()) {}

void DescriptorTerminal::Out(std::string_view text) { WriteAll(out_, text); }

void DescriptorTerminal::Err(std::string_view text) { WriteAll(err_, text); }

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
