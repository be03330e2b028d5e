// SPDX-License-Identifier: Apache-2.0
#include "comm/filter.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cassert>
#include <cmath>
#include <cstring>
#include <vector>

#include "base/text.h"

namespace lambdaml {

namespace {

// The bits of |x|: in the order of the magnitudes, what is not finite above all others.
std::uint32_t Magnitude(float x) { return std::bit_cast<std::uint32_t>(x) & 0x7FFFFFFFU; }

constexpr std::uint32_t kInfinity = 0x7F800000;

// What has not been sent yet.
class Residual {
 public:
  explicit Residual(std::size_t elements) : values_(elements) {}

  std::span<const float> values() const { return values_; }

  void Add(std::span<const float> update) {
    assert(update.size() == values_.size());
    for (std::size_t i = 0; i < values_.size(); ++i) values_[i] += update[i];
  }

  // Takes out the elements for which sends(i, value) holds and writes them into `sent`, 0 for the others.
  template <class Sends>
  void TakeOut(std::span<float> sent, const Sends& sends) {
    for (std::size_t i = 0; i < values_.size(); ++i) {
      const float value = values_[i];
      const bool takes = sends(i, value);
      sent[i] = takes ? value : 0.0F;
      values_[i] = takes ? 0.0F : value;
    }
  }

  Bytes Save() const { return ToBytes(std::as_bytes(std::span(values_))); }

  Result<void> Restore(ByteSpan saved) {
    const std::span<std::byte> bytes = std::as_writable_bytes(std::span(values_));
    if (saved.size() != bytes.size()) {
      return Error{Code::kInvalid, StrCat("the saved state of the filter has ", saved.size(), " bytes, expected ",
                                          bytes.size(), " for ", values_.size(), " elements")};
    }
    if (!saved.empty()) std::memcpy(bytes.data(), saved.data(), saved.size());
    return {};
  }

 private:
  std::vector<float> values_;
};

class SendAll final : public Filter {
 public:
  void Apply(std::span<float>, std::span<const float>, std::uint64_t) override {}
  Bytes Save() const override { return {}; }
  Result<void> Restore(ByteSpan saved) override { return Residual(0).Restore(saved); }
};

// Where a sorted list is cut: everything above `magnitude` is before the cut, and so many of those that are equal.
struct Cut {
  std::uint32_t magnitude = 0;
  std::size_t equals = 0;
};

constexpr unsigned kCountedBits = 11;  // of a magnitude at a time: the counts stay in the cache

// The cut behind the `wanted` largest of those values whose magnitude begins with the bits of `prefix`, in the
// kCountedBits bits that follow these and are followed by `shift` more.
Cut NextBits(std::size_t wanted, std::span<const float> values, std::uint32_t prefix, unsigned shift) {
  constexpr std::uint32_t kMask = (1U << kCountedBits) - 1;
  std::array<std::size_t, kMask + 1> counts{};
  for (const float value : values) {
    const std::uint32_t high = Magnitude(value) >> shift;
    if (high >> kCountedBits == prefix) ++counts[high & kMask];
  }
  std::uint32_t bits = kMask;
  for (; counts[bits] < wanted; --bits) wanted -= counts[bits];
  return {.magnitude = prefix << kCountedBits | bits, .equals = wanted};
}

// The cut behind the `wanted` largest, at least 1.
Cut CutBehind(std::size_t wanted, std::span<const float> values) {
  Cut cut{.magnitude = 0, .equals = wanted};
  for (const unsigned shift : {2 * kCountedBits, kCountedBits, 0U}) {
    cut = NextBits(cut.equals, values, cut.magnitude, shift);
  }
  return cut;
}

class TopK final : public Filter {
 public:
  TopK(double share, std::size_t elements)
      : residual_(elements),
        count_(static_cast<std::size_t>(
            std::min(std::ceil(share * static_cast<double>(elements)), static_cast<double>(elements)))) {}

  void Apply(std::span<float> update, std::span<const float> /*parameters*/, std::uint64_t /*round*/) override {
    residual_.Add(update);
    if (count_ == 0) return;
    Cut cut = CutBehind(count_, residual_.values());
    residual_.TakeOut(update, [&cut](std::size_t, float value) {
      const std::uint32_t magnitude = Magnitude(value);
      if (magnitude == cut.magnitude && cut.equals > 0) {
        --cut.equals;
        return true;
      }
      return magnitude > cut.magnitude || magnitude >= kInfinity;
    });
  }

  Bytes Save() const override { return residual_.Save(); }
  Result<void> Restore(ByteSpan saved) override { return residual_.Restore(saved); }

 private:
  Residual residual_;
  std::size_t count_;
};

class Significance final : public Filter {
 public:
  Significance(double threshold, std::size_t elements) : residual_(elements), threshold_(threshold) {}

  void Apply(std::span<float> update, std::span<const float> parameters, std::uint64_t round) override {
    assert(parameters.size() == update.size());
    const auto threshold = static_cast<float>(threshold_ / std::sqrt(static_cast<double>(round) + 1));
    residual_.Add(update);
    residual_.TakeOut(update, [&](std::size_t i, float value) {
      return !(std::fabs(value) <= threshold * std::fabs(parameters[i])) || Magnitude(value) >= kInfinity;
    });
  }

  Bytes Save() const override { return residual_.Save(); }
  Result<void> Restore(ByteSpan saved) override { return residual_.Restore(saved); }

 private:
  Residual residual_;
  double threshold_;
};

}  // namespace

std::unique_ptr<Filter> MakeFilter(const FilterSettings& settings, std::size_t elements) {
  if (settings.kind == "top_k") return std::make_unique<TopK>(settings.share, elements);
  if (settings.kind == "significance") return std::make_unique<Significance>(settings.threshold, elements);
  return std::make_unique<SendAll>();
}

}  // namespace lambdaml
