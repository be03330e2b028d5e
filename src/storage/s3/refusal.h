// SPDX-License-Identifier: Apache-2.0
#pragma once

// What S3's error codes mean for the caller: folded, in this one place, into the codes of base/result.h, with the
// server's words and what to do.

#include <chrono>
#include <string_view>

#include "base/result.h"
#include "net/http.h"
#include "storage/s3/location.h"
#include "storage/s3/xml.h"

namespace lambdaml::s3 {

// `doing` is what failed: "read job/1". kNotFound only for an object that is not there; a bucket that is not there is
// kInvalid.
Error ErrorOf(const Location& location, std::string_view doing, const HttpResponse& response);

// For one key of a batch that was answered with status 200.
Error ErrorOf(const Location& location, std::string_view doing, const Refusal& refusal);

// How long the server asks to be left alone; zero if it does not.
std::chrono::milliseconds RetryAfter(const HttpResponse& response);

}  // namespace lambdaml::s3
