// SPDX-License-Identifier: Apache-2.0

// Patterns x channels x ranks x lengths x element types: every cell must have the bits of the in-memory reference.

#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <memory>
#include <string>
#include <tuple>

#include "base/clock.h"
#include "comm/test_ranks.h"
#include "storage/registry.h"

namespace lambdaml {
namespace {

// Removed with everything in it.
class TestFolder {
 public:
  TestFolder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "lambdaml-comm-XXXXXX").string();
    if (mkdtemp(pattern.data()) != nullptr) path_ = pattern;
  }
  TestFolder(const TestFolder&) = delete;
  TestFolder& operator=(const TestFolder&) = delete;
  ~TestFolder() { std::filesystem::remove_all(path_); }

  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

using Cell = std::tuple<std::string, std::string, int>;  // pattern, scheme of the channel, ranks

class Matrix : public ::testing::TestWithParam<Cell> {};

TEST_P(Matrix, HasTheBitsOfTheReference) {
  const auto& [pattern, scheme, ranks] = GetParam();
  const TestFolder folder;
  SystemClock clock;
  const auto store = OpenStore(scheme == "file" ? "file://" + folder.path() : scheme + ":", {.clock = clock});
  ASSERT_TRUE(store.ok()) << store.error().message;
  const Session session{.store = *store.value(), .clock = clock, .pattern = pattern, .size = ranks};

  std::vector<std::vector<float>> floats;
  std::vector<std::vector<double>> doubles;
  for (const std::size_t length : {0U, 1U, 5U, 1009U, 70'000U}) {
    floats.push_back(ExpectedSum<float>(ranks, length));
    doubles.push_back(ExpectedSum<double>(ranks, length));
  }
  EXPECT_EQ(Failures(RunRanks(session,
                              [&floats, &doubles](Communicator& peers) -> Result<void> {
                                for (const auto& expected : floats) TRY(AllReduceAndCompare(peers, expected));
                                for (const auto& expected : doubles) TRY(AllReduceAndCompare(peers, expected));
                                return {};
                              })),
            "");
}

std::vector<std::string> PatternNames() {
  std::vector<std::string> names;
  for (const Pattern& pattern : Patterns()) names.emplace_back(pattern.name);
  return names;
}

INSTANTIATE_TEST_SUITE_P(Channels, Matrix,
                         ::testing::Combine(::testing::ValuesIn(PatternNames()), ::testing::Values("memory", "file"),
                                            ::testing::Values(1, 2, 3, 4, 7)),
                         [](const auto& cell) {
                           return StrCat(std::get<0>(cell.param), "_", std::get<1>(cell.param), "_",
                                         std::get<2>(cell.param));
                         });

}  // namespace
}  // namespace lambdaml
