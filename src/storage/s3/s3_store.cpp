// SPDX-License-Identifier: Apache-2.0
#include "storage/s3/s3_store.h"

#include <algorithm>
#include <utility>

#include "base/text.h"
#include "storage/key_rules.h"
#include "storage/s3/bucket.h"
#include "storage/s3/deletion.h"
#include "storage/s3/download.h"
#include "storage/s3/listing.h"
#include "storage/s3/location.h"
#include "storage/s3/upload.h"

namespace lambdaml::s3 {

namespace {

constexpr std::size_t kNameBytesMax = 1024;  // of an object, with the prefix

class S3Store final : public Store {
 public:
  S3Store(Location location, const StoreOptions& options)
      : bucket_(std::move(location), options.environment, options.clock) {
    limits_ = {.value_bytes_max = kValueBytesMax,
               .key_bytes_max = std::min(kKeyBytesMax, kNameBytesMax - bucket_.location().prefix.size()),
               .batch_items_max = kRequestsAtOnceMax,
               .survives_process = true,
               .poll_pause_min = std::chrono::milliseconds(5),
               .poll_pause_max = std::chrono::milliseconds(160)};  // sqrt(2 * 1 s * 4e-7 / 2.9e-5)
  }

  Result<void> Put(std::span<const PutItem> items) override {
    for (const PutItem& item : items) TRY(Check(item.key));
    return Upload(bucket_, *this, items);
  }
  Result<Values> Get(std::span<const Key> keys) override;
  Result<Slices> Read(std::span<const Range> ranges) override;
  Result<std::vector<Entry>> List(const Key& prefix) override {
    return ListObjects(bucket_, prefix, limits_.key_bytes_max);
  }
  Result<void> Delete(std::span<const Key> keys) override {
    for (const Key& key : keys) TRY(Check(key));
    return DeleteObjects(bucket_, keys);
  }
  const Limits& limits() const override { return limits_; }
  std::string name() const override { return bucket_.location().name; }

 private:
  Result<void> Check(const Key& key) const;

  Bucket bucket_;
  Limits limits_;
};

Result<void> S3Store::Check(const Key& key) const {
  TRY(CheckKey(key, limits_.key_bytes_max).Context(name()));
  // Two characters that are none: XML, in which keys are deleted, cannot hold them.
  const bool expressible = key.text().find("\xEF\xBF\xBE") == std::string::npos &&  // U+FFFE
                           key.text().find("\xEF\xBF\xBF") == std::string::npos;    // U+FFFF
  if (expressible) return {};
  return Error{Code::kInvalid, StrCat(name(), ": a key holds U+FFFE or U+FFFF; use printable text")};
}

Result<Values> S3Store::Get(std::span<const Key> keys) {
  std::vector<Range> ranges;
  ranges.reserve(keys.size());
  for (const Key& key : keys) {
    TRY(Check(key));
    ranges.push_back({.key = key});
  }
  auto found = TRY(Download(bucket_, ranges, Need::kBytes));
  Values values(keys.size());
  for (std::size_t i = 0; i < keys.size(); ++i) {
    if (found[i]) values[i] = std::move(found[i]->slice.bytes);
  }
  return values;
}

Result<Slices> S3Store::Read(std::span<const Range> ranges) {
  for (const Range& range : ranges) TRY(Check(range.key));
  auto found = TRY(Download(bucket_, ranges, Need::kBytes));
  Slices slices(ranges.size());
  for (std::size_t i = 0; i < ranges.size(); ++i) {
    if (found[i]) slices[i] = std::move(found[i]->slice);
  }
  return slices;
}

}  // namespace

Result<std::unique_ptr<Store>> Open(const Url& url, const StoreOptions& options) {
  Location location = TRY(Location::Of(url, options.environment));
  return std::unique_ptr<Store>(std::make_unique<S3Store>(std::move(location), options));
}

}  // namespace lambdaml::s3
