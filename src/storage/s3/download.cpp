// SPDX-License-Identifier: Apache-2.0
#include "storage/s3/download.h"

#include <algorithm>
#include <cstring>
#include <exception>
#include <utility>

#include "base/text.h"
#include "storage/s3/refusal.h"

namespace lambdaml::s3 {

namespace {

constexpr std::uint64_t kPieceBytes = std::uint64_t{8} << 20U;

// No object is as large; a request with a larger number would be malformed.
constexpr std::uint64_t kOffsetMax = std::uint64_t{1} << 50U;

// Of starting over because an object was changed while it was read.
constexpr int kTriesMax = 20;

// "bytes 0-99/1000" of a Content-Range.
struct Place {
  std::uint64_t offset = 0;
  std::uint64_t value_bytes = 0;
};

std::optional<Place> ParsePlace(std::string_view text) {
  constexpr std::string_view kUnit = "bytes ";
  if (!text.starts_with(kUnit)) return std::nullopt;
  text.remove_prefix(kUnit.size());
  const std::size_t dash = std::min(text.find('-'), text.size());
  const std::size_t slash = std::min(text.find('/'), text.size() - 1);
  const auto offset = ParseInteger(text.substr(0, dash));
  const auto value_bytes = ParseInteger(text.substr(slash + 1));
  if (!offset || !value_bytes || *offset < 0 || *value_bytes < 0) return std::nullopt;
  return Place{static_cast<std::uint64_t>(*offset), static_cast<std::uint64_t>(*value_bytes)};
}

std::optional<Bytes> Allocate(std::uint64_t size) {
  try {
    return Bytes(size);
  } catch (const std::exception&) {  // that of the allocator, or of a size that no vector has
    return std::nullopt;
  }
}

// One range on its way: first its beginning, then what is left.
class Part {
 public:
  Part(Bucket& bucket, const Range& range, Need need) : bucket_(bucket), range_(range), need_(need) {}

  bool settled() const { return settled_; }
  bool begun() const { return !settled_ && !whole_.empty(); }

  HttpRequest First() const;
  Result<void> TakeFirst(HttpResponse response);

  // Requests that fill the rest of the buffer.
  void AppendRest(std::vector<HttpRequest>& requests);
  // For each of them, and then Finish. Should the object have been changed meanwhile, the part is as at its begin.
  Result<void> TakeRest(std::size_t length, const HttpResponse& response);
  void Finish();

  std::optional<Found> TakeFound() && { return std::move(found_); }

 private:
  Result<void> TakeSize(const HttpResponse& response);
  Result<void> TakeWhole(HttpResponse response);
  Result<void> TakeBeginning(HttpResponse response);
  void Settle(Blob bytes, std::uint64_t value_bytes);
  Error Malformed(std::string_view why) const;
  std::string Doing() const { return StrCat("read ", range_.key.text()); }

  Bucket& bucket_;
  const Range& range_;
  Need need_;
  bool only_size_ = range_.length == 0 || range_.offset >= kOffsetMax;
  bool settled_ = false;
  bool changed_ = false;
  std::string tag_;
  std::uint64_t value_bytes_ = 0;
  Bytes whole_;
  std::size_t filled_ = 0;
  std::optional<Found> found_;
};

HttpRequest RangeRequest(const Bucket& bucket, const Key& key, std::uint64_t offset, std::uint64_t length) {
  HttpRequest request = bucket.ForObject("GET", key);
  request.headers["Range"] = StrCat("bytes=", offset, "-", offset + length - 1);
  return request;
}

HttpRequest Part::First() const {
  if (only_size_) return bucket_.ForObject("HEAD", range_.key);
  return RangeRequest(bucket_, range_.key, range_.offset, std::min(range_.length, kPieceBytes));
}

Result<void> Part::TakeFirst(HttpResponse response) {
  tag_ = Find(response.headers, "ETag");
  if (only_size_) return TakeSize(response);
  if (response.status == 206) return TakeBeginning(std::move(response));
  if (response.status == 200) return TakeWhole(std::move(response));
  if (response.status == 416 && range_.offset == 0 && need_ == Need::kBytes) {
    Settle(Blob(), 0);
    return {};
  }
  if (response.status == 416) {  // it ends before the offset, but where?
    only_size_ = true;
    return {};
  }
  Error error = ErrorOf(bucket_.location(), Doing(), response);
  if (error.code != Code::kNotFound) return error;
  settled_ = true;
  return {};
}

Result<void> Part::TakeSize(const HttpResponse& response) {
  if (response.status == 404) {
    settled_ = true;
    return {};
  }
  if (response.status != 200) return ErrorOf(bucket_.location(), Doing(), response);
  const auto size = ParseInteger(Find(response.headers, "Content-Length"));
  if (!size || *size < 0) return Malformed("without a size");
  const auto value_bytes = static_cast<std::uint64_t>(*size);
  const bool grown = range_.length != 0 && value_bytes > range_.offset;  // since it was said to end before
  only_size_ = !grown;
  if (!grown) Settle(Blob(), value_bytes);
  return {};
}

// From a server that does not know ranges.
Result<void> Part::TakeWhole(HttpResponse response) {
  if (tag_.empty()) return Malformed("without an ETag");
  const std::uint64_t size = response.body.size();
  Settle(Blob::Of(std::move(response.body)).Slice(range_.offset, range_.length), size);
  return {};
}

Result<void> Part::TakeBeginning(HttpResponse response) {
  const auto place = ParsePlace(Find(response.headers, "Content-Range"));
  const std::uint64_t size = response.body.size();
  const bool fits = place && place->offset == range_.offset && place->value_bytes > place->offset &&
                    place->value_bytes < kOffsetMax && size <= place->value_bytes - place->offset &&
                    size <= range_.length && size > 0;
  if (!fits || tag_.empty()) return Malformed("with a part that was not asked for, or without an ETag");
  value_bytes_ = place->value_bytes;
  const std::uint64_t wanted = std::min(range_.length, value_bytes_ - range_.offset);
  if (size == wanted) {
    Settle(Blob::Of(std::move(response.body)), value_bytes_);
    return {};
  }
  auto buffer = Allocate(wanted);
  if (!buffer) {
    return Error{Code::kInvalid, StrCat(bucket_.location().name, ": cannot ", Doing(), ": it has ", wanted,
                                        " bytes, more than there is memory; read it in parts")};
  }
  whole_ = std::move(*buffer);
  std::memcpy(whole_.data(), response.body.data(), size);
  filled_ = size;
  return {};
}

void Part::AppendRest(std::vector<HttpRequest>& requests) {
  for (std::size_t at = filled_; at < whole_.size(); at += kPieceBytes) {
    const std::size_t length = std::min<std::size_t>(kPieceBytes, whole_.size() - at);
    HttpRequest request = RangeRequest(bucket_, range_.key, range_.offset + at, length);
    request.headers["If-Match"] = tag_;
    request.receive = std::span(whole_).subspan(at, length);
    requests.push_back(std::move(request));
  }
}

Result<void> Part::TakeRest(std::size_t length, const HttpResponse& response) {
  const bool same = response.status == 206 && Find(response.headers, "ETag") == tag_;
  if (same && response.received_bytes == length) return {};
  if (same) return Malformed("with a part that was not asked for");
  changed_ =
      changed_ || response.status == 206 || response.status == 404 || response.status == 412 || response.status == 416;
  return changed_ ? Result<void>() : ErrorOf(bucket_.location(), Doing(), response);
}

void Part::Finish() {
  Bytes whole = std::exchange(whole_, {});
  if (!changed_) Settle(Blob(std::move(whole)), value_bytes_);
  changed_ = false;
}

void Part::Settle(Blob bytes, std::uint64_t value_bytes) {
  settled_ = true;
  found_ = Found{.slice = {.bytes = std::move(bytes), .value_bytes = value_bytes}, .tag = tag_};
}

Error Part::Malformed(std::string_view why) const {
  const Location& location = bucket_.location();
  return {Code::kInvalid, StrCat(location.name, ": cannot ", Doing(), ": ", location.server, " answered ", why,
                                 "; is this an S3 server?")};
}

Result<void> Begin(Bucket& bucket, std::span<Part> parts) {
  std::vector<HttpRequest> requests;
  std::vector<Part*> owners;
  for (Part& part : parts) {
    if (part.settled()) continue;
    requests.push_back(part.First());
    owners.push_back(&part);
  }
  Bucket::Answers answers = bucket.SendAll(std::move(requests));
  for (std::size_t i = 0; i < owners.size(); ++i) TRY(owners[i]->TakeFirst(TRY(std::move(answers[i]))));
  return {};
}

Result<void> Complete(Bucket& bucket, std::span<Part> parts) {
  std::vector<HttpRequest> requests;
  std::vector<std::pair<Part*, std::size_t>> owners;  // with the length of each one's answer
  for (Part& part : parts) {
    if (part.begun()) part.AppendRest(requests);
    while (owners.size() < requests.size()) owners.emplace_back(&part, requests[owners.size()].receive.size());
  }
  const Bucket::Answers answers = bucket.SendAll(std::move(requests));
  for (std::size_t i = 0; i < owners.size(); ++i) {
    if (!answers[i].ok()) return answers[i].error();
    TRY(owners[i].first->TakeRest(owners[i].second, answers[i].value()));
  }
  for (Part& part : parts) {
    if (part.begun()) part.Finish();
  }
  return {};
}

}  // namespace

Result<std::vector<std::optional<Found>>> Download(Bucket& bucket, std::span<const Range> ranges, Need need) {
  std::vector<Part> parts;
  parts.reserve(ranges.size());
  for (const Range& range : ranges) parts.emplace_back(bucket, range, need);
  for (int tries = 0; !std::ranges::all_of(parts, &Part::settled); ++tries) {
    if (tries == kTriesMax) {
      return Error{Code::kUnavailable,
                   StrCat(bucket.location().name, ": an object is changed again and again while it is read")};
    }
    TRY(Begin(bucket, parts));
    TRY(Complete(bucket, parts));
  }
  std::vector<std::optional<Found>> found;
  found.reserve(parts.size());
  for (Part& part : parts) found.push_back(std::move(part).TakeFound());
  return found;
}

}  // namespace lambdaml::s3
