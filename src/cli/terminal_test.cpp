// SPDX-License-Identifier: Apache-2.0
#include "cli/terminal.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "base/file.h"
#include "cli/bar.h"
#include "cli/table.h"

namespace lambdaml {
namespace {

TEST(Terminal, PaintsOnlyWhereThereAreColours) {
  const TextTerminal plain;
  const TextTerminal colourful({.interactive = true, .color = true});
  EXPECT_EQ(Paint(plain, Ink::kRed, "x"), "x");
  EXPECT_EQ(Paint(colourful, Ink::kRed, "x"), "\x1b[31mx\x1b[0m");
}

TEST(Terminal, APipeIsNotInteractive) {
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  DescriptorTerminal terminal(ends[1], ends[1], Environment(std::map<std::string, std::string>{{"TERM", "xterm"}}));
  EXPECT_FALSE(terminal.interactive());
  EXPECT_FALSE(terminal.color());
  EXPECT_EQ(terminal.columns(), 80);
  ::close(ends[0]);
  ::close(ends[1]);
}

TEST(Terminal, ReadsAPipeToItsEnd) {
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  ASSERT_EQ(::write(ends[1], "abc", 3), 3);
  ::close(ends[1]);
  DescriptorTerminal terminal(-1, -1, Environment(), ends[0]);
  const Result<Bytes> bytes = terminal.ReadAll(3);
  ASSERT_TRUE(bytes.ok()) << bytes.error().message;
  EXPECT_EQ(bytes.value().size(), 3U);
  EXPECT_TRUE(terminal.ReadAll(0).value().empty());
  ::close(ends[0]);
}

TEST(Terminal, RefusesMoreThanItMayRead) {
  const FileDescriptor zeros(::open("/dev/zero", O_RDONLY | O_CLOEXEC));
  DescriptorTerminal terminal(-1, -1, Environment(), zeros.get());
  EXPECT_EQ(terminal.ReadAll(5'000'000).error().code, Code::kInvalid);
}

TEST(Terminal, TellsWhenWhatMustArriveWholeDoesNot) {
  const FileDescriptor full(::open("/dev/full", O_WRONLY | O_CLOEXEC));
  DescriptorTerminal terminal(full.get(), full.get(), Environment());
  EXPECT_EQ(terminal.OutWhole(AsBytes("abc")).error().code, Code::kUnavailable);
}

TEST(Terminal, AsksNobodyThroughAPipe) {
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  DescriptorTerminal terminal(ends[1], ends[1], Environment(), ends[0]);
  EXPECT_FALSE(terminal.Ask("really?").has_value());
  ::close(ends[0]);
  ::close(ends[1]);
}

TEST(Redraw, GoesUpAsManyLinesAsItShowed) {
  TextTerminal terminal({.interactive = true});
  Redraw redraw(terminal);
  redraw.Show("a\nb\n");
  redraw.Show("c\n");
  redraw.Clear();
  redraw.Clear();
  EXPECT_EQ(terminal.out, "a\nb\n\x1b[2A\r\x1b[Jc\n\x1b[1A\r\x1b[J");
}

TEST(Bar, FillsFromLeftToRight) {
  EXPECT_EQ(Bar(0, 8), "[>     ]");
  EXPECT_EQ(Bar(0.5, 8), "[===>  ]");
  EXPECT_EQ(Bar(1, 8), "[======]");
  EXPECT_EQ(Bar(7, 8), "[======]");
  EXPECT_EQ(Bar(0.0 / 0.0, 8), "[>     ]");
}

TEST(ClockText, IsWhatAClockShows) {
  EXPECT_EQ(ClockText(7.9), "0:07");
  EXPECT_EQ(ClockText(75), "1:15");
  EXPECT_EQ(ClockText(3700), "1:01:40");
}

TEST(Table, AlignsCharactersNotBytes) {
  Table table;
  table.Row({"é", "1"});
  table.Heading("head");
  table.Row({"long", ""});
  EXPECT_EQ(table.Text(), "é     1\nhead\nlong\n");
}

TEST(Fit, CutsWithAnEllipsis) {
  EXPECT_EQ(Fit("abc", 3), "abc");
  EXPECT_EQ(Fit("abcd", 3), "ab…");
  EXPECT_EQ(Fit("ééé", 2), "é…");
}

}  // namespace
}  // namespace lambdaml
