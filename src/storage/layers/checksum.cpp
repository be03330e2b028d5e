// SPDX-License-Identifier: Apache-2.0
#include "storage/layers/checksum.h"

#include <algorithm>
#include <array>

#include "base/crc.h"
#include "base/text.h"

namespace lambdaml {

namespace {

constexpr std::size_t kChecksumBytes = 4;
constexpr int kReadsMore = 2;
constexpr std::size_t kBlockBytes = 16U << 10U;  // stays in the first cache between its checksum and its copy

std::array<std::byte, kChecksumBytes> LittleEndian(std::uint32_t crc) {
  std::array<std::byte, kChecksumBytes> bytes{};
  for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<std::byte>(crc >> (8 * i));
  return bytes;
}

Bytes Sealed(ByteSpan value) {
  if (value.empty()) return {};
  Bytes sealed(value.size() + kChecksumBytes);
  std::uint32_t crc = 0;
  for (std::size_t at = 0; at < value.size(); at += kBlockBytes) {
    const ByteSpan block = value.subspan(at, std::min(kBlockBytes, value.size() - at));
    crc = Crc32c(block, crc);
    std::memcpy(sealed.data() + at, block.data(), block.size());
  }
  std::ranges::copy(LittleEndian(crc), sealed.end() - kChecksumBytes);
  return sealed;
}

bool Fits(ByteSpan sealed) {
  if (sealed.empty()) return true;
  if (sealed.size() <= kChecksumBytes) return false;
  const std::size_t size = sealed.size() - kChecksumBytes;
  return std::ranges::equal(LittleEndian(Crc32c(sealed.first(size))), sealed.subspan(size));
}

// A part of a value fits whatever it is.
bool Fits(const Slice& part) { return part.bytes.size() < part.value_bytes || Fits(part.bytes.span()); }

// Of a value that is stored in that many bytes.
std::uint64_t PlainBytes(std::uint64_t sealed) { return sealed - std::min<std::uint64_t>(sealed, kChecksumBytes); }

class ChecksummedStore final : public Store {
 public:
  explicit ChecksummedStore(std::unique_ptr<Store> store) : store_(std::move(store)), limits_(store_->limits()) {
    limits_.value_bytes_max = PlainBytes(limits_.value_bytes_max);
  }

  Result<void> Put(std::span<const PutItem> items) override {
    std::vector<Bytes> sealed;
    sealed.reserve(2 * items.size());
    std::vector<PutItem> puts(items.begin(), items.end());
    for (PutItem& put : puts) {
      put.value = sealed.emplace_back(Sealed(put.value));
      put.expected = sealed.emplace_back(Sealed(put.expected));
    }
    return store_->Put(puts);
  }

  Result<Values> Get(std::span<const Key> keys) override { return Opened(keys, TRY(store_->Get(keys))); }

  Result<Values> Wait(std::span<const Key> keys, const WaitOptions& options) override {
    return Opened(keys, TRY(store_->Wait(keys, options)));
  }

  Result<Slices> Read(std::span<const Range> ranges) override {
    Slices parts = TRY(store_->Read(ranges));
    for (std::size_t i = 0; i < parts.size(); ++i) {
      if (parts[i] && !Fits(*parts[i])) parts[i] = TRY(ReadAgain(ranges[i]));
      if (!parts[i]) continue;
      parts[i]->value_bytes = PlainBytes(parts[i]->value_bytes);
      parts[i]->bytes =
          parts[i]->bytes.Slice(0, parts[i]->value_bytes - std::min(parts[i]->value_bytes, ranges[i].offset));
    }
    return parts;
  }

  Result<std::vector<Entry>> List(const Key& prefix) override {
    auto entries = TRY(store_->List(prefix));
    for (Entry& entry : entries) entry.bytes = PlainBytes(entry.bytes);
    return entries;
  }

  Result<void> Delete(std::span<const Key> keys) override { return store_->Delete(keys); }
  const Limits& limits() const override { return limits_; }
  std::string name() const override { return store_->name(); }

 private:
  Result<Values> Opened(std::span<const Key> keys, Values values) const {
    for (std::size_t i = 0; i < values.size(); ++i) {
      if (values[i] && !Fits(values[i]->span())) {
        const std::optional<Slice> again = TRY(ReadAgain({.key = keys[i]}));
        values[i].reset();
        if (again) values[i] = again->bytes;
      }
      if (values[i]) values[i] = values[i]->Slice(0, PlainBytes(values[i]->size()));
    }
    return values;
  }

  // What was damaged on its way may arrive whole the next time.
  Result<std::optional<Slice>> ReadAgain(const Range& range) const {
    for (int i = 0; i < kReadsMore; ++i) {
      Slices parts = TRY(store_->Read({&range, 1}));
      if (!parts[0] || Fits(*parts[0])) return std::move(parts[0]);
    }
    return Error{Code::kUnavailable, StrCat("the value of ", range.key.text(), " in ", store_->name(),
                                            " does not fit its checksum: write it again with checksum=on")};
  }

  std::unique_ptr<Store> store_;
  Limits limits_;
};

}  // namespace

std::unique_ptr<Store> WithChecksum(std::unique_ptr<Store> store) {
  return std::make_unique<ChecksummedStore>(std::move(store));
}

}  // namespace lambdaml
