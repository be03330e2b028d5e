// SPDX-License-Identifier: Apache-2.0
#pragma once

// DynamoDB's HTTP interface (JSON 1.0): signs calls, sends them over kept connections, and tells what went wrong. May
// be used from several threads.

#include <cstddef>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "net/aws/credentials.h"
#include "net/aws/sigv4.h"
#include "net/http_pool.h"
#include "storage/backend.h"
#include "storage/dynamodb/settings.h"

namespace lambdaml::dynamodb {

struct Call {
  std::string_view operation;  // "BatchGetItem"
  std::string body;
};

class Service {
 public:
  using Done = std::function<void(std::size_t index, Result<std::string> answer)>;

  Service(Settings settings, const StoreOptions& options);

  // All at the same time. `done` gets the body of each answer 200 as it arrives, on this thread, and must not call the
  // service.
  void SendAll(std::vector<Call> calls, const Done& done);
  Result<std::string> Send(Call call);

  // The error with the store, the operation and the server before it.
  Error Located(Error error, std::string_view operation) const;

  const Settings& settings() const { return settings_; }
  Clock& clock() const { return clock_; }

 private:
  Result<std::vector<HttpRequest>> Signed(std::vector<Call>& calls);
  Result<std::string> Judged(Result<HttpResponse> response, std::string_view operation) const;

  const Settings settings_;
  Clock& clock_;
  aws::CredentialChain credentials_;
  aws::Signer signer_;
  HttpPool http_;
};

}  // namespace lambdaml::dynamodb
