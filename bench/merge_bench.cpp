// SPDX-License-Identifier: Apache-2.0
// What the processor does for one all-reduce: adding the vectors of the ranks, and turning vectors into messages and
// back, beside the speed at which the same thread reads memory. A rate is of the bytes of float32 that are read and
// written.
#include <algorithm>
#include <chrono>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "base/random.h"
#include "base/text.h"
#include "bench/bench.h"
#include "comm/canonical_sum.h"
#include "comm/wire.h"

namespace lambdaml::bench {

namespace {

constexpr std::size_t kElements = std::size_t{1} << 22U;  // 16 MB of float32
constexpr int kPasses = 9;
constexpr double kGoal = 0.6;

// Of `length` elements, a share of them not zero.
std::vector<float> Values(std::size_t length, std::uint64_t stream, double share = 1) {
  Random random(5, stream);
  std::vector<float> values(length);
  for (float& value : values) {
    if (share == 1 || random.Uniform() < share) value = static_cast<float>(random.Uniform() - 0.5);
  }
  return values;
}

// GB/s of the fastest pass that goes through `bytes`.
template <class Work>
double Rate(std::size_t bytes, const Work& work) {
  double best = 0;
  for (int pass = 0; pass < kPasses; ++pass) {
    const auto begin = std::chrono::steady_clock::now();
    work();
    const std::chrono::duration<double> spent = std::chrono::steady_clock::now() - begin;
    best = std::max(best, static_cast<double>(bytes) / spent.count() * 1e-9);
  }
  return best;
}

Row MergeRow(std::size_t ranks, Accumulate accumulate, double bandwidth) {
  std::vector<std::vector<float>> vectors;
  std::vector<Encoded> by_rank;
  for (std::size_t rank = 0; rank < ranks; ++rank) vectors.push_back(Values(kElements, rank));
  for (const std::vector<float>& vector : vectors) by_rank.push_back(Encoded::Of(std::span(vector)));
  std::vector<float> sum(kElements);
  const double rate = Rate((ranks + 1) * kElements * sizeof(float),
                           [&] { CanonicalSum(by_rank, accumulate, Elements::Of(std::span(sum))); });
  const std::string in = accumulate == Accumulate::kFloat64 ? " in float64" : "";
  Row row{.name = StrCat("add ", ranks, " vectors", in), .value = rate, .unit = "GB/s", .limit = bandwidth, .goal = {}};
  if (accumulate == Accumulate::kFloat32) {
    row.goal = StrCat(">= ", kGoal, " x limit");
    row.holds = rate >= kGoal * bandwidth;
  }
  return row;
}

// One form of a vector: to the message and back, and eight messages into one sum. A rate is of what they stand for.
void AddFormRows(const std::string& form, std::vector<float> values, const WireFormat& format, double bandwidth,
                 Rows& rows) {
  const auto add = [&](std::string_view what, double rate) {
    rows.push_back({.name = StrCat(what, form), .value = rate, .unit = "GB/s", .limit = bandwidth, .goal = {}});
  };
  const std::size_t bytes = values.size() * sizeof(float);
  const Elements elements = Elements::Of(std::span(values));
  if (format.wire != Wire::kFloat32) add("round to ", Rate(bytes, [&] { RoundTo(format.wire, elements); }));
  Bytes message;
  message.reserve(bytes + bytes / 8);
  ElementType type = ElementType::kNothing;
  add("encode ", Rate(bytes, [&] {
        message.clear();
        type = Encode(elements, format, message);
      }));
  std::vector<float> decoded(values.size());
  const Elements out = Elements::Of(std::span(decoded));
  const Encoded encoded{type, message, values.size()};
  add("decode ", Rate(bytes, [&] { Decode(encoded, out); }));
  const std::vector<Bytes> messages(8, message);
  std::vector<Encoded> by_rank;
  for (const Bytes& one : messages) by_rank.push_back({type, one, values.size()});
  add("add 8 vectors of ", Rate(9 * bytes, [&] { CanonicalSum(by_rank, Accumulate::kFloat32, out); }));
}

}  // namespace

Result<Rows> MergeBench() {
  const double bandwidth = ReadBandwidth();
  Rows rows;
  for (const std::size_t ranks : {2U, 8U, 32U}) rows.push_back(MergeRow(ranks, Accumulate::kFloat32, bandwidth));
  for (const std::size_t ranks : {2U, 8U, 32U}) rows.push_back(MergeRow(ranks, Accumulate::kFloat64, bandwidth));
  AddFormRows("float32", Values(kElements, 0), {}, bandwidth, rows);
  AddFormRows("bfloat16", Values(kElements, 0), {.wire = Wire::kBfloat16}, bandwidth, rows);
  AddFormRows("float16", Values(kElements, 0), {.wire = Wire::kFloat16}, bandwidth, rows);
  AddFormRows("int8", Values(kElements, 0), {.wire = Wire::kInt8}, bandwidth, rows);
  AddFormRows("sparse, 1 % non-zeros", Values(kElements, 0, 0.01), {}, bandwidth, rows);
  AddFormRows("sparse, 40 % non-zeros", Values(kElements, 0, 0.4), {}, bandwidth, rows);
  return rows;
}

}  // namespace lambdaml::bench
