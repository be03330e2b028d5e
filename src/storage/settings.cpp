// SPDX-License-Identifier: Apache-2.0
#include "storage/settings.h"

#include <array>
#include <cmath>
#include <string>
#include <utility>

#include "base/text.h"

namespace lambdaml {

namespace {

struct Unit {
  std::string_view name;
  double size;
};

constexpr std::array kTimes{Unit{"us", 1e-6}, Unit{"ms", 1e-3},  Unit{"s", 1},
                            Unit{"m", 60},    Unit{"h", 3600.0}, Unit{"d", 86400.0}};

constexpr std::array kSizes{Unit{"", 1},           Unit{"B", 1},         Unit{"KB", 1e3},     Unit{"MB", 1e6},
                            Unit{"GB", 1e9},       Unit{"TB", 1e12},     Unit{"KiB", 1024.0}, Unit{"MiB", 0x1.0p20},
                            Unit{"GiB", 0x1.0p30}, Unit{"TiB", 0x1.0p40}};

constexpr double kCenturySeconds = 100.0 * 365.25 * 86400.0;
constexpr double kBytesMax = 0x1.0p53;

// What a number and a unit come to, from 0 to `max`.
std::optional<double> ParseMeasure(std::string_view text, std::span<const Unit> units, double max) {
  const std::size_t digits = std::min(text.find_first_not_of("0123456789."), text.size());
  const std::optional<double> number = ParseDouble(text.substr(0, digits));
  if (!number || !std::isfinite(*number)) return std::nullopt;
  for (const Unit& unit : units) {
    const double measure = *number * unit.size;
    if (unit.name == text.substr(digits) && measure <= max) return measure;
  }
  return std::nullopt;
}

// Reads the settings of one URL and takes what it reads out of it.
class Reader {
 public:
  explicit Reader(Url& url) : url_(url), where_(url.Printable()) {}

  // The value as `parse` reads it, nothing if it is not set, or an error that says what is allowed.
  template <class Parse>
  auto Take(const std::string& name, const Parse& parse, std::string_view allowed) -> Result<decltype(parse(""))> {
    const auto at = url_.query.find(name);
    if (at == url_.query.end()) return decltype(parse(""))();
    const std::string given = at->second;
    url_.query.erase(at);
    auto value = parse(given);
    if (!value) return Wrong(name, given, allowed);
    return value;
  }

  Result<std::optional<Clock::Duration>> Duration(const std::string& name) {
    return Take(name, ParseDuration, "a duration such as 20ms, 1.5s or 2m");
  }

  Result<double> Share(const std::string& name) {
    const auto parse = [](std::string_view text) {
      const std::optional<double> share = ParseDouble(text);
      return share && *share >= 0 && *share <= 1 ? share : std::nullopt;
    };
    return TRY(Take(name, parse, "a share of calls from 0 to 1")).value_or(0);
  }

  Error Wrong(std::string_view name, std::string_view given, std::string_view allowed) const {
    return {Code::kInvalid, StrCat(where_, ": ", name, "=", given, " must be ", allowed)};
  }

  Error Alone(const std::string& name) const {
    return {Code::kInvalid, StrCat(where_, ": ", name, "=", url_.query.at(name), " needs chaos=SEED beside it")};
  }

  bool Has(const std::string& name) const { return url_.query.contains(name); }

 private:
  Url& url_;
  std::string where_;
};

std::optional<Clock::Duration> ParseBudget(std::string_view text) {
  return text == "off" ? Clock::Duration::zero() : ParseDuration(text);
}

std::optional<bool> ParseSwitch(std::string_view text) {
  if (text != "on" && text != "off") return std::nullopt;
  return text == "on";
}

Result<std::optional<ChaosOptions>> TakeChaos(Reader& reader) {
  constexpr std::string_view kSeed = "a whole number, the seed";
  for (const char* const name : {"errors", "lost", "delays", "stale"}) {
    if (reader.Has(name) && !reader.Has("chaos")) return reader.Alone(name);
  }
  const std::optional<std::int64_t> seed = TRY(reader.Take("chaos", ParseInteger, kSeed));
  if (!seed) return std::optional<ChaosOptions>();
  ChaosOptions options{.seed = static_cast<std::uint64_t>(*seed)};
  options.errors = TRY(reader.Share("errors"));
  options.lost_replies = TRY(reader.Share("lost"));
  options.delays = TRY(reader.Share("delays"));
  options.stale_lists = TRY(reader.Share("stale"));
  return std::optional(options);
}

Result<std::optional<LatencyOptions>> TakeLatency(Reader& reader) {
  const auto rate = [](std::string_view text) {
    const std::optional<std::uint64_t> bytes = ParseBytes(text);
    return bytes && *bytes > 0 ? bytes : std::nullopt;
  };
  const auto latency = TRY(reader.Duration("latency"));
  const auto spread = TRY(reader.Duration("spread"));
  constexpr std::string_view kRate = "bytes per second such as 50MB or 1GiB";
  const auto bandwidth = TRY(reader.Take("bandwidth", rate, kRate));
  const auto connection = TRY(reader.Take("connection", rate, kRate));
  if (!latency && !spread && !bandwidth && !connection) return std::optional<LatencyOptions>();
  return std::optional(LatencyOptions{.latency = latency.value_or(Clock::Duration()),
                                      .spread = spread.value_or(Clock::Duration()),
                                      .bytes_per_second = static_cast<double>(bandwidth.value_or(0)),
                                      .connection_bytes_per_second = static_cast<double>(connection.value_or(0))});
}

}  // namespace

std::optional<Clock::Duration> ParseDuration(std::string_view text) {
  if (text == "0") return Clock::Duration::zero();
  const std::optional<double> seconds = ParseMeasure(text, kTimes, kCenturySeconds);
  if (!seconds) return std::nullopt;
  return FromSeconds(*seconds);
}

std::optional<std::uint64_t> ParseBytes(std::string_view text) {
  const std::optional<double> bytes = ParseMeasure(text, kSizes, kBytesMax);
  if (!bytes) return std::nullopt;
  return static_cast<std::uint64_t>(*bytes);
}

Result<LayerSettings> TakeLayerSettings(Url& url) {
  Reader reader(url);
  LayerSettings settings;
  settings.retry = TRY(reader.Take("retry", ParseBudget, "a duration such as 30s or 2m, or off"));
  settings.checksum = TRY(reader.Take("checksum", ParseSwitch, "on or off")).value_or(false);
  settings.latency = TRY(TakeLatency(reader));
  settings.chaos = TRY(TakeChaos(reader));
  return settings;
}

}  // namespace lambdaml
