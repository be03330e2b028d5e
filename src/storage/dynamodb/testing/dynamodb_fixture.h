// SPDX-License-Identifier: Apache-2.0
#pragma once

// One dynalite for all tests of a program, and stores on it.

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "base/text.h"
#include "storage/dynamodb/dynamodb_store.h"
#include "storage/registry.h"
#include "storage/testing/dynalite.h"

namespace lambdaml::dynamodb {

inline std::shared_ptr<Dynalite> DynaliteServer() {
  static const Result<std::shared_ptr<Dynalite>> server = Dynalite::Launch();
  EXPECT_TRUE(server.ok()) << server.error().message;
  return server.value();
}

// The machine's clock, set ahead by the test.
class ShiftedClock final : public Clock {
 public:
  Time Now() const override { return clock_.Now(); }
  void SleepUntil(Time time) override { clock_.SleepUntil(time); }
  std::int64_t UnixMs() const override { return clock_.UnixMs() + ahead_ms_; }
  void Advance(std::chrono::milliseconds by) { ahead_ms_ += by.count(); }

 private:
  SystemClock clock_;
  std::int64_t ahead_ms_ = 0;
};

class DynamoDbTest : public ::testing::Test {
 protected:
  std::unique_ptr<Store> Open(const std::string& url) {
    auto store = OpenStore(url, {.clock = clock_, .environment = DynaliteServer()->environment()});
    EXPECT_TRUE(store.ok()) << store.error().message;
    return std::move(store).value();
  }

  // Without any layer.
  std::unique_ptr<Store> OpenBare(const std::string& url, Clock& clock) {
    auto store =
        dynamodb::Open(Url::Parse(url).value(), {.clock = clock, .environment = DynaliteServer()->environment()});
    EXPECT_TRUE(store.ok()) << store.error().message;
    return std::move(store).value();
  }

  ShiftedClock clock_;
};

inline std::vector<PutItem> Items(const std::vector<std::string>& keys) {
  std::vector<PutItem> items;
  for (const std::string& key : keys) items.push_back({.key = Key(key), .value = AsBytes(key)});
  return items;
}

inline std::vector<std::string> Numbered(std::size_t count) {
  std::vector<std::string> keys;
  for (std::size_t i = 0; i < count; ++i) keys.push_back(StrCat("key/", i));
  return keys;
}

inline void ExpectAll(Store& store, const std::vector<std::string>& texts) {
  std::vector<Key> keys;
  for (const std::string& text : texts) keys.emplace_back(text);
  const auto values = store.Get(keys);
  ASSERT_TRUE(values.ok()) << values.error().message;
  for (std::size_t i = 0; i < texts.size(); ++i) {
    ASSERT_TRUE(values.value()[i].has_value()) << texts[i];
    EXPECT_EQ(values.value()[i]->text(), texts[i]);
  }
}

}  // namespace lambdaml::dynamodb
