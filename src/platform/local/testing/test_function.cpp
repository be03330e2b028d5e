// SPDX-License-Identifier: Apache-2.0

// A function for the tests of platforms: does what its event says, {"do": "echo", ...}. Called by the name init_error,
// init_exit or init_hang it does not come up.

#include <dirent.h>
#include <sys/mman.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <thread>

#include "base/environment.h"
#include "base/file.h"
#include "base/log.h"
#include "base/text.h"
#include "platform/runtime/runtime_client.h"

namespace lambdaml {

namespace {

using Json = nlohmann::json;

std::vector<std::string> OpenDescriptors() {
  std::vector<std::string> open;
  for (int fd = 0; fd < 1024; ++fd) {
    std::error_code none;
    const auto target = std::filesystem::read_symlink(StrCat("/proc/self/fd/", fd), none);
    if (!none) open.push_back(StrCat(fd, " ", target.string()));
  }
  return open;
}

Json Self() {
  Json self;
  self["pid"] = getpid();
  self["folder"] = std::filesystem::current_path().string();
  self["descriptors"] = OpenDescriptors();
  self["environment"] = Json::array();
  for (char** entry = environ; *entry != nullptr; ++entry) self["environment"].push_back(*entry);
  return self;
}

[[noreturn]] void SleepForEver() {
  while (true) pause();
}

void AwaitFile(const std::string& path) {
  while (!std::filesystem::exists(path)) std::this_thread::sleep_for(std::chrono::milliseconds(2));
}

void Allocate(std::size_t megabytes) {
  const std::size_t bytes = megabytes << 20U;
  auto* memory = static_cast<char*>(mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
  if (memory == MAP_FAILED) std::abort();
  for (std::size_t at = 0; at < bytes; at += 4096) memory[at] = 1;
}

Result<std::string> Do(const Json& event, Log& log, const Invocation& invocation) {
  const std::string what = event.value("do", "echo");
  if (event.contains("print")) log.Line(event["print"].get<std::string>());
  if (event.contains("touch")) {
    TRY(WriteFileAtomically(event["touch"].get<std::string>(), {}, Durability::kProcess));
  }
  if (what == "echo") return invocation.payload;
  if (what == "self") return Self().dump();
  if (what == "hang") SleepForEver();
  if (what == "exit") _exit(event["status"].get<int>());
  if (what == "abort") std::abort();
  if (what == "await") AwaitFile(event["file"].get<std::string>());
  if (what == "result") return "\"" + std::string(event["bytes"].get<std::size_t>(), 'x') + "\"";
  if (what == "fail") return Error{Code::kInvalid, event["message"].get<std::string>()};
  if (what == "allocate") {
    Allocate(event["megabytes"].get<std::size_t>());
    if (event.value("hold", false)) SleepForEver();
  }
  if (what == "reserve") {
    const std::vector<char> memory(event["megabytes"].get<std::size_t>() << 20U);
    return StrCat(memory.size());
  }
  if (what == "child") {  // that would outlive its parent
    if (fork() == 0) SleepForEver();
  }
  return std::string("{}");
}

FunctionResult Answer(const Invocation& invocation, Log& log) {
  const Json event = Json::parse(invocation.payload, nullptr, /*allow_exceptions=*/false);
  return ToFunctionResult(Do(event.is_object() ? event : Json::object(), log, invocation));
}

int Main(const std::string& name) {
  std::signal(SIGPIPE, SIG_IGN);
  DescriptorLog log(STDOUT_FILENO);
  const Environment environment = Environment::OfProcess();
  RuntimeClient runtime(environment.Get("AWS_LAMBDA_RUNTIME_API"));
  if (name == "init_exit") {
    log.Line("no library");
    return 3;
  }
  if (name == "init_hang") SleepForEver();
  if (name == "init_error") {
    (void)runtime.FailInit({.type = "invalid", .message = "no configuration"});
    return 1;
  }
  const Error end = runtime.Serve([&](const Invocation& invocation) { return Answer(invocation, log); });
  log.Line(end.message);
  return 1;
}

}  // namespace

}  // namespace lambdaml

int main(int /*count*/, char** words) { return lambdaml::Main(std::filesystem::path(words[0]).filename().string()); }
