// SPDX-License-Identifier: Apache-2.0
#pragma once

// What the URL of a store and the environment say together: which bucket, below which prefix, at which server, and how
// it is addressed.

#include <string>
#include <string_view>

#include "base/environment.h"
#include "base/result.h"
#include "base/url.h"

namespace lambdaml::s3 {

enum class BucketKind {
  kGeneral,
  kDirectory,  // S3 Express One Zone; its name ends in "--ZONE--x-s3"
};

struct Location {
  std::string name;    // for messages: the URL without its settings
  std::string bucket;  // "b" in s3://b/job
  std::string prefix;  // of every key, with a '/' at its end: "job/", or empty
  std::string region;
  std::string root;    // where the objects' URLs begin: "https://b.s3.us-east-1.amazonaws.com/", "http://host:1/b/"
  std::string server;  // "host:port", for messages
  std::string ca_file;
  BucketKind kind = BucketKind::kGeneral;

  // By settings of the URL, else by the environment, else AWS. kInvalid says what is wrong with them.
  static Result<Location> Of(const Url& url, const Environment& environment);

  bool secure() const { return root.starts_with("https:"); }
};

}  // namespace lambdaml::s3
