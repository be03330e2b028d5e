// SPDX-License-Identifier: Apache-2.0
#include "cli/clean.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include "base/text.h"
#include "cli/testing.h"
#include "storage/ops.h"
#include "storage/registry.h"

namespace lambdaml::testing {
namespace {

class Clean : public ::testing::Test {
 protected:
  JobFolder Folder(std::string_view name) { return JobFolder::Of(environment_, name).value(); }

  // A job that was started here, with values of its own in the channel.
  void Started(const std::string& name, const std::vector<std::string>& keys) {
    home_.Write(StrCat("state/lambdaml/jobs/", name, "/spec.json"), ToJson(Spec(name)));
    for (const std::string& key : keys) ASSERT_TRUE(Save(*store_, Key("jobs") / name / key, AsBytes("12345")).ok());
  }

  void Killed(const std::string& name) {
    home_.Write(StrCat("state/lambdaml/jobs/", name, "/attempt.json"),
                ToJson(JobInvocation{.attempt = "7", .spec = Spec(name)}));
    ASSERT_TRUE(LostAttempt(Folder(name)).has_value());
  }

  // A job file.
  std::string Text(const std::string& name) const {
    return StrCat("name: ", name,
                  "\ndata: /none\nmodel: {kind: logistic}\nalgorithm: {kind: ga_sgd}\nchannel: ", channel_,
                  "\noutput: out\n");
  }

  JobSpec Spec(const std::string& name) const { return ParseJobSpec(Text(name), "test").value(); }

  std::vector<std::string> Keys() {
    std::vector<std::string> keys;
    for (const Entry& entry : store_->List(Key()).value()) keys.push_back(entry.key.text());
    return keys;
  }

  TemporaryFolder home_;
  Environment environment_{{{"HOME", home_.path()}, {"XDG_STATE_HOME", home_ / "state"}}};
  SystemClock clock_;
  std::string channel_ = StrCat("file://", home_ / "channel");
  std::unique_ptr<Store> store_ = OpenStore(channel_, {.clock = clock_}).value();
};

TEST_F(Clean, RemovesWhatTheNamedJobLeftAndNothingElse) {
  Started("a", {"7/x", "7/y", "8/z"});
  Started("ab", {"7/x"});
  ASSERT_TRUE(Save(*store_, Key("jobs/b"), {}).ok());
  Killed("a");
  const Ran ran = RunIn(home_, {"clean", "a"});
  EXPECT_EQ(ran.exit, 0) << ran.err;
  EXPECT_EQ(ran.out, StrCat("a: 3 keys, 15 B removed from ", channel_, "\n"));
  EXPECT_EQ(Keys(), (std::vector<std::string>{"jobs/ab/7/x", "jobs/b"}));
  EXPECT_FALSE(LostAttempt(Folder("a")).has_value());
  EXPECT_EQ(RunIn(home_, {"clean", "a"}).out, StrCat("a: nothing is left in ", channel_, "\n"));
}

TEST_F(Clean, WithoutAJobDoesAllThatWereStartedHereAndDoNotRun) {
  Started("a", {"1/x"});
  Started("b", {"1/x"});
  Started("c", {"1/x"});
  ASSERT_TRUE(Save(*store_, Key("jobs/elsewhere/1/x"), {}).ok());
  const FileDescriptor lock = TakeJob(Folder("b")).value();
  const Ran ran = RunIn(home_, {"clean"});
  EXPECT_EQ(ran.exit, 0) << ran.err;
  EXPECT_EQ(ran.out, StrCat("b: is running\na: 1 key, 5 B removed from ", channel_, "\nc: 1 key, 5 B removed from ",
                            channel_, "\n"));
  EXPECT_EQ(Keys(), (std::vector<std::string>{"jobs/b/1/x", "jobs/elsewhere/1/x"}));
}

TEST_F(Clean, ADryRunListsAndLeaves) {
  Started("a", {"1/x", "1/y"});
  Killed("a");
  const Ran ran = RunIn(home_, {"clean", "a", "--dry-run"});
  EXPECT_EQ(ran.out, StrCat("jobs/a/1/x\njobs/a/1/y\na: 2 keys, 10 B would be removed from ", channel_, "\n"));
  EXPECT_EQ(Keys().size(), 2U);
  EXPECT_TRUE(LostAttempt(Folder("a")).has_value());
}

TEST_F(Clean, RefusesAJobThatRuns) {
  const FileDescriptor lock = TakeJob(Folder("a")).value();
  Started("a", {"1/x"});
  Killed("a");
  const Ran ran = RunIn(home_, {"clean", "a"});
  EXPECT_EQ(ran.exit, 2);
  EXPECT_EQ(
      ran.err,
      "lambdaml: clean: job 'a' is running: end it with `lambdaml stop a`, which leaves nothing in its channel\n");
  EXPECT_EQ(Keys().size(), 1U);
}

TEST_F(Clean, TakesAJobFileForAJobOfAnotherMachine) {
  Started("a", {"1/x"});
  std::filesystem::remove_all(Folder("a").root());
  EXPECT_EQ(RunIn(home_, {"clean", "a"}).exit, 2);
  const std::string file = home_.Write("a.yaml", Text("a"));
  const Ran ran = RunIn(home_, {"clean", file});
  EXPECT_EQ(ran.exit, 0) << ran.err;
  EXPECT_EQ(Keys().size(), 0U);
  EXPECT_FALSE(std::filesystem::exists(Folder("a").root()));
}

TEST_F(Clean, GoesOnAfterAnErrorAndTellsAll) {
  Started("a", {"1/x"});
  home_.Write("state/lambdaml/jobs/b/pid", "1");
  const Ran ran = RunIn(home_, {"clean", "b", "none", "a"});
  EXPECT_EQ(ran.exit, 2);
  EXPECT_EQ(ran.err,
            "lambdaml: clean: job 'b' has not told its channel: give its job file, `lambdaml clean JOB.yaml`\n"
            "lambdaml: clean: no job 'none' was started here; `lambdaml jobs` lists them\n");
  EXPECT_EQ(Keys().size(), 0U);
}

}  // namespace
}  // namespace lambdaml::testing
