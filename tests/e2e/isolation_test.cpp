// SPDX-License-Identifier: Apache-2.0

// Nothing passes between workers but the store: a job succeeds although each of its functions sees a file system of its
// own that holds the program, the dataset (read-only), the channel and nothing else, and cannot see another process.

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>

#include "base/clock.h"
#include "base/text.h"
#include "coordination/job_state.h"
#include "job/invocation.h"
#include "job/report.h"
#include "platform/local/local_platform.h"
#include "program.h"
#include "storage/registry.h"

namespace lambdaml::e2e {
namespace {

// Runs a command in the sandbox; $TMPDIR is the function's own scratch folder.
std::vector<std::string> Sandbox(const std::string& data, const std::string& channel, const std::string& programs) {
  const std::string script =
      "exec bwrap --unshare-pid --unshare-ipc --unshare-uts --die-with-parent --proc /proc --dev /dev"
      " --ro-bind /usr /usr --symlink usr/lib /lib --symlink usr/lib64 /lib64"
      " --ro-bind \"" +
      programs + "\" \"" + programs + "\" --ro-bind \"" + data + "\" \"" + data + "\"" + " --bind \"" + channel +
      "\" \"" + channel + "\" --bind \"$TMPDIR\" \"$TMPDIR\" -- \"$@\"";
  return {"/bin/sh", "-c", script, "sandbox"};
}

// Containers often forbid what bubblewrap needs.
bool MayMakeNamespaces() { return std::system("bwrap --unshare-pid --ro-bind / / true 2>/dev/null") == 0; }

TEST(Isolation, WorkersMeetOnlyThroughTheStore) {
  if (!MayMakeNamespaces()) GTEST_SKIP() << "this machine does not let bubblewrap make namespaces";
  Home home;
  ASSERT_EQ(home.Run({"data", "generate", "blobs", "data", "--rows", "2000"}).exit, 0);
  const std::string channel = home / "channel";
  std::filesystem::create_directory(channel);
  const std::string bootstrap = std::filesystem::path(LAMBDAML_PROGRAM).parent_path() / "bootstrap";

  SystemClock clock;
  std::string log;  // outlives the platform, whose functions write it
  const std::string programs = std::filesystem::path(bootstrap).parent_path();
  const auto platform = local::Open({.environment = Environment(), .bootstrap = bootstrap, .clock = clock},
                                    {.launcher = Sandbox(home / "data", channel, programs)});
  ASSERT_TRUE(platform.ok()) << platform.error().message;
  const LogSink sink = [&log](const LogLine& line) { log += line.text + "\n"; };
  ASSERT_TRUE(platform.value()->Deploy({.memory_mb = 512, .timeout_s = 60}, sink).ok());

  JobInvocation trigger;
  trigger.attempt = "1";
  trigger.spec.name = "isolated";
  trigger.spec.data = StrCat("file://", (home / "data").native());
  trigger.spec.channel = StrCat("file://", channel);
  trigger.spec.output = "unused";
  const auto records = OpenStore(trigger.spec.channel, {.clock = clock}).value();
  ASSERT_TRUE(MarkChannel(*records, trigger, 0).ok());
  ASSERT_TRUE(OpenJob(*records, trigger).ok());
  const std::string payload = ToJson(trigger);
  ASSERT_TRUE(platform.value()->InvokeEvents({&payload, 1}).front().ok());
  const Result<JobEnd> end = AwaitEnd(*records, trigger, clock.Now() + kPatience, nullptr);
  ASSERT_TRUE(platform.value()->Destroy().ok());
  ASSERT_TRUE(end.ok()) << end.error().message;
  ASSERT_FALSE(end.value().aborted) << end.value().aborted->message << "\n" << log;
  const std::vector<WorkerReport>& reports = end.value().reports;
  EXPECT_EQ(reports.size(), 4U) << log;
  EXPECT_GT(reports.at(3).train.accuracy, 0.9);
}

}  // namespace
}  // namespace lambdaml::e2e
