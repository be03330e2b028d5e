// SPDX-License-Identifier: Apache-2.0
#include "cli/preflight_places.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cmath>

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
  std::optional<Check> wrong = {};  // what keeps the place itself from being looked at
};

// Data in files may be read from where nothing may be written.
void FindServer(const StoreOptions& options, Place& place) {
  Result<std::optional<StoreServer>> server = ServerOf(place.url, options);
  if (!server.ok()) {
    place.wrong = Wrong(place.what, std::move(server).error().message);
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
    for (Place* const place : {&data_, &channel_}) FindServer(session_.stores(), *place);
    if (channel_.server && data_.server && channel_.server->address == data_.server->address) channel_.same_as = &data_;
    AskServers();
    for (Place* const place : {&data_, &channel_}) JudgeServer(*place);
    LookAtPlaces();
    places_.checks.insert(places_.checks.end(), {data_check_, channel_check_});
    places_.checks.insert(places_.checks.end(), clocks_.begin(), clocks_.end());
    places_.room_bytes = Asked(channel_).state.ok() ? Asked(channel_).state.value().room_bytes : std::nullopt;
    return std::move(places_);
  }

 private:
  static const Place& Asked(const Place& place) { return place.same_as == nullptr ? place : *place.same_as; }

  void AskServers() {
    for (std::size_t i = 0; i < both_.size(); ++i) {
      Place& place = *both_[i];
      if (!place.server || place.same_as != nullptr || place.wrong) continue;
      background_->Start([this, &place, i] {
        const std::int64_t begin = session_.clock.UnixMs();
        place.state = place.server->ask(kPatience);
        if (place.state.ok()) skews_[i] = SkewOf(place.state.value(), begin, session_.clock.UnixMs());
      });
    }
    background_->Finish();
  }

  void JudgeServer(Place& place) {
    if (place.wrong || !place.server) return;
    const Place& asked = Asked(place);
    if (place.same_as != nullptr) {
      const bool clock = asked.state.ok() && asked.wrong;
      if (asked.wrong) place.wrong = NotChecked(place.what, clock ? "clock" : asked.what);
      return;
    }
    if (!place.state.ok()) {
      const Error& error = place.state.error();
      const bool away = error.code == Code::kUnavailable || error.code == Code::kTimeout;
      place.wrong = Wrong(place.what, StrCat(PrintableUrl(place.url), ": ", error.message,
                                             away ? "; start it, or check the URL and the network" : ""));
      return;
    }
    const std::optional<double>& skew = skews_[&place == &data_ ? 0 : 1];
    if (!skew) return;
    clocks_.push_back(CheckClock(*place.server, *skew));
    if (clocks_.back().verdict == Verdict::kWrong) place.wrong = NotChecked(place.what, "clock");
  }

  void LookAtPlaces() {
    if (data_.wrong) data_check_ = *data_.wrong;
    if (channel_.wrong) channel_check_ = *channel_.wrong;
    if (!data_.wrong) background_->Start([this] { data_check_ = CheckOf("data", LookAtData()); });
    if (!channel_.wrong) background_->Start([this] { LookAtChannel(); });
    background_->Finish();
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

  void LookAtChannel() {
    Result<std::unique_ptr<Store>> store = OpenStore(Impatient(spec_.channel), session_.stores());
    if (!store.ok()) {
      channel_check_ = Wrong("channel", std::move(store).error().message);
      return;
    }
    const Result<Probed> found = Probe(*store.value());
    if (!found.ok()) {
      channel_check_ = Wrong("channel", found.error().message);
      return;
    }
    const auto& [good, doubt] = found.value();
    channel_check_ = doubt.empty() ? Good("channel", good) : Doubtful("channel", StrCat(good, "; ", doubt));
    places_.channel = std::move(store).value();
  }

  struct Probed {
    std::string good;
    std::string doubt = {};  // empty: none
  };

  // Writes a key, which it deletes again.
  Result<Probed> Probe(Store& store) const {
    if (!store.limits().survives_process) {
      return Error{Code::kInvalid,
                   StrCat(store.name(), " lives inside one process and functions are processes of their ",
                          "own: use a channel they share, as file:///tmp/channel")};
    }
    const Key key = Key("probe") / spec_.name / StrCat(session_.clock.UnixMs(), "-", ::getpid());
    TRY(SaveIfAbsent(store, key, AsBytes(kFirst)).Context("not writable"));
    const Result<std::string> doubt = TryConditions(store, key);
    const Result<double> trip = doubt.ok() ? MeasureTrip(store, key) : Result<double>(doubt.error());
    TRY(Remove(store, key));
    Probed probed{.good = StrCat(store.name(), ", a value is read in ", HumanSeconds(TRY(trip)))};
    probed.doubt = doubt.value();
    if (probed.doubt.empty()) probed.doubt = WhyValuesMayGo(store);
    return probed;
  }

  std::string WhyValuesMayGo(const Store& store) const {
    const Place& asked = Asked(channel_);
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
  Place data_{.what = "data", .url = spec_.data};
  Place channel_{.what = "channel", .url = spec_.channel};
  std::array<Place*, 2> both_{&data_, &channel_};
  std::array<std::optional<double>, 2> skews_;
  Check data_check_;
  Check channel_check_;
  std::vector<Check> clocks_;
  Places places_;
  std::unique_ptr<Background> background_ = MakeBackground(2);  // last, so that nothing else goes before its tasks
};

}  // namespace

Places CheckPlaces(const JobSpec& spec, const Session& session) { return PlaceChecks(spec, session).Run(); }

}  // namespace lambdaml
