// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/numbers.h"

#include <algorithm>
#include <cmath>

#include "base/text.h"
#include "comm/canonical_sum.h"
#include "comm/stripe.h"

namespace lambdaml::sim {

namespace {

constexpr std::uint64_t kOfVector = 0;

Random RandomOf(const Plan& plan, const CallId& id, int rank, std::uint64_t stream) {
  return {Mix(plan.seed, Mix(id.unit, id.call)), Mix(static_cast<std::uint64_t>(rank) + 1, stream)};
}

template <class T>
T Draw(Random& random, Unit::Numbers numbers) {
  if (numbers == Unit::Numbers::kWhole) return static_cast<T>(static_cast<int>(random.Below(3)) - 1);
  const std::uint64_t chance = random.Below(20);
  if (numbers == Unit::Numbers::kSparse && chance > 1) return chance == 2 ? static_cast<T>(-0.0) : T{};
  return static_cast<T>(std::ldexp(random.Uniform() - 0.5, static_cast<int>(random.Below(32))));
}

template <class T>
std::vector<T> VectorOf(Random random, std::size_t length, Unit::Numbers numbers) {
  std::vector<T> values(length);
  for (T& value : values) value = Draw<T>(random, numbers);
  return values;
}

// Of vectors of one length, as docs/formats/messages.md says what travels and is added.
template <class T>
Bytes SumOf(std::vector<std::vector<T>> by_rank, const WireFormat& format) {
  std::vector<Encoded> encoded;
  for (std::vector<T>& values : by_rank) {
    const Elements elements = Elements::Of(std::span(values));
    RoundTo(format.wire, elements);
    encoded.push_back({.type = elements.type, .bytes = elements.bytes, .elements = values.size()});
  }
  std::vector<T> sum(by_rank.front().size());
  CanonicalSum(encoded, PrecisionOf(format), Elements::Of(std::span(sum)));
  RoundTo(format.wire, Elements::Of(std::span(sum)));
  return ToBytes(std::as_bytes(std::span(sum)));
}

Result<void> Compare(ByteSpan got, ByteSpan expected, std::size_t element_bytes) {
  const auto differs = std::ranges::mismatch(expected, got);
  if (differs.in1 == expected.end() && differs.in2 == got.end()) return {};
  const auto offset = static_cast<std::size_t>(differs.in1 - expected.begin());
  return Error{Code::kInternal, StrCat("the sum differs from the reference at element ", offset / element_bytes, " of ",
                                       expected.size() / element_bytes)};
}

}  // namespace

std::vector<float> FloatsOf(const Plan& plan, const CallId& id, int rank) {
  const Unit& unit = plan.units[id.unit];
  return VectorOf<float>(RandomOf(plan, id, rank, kOfVector), unit.length, unit.numbers);
}

std::vector<double> DoublesOf(const Plan& plan, const CallId& id, int rank, std::size_t length, std::uint64_t stream) {
  return VectorOf<double>(RandomOf(plan, id, rank, stream), length, Unit::Numbers::kAny);
}

Bytes NewsOf(const Plan& plan, const CallId& id) {
  Random random = RandomOf(plan, id, -1, kOfVector);
  Bytes news(plan.units[id.unit].length * sizeof(float));
  for (std::byte& byte : news) byte = static_cast<std::byte>(random.Below(256));
  return news;
}

Result<void> References::CheckFloats(const CallId& id, const std::vector<float>& got) {
  Bytes& expected = expected_[{id, kOfVector}];
  if (expected.empty()) {
    std::vector<std::vector<float>> by_rank;
    for (int rank = 0; rank < plan_.size; ++rank) by_rank.push_back(FloatsOf(plan_, id, rank));
    expected = SumOf(std::move(by_rank), plan_.format);
  }
  return Compare(std::as_bytes(std::span(got)), expected, sizeof(float));
}

Result<void> References::CheckDoubles(const CallId& id, const std::vector<double>& got, std::uint64_t stream) {
  Bytes& expected = expected_[{id, stream}];
  if (expected.empty()) {
    std::vector<std::vector<double>> by_rank;
    for (int rank = 0; rank < plan_.size; ++rank) {
      by_rank.push_back(DoublesOf(plan_, id, rank, got.size(), stream));
    }
    expected = SumOf(std::move(by_rank), plan_.format);
  }
  return Compare(std::as_bytes(std::span(got)), expected, sizeof(double));
}

}  // namespace lambdaml::sim
