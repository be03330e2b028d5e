// SPDX-License-Identifier: Apache-2.0
#pragma once

// The XML that S3 speaks. The bodies of answers are read without trust: what is not the expected document is kInvalid,
// as then something else than S3 has answered.

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "net/aws/credentials.h"
#include "storage/store.h"

namespace lambdaml::s3 {

struct Refusal {
  std::string code;
  std::string message;  // one line of at most 300 bytes
  std::string region;   // the right one, where the wrong one was asked
};

// Nothing if the body is no <Error>.
std::optional<Refusal> ParseRefusal(std::string_view body);

struct Page {
  std::vector<Entry> entries;  // with whole keys
  std::string next;            // the token for the next page, or empty
};
Result<Page> ParsePage(std::string_view body);

struct KeyRefusal {
  std::string key;
  Refusal refusal;
};
// Of the answer to a multi-object delete, which names only what failed.
Result<std::vector<KeyRefusal>> ParseDeleteAnswer(std::string_view body);

Result<std::string> ParseUploadId(std::string_view body);

// Of an upload in parts that is complete.
Result<void> CheckCompleted(std::string_view body);

// Of a directory bucket.
Result<aws::Credentials> ParseSession(std::string_view body);

// The body of a multi-object delete that names only what fails, and of the end of an upload in parts.
std::string DeleteRequest(std::span<const std::string> keys);
std::string CompleteRequest(std::span<const std::string> tags);

}  // namespace lambdaml::s3
