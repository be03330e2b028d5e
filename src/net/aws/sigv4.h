// SPDX-License-Identifier: Apache-2.0
#pragma once

// AWS Signature Version 4 in the Authorization header ("Signing AWS API requests", IAM User Guide). Works on the
// request as it will be sent: the path in `url` must be percent-encoded as EncodePath does it, and must not be changed
// on the way.

#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "net/aws/credentials.h"
#include "net/http.h"

namespace lambdaml::aws {

// Percent-encodes all but A-Z a-z 0-9 - _ . ~, with upper-case digits. EncodePath leaves '/' too.
std::string EncodeQuery(std::string_view text);
std::string EncodePath(std::string_view text);

// Hex, lower-case.
std::string Sha256Hex(ByteSpan bytes);

enum class PayloadHash {
  kSigned,    // SHA-256 of the body
  kUnsigned,  // "UNSIGNED-PAYLOAD": for S3 over TLS only; other services get kSigned
};

struct SigningScope {
  std::string service;  // "s3", "s3express", "dynamodb", ...
  std::string region;
};

// Remembers the signing key of a day. May be used from any thread.
class Signer {
 public:
  explicit Signer(SigningScope scope);

  // Adds Host (without the scheme's own port), X-Amz-Date, X-Amz-Content-Sha256 (S3 only), the session token's header
  // if there is one, and Authorization. Signs every header that the request has by then. `token_header` is
  // X-Amz-Security-Token for all but directory buckets.
  void Sign(HttpRequest& request, const Credentials& credentials, std::int64_t unix_ms,
            PayloadHash payload = PayloadHash::kSigned, std::string_view token_header = "X-Amz-Security-Token");

 private:
  struct Cached;
  std::shared_ptr<const Cached> KeyOf(const Credentials& credentials, std::string_view date);

  const SigningScope scope_;
  std::shared_ptr<const Cached> cached_;  // guarded by mutex_
  std::mutex mutex_;
};

}  // namespace lambdaml::aws
