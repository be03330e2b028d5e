// SPDX-License-Identifier: Apache-2.0
#pragma once

// Where the program writes: results and the live view to out, errors to err; and where it reads, if it does. What a
// person sees on a terminal (colour, lines that redraw themselves) depends on interactive() and color() alone, so that
// tests need no terminal.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/environment.h"
#include "base/result.h"

namespace lambdaml {

class Terminal {
 public:
  virtual ~Terminal() = default;
  virtual void Out(std::string_view text) = 0;
  virtual void Err(std::string_view text) = 0;

  // To out, for what is of no use in part: an error where it cannot be written.
  virtual Result<void> OutWhole(ByteSpan bytes) = 0;
  // What is piped in, to its end. kInvalid if that is more than `bytes_max`.
  virtual Result<Bytes> ReadAll(std::uint64_t bytes_max) = 0;
  // What a person answers, without the end of the line; nothing where there is nobody to ask.
  virtual std::optional<std::string> Ask(std::string_view question) = 0;

  virtual bool interactive() const = 0;  // out is a terminal that can move its cursor
  virtual bool color() const = 0;
  virtual int columns() const = 0;
};

// File descriptors of the process, which are not owned; without `in` nothing is read. A reader that has gone away (`|
// head`) is not an error: what follows is dropped.
class DescriptorTerminal final : public Terminal {
 public:
  DescriptorTerminal(int out, int err, const Environment& environment, int in = -1);
  void Out(std::string_view text) override;
  void Err(std::string_view text) override;
  Result<void> OutWhole(ByteSpan bytes) override;
  Result<Bytes> ReadAll(std::uint64_t bytes_max) override;
  std::optional<std::string> Ask(std::string_view question) override;
  bool interactive() const override { return interactive_; }
  bool color() const override { return color_; }
  int columns() const override;

 private:
  int out_;
  int err_;
  int in_;
  bool interactive_;
  bool color_;
};

// Keeps what is written, and reads what it was given; for tests.
class TextTerminal final : public Terminal {
 public:
  struct Look {
    bool interactive = false;
    bool color = false;
    int columns = 80;
  };

  TextTerminal() = default;
  explicit TextTerminal(Look look) : look_(look) {}
  void Out(std::string_view text) override { out += text; }
  void Err(std::string_view text) override { err += text; }
  Result<void> OutWhole(ByteSpan bytes) override;
  Result<Bytes> ReadAll(std::uint64_t bytes_max) override;
  std::optional<std::string> Ask(std::string_view question) override;
  bool interactive() const override { return look_.interactive; }
  bool color() const override { return look_.color; }
  int columns() const override { return look_.columns; }

  std::string out;
  std::string err;
  std::string in;
  std::optional<std::string> answer;  // to any question

 private:
  Look look_;
};

enum class Ink { kBold, kDim, kRed, kGreen, kYellow };

// `text` in that colour where the terminal has colours, else `text`.
std::string Paint(const Terminal& terminal, Ink ink, std::string_view text);

// Some lines at the end of the output that are drawn again in place.
class Redraw {
 public:
  explicit Redraw(Terminal& terminal) : terminal_(terminal) {}
  ~Redraw() { Leave(); }
  Redraw(const Redraw&) = delete;
  Redraw& operator=(const Redraw&) = delete;

  // `lines` are whole lines, each at most columns() wide.
  void Show(std::string_view lines);
  // Removes the lines.
  void Clear();
  // Leaves the lines as they are; Show begins below them.
  void Leave() { shown_ = 0; }

 private:
  Terminal& terminal_;
  std::size_t shown_ = 0;  // lines
};

}  // namespace lambdaml
