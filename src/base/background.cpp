// SPDX-License-Identifier: Apache-2.0
#include "base/background.h"

#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

namespace lambdaml {

namespace {

class Threads final : public Background {
 public:
  explicit Threads(std::size_t threads) : threads_max_(threads) {}
  Threads(const Threads&) = delete;
  Threads& operator=(const Threads&) = delete;
  ~Threads() override {
    Finish();
    {
      const std::lock_guard lock(mutex_);
      ended_ = true;
    }
    changed_.notify_all();
    threads_.clear();
  }

  void Start(Task task) override {
    {
      const std::lock_guard lock(mutex_);
      waiting_.push_back(std::move(task));
      ++unfinished_;
      if (idle_ < waiting_.size() && threads_.size() < threads_max_) threads_.emplace_back([this] { Work(); });
    }
    changed_.notify_one();
  }

  void Finish() override {
    std::unique_lock lock(mutex_);
    finished_.wait(lock, [this] { return unfinished_ == 0; });
  }

 private:
  void Work() {
    std::unique_lock lock(mutex_);
    while (true) {
      ++idle_;
      changed_.wait(lock, [this] { return ended_ || !waiting_.empty(); });
      --idle_;
      if (waiting_.empty()) return;
      Task task = std::move(waiting_.front());
      waiting_.pop_front();
      lock.unlock();
      task();
      task = nullptr;  // what it holds goes before anybody hears that it has ended
      lock.lock();
      if (--unfinished_ == 0) finished_.notify_all();
    }
  }

  const std::size_t threads_max_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::condition_variable finished_;
  std::deque<Task> waiting_;
  std::size_t unfinished_ = 0;
  std::size_t idle_ = 0;
  bool ended_ = false;
  std::vector<std::jthread> threads_;
};

}  // namespace

std::unique_ptr<Background> MakeBackground(std::size_t threads) { return std::make_unique<Threads>(threads); }

}  // namespace lambdaml
