// SPDX-License-Identifier: Apache-2.0
#include "storage/settings.h"

#include <gtest/gtest.h>

#include "storage/registry.h"

namespace lambdaml {
namespace {

using std::chrono::hours;
using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::seconds;

TEST(ParseDuration, ReadsANumberAndAUnit) {
  EXPECT_EQ(ParseDuration("500us"), microseconds(500));
  EXPECT_EQ(ParseDuration("100ms"), milliseconds(100));
  EXPECT_EQ(ParseDuration("1.5s"), milliseconds(1500));
  EXPECT_EQ(ParseDuration("2m"), seconds(120));
  EXPECT_EQ(ParseDuration("1h"), hours(1));
  EXPECT_EQ(ParseDuration("7d"), hours(168));
  EXPECT_EQ(ParseDuration("0"), seconds(0));
  for (const char* const wrong :
       {"", "s", "5", "-5s", "5 s", "5S", "1e3s", "1.2.3s", "nan", "inf", "infs", "9999999999h"}) {
    EXPECT_FALSE(ParseDuration(wrong).has_value()) << wrong;
  }
}

TEST(ParseBytes, ReadsANumberAndAUnit) {
  EXPECT_EQ(ParseBytes("1500"), 1500U);
  EXPECT_EQ(ParseBytes("50MB"), 50'000'000U);
  EXPECT_EQ(ParseBytes("1GiB"), 1U << 30U);
  EXPECT_EQ(ParseBytes("1.5KiB"), 1536U);
  EXPECT_EQ(ParseBytes("0"), 0U);
  for (const char* const wrong : {"", "MB", "-1", "5mb", "5 MB", "99999999TB"}) {
    EXPECT_FALSE(ParseBytes(wrong).has_value()) << wrong;
  }
}

TEST(LayerSettings, AreTakenOutOfTheUrl) {
  Url url = Url::Parse(
                "redis://host/x?retry=2m&db=3&checksum=on&latency=20ms&spread=5ms&bandwidth=50MB&connection=7MB&chaos=9"
                "&errors=0.25&lost=0.5&delays=1&stale=0")
                .value();
  const LayerSettings settings = TakeLayerSettings(url).value();
  EXPECT_EQ(url.query, (std::map<std::string, std::string>{{"db", "3"}}));
  EXPECT_EQ(settings.retry, seconds(120));
  EXPECT_TRUE(settings.checksum);
  EXPECT_EQ(settings.latency->latency, milliseconds(20));
  EXPECT_EQ(settings.latency->spread, milliseconds(5));
  EXPECT_EQ(settings.latency->bytes_per_second, 5e7);
  EXPECT_EQ(settings.latency->connection_bytes_per_second, 7e6);
  EXPECT_EQ(settings.chaos->seed, 9U);
  EXPECT_EQ(settings.chaos->errors, 0.25);
  EXPECT_EQ(settings.chaos->lost_replies, 0.5);
  EXPECT_EQ(settings.chaos->delays, 1);
  EXPECT_EQ(settings.chaos->stale_lists, 0);
}

TEST(LayerSettings, AreOffUnlessSet) {
  Url url = Url::Parse("memory:").value();
  const LayerSettings settings = TakeLayerSettings(url).value();
  EXPECT_FALSE(settings.retry.has_value());
  EXPECT_FALSE(settings.checksum);
  EXPECT_FALSE(settings.latency.has_value());
  EXPECT_FALSE(settings.chaos.has_value());
  url = Url::Parse("memory:?retry=off").value();
  EXPECT_EQ(TakeLayerSettings(url).value().retry, seconds(0));
}

TEST(LayerSettings, TellWhatIsAllowed) {
  SystemClock clock;
  const auto message = [&clock](const std::string& query) {
    const auto store = OpenStore("memory:?" + query, {.clock = clock});
    EXPECT_FALSE(store.ok()) << query;
    if (store.ok()) return std::string();
    EXPECT_EQ(store.error().code, Code::kInvalid);
    return store.error().message;
  };
  EXPECT_EQ(message("retry=soon"), "memory:: retry=soon must be a duration such as 30s or 2m, or off");
  EXPECT_EQ(message("checksum=yes"), "memory:: checksum=yes must be on or off");
  EXPECT_EQ(message("latency=20"), "memory:: latency=20 must be a duration such as 20ms, 1.5s or 2m");
  EXPECT_EQ(message("spread="), "memory:: spread= must be a duration such as 20ms, 1.5s or 2m");
  EXPECT_EQ(message("bandwidth=0"), "memory:: bandwidth=0 must be bytes per second such as 50MB or 1GiB");
  EXPECT_EQ(message("connection=fast"), "memory:: connection=fast must be bytes per second such as 50MB or 1GiB");
  EXPECT_EQ(message("chaos=1&errors=2"), "memory:: errors=2 must be a share of calls from 0 to 1");
  EXPECT_EQ(message("chaos=1&lost=nan"), "memory:: lost=nan must be a share of calls from 0 to 1");
  EXPECT_EQ(message("chaos=much"), "memory:: chaos=much must be a whole number, the seed");
  EXPECT_EQ(message("errors=0.1"), "memory:: errors=0.1 needs chaos=SEED beside it");
  EXPECT_NE(message("name=x"), "");  // for the backend to refuse
}

}  // namespace
}  // namespace lambdaml
