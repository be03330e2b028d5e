// SPDX-License-Identifier: Apache-2.0
#include "platform/local/local_platform.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <set>

#include "base/file.h"
#include "base/text.h"
#include "net/http_client.h"
#include "platform/function_error.h"
#include "platform/lambda_client.h"
#include "platform/local/sanitized.h"
#include "platform/platform_conformance.h"

namespace lambdaml {

// gtest finds it by the type's namespace.
void PrintTo(const PlatformMaker& maker, std::ostream* out) { *out << maker.name; }

namespace local {
namespace {

using namespace std::chrono_literals;
using Json = nlohmann::json;

constexpr Clock::Duration kPatience = 20s;

// The system clock, without an owner in the way.
Clock& TestClock() {
  static SystemClock clock;
  return clock;
}

std::unique_ptr<Platform> OpenWith(const LocalOptions& options, const std::string& bootstrap = LAMBDAML_TEST_FUNCTION) {
  return Open({.environment = Environment(), .bootstrap = bootstrap, .clock = TestClock()}, options).value();
}

std::unique_ptr<Platform> OpenForTest() { return OpenWith({}); }

INSTANTIATE_TEST_SUITE_P(Local, PlatformConformance, ::testing::Values(PlatformMaker{"local", OpenForTest}),
                         [](const auto& maker) { return maker.param.name; });

// The state of a process as /proc says it: R, S, T (stopped), Z; nothing if there is none.
char StateOf(pid_t pid) {
  std::ifstream stat(StrCat("/proc/", pid, "/stat"));
  std::string text;
  std::getline(stat, text);  // nothing, too, if the process goes between opening and reading
  const std::size_t name_end = text.rfind(')');
  return name_end == std::string::npos ? '\0' : text[name_end + 2];
}

bool IsGone(pid_t pid) { return StateOf(pid) == '\0' || StateOf(pid) == 'Z'; }

// Waits for something that other processes do; false if it does not come about.
template <class Predicate>
bool Eventually(Predicate predicate) {
  const Clock::Time end = TestClock().Now() + kPatience;
  while (!predicate()) {
    if (TestClock().Now() > end) return false;
    TestClock().SleepUntil(TestClock().Now() + 1ms);
  }
  return true;
}

class LocalPlatformTest : public ::testing::Test {
 protected:
  void Deploy(const FunctionSpec& function, const LocalOptions& options = {},
              const std::string& bootstrap = LAMBDAML_TEST_FUNCTION) {
    platform_ = OpenWith(options, bootstrap);
    const Result<void> deployed = platform_->Deploy(function, log_.Sink());
    ASSERT_TRUE(deployed.ok()) << deployed.error().message;
  }
  void Deploy() { Deploy({.memory_mb = 128, .timeout_s = 30}); }

  Outcome Invoke(const Json& event) {
    Result<Outcome> outcome = platform_->Invoke(event.dump());
    EXPECT_TRUE(outcome.ok()) << outcome.error().message;
    return outcome.ok() ? std::move(outcome).value() : Outcome{};
  }
  Json Self() { return Json::parse(Invoke({{"do", "self"}}).payload); }

  // The function's name for itself: where its Invoke API is.
  std::string Endpoint() {
    const Json self = Self();
    for (const Json& variable : self["environment"]) {
      const std::string text = variable;
      constexpr std::string_view kName = "AWS_ENDPOINT_URL_LAMBDA=";
      if (text.starts_with(kName)) return text.substr(kName.size());
    }
    return "";
  }

  HttpResponse Post(const std::string& target, const std::string& type, const std::string& body) {
    HttpClient http;
    Result<HttpResponse> response =
        http.Send({"POST", Endpoint() + target, {{"X-Amz-Invocation-Type", type}}, body}, kPatience);
    EXPECT_TRUE(response.ok()) << response.error().message;
    return response.ok() ? std::move(response).value() : HttpResponse{};
  }

  // A folder of this test, removed at its end.
  std::string Folder() {
    if (folder_.empty()) {
      folder_ = testing::TempDir() + "/local-platform-XXXXXX";
      EXPECT_NE(mkdtemp(folder_.data()), nullptr);
    }
    return folder_;
  }
  void TearDown() override {
    platform_.reset();
    if (!folder_.empty()) std::filesystem::remove_all(folder_);
  }

  CollectedLog log_;  // outlives the platform
  std::unique_ptr<Platform> platform_;
  std::string folder_;
};

constexpr const char* kInvocations = "/2015-03-31/functions/lambdaml/invocations";

TEST_F(LocalPlatformTest, FunctionSeesOnlyWhatLambdaGivesIt) {
  setenv("LAMBDAML_TEST_SECRET", "must not be seen", 1);
  Deploy();
  const Json self = Self();
  std::set<std::string> names;
  for (const Json& variable : self["environment"]) {
    const std::string text = variable;
    names.insert(text.substr(0, text.find('=')));
  }
  EXPECT_EQ(names, (std::set<std::string>{"_HANDLER", "AWS_ENDPOINT_URL_LAMBDA", "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
                                          "AWS_LAMBDA_FUNCTION_NAME", "AWS_LAMBDA_FUNCTION_VERSION",
                                          "AWS_LAMBDA_INITIALIZATION_TYPE", "AWS_LAMBDA_LOG_GROUP_NAME",
                                          "AWS_LAMBDA_LOG_STREAM_NAME", "AWS_LAMBDA_RUNTIME_API", "LAMBDA_RUNTIME_DIR",
                                          "LAMBDA_TASK_ROOT", "LD_LIBRARY_PATH", "PATH", "TMPDIR", "TZ"}));
  // Besides the three standard ones only the connection to the Runtime API and what its client waits with.
  for (const Json& descriptor : self["descriptors"]) {
    const std::string text = descriptor;
    const std::string target = text.substr(text.find(' ') + 1);
    const bool expected = target == "/dev/null" || target.starts_with("pipe:") || target.starts_with("socket:") ||
                          target.starts_with("anon_inode:");
    EXPECT_TRUE(expected) << text;
  }
  unsetenv("LAMBDAML_TEST_SECRET");
}

TEST_F(LocalPlatformTest, WarmEnvironmentIsReusedAndFrozenInBetween) {
  Deploy();
  const pid_t pid = Self()["pid"];
  EXPECT_TRUE(Eventually([pid] { return StateOf(pid) == 'T'; }));
  EXPECT_EQ(Self()["pid"], pid);
  EXPECT_TRUE(Eventually([pid] { return StateOf(pid) == 'T'; }));
}

TEST_F(LocalPlatformTest, EnvironmentThatDiedWhileFrozenIsReplaced) {
  Deploy();
  const pid_t pid = Self()["pid"];
  kill(pid, SIGKILL);
  ASSERT_TRUE(Eventually([pid] { return IsGone(pid); }));
  // The platform may learn of it during the next invocation, which then fails, as on AWS; the one after that runs.
  (void)platform_->Invoke("{}");
  EXPECT_NE(Self()["pid"], pid);
}

TEST_F(LocalPlatformTest, StartEndAndReportAreLogged) {
  Deploy();
  const std::string cold = Invoke({{"print", "hello"}}).log_tail;
  EXPECT_TRUE(cold.starts_with("START RequestId: ")) << cold;
  for (const char* part : {" Version: $LATEST\nhello\nEND RequestId: ", "\nREPORT RequestId: ", "\tDuration: ",
                           " ms\tBilled Duration: ", "\tMemory Size: 128 MB\tMax Memory Used: ", "\tInit Duration: "}) {
    EXPECT_NE(cold.find(part), std::string::npos) << part << " in " << cold;
  }
  EXPECT_EQ(Invoke(Json::object()).log_tail.find("Init Duration"), std::string::npos);
  EXPECT_NE(log_.lines()[0].instance.find("/[$LATEST]0001"), std::string::npos) << log_.lines()[0].instance;
}

TEST_F(LocalPlatformTest, CrashNamesTheSignal) {
  Deploy();
  const Outcome outcome = Invoke({{"do", "abort"}, {"print", "about to abort"}});
  EXPECT_EQ(outcome.function_error, "Unhandled");
  EXPECT_EQ(ParseFunctionError(outcome.payload).type, "Runtime.ExitError");
  EXPECT_NE(ParseFunctionError(outcome.payload).message.find("signal: aborted"), std::string::npos) << outcome.payload;
  EXPECT_NE(outcome.log_tail.find("about to abort"), std::string::npos);
}

TEST_F(LocalPlatformTest, KilledFromOutsideIsNoticedAtOnce) {
  Deploy({.memory_mb = 128, .timeout_s = 900});
  const pid_t pid = Self()["pid"];
  const std::string here = Folder() + "/here";
  std::jthread killer([&] {
    EXPECT_TRUE(Eventually([&] { return std::filesystem::exists(here); }));
    kill(pid, SIGKILL);
  });
  const Outcome outcome = Invoke({{"do", "hang"}, {"print", "before"}, {"touch", here}});
  EXPECT_EQ(outcome.function_error, "Unhandled");
  EXPECT_NE(outcome.payload.find("signal: killed"), std::string::npos) << outcome.payload;
  EXPECT_NE(outcome.log_tail.find("before"), std::string::npos) << outcome.log_tail;
}

TEST_F(LocalPlatformTest, TimeoutKillsTheEnvironment) {
  Deploy({.memory_mb = 128, .timeout_s = 1});
  const pid_t pid = Self()["pid"];
  const Outcome outcome = Invoke({{"do", "hang"}, {"print", "still here"}});
  EXPECT_EQ(outcome.function_error, "Unhandled");
  const FunctionError error = ParseFunctionError(outcome.payload);
  EXPECT_EQ(error.type, "Sandbox.Timeout");
  EXPECT_NE(error.message.find("Task timed out after 1.00 seconds"), std::string::npos) << error.message;
  EXPECT_NE(outcome.log_tail.find("still here"), std::string::npos);
  EXPECT_TRUE(IsGone(pid));
  EXPECT_NE(Self()["pid"], pid);
}

TEST_F(LocalPlatformTest, TooMuchMemoryIsSaidWithTheLimit) {
  Deploy({.memory_mb = 128, .timeout_s = 30});
  EXPECT_EQ(Invoke({{"do", "allocate"}, {"megabytes", 8}}).function_error, "");
  const Outcome outcome = Invoke({{"do", "allocate"}, {"megabytes", 200}, {"hold", true}});
  EXPECT_EQ(outcome.function_error, "Unhandled");
  const FunctionError error = ParseFunctionError(outcome.payload);
  EXPECT_EQ(error.type, "Runtime.OutOfMemory") << error.message;
  EXPECT_NE(error.message.find("may use 128 MB; raise function.memory_mb"), std::string::npos) << error.message;
}

TEST_F(LocalPlatformTest, AllocationFarBeyondTheLimitIsRefusedAndSaid) {
  if (kSanitized) GTEST_SKIP() << "reserved memory is not bounded under sanitizers";
  Deploy({.memory_mb = 128, .timeout_s = 30});
  const Outcome outcome = Invoke({{"do", "reserve"}, {"megabytes", 2000}});
  EXPECT_EQ(outcome.function_error, "Unhandled");
  const FunctionError error = ParseFunctionError(outcome.payload);
  EXPECT_EQ(error.type, "Runtime.OutOfMemory") << error.message;
  EXPECT_NE(error.message.find("128 MB; raise function.memory_mb"), std::string::npos) << error.message;
}

TEST_F(LocalPlatformTest, ResultThatIsTooLargeIsAFunctionError) {
  Deploy();
  const Outcome outcome = Invoke({{"do", "result"}, {"bytes", kSyncPayloadBytesMax}});
  EXPECT_EQ(outcome.function_error, "Unhandled");
  EXPECT_EQ(ParseFunctionError(outcome.payload).type, "Function.ResponseSizeTooLarge")
      << outcome.payload.substr(0, 200);
  EXPECT_EQ(Invoke(Json::object()).function_error, "");
}

TEST_F(LocalPlatformTest, FunctionThatDoesNotComeUp) {
  const std::pair<std::string, std::string> programs[] = {{"init_exit", "exit status 3"},
                                                          {"init_error", "no configuration"}};
  for (const auto& [name, message] : programs) {
    const std::string program = Folder() + "/" + name;
    std::filesystem::create_symlink(LAMBDAML_TEST_FUNCTION, program);
    Deploy({.memory_mb = 128, .timeout_s = 30}, {}, program);
    const Outcome outcome = Invoke(Json::object());
    EXPECT_EQ(outcome.function_error, "Unhandled");
    EXPECT_NE(outcome.payload.find(message), std::string::npos) << outcome.payload;
    const bool printed = outcome.log_tail.find("no library") != std::string::npos;
    EXPECT_EQ(printed, name == "init_exit") << outcome.log_tail;
  }
}

TEST_F(LocalPlatformTest, ProgramThatIsNotThere) {
  platform_ = OpenWith({}, Folder() + "/nothing");
  EXPECT_EQ(platform_->Deploy({}, {}).error().code, Code::kInvalid);
  std::ofstream(Folder() + "/text") << "not a program";
  std::filesystem::permissions(Folder() + "/text", std::filesystem::perms::owner_all);
  Deploy({}, {}, Folder() + "/text");
  const Result<Outcome> outcome = platform_->Invoke("{}");
  ASSERT_FALSE(outcome.ok());
  EXPECT_NE(outcome.error().message.find("Exec format error"), std::string::npos) << outcome.error().message;
}

TEST_F(LocalPlatformTest, ConcurrencyLimitThrottles) {
  Deploy({.memory_mb = 128, .timeout_s = 30}, {.reserved_concurrency = 1});
  const std::string endpoint = Endpoint();
  const std::string here = Folder() + "/here";
  const std::string go_on = Folder() + "/go-on";
  std::jthread running([&] {
    EXPECT_EQ(Invoke({{"do", "await"}, {"touch", here}, {"file", go_on}}).function_error, "");
  });
  ASSERT_TRUE(Eventually([&] { return std::filesystem::exists(here); }));
  const Result<Outcome> refused = LambdaClient(endpoint, kFunctionName).Invoke("{}", kPatience);
  std::ofstream(go_on) << "now";
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, Code::kUnavailable);
  EXPECT_NE(refused.error().message.find("TooManyRequestsException"), std::string::npos) << refused.error().message;
}

TEST_F(LocalPlatformTest, InvokeApiRefusesByName) {
  Deploy();
  const HttpResponse unknown = Post("/2015-03-31/functions/other/invocations", "RequestResponse", "{}");
  EXPECT_EQ(unknown.status, 404);
  EXPECT_EQ(Find(unknown.headers, "x-amzn-ErrorType"), "ResourceNotFoundException");
  EXPECT_NE(Json::parse(unknown.body)["Message"].get<std::string>().find("Function not found: other"),
            std::string::npos);

  const std::string one_megabyte = StrCat("\"", std::string(kAsyncPayloadBytesMax, 'x'), "\"");
  EXPECT_EQ(Post(kInvocations, "Event", one_megabyte).status, 413);
  EXPECT_EQ(Post(kInvocations, "RequestResponse", one_megabyte).status, 200);
  const HttpResponse large = Post(kInvocations, "RequestResponse", std::string(kSyncPayloadBytesMax + 1, '1'));
  EXPECT_EQ(large.status, 413);
  EXPECT_EQ(Find(large.headers, "x-amzn-ErrorType"), "RequestTooLargeException");

  EXPECT_EQ(Post(kInvocations, "RequestResponse", "{").status, 400);
  EXPECT_EQ(Post(kInvocations, "Sometimes", "{}").status, 400);
  EXPECT_EQ(Post(kInvocations, "DryRun", "{}").status, 204);
  EXPECT_EQ(
      Post("/2015-03-31/functions/arn%3Aaws%3Alambda%3Aus-east-1%3A000000000000%3Afunction%3Alambdaml%3A%24LATEST/"
           "invocations",
           "", "{}")
          .status,
      200);
}

TEST_F(LocalPlatformTest, EventIsAcceptedAtOnceAndRunsLater) {
  Deploy();
  const std::string go_on = Folder() + "/go-on";
  const std::string done = Folder() + "/done";
  const HttpResponse queued = Post(kInvocations, "Event", Json{{"do", "await"}, {"file", go_on}}.dump());
  EXPECT_EQ(queued.status, 202);
  EXPECT_EQ(queued.body, "");
  std::ofstream(go_on) << "now";
  const std::vector<std::string> payloads{Json{{"touch", done}}.dump()};
  EXPECT_TRUE(LambdaClient(Endpoint(), kFunctionName).InvokeEvents(payloads).front().ok());
  EXPECT_TRUE(Eventually([&] { return std::filesystem::exists(done); }));
}

// How often START was logged for each request.
std::map<std::string, int> StartsByRequest(const CollectedLog& log) {
  std::map<std::string, int> starts;
  for (const LogLine& line : log.lines()) {
    constexpr std::string_view kStart = "START RequestId: ";
    if (line.text.starts_with(kStart)) ++starts[line.text.substr(kStart.size(), 36)];
  }
  return starts;
}

TEST_F(LocalPlatformTest, EventThatFailsIsTriedTwiceMoreUnderItsId) {
  Deploy({.memory_mb = 128, .timeout_s = 30}, {.retry_delay_factor = 1e-4});
  EXPECT_EQ(Post(kInvocations, "Event", R"({"do":"fail","message":"no"})").status, 202);
  EXPECT_TRUE(Eventually([&] {
    for (const auto& [id, starts] : StartsByRequest(log_)) {
      if (starts == 3) return true;
    }
    return false;
  }));
}

TEST_F(LocalPlatformTest, EventsMayBeDeliveredTwice) {
  Deploy({.memory_mb = 128, .timeout_s = 30}, {.event_deliveries = 2});
  EXPECT_EQ(Post(kInvocations, "Event", "{}").status, 202);
  EXPECT_TRUE(Eventually([&] {
    for (const auto& [id, starts] : StartsByRequest(log_)) {
      if (starts == 2) return true;
    }
    return false;
  }));
}

TEST_F(LocalPlatformTest, DestroyEndsWhatRunsAndLeavesNothing) {
  Deploy({.memory_mb = 128, .timeout_s = 900});
  const Json self = Self();
  const std::string here = Folder() + "/here";
  std::jthread running([&] {
    const Result<Outcome> outcome = platform_->Invoke(Json{{"do", "hang"}, {"touch", here}}.dump());
    EXPECT_TRUE(!outcome.ok() || outcome.value().function_error == "Unhandled");
  });
  ASSERT_TRUE(Eventually([&] { return std::filesystem::exists(here); }));
  ASSERT_TRUE(platform_->Destroy().ok());
  EXPECT_TRUE(IsGone(self["pid"]));
  EXPECT_FALSE(std::filesystem::exists(self["folder"].get<std::string>()));
  running.join();
  EXPECT_FALSE(log_.Has("rror")) << "of a function that was deleted";
}

TEST_F(LocalPlatformTest, WhatTheFunctionStartedEndsWithIt) {
  Deploy();
  const pid_t pid = Self()["pid"];
  ASSERT_EQ(Invoke({{"do", "child"}}).function_error, "");
  std::ifstream children(StrCat("/proc/", pid, "/task/", pid, "/children"));
  pid_t child = 0;
  children >> child;
  ASSERT_GT(child, 0);
  ASSERT_TRUE(platform_->Destroy().ok());
  EXPECT_TRUE(Eventually([child] { return IsGone(child); }));
}

TEST_F(LocalPlatformTest, LauncherStandsBeforeTheProgram) {
  Deploy({.memory_mb = 128, .timeout_s = 30}, {.launcher = {"/usr/bin/env", "LAUNCHED=yes"}});
  const Json self = Self();
  EXPECT_NE(self["environment"].dump().find("LAUNCHED=yes"), std::string::npos);
}

// Run in a child process: deploys, gets a function to hang, says its pid, and waits to be killed.
[[noreturn]] void DeployAndHang(int out, const std::string& folder) {
  auto platform =
      Open(
          {.environment = Environment({{"TMPDIR", folder}}), .bootstrap = LAMBDAML_TEST_FUNCTION, .clock = TestClock()})
          .value();
  CollectedLog log;
  if (!platform->Deploy({.memory_mb = 128, .timeout_s = 900}, log.Sink()).ok()) _exit(1);
  const Result<Outcome> self = platform->Invoke(R"({"do":"self"})");
  if (!self.ok()) _exit(1);
  const pid_t pid = Json::parse(self.value().payload)["pid"];
  if (write(out, &pid, sizeof(pid)) != sizeof(pid)) _exit(1);
  (void)platform->Invoke(R"({"do":"hang"})");
  _exit(1);
}

TEST(LocalPlatformProcess, NothingSurvivesAKilledParent) {
  std::array<int, 2> ends{};
  ASSERT_EQ(pipe2(ends.data(), O_CLOEXEC), 0);
  FileDescriptor read_end(ends[0]);
  FileDescriptor write_end(ends[1]);
  std::string folder = testing::TempDir() + "/local-platform-XXXXXX";  // nobody removes what a killed parent leaves
  ASSERT_NE(mkdtemp(folder.data()), nullptr);
  const pid_t parent = fork();
  ASSERT_GE(parent, 0);
  if (parent == 0) DeployAndHang(write_end.get(), folder);
  write_end.Close();
  pid_t pid = 0;
  ASSERT_EQ(read(read_end.get(), &pid, sizeof(pid)), static_cast<ssize_t>(sizeof(pid)));
  EXPECT_FALSE(IsGone(pid));
  kill(parent, SIGKILL);
  waitpid(parent, nullptr, 0);
  EXPECT_TRUE(Eventually([pid] { return IsGone(pid); }));
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace local
}  // namespace lambdaml
