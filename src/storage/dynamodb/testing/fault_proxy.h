// SPDX-License-Identifier: Apache-2.0
#pragma once

// Stands before dynalite, counts calls, and does now and then what dynalite never does: leaves items of a batch
// unprocessed, refuses, fails, and cuts an answer short. For tests; calls come on many threads.

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "base/text.h"
#include "net/http_pool.h"
#include "net/http_server.h"
#include "storage/testing/dynalite.h"

namespace lambdaml::dynamodb {

class FaultProxy {
 public:
  struct Call {
    std::string operation;
    int number = 0;  // among those of this operation, from 1
    const HttpRequest& request;
  };
  // Nothing: the call is passed on as it is.
  using Fault = std::function<std::optional<HttpResponse>(FaultProxy&, const Call&)>;

  explicit FaultProxy(Dynalite& behind, Fault fault = {}) : behind_(behind), fault_(std::move(fault)) {
    server_ = HttpServer::Start([this](const HttpRequest& request) { return Serve(request); },
                                {.request_bytes_max = std::size_t{32} << 20U})
                  .value();
  }

  std::string address() const { return server_->address(); }

  std::string NewUrl(std::string_view settings = {}) const {
    std::string url = behind_.NewUrl(settings);
    return url.replace(url.find(behind_.address()), behind_.address().size(), address());
  }

  // Calls so far.
  int Count(const std::string& operation) {
    const std::lock_guard lock(mutex_);
    return counts_[operation];
  }

  // Answers of dynalite so far that left something unprocessed.
  int unprocessed() {
    const std::lock_guard lock(mutex_);
    return unprocessed_;
  }

  // What a fault may answer: the first half of a batch done, at least one of it; none of it; the begin of the answer;
  // an error.
  HttpResponse Half(const Call& call) { return Part(call, 2); }
  HttpResponse Nothing(const Call& call) { return Part(call, 0); }

  HttpResponse CutShort(const Call& call) {
    HttpResponse answer = Forward(call.request, call.request.body);
    answer.body.resize(answer.body.size() / 2);
    return answer;
  }

  static HttpResponse Refusal(int status, const std::string& type) {
    return {.status = status, .body = StrCat(R"({"__type":"com.amazonaws.dynamodb.v20120810#)", type, R"("})")};
  }

 private:
  using Json = nlohmann::json;

  HttpResponse Serve(const HttpRequest& request) {
    const std::string_view target = Find(request.headers, "X-Amz-Target");
    Call call{.operation = std::string(target.substr(target.find('.') + 1)), .request = request};
    {
      const std::lock_guard lock(mutex_);
      call.number = ++counts_[call.operation];
    }
    std::optional<HttpResponse> answer = fault_ ? fault_(*this, call) : std::nullopt;
    return answer ? *std::move(answer) : Forward(request, request.body);
  }

  HttpResponse Forward(const HttpRequest& request, const std::string& body) {
    HttpRequest onward{.method = "POST", .url = behind_.endpoint() + "/", .body = body};
    for (const char* const name : {"Content-Type", "X-Amz-Target", "X-Amz-Date", "Authorization"})
      onward.headers[name] = Find(request.headers, name);
    Result<HttpResponse> answer = http_.Send(onward, std::chrono::minutes(1));
    if (!answer.ok()) return {.status = 502, .body = answer.error().message};
    const std::string& text = answer.value().body;
    const bool all = text.find("Unprocessed") == std::string::npos ||
                     text.find(R"("UnprocessedItems":{})") != std::string::npos ||
                     text.find(R"("UnprocessedKeys":{})") != std::string::npos;
    const std::lock_guard lock(mutex_);
    if (!all) ++unprocessed_;
    return {.status = answer.value().status, .body = text};
  }

  // One of `parts` parts of a batch, rounded up; none for 0.
  HttpResponse Part(const Call& call, std::size_t parts) {
    const bool writes = call.operation == "BatchWriteItem";
    Json body = Json::parse(call.request.body);
    const std::string table = body["RequestItems"].begin().key();
    Json& items = writes ? body["RequestItems"][table] : body["RequestItems"][table]["Keys"];
    const std::size_t kept = parts == 0 ? 0 : (items.size() + parts - 1) / parts;
    Json left = Json::array();
    for (std::size_t i = kept; i < items.size(); ++i) left.push_back(items[i]);
    while (items.size() > kept) items.erase(items.size() - 1);
    Json answer = {{"Responses", Json::object()}};
    if (kept > 0) answer = Json::parse(Forward(call.request, body.dump()).body);
    if (!left.empty() && writes) answer["UnprocessedItems"][table] = std::move(left);
    if (!left.empty() && !writes) answer["UnprocessedKeys"][table]["Keys"] = std::move(left);
    return {.body = answer.dump()};
  }

  Dynalite& behind_;
  const Fault fault_;
  std::mutex mutex_;
  std::map<std::string, int> counts_;
  int unprocessed_ = 0;
  HttpPool http_{HttpClientOptions{}};
  std::unique_ptr<HttpServer> server_;  // the last, as it calls the others
};

}  // namespace lambdaml::dynamodb
