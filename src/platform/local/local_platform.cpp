// SPDX-License-Identifier: Apache-2.0
#include "platform/local/local_platform.h"

#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <mutex>
#include <utility>

#include "base/text.h"
#include "net/http_server.h"
#include "platform/lambda_client.h"
#include "platform/local/function.h"
#include "platform/local/leased_folder.h"
#include "platform/local/rest_api.h"

namespace lambdaml::local {

namespace {

// Of the user's environment a function sees what its role, region and deployment give it on AWS: credentials, where the
// services are, and whom to trust.
constexpr std::string_view kPassedOn[] = {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN",
                                          "AWS_REGION",        "AWS_DEFAULT_REGION",    "AWS_CA_BUNDLE",
                                          "AWS_ENDPOINT_URL",  "AWS_ENDPOINT_URL_S3",   "AWS_ENDPOINT_URL_DYNAMODB",
                                          "SSL_CERT_FILE",     "LAMBDAML_CHANNEL_USER", "LAMBDAML_CHANNEL_PASSWORD"};

Result<LeasedFolder> MakeFolder(const Environment& environment) {
  const std::string parent = environment.Get("TMPDIR");
  return LeasedFolder::Make(parent.empty() ? "/tmp" : parent);
}

// Everything that exists between Deploy and Destroy. The server's address is part of the function's environment, so the
// server comes first, and has nothing to serve until the function is there.
class Deployment {
 public:
  static Result<std::unique_ptr<Deployment>> Make(Function::Setup setup, LogSink log, const PlatformOptions& options) {
    std::unique_ptr<Deployment> deployment(new Deployment(TRY(MakeFolder(options.environment))));
    Deployment* self = deployment.get();
    deployment->server_ = TRY(HttpServer::Start([self](const HttpRequest& request) {
      Function* const function = self->ready_;
      return function == nullptr ? HttpResponse{.status = 503} : ServeInvokeApi(request, *function);
    }));
    setup.folder = deployment->folder_.path();
    setup.environment.push_back(StrCat("AWS_ENDPOINT_URL_LAMBDA=", deployment->endpoint()));
    deployment->function_ = std::make_unique<Function>(std::move(setup), std::move(log), options.clock);
    deployment->ready_ = deployment->function_.get();
    return deployment;
  }
  ~Deployment() {
    if (function_) function_->Close();  // ends what the server's threads wait for
    server_.reset();
  }
  Deployment(const Deployment&) = delete;
  Deployment& operator=(const Deployment&) = delete;

  std::string endpoint() const { return StrCat("http://", server_->address()); }

 private:
  explicit Deployment(LeasedFolder folder) : folder_(std::move(folder)) {}

  LeasedFolder folder_;
  std::unique_ptr<Function> function_;
  std::atomic<Function*> ready_{nullptr};
  std::unique_ptr<HttpServer> server_;
};

class LocalPlatform final : public Platform {
 public:
  LocalPlatform(PlatformOptions options, LocalOptions local) : options_(std::move(options)), local_(std::move(local)) {}

  Result<void> Deploy(const FunctionSpec& function, LogSink log) override {
    TRY(Destroy());
    Function::Setup setup{.name = std::string(kFunctionName), .limits = function, .options = local_};
    std::error_code error;
    setup.bootstrap = std::filesystem::absolute(options_.bootstrap, error);
    if (access(setup.bootstrap.c_str(), X_OK) != 0) {
      return Error{Code::kInvalid, StrCat("the worker program ", options_.bootstrap, " cannot be run: is it built?")};
    }
    for (const std::string_view name : kPassedOn) {
      const std::string value = options_.environment.Get(name);
      if (!value.empty()) setup.environment.push_back(StrCat(name, "=", value));
    }
    auto deployment = TRY(Deployment::Make(std::move(setup), std::move(log), options_));
    const std::lock_guard lock(mutex_);
    deployment_ = std::move(deployment);
    return {};
  }

  Result<Outcome> Invoke(std::string_view payload) override {
    // The function's own time-out ends the call; the connection needs none.
    return LambdaClient(TRY(Endpoint()), kFunctionName).Invoke(payload, kNoTimeout);
  }

  std::vector<Result<void>> InvokeEvents(std::span<const std::string> payloads) override {
    const Result<std::string> endpoint = Endpoint();
    if (!endpoint.ok()) return std::vector<Result<void>>(payloads.size(), endpoint.error());
    return LambdaClient(endpoint.value(), kFunctionName).InvokeEvents(payloads);
  }

  Result<void> Destroy() override {
    std::unique_ptr<Deployment> ending;
    const std::lock_guard lock(mutex_);
    ending = std::move(deployment_);
    return {};
  }

 private:
  Result<std::string> Endpoint() {
    const std::lock_guard lock(mutex_);
    if (!deployment_) return Error{Code::kInvalid, "invoking a function that is not deployed"};
    return deployment_->endpoint();
  }

  const PlatformOptions options_;
  const LocalOptions local_;
  std::mutex mutex_;
  std::unique_ptr<Deployment> deployment_;
};

}  // namespace

Result<std::unique_ptr<Platform>> Open(const PlatformOptions& options, const LocalOptions& local) {
  return std::unique_ptr<Platform>(std::make_unique<LocalPlatform>(options, local));
}

Result<std::unique_ptr<Platform>> Open(const PlatformOptions& options) { return Open(options, LocalOptions{}); }

}  // namespace lambdaml::local
