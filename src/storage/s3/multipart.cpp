// SPDX-License-Identifier: Apache-2.0
#include "storage/s3/multipart.h"

#include <algorithm>
#include <string>
#include <vector>

#include "base/text.h"
#include "storage/s3/refusal.h"
#include "storage/s3/xml.h"

namespace lambdaml::s3 {

namespace {

constexpr std::size_t kPartBytesMin = std::size_t{16} << 20U;
constexpr std::size_t kPartsMax = 10'000;
constexpr std::size_t kPartsAtOnce = 32;

class MultipartUpload {
 public:
  MultipartUpload(Bucket& bucket, const Key& key, ByteSpan value) : bucket_(bucket), key_(key), value_(value) {}

  Result<void> Begin();
  Result<void> SendParts();
  Result<void> Complete();
  void Abort();

 private:
  std::size_t part_count() const { return (value_.size() + part_bytes_ - 1) / part_bytes_; }
  HttpRequest PartRequest(std::size_t number) const;  // from 0
  Result<void> TakeAnswer(const Result<HttpResponse>& answer);
  std::string IdQuery() const { return StrCat("uploadId=", aws::EncodeQuery(id_)); }
  Error Failed(const HttpResponse& response) const {
    return ErrorOf(bucket_.location(), StrCat("write ", key_.text()), response);
  }

  Bucket& bucket_;
  const Key& key_;
  ByteSpan value_;
  std::size_t part_bytes_ = std::max(kPartBytesMin, (value_.size() + kPartsMax - 1) / kPartsMax);
  std::string id_;
  std::vector<std::string> tags_;
};

Result<void> MultipartUpload::Begin() {
  const HttpResponse response = TRY(bucket_.Send(bucket_.ForObject("POST", key_, "uploads=")));
  if (response.status != 200) return Failed(response);
  id_ = TRY(ParseUploadId(response.body).Context(bucket_.location().name));
  return {};
}

HttpRequest MultipartUpload::PartRequest(std::size_t number) const {
  HttpRequest request = bucket_.ForObject("PUT", key_, StrCat("partNumber=", number + 1, "&", IdQuery()));
  const std::size_t begin = number * part_bytes_;
  request.large_body = value_.subspan(begin, std::min(part_bytes_, value_.size() - begin));
  return request;
}

Result<void> MultipartUpload::SendParts() {
  while (tags_.size() < part_count()) {
    std::vector<HttpRequest> requests;
    const std::size_t begin = tags_.size();
    const std::size_t end = std::min(part_count(), begin + kPartsAtOnce);
    for (std::size_t number = begin; number < end; ++number) requests.push_back(PartRequest(number));
    for (const auto& answer : bucket_.SendAll(std::move(requests))) TRY(TakeAnswer(answer));
  }
  return {};
}

Result<void> MultipartUpload::TakeAnswer(const Result<HttpResponse>& answer) {
  if (!answer.ok()) return answer.error();
  tags_.emplace_back(Find(answer.value().headers, "ETag"));
  if (answer.value().status == 200 && !tags_.back().empty()) return {};
  return Failed(answer.value());
}

Result<void> MultipartUpload::Complete() {
  HttpRequest request = bucket_.ForObject("POST", key_, IdQuery());
  request.body = CompleteRequest(tags_);
  request.headers["Content-Type"] = "application/xml";
  const HttpResponse response = TRY(bucket_.Send(std::move(request)));
  // The server answers before it is done, so that an error comes with status 200, too.
  if (response.status != 200) return Failed(response);
  const auto refusal = ParseRefusal(response.body);
  if (refusal) return ErrorOf(bucket_.location(), StrCat("write ", key_.text()), *refusal);
  return CheckCompleted(response.body).Context(bucket_.location().name);
}

void MultipartUpload::Abort() {
  // The error that led here says more than one of this request would.
  [[maybe_unused]] const auto answer = bucket_.Send(bucket_.ForObject("DELETE", key_, IdQuery()));
}

}  // namespace

Result<void> UploadInParts(Bucket& bucket, const Key& key, ByteSpan value) {
  MultipartUpload upload(bucket, key, value);
  TRY(upload.Begin());
  Result<void> sent = upload.SendParts();
  if (sent.ok()) sent = upload.Complete();
  if (!sent.ok()) upload.Abort();
  return sent;
}

}  // namespace lambdaml::s3
