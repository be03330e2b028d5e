// SPDX-License-Identifier: Apache-2.0
#pragma once

// The contract of storage/store.h as tests, the same for every backend. A backend's test file has one line and says how
// an empty store is opened; it may deviate only through limits().
//
//   INSTANTIATE_TEST_SUITE_P(Memory, StoreConformance, ::testing::Values(StoreMaker{"memory", MakeMemoryStore}));

#include <gtest/gtest.h>

#include <memory>
#include <ostream>
#include <string>

#include "base/clock.h"
#include "storage/store.h"

namespace lambdaml {

struct StoreUnderTest {
  std::shared_ptr<void> ground;  // what the store stands on, removed after it: a folder, a server
  std::unique_ptr<Store> store;
};

struct StoreMaker {
  std::string name;
  StoreUnderTest (*make)(Clock& clock);  // empty

  // Names of tests that cannot pass on one server, though the backend is right, separated by spaces.
  std::string skip = {};
  std::string why = {};

  friend std::ostream& operator<<(std::ostream& out, const StoreMaker& maker) { return out << maker.name; }
};

class StoreConformance : public ::testing::TestWithParam<StoreMaker> {
 protected:
  void SetUp() override;

  Store& store() { return *under_test_.store; }
  const Limits& limits() { return store().limits(); }

  void Write(const std::string& key, std::string_view text);
  // The value as text, or "(absent)".
  std::string Read(const std::string& key);
  std::vector<std::string> Listed(const std::string& prefix);

  SystemClock clock_;

 private:
  StoreUnderTest under_test_ = GetParam().make(clock_);
};

}  // namespace lambdaml
