// SPDX-License-Identifier: Apache-2.0
#include "cli/job_folder.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include "base/text.h"
#include "cli/job_log.h"
#include "cli/testing.h"
#include "job/report.h"

namespace lambdaml {
namespace {

using testing::RunIn;
using testing::TemporaryFolder;

class JobFolderTest : public ::testing::Test {
 protected:
  JobFolder Folder(std::string_view name) { return JobFolder::Of(environment_, name).value(); }

  TemporaryFolder home_;
  Environment environment_{std::map<std::string, std::string>{{"XDG_STATE_HOME", home_ / "state"}}};
};

TEST_F(JobFolderTest, IsBelowTheStateHomeOrTheHome) {
  EXPECT_EQ(Folder("fashion").root(), home_ / "state/lambdaml/jobs/fashion");
  const Environment home(std::map<std::string, std::string>{{"HOME", "/home/ada"}});
  EXPECT_EQ(JobFolder::Of(home, "a").value().root(), "/home/ada/.local/state/lambdaml/jobs/a");
  EXPECT_EQ(JobFolder::Of(Environment(std::map<std::string, std::string>()), "a").error().code, Code::kInvalid);
}

TEST_F(JobFolderTest, RefusesNamesThatLeadElsewhere) {
  for (const std::string_view name : {"", ".", "..", "../x", "a/b"}) {
    EXPECT_FALSE(JobFolder::Of(environment_, name).ok()) << name;
  }
}

TEST_F(JobFolderTest, IsItsOwnersAlone) {
  const JobFolder folder = Folder("fashion");
  ASSERT_TRUE(TakeJob(folder).ok());
  EXPECT_EQ(std::filesystem::status(folder.root()).permissions(), std::filesystem::perms::owner_all);
}

TEST_F(JobFolderTest, ASecondJobOfTheNameIsToldWhoHasIt) {
  const JobFolder folder = Folder("fashion");
  {
    const FileDescriptor taken = TakeJob(folder).value();
    ASSERT_TRUE(WriteFileAtomically(folder.pid(), AsBytes(StrCat(::getpid())), Durability::kProcess).ok());
    const Result<FileDescriptor> second = TakeJob(folder);
    ASSERT_FALSE(second.ok());
    EXPECT_EQ(second.error().code, Code::kConflict);
    EXPECT_EQ(second.error().message,
              StrCat("job 'fashion' is running already (process ", ::getpid(),
                     "): wait for it, end it with `lambdaml stop fashion`, or choose another name"));
    EXPECT_EQ(StatusOf(folder), "running");
    EXPECT_EQ(SupervisorOf(folder), ::getpid());
  }
  EXPECT_EQ(StatusOf(folder), "lost");
  EXPECT_EQ(SupervisorOf(folder), std::nullopt);
  EXPECT_TRUE(TakeJob(folder).ok());
}

TEST_F(JobFolderTest, ANewRunForgetsTheLastOne) {
  const JobFolder folder = Folder("fashion");
  JobReport report;
  report.name = "fashion";
  report.spec.name = "fashion";
  home_.Write("state/lambdaml/jobs/fashion/report.json", ToJson(report));
  home_.Write("state/lambdaml/jobs/fashion/logs/rank-7.log", "old\n");
  EXPECT_EQ(StatusOf(folder), "done");
  const FileDescriptor taken = TakeJob(folder).value();
  EXPECT_FALSE(std::filesystem::exists(folder.report()));
  EXPECT_FALSE(std::filesystem::exists(folder.log(7)));
}

TEST_F(JobFolderTest, FindNamesTheNearestJob) {
  home_.Write("state/lambdaml/jobs/fashion/pid", "1");
  EXPECT_TRUE(JobFolder::Find(environment_, "fashion").ok());
  EXPECT_EQ(JobFolder::Find(environment_, "fasion").error().message,
            "no job 'fasion' was started here; did you mean 'fashion'?");
}

TEST_F(JobFolderTest, CommandsSayWhatBecameOfAJob) {
  EXPECT_EQ(RunIn(home_, {"jobs"}).out, "no job was started here; `lambdaml train JOB.yaml` starts one\n");
  home_.Write("state/lambdaml/jobs/fashion/logs/rank-0.log", "hello\n");
  EXPECT_EQ(RunIn(home_, {"jobs"}).out, "fashion  lost  its supervisor is gone without a report\n");
  EXPECT_EQ(RunIn(home_, {"stop", "fashion"}).out, "job 'fashion' is not running (lost)\n");
  EXPECT_EQ(RunIn(home_, {"logs", "fashion"}).out, "rank-0 | hello\n");
  EXPECT_EQ(RunIn(home_, {"logs", "fashion", "--rank", "3"}).exit, 2);
  EXPECT_EQ(RunIn(home_, {"status", "fasion"}).err,
            "lambdaml: status: no job 'fasion' was started here; did you mean 'fashion'?\n");
}

TEST_F(JobFolderTest, LinesGoToTheLogOfTheRankThatTheInstanceSpokeFor) {
  const JobFolder folder = Folder("fashion");
  JobLog log(folder);
  Event event;
  event.rank = 2;
  event.kind = "loaded";
  event.message = "loaded 10 rows";
  log.Add({.instance = "a", .text = "who am I"});
  log.Add({.instance = "b", .text = "lost"});
  log.Add({.instance = "a", .text = ToJson(event)});
  log.Add({.instance = "a", .text = "terminate called"});
  EXPECT_EQ(TailOf(folder.log(2), 5),
            (std::vector<std::string>{"who am I", "rank 2: loaded 10 rows", "terminate called"}));
  EXPECT_TRUE(TailOf(folder.log(-1), 5).empty());
  log.Flush();
  EXPECT_EQ(TailOf(folder.log(-1), 5), std::vector<std::string>{"lost"});
  EXPECT_EQ(TailOf(folder.log(2), 1), std::vector<std::string>{"terminate called"});
  EXPECT_EQ(TailOf(folder.events(), 5).size(), 1U);
  EXPECT_EQ(log.Take().size(), 1U);
  EXPECT_TRUE(log.Take().empty());
}

}  // namespace
}  // namespace lambdaml
