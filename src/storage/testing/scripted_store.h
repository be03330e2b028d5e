// SPDX-License-Identifier: Apache-2.0
#pragma once

// A store in memory for tests that does what the test says before each call, and may have the limits of a lesser
// channel.

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "base/text.h"
#include "storage/registry.h"

namespace lambdaml {

class ScriptedStore final : public Store {
 public:
  explicit ScriptedStore(Clock& clock)
      : store_(OpenStore("memory:", {.clock = clock}).value()), limits_(store_->limits()) {}

  // Called with the name of each call ("Put", "Get", ...) and its number among those of this name, from 1. An error
  // ends the call before anything is done.
  std::function<Result<void>(std::string_view call, int number)> before;
  // The same when all is done; an error takes the place of the answer.
  std::function<Result<void>(std::string_view call, int number)> after;

  Limits& own_limits() { return limits_; }
  // The values themselves, without what is scripted.
  Store& inner() { return *store_; }

  int Count(const std::string& call) {
    const std::lock_guard lock(mutex_);
    return counts_[call];
  }

  Result<void> Put(std::span<const PutItem> items) override {
    for (const PutItem& item : items) {
      if (item.value.size() <= limits_.value_bytes_max) continue;
      return Error{Code::kInvalid, StrCat(item.key.text(), " is too large: ", item.value.size(), " bytes")};
    }
    return Call("Put", [this, items] { return store_->Put(items); });
  }
  Result<Values> Get(std::span<const Key> keys) override {
    return Call("Get", [this, keys] { return store_->Get(keys); });
  }
  Result<Slices> Read(std::span<const Range> ranges) override {
    return Call("Read", [this, ranges] { return store_->Read(ranges); });
  }
  Result<Values> Wait(std::span<const Key> keys, const WaitOptions& options) override {
    return Call("Wait", [this, keys, &options] {
      return limits_.waits_natively ? store_->Wait(keys, options) : store_->Get(keys);
    });
  }
  Result<std::vector<Entry>> List(const Key& prefix) override {
    return Call("List", [this, &prefix] { return store_->List(prefix); });
  }
  Result<void> Delete(std::span<const Key> keys) override {
    return Call("Delete", [this, keys] { return store_->Delete(keys); });
  }
  const Limits& limits() const override { return limits_; }
  std::string name() const override { return store_->name(); }

 private:
  template <class Work>
  auto Call(const char* name, const Work& work) -> decltype(work()) {
    const int number = Counted(name);
    if (before) TRY(before(name, number));
    auto result = work();
    if (after) TRY(after(name, number));
    return result;
  }

  int Counted(const char* name) {
    const std::lock_guard lock(mutex_);
    return ++counts_[name];
  }

  std::unique_ptr<Store> store_;
  Limits limits_;
  std::mutex mutex_;
  std::map<std::string, int> counts_;
};

}  // namespace lambdaml
