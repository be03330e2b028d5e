// SPDX-License-Identifier: Apache-2.0

// A job in a storm: functions, the program that supervises them and the server of its channel are killed, frozen and
// restarted empty at seeded moments. The model is that of a calm run, bit for bit, and nothing is left behind.
// LAMBDAML_FAULT_SEEDS says how many storms there are.

#include <gtest/gtest.h>
#include <signal.h>

#include <algorithm>
#include <cstdlib>
#include <memory>
#include <optional>
#include <random>
#include <sstream>
#include <thread>

#include "program.h"
#include "storage/registry.h"
#include "storage/testing/redis_server.h"

namespace lambdaml::e2e {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kLease{1000};
constexpr int kFaults = 5;  // of one storm

std::map<std::string, std::string> LongJob() {
  return {{"algorithm", "{kind: ga_sgd, learning_rate: 0.1, batch: 60, epochs: 150}"},
          {"evaluate_every", "10"},
          {"recovery", "{lease_s: 1, checkpoint_s: 0.3, attempts: 20}"}};
}

int Seeds() {
  const char* const said = std::getenv("LAMBDAML_FAULT_SEEDS");
  return said == nullptr ? 6 : std::max(1, std::atoi(said));
}

// Without the name of the home folder, which it holds in its data's URL.
std::string ModelIn(const Home& home) {
  std::string model = ReadText(home / "out/model.safetensors");
  const std::string folder = (home / "data").parent_path();
  for (std::size_t at = model.find(folder); at != std::string::npos; at = model.find(folder)) {
    model.replace(at, folder.size(), "HOME");
  }
  return model;
}

// Of a run that nothing disturbs; made once.
const std::string& CalmModel() {
  static const std::string model = [] {
    Home home;
    const Ran ran = home.Run({"train", home.Job(LongJob())});
    EXPECT_EQ(ran.exit, 0) << ran.err;
    EXPECT_TRUE(NothingRuns());
    return ModelIn(home);
  }();
  return model;
}

// A job, the server of its channel if it has one, and what befalls them.
class Storm {
 public:
  explicit Storm(int seed) : random_(static_cast<std::uint64_t>(seed)) {
    std::map<std::string, std::string> changes = LongJob();
    if (seed % 2 == 1) server_ = RedisServer::Launch({}).value();
    if (server_) changes["channel"] = url_ = server_->NewUrl();
    job_ = home_.Job(changes);
  }

  // How the last run of the program ended.
  Ran Run() {
    running_ = home_.Start({"train", job_});
    for (int fault = 0; fault < kFaults && !running_->HasEnded(); ++fault) {
      std::this_thread::sleep_for(milliseconds(Draw(20, 700)));
      Strike();
    }
    return running_->Wait();
  }

  void ExpectNothingLeft() {
    EXPECT_EQ(home_.KeysLeft(), 0U);
    EXPECT_EQ(home_.RecordsLeft(), 0U);
    if (server_) ExpectServerEmpty();
    server_.reset();
    EXPECT_TRUE(NothingRuns());
  }

  std::string model() const { return ModelIn(home_); }

  // What has befallen the job when, and what its functions said to it.
  std::string Told() const {
    std::string text = told_ + "\n";
    std::istringstream events(ReadText(home_ / ".local/state/lambdaml/jobs/tiny/events.jsonl"));
    for (std::string line; std::getline(events, line);) {
      if (line.find("\"epoch\"") == std::string::npos) text += line + "\n";
    }
    return text;
  }

 private:
  void Tell(const std::string& what) { told_ += std::to_string(SystemClock().UnixMs()) + " " + what + "\n"; }

  int Draw(int low, int high) { return std::uniform_int_distribution<int>(low, high)(random_); }

  void Strike() {
    const int what = Draw(0, server_ ? 9 : 7);
    if (what < 4) return KillFunction();
    if (what < 6) return FreezeFunction();
    if (what < 8) return KillProgram();
    RestartServer();
  }

  pid_t AnyFunction() {
    const std::vector<pid_t> functions = running_->Children();
    return functions.empty() ? 0 : functions[static_cast<std::size_t>(Draw(0, static_cast<int>(functions.size()) - 1))];
  }

  void KillFunction() {
    const pid_t function = AnyFunction();
    if (function == 0) return;
    Tell("a function killed");
    ::kill(function, SIGKILL);
  }

  void FreezeFunction() {
    const pid_t function = AnyFunction();
    if (function == 0) return;
    Tell("a function frozen");
    ::kill(function, SIGSTOP);
    std::this_thread::sleep_for(kLease * Draw(5, 20) / 10);
    ::kill(function, SIGCONT);
  }

  // Whether it had got as far as a checkpoint, is what the program itself tells.
  void KillProgram() {
    if (running_->HasEnded()) return;
    Tell("the program killed");
    running_->Signal(SIGKILL);
    running_->Wait();
    const bool may_go_on = home_.Run({"jobs"}).out.find("lambdaml resume tiny") != std::string::npos;
    Tell(may_go_on ? "resumed" : "started anew");
    running_ =
        home_.Start(may_go_on ? std::vector<std::string>{"resume", "tiny"} : std::vector<std::string>{"train", job_});
  }

  void RestartServer() {
    Tell("the server restarted empty");
    server_->Stop();
    std::this_thread::sleep_for(milliseconds(Draw(0, 300)));
    EXPECT_TRUE(server_->Start().ok());
  }

  void ExpectServerEmpty() {
    SystemClock clock;
    const auto store = OpenStore(url_, {.clock = clock, .environment = server_->environment()});
    ASSERT_TRUE(store.ok()) << store.error().message;
    const auto left = store.value()->List(Key());
    ASSERT_TRUE(left.ok()) << left.error().message;
    EXPECT_TRUE(left.value().empty()) << left.value()[0].key.text();
  }

  std::mt19937_64 random_;
  Home home_;
  std::shared_ptr<RedisServer> server_;
  std::string url_;
  std::string job_;
  std::optional<Running> running_;
  std::string told_;
};

class Faults : public ::testing::TestWithParam<int> {};

TEST_P(Faults, ChangeNoBitOfTheModel) {
  const std::string& calm = CalmModel();
  Storm storm(GetParam());
  const Ran ran = storm.Run();
  EXPECT_EQ(ran.exit, 0) << storm.Told() << "\n" << ran.err << ran.out;
  EXPECT_TRUE(storm.model() == calm) << storm.Told();
  storm.ExpectNothingLeft();
}

INSTANTIATE_TEST_SUITE_P(Storms, Faults, ::testing::Range(0, Seeds()));

}  // namespace
}  // namespace lambdaml::e2e
