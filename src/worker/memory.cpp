// SPDX-License-Identifier: Apache-2.0
#include "worker/memory.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "base/file.h"
#include "base/text.h"
#include "comm/registry.h"
#include "model/registry.h"
#include "worker/catalog.h"

namespace lambdaml {

namespace {

constexpr double kFloat = sizeof(float);

// Program, threads and what a finished job leaves in the heap; more where it speaks to servers.
constexpr double kProcess = 4 * kFunctionMegabyte;
constexpr double kNetwork = 3 * kFunctionMegabyte;

// A forecast may be too high by a fifth, and by this much where it is small.
constexpr double kTooHighShare = 0.2;
constexpr double kTooHighBytes = 32 * kFunctionMegabyte;

constexpr std::string_view kCheckpoint = "a checkpoint";

constexpr std::int64_t kMemoryMbMax = 10240;
constexpr std::int64_t kWorkersMax = 1000;

// Threads of a rank's collective calls, each of which has one stripe in hand.
constexpr double kStripesAtOnce = 4;
constexpr double kPiecesHeld = 16;
// Of what others send for the stripes in hand so much is there at once: it comes one after another.
constexpr double kArrived = 0.75;
// Five of a sum of stale totals, and buffers of the last one that caught up.
constexpr double kStaleVectors = 6.5;

std::string_view SchemeOf(std::string_view url) { return url.substr(0, url.find(':')); }

// What one rank takes of a split; a shard that it needs a row of it takes whole.
struct Taken {
  double rows = 0;
  double values = 0;
  double shard_bytes = 0;
  double unmapped_bytes = 0;  // of shards that a store of files reads: mapping pays for larger ones only
  double largest_shard = 0;
};

void Add(const Shard& shard, std::uint64_t rows, Taken& taken) {
  const auto bytes = static_cast<double>(shard.bytes);
  taken.rows += static_cast<double>(rows);
  taken.values += static_cast<double>(shard.values) * static_cast<double>(rows) / static_cast<double>(shard.rows);
  taken.shard_bytes += bytes;
  if (shard.bytes < kMapBytesMin) taken.unmapped_bytes += bytes;
  taken.largest_shard = std::max(taken.largest_shard, bytes);
}

// The most of each that any rank takes.
Taken MostOf(const Split* split, std::int64_t workers) {
  Taken most;
  if (split == nullptr) return most;
  std::size_t first = 0;     // shard of the rank's first row
  std::uint64_t before = 0;  // rows of the shards before that one
  for (std::int64_t rank = 0; rank < workers; ++rank) {
    const RowRange range = PartOf(split->rows, static_cast<int>(rank), static_cast<int>(workers));
    if (range.rows() == 0) break;
    while (before + split->shards[first].rows <= range.begin) before += split->shards[first++].rows;
    Taken own;
    std::uint64_t begin = before;
    for (std::size_t i = first; begin < range.end; begin += split->shards[i++].rows) {
      Add(split->shards[i], std::min(range.end, begin + split->shards[i].rows) - std::max(range.begin, begin), own);
    }
    most = {.rows = std::max(most.rows, own.rows),
            .values = std::max(most.values, own.values),
            .shard_bytes = std::max(most.shard_bytes, own.shard_bytes),
            .unmapped_bytes = std::max(most.unmapped_bytes, own.unmapped_bytes),
            .largest_shard = std::max(most.largest_shard, own.largest_shard)};
  }
  return most;
}

class Forecast {
 public:
  Forecast(const JobSpec& spec, const Manifest& manifest, const Model& model)
      : spec_(spec),
        sparse_(manifest.sparse),
        columns_(static_cast<double>(manifest.columns)),
        workers_(static_cast<double>(spec.workers)),
        processors_(static_cast<double>(ProcessorsOf(spec.function.memory_mb))),
        parameters_(static_cast<double>(model.parameter_count())),
        vector_(parameters_ * kFloat),
        train_(MostOf(manifest.Find("train"), spec.workers)),
        test_(MostOf(manifest.Find("test"), spec.workers)) {}

  MemoryForecast Make() const {
    const bool clusters = spec_.algorithm.kind == "em";
    MemoryForecast forecast{.uses = {{"the rows' index", Index() + Batches()},
                                     {"shards", Shards()},
                                     {"standardised rows", Standardised()},
                                     {"parameters", 3 * vector_},  // now, and at the two points to come back to
                                     {spec_.algorithm.kind, clusters ? OfClusters() : OfDescent()},
                                     {"exchange", OfExchange()},
                                     {kCheckpoint, OfCheckpoint()},
                                     {"the process", kProcess + (UsesNetwork() ? kNetwork : 0)}},
                            .vector_bytes = vector_};
    std::ranges::sort(forecast.uses, std::ranges::greater{}, &MemoryUse::bytes);
    return forecast;
  }

 private:
  double Setting(std::string_view name) const { return ParseDouble(SettingInForce(spec_.algorithm, name)).value_or(0); }
  bool Has(std::string_view name, std::string_view value) const {
    return SettingInForce(spec_.algorithm, name) == value;
  }
  bool UsesNetwork() const { return SchemeOf(spec_.data) != "file" || SchemeOf(spec_.channel) != "file"; }

  // A reference to each row and its label.
  double RowBytes() const { return kFloat + static_cast<double>(sparse_ ? sizeof(SparseRow) : sizeof(const float*)); }

  // With a hold-out, rows are dealt to two batches while the first one is still there.
  double Index() const {
    const double held_out = spec_.holdout > 0 ? 1.5 : 0;
    return RowBytes() * ((1 + held_out) * train_.rows + test_.rows);
  }

  // Rows of a batch, over all workers; 0: all.
  double BatchRows() const {
    const double batch = Setting("batch");
    return batch > 0 ? std::min(batch / workers_, train_.rows) : train_.rows;
  }
  bool Samples() const {
    const bool whole = spec_.algorithm.kind == "lbfgs" || (spec_.algorithm.kind == "admm" && Has("solver", "lbfgs"));
    return !whole && Setting("batch") > 0;
  }

  // The order of the rows, two numbers each, and references to those of a batch.
  double Batches() const { return Samples() ? 2 * sizeof(std::uint32_t) * train_.rows + RowBytes() * BatchRows() : 0; }

  // A store of files maps them. One that cuts values puts a shard together from copies of its pieces.
  double Shards() const {
    const std::string_view scheme = SchemeOf(spec_.data);
    if (scheme == "file") return train_.unmapped_bytes + test_.unmapped_bytes;
    const bool in_pieces = scheme == "dynamodb" || scheme == "memcached";
    return train_.shard_bytes + test_.shard_bytes +
           (in_pieces ? std::max(train_.largest_shard, test_.largest_shard) : 0);
  }

  double Standardised() const {
    return spec_.standardise ? kFloat * (train_.values + test_.values) + 6 * sizeof(double) * columns_ : 0;
  }

  // Vectors that the optimizer keeps.
  double OfOptimizer() const { return Has("optimizer", "adam") ? 2 : 1; }

  // Pairs of differences and five vectors more; a new pair is made before the oldest goes.
  double OfQuasiNewton(double memory) const {
    const double pairs = std::min(memory, std::max(1.0, Setting("epochs")));
    return 5 + 2 * (pairs + 1);
  }

  double VectorsOfAlgorithm() const {
    const double filter = spec_.exchange.filter == "none" ? 0 : 2;
    const std::string& kind = spec_.algorithm.kind;
    if (kind == "lbfgs") return OfQuasiNewton(Setting("memory"));
    if (kind == "ma_sgd") return 2 + OfOptimizer() + filter;
    if (kind == "admm") return 5 + (Has("solver", "sgd") ? 1 + OfOptimizer() : OfQuasiNewton(10));
    return 1 + OfOptimizer() + filter;
  }

  // Vectors of the algorithm that a checkpoint keeps.
  double VectorsOfState() const {
    const double filter = spec_.exchange.filter == "none" ? 0 : 1;
    const std::string& kind = spec_.algorithm.kind;
    const auto quasi_newton = [this](double memory) { return OfQuasiNewton(memory) - 6; };  // pairs and a gradient
    if (kind == "em") return 0;
    if (kind == "lbfgs") return quasi_newton(Setting("memory"));
    if (kind == "admm") return 1 + (Has("solver", "sgd") ? OfOptimizer() : quasi_newton(10));
    return OfOptimizer() + filter;
  }

  // The algorithm's state, and all that is written: it and three vectors of parameters.
  double OfCheckpoint() const { return vector_ * (2 * VectorsOfState() + 3); }

  // Rows of one pass over these are cut for as many threads, unless that would not pay (model/parallel.cpp).
  double PartsOf(double rows, double overhead) const {
    constexpr double kValuesMin = 65536;
    const double values = train_.rows > 0 ? rows * train_.values / train_.rows : 0;
    return values < kValuesMin || values < 4 * overhead ? 1 : std::min(processors_, std::max(1.0, rows));
  }

  // Each further part has a gradient of its own. Dense rows are computed with packed weights and gradients, sparse ones
  // with sums apart from the gradient where these are short.
  double OfDescent() const {
    const double rows = Samples() ? BatchRows() : train_.rows;
    const double parts = PartsOf(rows, parameters_);
    const bool dense_gradient = rows > 4096 && train_.values / std::max(1.0, train_.rows) * rows >= columns_;
    const double packed = sparse_ ? (dense_gradient ? parts : 0) : std::max(2 * parts, processors_);
    return vector_ * (VectorsOfAlgorithm() + parts - 1 + packed);
  }

  // A row brings an entry for each value where it is sparse.
  double CandidateBytes() const {
    if (!Has("init", "parallel") || train_.rows == 0) return 0;
    const double count = Setting("oversampling") * (parameters_ / columns_) * Setting("init_rounds");
    const double rows = std::min(count, train_.rows * workers_);
    return rows * (sparse_ ? 2 * kFloat * train_.values / train_.rows : kFloat * columns_);
  }

  // The centres are packed for each part, in groups of sixteen, and members are summed in double precision or in two
  // vectors; rows have the number of the nearest centre and the distance to it, twice while they are compared. The
  // candidates to start from are appended to a list that doubles.
  double OfClusters() const {
    const double count = parameters_ / columns_;
    const double packed = vector_ * std::ceil(count / 16) * 16 / count;
    const double parts = PartsOf(BatchRows(), columns_);
    const double of_rounds = parts * (packed + 2 * vector_) + (parts - 1) * vector_;
    const double nearest = 16 * train_.rows;
    const double candidates = CandidateBytes();
    const double of_start = Has("init", "given")
                                ? 0
                                : std::max(2 * candidates + 2 * vector_, candidates + 3 * vector_ + packed) + nearest +
                                      (processors_ - 1) * packed;
    return 2 * vector_ + std::max(of_rounds, of_start);  // offsets, and centres that are moved near zero
  }

  // Copies of a stripe that a rank holds while it is summed, its own one included.
  double CopiesOf(std::string_view name) const {
    for (const Pattern& pattern : Patterns()) {
      if (pattern.name == name && pattern.make != nullptr) {
        return static_cast<double>(pattern.make()->Copies(static_cast<int>(spec_.workers)));
      }
    }
    return CopiesOf("scatter_reduce");
  }

  // What is written stays in buffers; what is read is mapped where the channel is a folder.
  double OfExchange() const {
    if (spec_.workers == 1) return 0;
    const bool mapped = SchemeOf(spec_.channel) == "file" && vector_ / workers_ >= static_cast<double>(kMapBytesMin);
    if (spec_.sync != "bsp") {
      const double totals = 2 * vector_;  // in double precision: own, returned, zeros, sum, sent, and of each peer
      return totals * (kStaleVectors + (workers_ - 1) * (mapped ? 1 : 2));
    }
    const double copies = CopiesOf(spec_.pattern);
    const auto piece = static_cast<double>(std::size_t{4} << 20U);
    const double held_max = kStripesAtOnce * piece * std::max(1.0, kPiecesHeld / copies);
    const double summed = std::min(MessageOf(workers_ * BatchRows()), held_max);
    const double own = std::min(MessageOf(BatchRows()), held_max);
    const double sent = spec_.pattern == "grouped" ? 1.5 * summed : summed;
    return sent + (mapped ? 0 : kArrived * (copies < workers_ ? summed : (copies - 1) * own));
  }

  // The gradient of so many sparse rows travels as indices and values where these are shorter.
  double MessageOf(double rows) const {
    if (!sparse_ || spec_.algorithm.kind != "ga_sgd" || spec_.exchange.sparse != "auto") return vector_;
    const double per_row = train_.values / std::max(1.0, train_.rows) * parameters_ / columns_;
    return std::min(vector_, 2 * kFloat * rows * per_row);
  }

  const JobSpec& spec_;
  bool sparse_;
  double columns_;
  double workers_;
  double processors_;
  double parameters_;
  double vector_;  // bytes of a vector of all parameters
  Taken train_;
  Taken test_;
};

bool Fits(const MemoryForecast& forecast, std::int64_t memory_mb) {
  return forecast.bytes() <= static_cast<double>(memory_mb) * kFunctionMegabyte;
}

}  // namespace

std::size_t ProcessorsOf(std::int64_t memory_mb) {
  constexpr std::int64_t kMbOfOne = 1769;
  constexpr std::int64_t kMost = 6;
  return static_cast<std::size_t>(std::clamp<std::int64_t>((memory_mb + kMbOfOne - 1) / kMbOfOne, 1, kMost));
}

double MemoryForecast::bytes() const {
  return std::accumulate(uses.begin(), uses.end(), 0.0,
                         [](double sum, const MemoryUse& use) { return sum + use.bytes; });
}

double MemoryForecast::bytes_at_least() const {
  double bytes = 0;
  for (const MemoryUse& use : uses) bytes += use.purpose == kCheckpoint ? 0 : use.bytes;
  return std::max(0.0, std::min(bytes * (1 - kTooHighShare), bytes - kTooHighBytes));
}

Result<MemoryForecast> ForecastMemory(const JobSpec& spec, const Manifest& manifest) {
  const auto model = TRY(
      MakeModel(spec.model,
                {.columns = manifest.columns, .classes = manifest.classes.size(), .class_rows = manifest.class_rows}));
  return Forecast(spec, manifest, *model).Make();
}

Result<MemoryRemedy> RemedyFor(const JobSpec& spec, const Manifest& manifest) {
  const auto model = TRY(
      MakeModel(spec.model,
                {.columns = manifest.columns, .classes = manifest.classes.size(), .class_rows = manifest.class_rows}));
  MemoryRemedy remedy;
  JobSpec other = spec;
  while (!remedy.memory_mb && other.function.memory_mb <= kMemoryMbMax) {
    const MemoryForecast forecast = Forecast(other, manifest, *model).Make();
    if (Fits(forecast, other.function.memory_mb)) {
      remedy.memory_mb = other.function.memory_mb;
    } else {  // a larger function may have more processors, and need more for them
      other.function.memory_mb = static_cast<std::int64_t>(std::ceil(forecast.bytes() / kFunctionMegabyte));
    }
  }
  const Split* const train = manifest.Find("train");
  const std::int64_t rows = train == nullptr ? 0 : static_cast<std::int64_t>(train->rows);
  other = spec;
  while (!remedy.workers && ++other.workers <= std::min(kWorkersMax, rows)) {
    if (Fits(Forecast(other, manifest, *model).Make(), spec.function.memory_mb)) remedy.workers = other.workers;
  }
  return remedy;
}

}  // namespace lambdaml
