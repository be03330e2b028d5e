// SPDX-License-Identifier: Apache-2.0
#include "storage/s3/deletion.h"

#include <openssl/evp.h>

#include <algorithm>
#include <array>

#include "base/base64.h"
#include "base/crc.h"
#include "base/text.h"
#include "storage/s3/refusal.h"
#include "storage/s3/xml.h"

namespace lambdaml::s3 {

namespace {

constexpr std::size_t kKeysMax = 1000;

Result<std::string> Md5(std::string_view text) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  if (EVP_Digest(text.data(), text.size(), digest.data(), &size, EVP_md5(), nullptr) != 1) {
    return Error{Code::kInternal, "OpenSSL has no MD5, which S3 asks for when objects are deleted"};
  }
  return std::string(reinterpret_cast<const char*>(digest.data()), size);
}

// Big-endian.
std::string Crc(std::string_view text) {
  const std::uint32_t crc = Crc32c(AsBytes(text));
  std::string bytes;
  for (unsigned shift = 32; shift > 0; shift -= 8) bytes += static_cast<char>((crc >> (shift - 8)) & 0xFFU);
  return bytes;
}

Result<HttpRequest> RequestFor(const Bucket& bucket, std::span<const Key> keys) {
  std::vector<std::string> names;
  for (const Key& key : keys) names.push_back(bucket.location().prefix + key.text());
  HttpRequest request = bucket.ForBucket("POST", "delete=");
  request.body = DeleteRequest(names);
  request.headers["Content-Type"] = "application/xml";
  // One of the two must be there, and a directory bucket does not know the first.
  if (bucket.location().kind == BucketKind::kGeneral) {
    request.headers["Content-MD5"] = ToBase64(TRY(Md5(request.body)));
  } else {
    request.headers["x-amz-checksum-crc32c"] = ToBase64(Crc(request.body));
  }
  return request;
}

Result<void> Judge(const Bucket& bucket, const Result<HttpResponse>& answer) {
  const Location& location = bucket.location();
  if (!answer.ok()) return answer.error();
  if (answer.value().status != 200) return ErrorOf(location, "delete", answer.value());
  const auto refusals = TRY(ParseDeleteAnswer(answer.value().body).Context(location.name));
  for (const KeyRefusal& refused : refusals) {
    Error error = ErrorOf(location, StrCat("delete ", refused.key), refused.refusal);
    if (error.code != Code::kNotFound) return error;
  }
  return {};
}

}  // namespace

Result<void> DeleteObjects(Bucket& bucket, std::span<const Key> keys) {
  std::vector<HttpRequest> requests;
  for (std::size_t begin = 0; begin < keys.size(); begin += kKeysMax) {
    requests.push_back(TRY(RequestFor(bucket, keys.subspan(begin, std::min(kKeysMax, keys.size() - begin)))));
  }
  for (const auto& answer : bucket.SendAll(std::move(requests))) TRY(Judge(bucket, answer));
  return {};
}

}  // namespace lambdaml::s3
