// SPDX-License-Identifier: Apache-2.0
#include "job/report.h"

#include <gtest/gtest.h>

#include "job/event.h"
#include "job/invocation.h"

namespace lambdaml {
namespace {

JobSpec ExampleSpec() {
  JobSpec spec;
  spec.name = "example";
  spec.data = "file:///data";
  spec.channel = "memory:";
  spec.output = "out";
  spec.workers = 2;
  return spec;
}

WorkerReport ExampleWorker() {
  WorkerReport report;
  report.rank = 1;
  report.rows = 30;
  report.seconds = {.start = 0.25, .load = 0.5, .compute = 1.5, .communicate = 2.5, .wait = 3.5};
  report.requests = 7;
  report.misses = 3;
  report.bytes_sent = 1000;
  report.channel_dollars = 0.0125;
  report.ending = Ending::kTargetLoss;
  report.rounds = 12;
  report.epochs = 1.5;
  report.curve = {
      {.round = 4, .epoch = 0.5, .seconds = 0.1, .loss = 0.75, .accuracy = 0.5, .test = {}},
      {.round = 12, .epoch = 1.5, .seconds = 0.2, .loss = 0.5, .accuracy = 0.75, .test = Metrics{0.6, 0.7, 9}}};
  report.pattern_choices = {{.round = 3, .elements = 40, .pattern = "reduce", .reason = "0.1 s against 0.2 s"}};
  report.train = {0.5, 0.75, 60};
  report.test = Metrics{0.6, 0.7, 9};
  report.model_key = "jobs/example/1/model.safetensors";
  return report;
}

TEST(WorkerReport, JsonRoundTrip) {
  const WorkerReport report = ExampleWorker();
  const Result<WorkerReport> again = ParseWorkerReport(ToJson(report));
  ASSERT_TRUE(again.ok()) << again.error().message;
  EXPECT_EQ(ToJson(again.value()), ToJson(report));
  EXPECT_EQ(again.value().ending, Ending::kTargetLoss);
  EXPECT_EQ(again.value().curve.at(1).test, report.curve.at(1).test);
}

TEST(JobReport, JsonRoundTripAndWhatRanksAgreeOnAtTheTop) {
  JobReport report;
  report.name = "example";
  report.attempt = "17";
  report.version = "1";
  report.spec = ExampleSpec();
  report.workers = {ExampleWorker(), ExampleWorker()};
  const std::string json = ToJson(report);
  EXPECT_NE(json.find("\"status\": \"done\""), std::string::npos);
  EXPECT_LT(json.find("\"test\""), json.find("\"workers\""));
  EXPECT_NE(json.find("\"misses_per_round\": 0.5"), std::string::npos) << json;
  const Result<JobReport> again = ParseJobReport(json);
  ASSERT_TRUE(again.ok()) << again.error().message;
  EXPECT_EQ(ToJson(again.value()), json);
}

TEST(JobReport, AFailedJobTellsHowItsWorkersFailed) {
  JobReport report;
  report.status = "failed";
  report.error = "worker 1: gone";
  report.spec = ExampleSpec();
  report.failures = {
      {.rank = 1, .error = "gone", .last_calls = {}},
      {.rank = 0, .error = "aborted", .last_calls = {"round 1 AllReduce: done", "round 2 Barrier: bad"}}};
  const std::string json = ToJson(report);
  const Result<JobReport> again = ParseJobReport(json);
  ASSERT_TRUE(again.ok()) << again.error().message;
  EXPECT_EQ(ToJson(again.value()), json);
  EXPECT_EQ(again.value().failures.at(1).last_calls, report.failures[1].last_calls);
  const Result<Failure> alone = ParseFailure(ToJson(report.failures[1]));
  ASSERT_TRUE(alone.ok()) << alone.error().message;
  EXPECT_EQ(ToJson(alone.value()), ToJson(report.failures[1]));
  EXPECT_EQ(ParseFailure(R"({"rank":0,"incarnation":1,"error":"x","last_calls":[1]})").error().message,
            "failure: 'last_calls' is not an array of texts");
}

TEST(JobReport, HoldsNoSecretOfAUrl) {
  JobReport report;
  report.spec = ExampleSpec();
  report.spec.channel = "redis://user:secret@host:6379/jobs?token=secret";
  report.spec.data = "s3://bucket/data?token=secret";
  const std::string json = ToJson(report);
  EXPECT_EQ(json.find("secret"), std::string::npos) << json;
  EXPECT_NE(json.find("\"redis://host:6379/jobs\""), std::string::npos) << json;
}

TEST(JobReport, RefusesWhatIsMissing) {
  EXPECT_EQ(ParseJobReport("{}").error().message, "report: 'status' is missing");
  EXPECT_EQ(ParseJobReport("[").error().message, "report: not JSON");
  EXPECT_EQ(ParseWorkerReport(R"({"rank": "x"})").error().message, "worker report: 'rank' is not an integer");
}

TEST(Event, JsonRoundTrip) {
  Event event{.unix_ms = 5, .rank = 2, .kind = "epoch", .message = "a \"quoted\" text", .point = {}, .seconds = {}};
  event.point = ExampleWorker().curve.at(1);
  event.seconds = ExampleWorker().seconds;
  event.epochs_total = 20;
  const Result<Event> again = ParseEvent(ToJson(event));
  ASSERT_TRUE(again.ok()) << again.error().message;
  EXPECT_EQ(ToJson(again.value()), ToJson(event));
  EXPECT_FALSE(ParseEvent("some other output").ok());
}

TEST(JobInvocation, JsonRoundTripAndKeys) {
  const JobInvocation invocation{.part = JobInvocation::Part::kWorker,
                                 .attempt = "99",
                                 .rank = 1,
                                 .launched_unix_ms = 5,
                                 .resumes = "98",
                                 .spec = ExampleSpec()};
  const Result<JobInvocation> again = ParseJobInvocation(ToJson(invocation));
  ASSERT_TRUE(again.ok()) << again.error().message;
  EXPECT_EQ(ToJson(again.value()), ToJson(invocation));
  EXPECT_EQ(invocation.Prefix().text(), "jobs/example/99");
  EXPECT_EQ(invocation.StopKey().text(), "jobs/example/99/stop");
  EXPECT_EQ(invocation.LeaseKey(-1).text(), "records/example/99/lease/trigger");
  EXPECT_EQ(invocation.ReportKey(1).text(), "records/example/99/report/1");
}

TEST(JobInvocation, RefusesARankBeyondTheWorkers) {
  const JobInvocation invocation{
      .part = JobInvocation::Part::kWorker, .attempt = "99", .rank = 2, .launched_unix_ms = 0, .spec = ExampleSpec()};
  EXPECT_EQ(ParseJobInvocation(ToJson(invocation)).error().message, "invocation: rank 2 of 2");
}

}  // namespace
}  // namespace lambdaml
