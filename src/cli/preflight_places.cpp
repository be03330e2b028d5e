// SPDX-License-Identifier: Apache-2.0
#include "cli/preflight_places.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <span>

#include "base/background.h"
#include "base/text.h"
#include "base/url.h"
#include "cli/place.h"
#include "storage/ops.h"
#include "storage/registry.h"

namespace lambdaml {

namespace {

constexpr std::chrono::seconds kPatience{3};
constexpr std::string_view kRetryBudget = "2s";
constexpr std::size_t kShardsLookedAt = 100;
constexpr std::size_t kTrips = 5;
constexpr std::string_view kFirst = "first";  // of what is put into the channel to try it

constexpr double kSkewDoubtful = 2;  // seconds
constexpr double kSkewWrong = 300;   // DynamoDB refuses signatures that are older, S3 after 15 minutes

// A store that gives up sooner than in a job, unless the job says how long it may try.
std::string Impatient(const std::string& text) {
  const Result<Url> url = Url::Parse(text);
  if (!url.ok() || url.value().scheme == "file" || url.value().query.contains("retry")) return text;
  const std::string_view joint = text.find('?') == std::string::npos ? "?" : text.ends_with('?') ? "" : "&";
  return StrCat(text, joint, "retry=", kRetryBudget);
}

// A place that a server keeps.
struct Place {
  std::string_view what;
  std::string url;
  std::optional<StoreServer> server = {};
  const Place* same_as = nullptr;  // that is on the same server, and is asked for both
  Result<ServerState> state = ServerState{};
  std::optional<double> skew = {};  // of this machine's clock, in seconds
  std::optional<Check> check = {};  // nothing: still to be looked at
};

// Data in files may be read from where nothing may be written.
void FindServer(const StoreOptions& options, Place& place) {
  Result<std::optional<StoreServer>> server = ServerOf(place.url, options);
  if (!server.ok()) {
    place.check = Wrong(place.what, std::move(server).error().message);
    return;
  }
  if (place.what == "data" && !LocalPath(place.url).empty()) return;
  place.server = std::move(server).value();
}

// How many seconds this machine is ahead, at least: the server told its time between `begin` and `end` of this clock.
std::optional<double> SkewOf(const ServerState& state, std::int64_t begin, std::int64_t end) {
  if (!state.unix_ms) return std::nullopt;
  const std::int64_t ahead = begin - (*state.unix_ms + state.precision_ms);
  const std::int64_t behind = *state.unix_ms - end;
  return static_cast<double>(ahead > 0 ? ahead : -std::max<std::int64_t>(behind, 0)) / 1000;
}

Check CheckClock(const StoreServer& server, double skew) {
  const double size = std::abs(skew);
  if (size <= kSkewDoubtful) return Good("clock", StrCat("within ", kSkewDoubtful, " s of that of ", server.address));
  const std::string text = StrCat("this machine's clock is ", HumanSeconds(size), skew > 0 ? " ahead of" : " behind",
                                  " that of ", server.address);
  constexpr std::string_view kRemedy = "set it, for example by `chronyc makestep` or `timedatectl set-ntp true`";
  if (size <= kSkewWrong || !server.checks_clocks) return Doubtful("clock", StrCat(text, ": ", kRemedy));
  return Wrong("clock", StrCat(text, ", which refuses requests signed at such a time: ", kRemedy));
}

class PlaceChecks {
 public:
  PlaceChecks(const JobSpec& spec, const Session& session) : spec_(spec), session_(session) {}

  Places Run() {
    for (Place& place : all_) FindServer(session_.stores(), place);
    for (std::size_t i = 1; i < all_.size(); ++i) ShareServer(all_[i], std::span(all_).first(i));
    for (Place& place : all_) AskServer(place);
    background_->Finish();
    for (Place& place : all_) JudgeServer(place);
    for (Place& place : all_) {
      if (!place.check) background_->Start([this, &place] { LookAt(place); });
    }
    background_->Finish();
    for (Place& place : all_) places_.checks.push_back(std::move(*place.check));
    places_.checks.insert(places_.checks.end(), clocks_.begin(), clocks_.end());
    const Result<ServerState>& channel = Asked(all_[kChannel]).state;
    if (channel.ok()) places_.room_bytes = channel.value().room_bytes;
    return std::move(places_);
  }

 private:
  static constexpr std::size_t kChannel = 1;  // among all_

  static std::vector<Place> PlacesOf(const JobSpec& spec) {
    std::vector<Place> places{{.what = "data", .url = spec.data}, {.what = "channel", .url = spec.channel}};
    const std::string& records = spec.recovery.records;
    if (!records.empty()) places.push_back({.what = "records", .url = records});
    return places;
  }

  static const Place& Asked(const Place& place) { return place.same_as == nullptr ? place : *place.same_as; }

  static void ShareServer(Place& place, std::span<const Place> before) {
    for (const Place& other : before) {
      const bool both = place.server && other.server && other.same_as == nullptr;
      if (both && place.server->address == other.server->address) place.same_as = &other;
    }
  }

  void AskServer(Place& place) {
    if (!place.server || place.same_as != nullptr || place.check) return;
    background_->Start([this, &place] {
      const std::int64_t begin = session_.clock.UnixMs();
      place.state = place.server->ask(kPatience);
      if (place.state.ok()) place.skew = SkewOf(place.state.value(), begin, session_.clock.UnixMs());
    });
  }

  // Of a server that is asked for several places what is wrong is told for the first of them.
  void JudgeServer(Place& place) {
    if (place.check || !place.server) return;
    if (place.same_as != nullptr) {
      const Place& asked = *place.same_as;
      if (asked.check) place.check = NotChecked(place.what, asked.state.ok() ? "clock" : asked.what);
      return;
    }
    if (!place.state.ok()) {
      const Error& error = place.state.error();
      const bool away = error.code == Code::kUnavailable || error.code == Code::kTimeout;
      place.check = Wrong(place.what, StrCat(PrintableUrl(place.url), ": ", error.message,
                                             away ? "; start it, or check the URL and the network" : ""));
      return;
    }
    if (!place.skew) return;
    clocks_.push_back(CheckClock(*place.server, *place.skew));
    if (clocks_.back().verdict == Verdict::kWrong) place.check = NotChecked(place.what, "clock");
  }

  void LookAt(Place& place) {
    if (place.what == "data") {
      place.check = CheckOf(place.what, LookAtData());
    } else {
      LookAtStore(place);
    }
  }

  Result<std::string> LookAtData() {
    OpenDataset dataset = TRY(OpenDatasetAt(Impatient(spec_.data), session_.stores()));
    TRY(LookAtShards(dataset));
    const Split* const train = dataset.manifest.Find("train");
    const std::int64_t rows = train == nullptr ? 0 : static_cast<std::int64_t>(train->rows);
    if (spec_.holdout > 0 && dataset.manifest.Find("test") != nullptr) {
      return Error{Code::kInvalid, StrCat("holdout: ", PrintableUrl(spec_.data),
                                          " has a test split already; remove 'holdout' from the job")};
    }
    places_.manifest = std::move(dataset.manifest);
    return StrCat(HumanCount(rows), " rows of ", HumanCount(static_cast<std::int64_t>(places_.manifest->columns)),
                  " columns in ", PrintableUrl(spec_.data));
  }

  // Whether the shards are there and as long as the manifest says; of very many, some from begin to end.
  Result<void> LookAtShards(const OpenDataset& dataset) const {
    std::vector<const Shard*> shards;
    for (const Split& split : dataset.manifest.splits) {
      for (const Shard& shard : split.shards) shards.push_back(&shard);
    }
    std::vector<const Shard*> looked_at;
    std::vector<Range> ranges;
    const std::size_t count = std::min(shards.size(), kShardsLookedAt);
    for (std::size_t i = 0; i < count; ++i) {
      looked_at.push_back(shards[i * shards.size() / count]);
      ranges.push_back({.key = Key(looked_at.back()->name), .offset = 0, .length = 0});
    }
    const Slices found = TRY(dataset.store->Read(ranges).Context(PrintableUrl(spec_.data)));
    for (std::size_t i = 0; i < found.size(); ++i) {
      if (found[i] && found[i]->value_bytes == looked_at[i]->bytes) continue;
      return Error{Code::kInvalid, StrCat(PrintableUrl(spec_.data), ": ", looked_at[i]->name,
                                          found[i] ? " has another length than the manifest says" : " is missing",
                                          "; import the data again")};
    }
    return {};
  }

  void LookAtStore(Place& place) {
    Result<std::unique_ptr<Store>> store = OpenStore(Impatient(place.url), session_.stores());
    if (!store.ok()) {
      place.check = Wrong(place.what, std::move(store).error().message);
      return;
    }
    const Result<Probed> found = Probe(place, *store.value());
    if (!found.ok()) {
      place.check = Wrong(place.what, found.error().message);
      return;
    }
    const auto& [good, doubt] = found.value();
    place.check = doubt.empty() ? Good(place.what, good) : Doubtful(place.what, StrCat(good, "; ", doubt));
    if (&place == &all_[kChannel]) places_.channel = std::move(store).value();
  }

  struct Probed {
    std::string good;
    std::string doubt = {};  // empty: none
  };

  // Writes a key, which it deletes again.
  Result<Probed> Probe(const Place& place, Store& store) const {
    if (!store.limits().survives_process) {
      return Error{Code::kInvalid,
                   StrCat(store.name(), " lives inside one process and functions are processes of their ",
                          "own: use a channel they share, as file:///tmp/channel")};
    }
    const Key key = Key("probe") / spec_.name / StrCat(place.what, "-", session_.clock.UnixMs(), "-", ::getpid());
    TRY(SaveIfAbsent(store, key, AsBytes(kFirst)).Context("not writable"));
    const Result<std::string> doubt = TryConditions(store, key);
    const Result<double> trip = doubt.ok() ? MeasureTrip(store, key) : Result<double>(doubt.error());
    TRY(Remove(store, key));
    Probed probed{.good = StrCat(store.name(), ", a value is read in ", HumanSeconds(TRY(trip)))};
    probed.doubt = doubt.value();
    if (probed.doubt.empty()) probed.doubt = WhyValuesMayGo(place, store);
    return probed;
  }

  static std::string WhyValuesMayGo(const Place& place, const Store& store) {
    const Place& asked = Asked(place);
    if (asked.state.ok() && !asked.state.value().caution.empty()) return asked.state.value().caution;
    return store.limits().keeps_everything ? "" : "it may drop values when it is full";
  }

  // Of several writers exactly one may win. `key` holds kFirst. Returns a doubt, or nothing.
  static Result<std::string> TryConditions(Store& store, const Key& key) {
    const auto refuse = [&store](std::string_view what) {
      return Error{Code::kInvalid,
                   StrCat(store.name(), ": ", what, ", so two workers could both win: use another channel")};
    };
    const Result<void> again = SaveIfAbsent(store, key, AsBytes("again"));
    if (again.ok()) return refuse("it puts a value \"if absent\" where there is one");
    if (again.error().code != Code::kConflict) return again.error();
    const Result<void> late = Replace(store, key, AsBytes("third"), AsBytes("second"));
    if (late.ok()) return refuse("it puts a value \"if equal\" where there is another one");
    if (late.error().code != Code::kConflict) return late.error();
    const Result<void> replaced = Replace(store, key, AsBytes(kFirst), AsBytes(kFirst));
    if (replaced.ok()) return std::string();
    if (replaced.error().code != Code::kConflict) return replaced.error();
    return std::string("it never puts a value \"if equal\", so no worker can take over from another one");
  }

  // The median of a few.
  Result<double> MeasureTrip(Store& store, const Key& key) const {
    std::array<double, kTrips> trips{};
    for (double& trip : trips) {
      const Clock::Time begin = session_.clock.Now();
      if (TRY(Load(store, key)).text() != kFirst) {
        return Error{Code::kInvalid, StrCat(store.name(), ": what was put is not what is read: use another channel")};
      }
      trip = Seconds(session_.clock.Now() - begin);
    }
    std::ranges::sort(trips);
    return trips[kTrips / 2];
  }

  const JobSpec& spec_;
  const Session& session_;
  std::vector<Place> all_ = PlacesOf(spec_);
  std::vector<Check> clocks_;
  Places places_;
  std::unique_ptr<Background> background_ = MakeBackground(3);  // last, so that nothing else goes before its tasks
};

}  // namespace

Places CheckPlaces(const JobSpec& spec, const Session& session) { return PlaceChecks(spec, session).Run(); }

}  // namespace lambdaml
