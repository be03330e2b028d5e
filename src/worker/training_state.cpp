// SPDX-License-Identifier: Apache-2.0
#include "worker/training_state.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <functional>
#include <span>
#include <string>
#include <type_traits>
#include <utility>

#include "base/text.h"
#include "train/state_bytes.h"

namespace lambdaml {

namespace {

constexpr std::uint32_t kVersion = 1;
constexpr std::uint32_t kSharedMagic = 0x53544D4C;  // "LMTS"
constexpr std::uint32_t kOwnMagic = 0x4F544D4C;     // "LMTO"
constexpr std::size_t kUsualProgress = 4096;        // bytes of all that is no vector
constexpr std::array kVotedEndings{Ending::kStopped, Ending::kSeconds, Ending::kDollars};

// Numbers in the machine's byte order, which is little-endian on all that Lambda has.
class Writer {
 public:
  explicit Writer(std::size_t expected) { bytes_.reserve(expected); }

  template <class T>
  void Put(T number) {
    static_assert(std::is_arithmetic_v<T>);
    Append(bytes_, BytesOf(number));
  }
  void Put(const std::optional<double>& number) {
    Put(static_cast<std::uint8_t>(number.has_value()));
    if (number) Put(*number);
  }
  void PutBytes(ByteSpan bytes) {
    Put(static_cast<std::uint64_t>(bytes.size()));
    Append(bytes_, bytes);
  }
  Bytes Take() && { return std::move(bytes_); }

 private:
  Bytes bytes_;
};

// Past the end, or what cannot be, gives zeros and is remembered.
class Reader {
 public:
  explicit Reader(ByteSpan bytes) : rest_(bytes) {}

  bool ok() const { return ok_; }
  bool at_end() const { return rest_.empty(); }

  template <class T>
  T Get() {
    T number{};
    const ByteSpan bytes = TakeOut(sizeof number);
    if (ok_) std::memcpy(&number, bytes.data(), sizeof number);
    return number;
  }
  std::optional<double> GetOptional() {
    const auto there = Get<std::uint8_t>();
    Require(there <= 1);
    return there == 1 ? std::optional(Get<double>()) : std::nullopt;
  }
  ByteSpan GetBytes() { return TakeOut(Get<std::uint64_t>()); }
  void Require(bool holds) { ok_ = ok_ && holds; }

 private:
  ByteSpan TakeOut(std::uint64_t size) {
    Require(size <= rest_.size());
    if (!ok_) return {};
    const ByteSpan bytes = rest_.first(size);
    rest_ = rest_.subspan(size);
    return bytes;
  }

  ByteSpan rest_;
  bool ok_ = true;
};

void Put(Writer& to, const Metrics& metrics) {
  to.Put(metrics.loss);
  for (const auto& number : {metrics.accuracy, metrics.auc, metrics.rmse}) to.Put(number);
  to.Put(metrics.rows);
}

Metrics GetMetrics(Reader& from) {
  Metrics metrics;
  metrics.loss = from.Get<double>();
  metrics.accuracy = from.GetOptional();
  metrics.auc = from.GetOptional();
  metrics.rmse = from.GetOptional();
  metrics.rows = from.Get<std::int64_t>();
  return metrics;
}

void Put(Writer& to, const CurvePoint& point) {
  to.Put(point.round);
  for (const double number : {point.epoch, point.seconds, point.loss}) to.Put(number);
  to.Put(point.accuracy);
  to.Put(point.rmse);
  to.Put(static_cast<std::uint64_t>(point.measures.size()));
  for (const auto& [name, value] : point.measures) {
    to.PutBytes(AsBytes(name));
    to.Put(value);
  }
  to.Put(static_cast<std::uint8_t>(point.test.has_value()));
  if (point.test) Put(to, *point.test);
}

CurvePoint GetPoint(Reader& from) {
  CurvePoint point;
  point.round = from.Get<std::int64_t>();
  point.epoch = from.Get<double>();
  point.seconds = from.Get<double>();
  point.loss = from.Get<double>();
  point.accuracy = from.GetOptional();
  point.rmse = from.GetOptional();
  for (auto left = from.Get<std::uint64_t>(); left > 0 && from.ok(); --left) {
    const Blob name({}, from.GetBytes());
    point.measures.emplace(name.text(), from.Get<double>());
  }
  const auto tested = from.Get<std::uint8_t>();
  from.Require(tested <= 1);
  if (tested == 1) point.test = GetMetrics(from);
  return point;
}

std::vector<float> ToValues(Reader& from, ByteSpan bytes, std::size_t count) {
  from.Require(bytes.size() == count * sizeof(float));
  std::vector<float> values(from.ok() ? count : 0);
  if (!values.empty()) std::memcpy(values.data(), bytes.data(), bytes.size());
  return values;
}

bool IsSame(ByteSpan a, ByteSpan b) {
  return a.size() == b.size() && (a.empty() || std::memcmp(a.data(), b.data(), a.size()) == 0);
}

// Values that are those of the parameters are written as none.
std::vector<float> GetUnlessSame(Reader& from, const std::vector<float>& parameters) {
  const ByteSpan bytes = from.GetBytes();
  return bytes.empty() ? parameters : ToValues(from, bytes, parameters.size());
}

// What must not change between the job that the state is of and the one that goes on with it.
std::string SettingsOf(JobSpec spec) {
  spec.workers = JobSpec().workers;
  spec.stop = {};
  return RecipeOf(spec);
}

// 0: none.
std::uint8_t NumberOf(const std::optional<Ending>& ending) {
  if (!ending) return 0;
  const auto* const found = std::ranges::find(kVotedEndings, *ending);
  return static_cast<std::uint8_t>(1 + (found - kVotedEndings.begin()));
}

void PutProgress(Writer& to, const TrainingProgress& state) {
  to.Put(state.rounds);
  to.Put(state.epochs);
  to.Put(state.seconds);
  to.Put(NumberOf(state.ending));
  const Score& score = state.epoch_score;
  for (const double sum : {score.loss, score.correct, score.squares, score.rows}) to.Put(sum);
  to.Put(state.rule.best_loss);
  to.Put(state.rule.without_better);
  to.Put(state.best_loss);
  to.Put(static_cast<std::uint64_t>(state.curve.size()));
  for (const CurvePoint& point : state.curve) Put(to, point);
}

TrainingProgress GetProgress(Reader& from) {
  TrainingProgress state;
  state.rounds = from.Get<std::int64_t>();
  state.epochs = from.Get<double>();
  state.seconds = from.Get<double>();
  const auto ending = from.Get<std::uint8_t>();
  from.Require(ending <= kVotedEndings.size() && state.rounds >= 0 && std::isfinite(state.seconds));
  if (from.ok() && ending > 0) state.ending = kVotedEndings[ending - 1U];
  Score& score = state.epoch_score;
  for (double* const sum : {&score.loss, &score.correct, &score.squares, &score.rows}) *sum = from.Get<double>();
  state.rule.best_loss = from.Get<double>();
  state.rule.without_better = from.Get<std::int64_t>();
  state.best_loss = from.Get<double>();
  for (auto left = from.Get<std::uint64_t>(); left > 0 && from.ok(); --left) state.curve.push_back(GetPoint(from));
  return state;
}

Error Damaged(std::string_view part, std::size_t size) {
  return Error{Code::kInvalid, StrCat("state of the training, ", part, " part of ", size, " bytes: cut off, damaged, ",
                                      "or of another version or model; start the job anew")};
}

}  // namespace

Bytes WriteShared(const JobSpec& spec, const TrainingProgress& progress, std::span<const float> parameters,
                  ByteSpan algorithm) {
  const ByteSpan values = std::as_bytes(parameters);
  Writer to(kUsualProgress + 3 * values.size() + algorithm.size());
  to.Put(kSharedMagic);
  to.Put(kVersion);
  to.PutBytes(AsBytes(SettingsOf(spec)));
  PutProgress(to, progress);
  to.PutBytes(values);
  for (const std::vector<float>& other : {std::cref(progress.begin), std::cref(progress.best)}) {
    const ByteSpan bytes = std::as_bytes(std::span(other));
    to.PutBytes(IsSame(bytes, values) ? ByteSpan() : bytes);
  }
  to.PutBytes(algorithm);
  return std::move(to).Take();
}

Result<SharedTraining> ReadShared(const JobSpec& spec, std::size_t parameters, ByteSpan bytes) {
  Reader from(bytes);
  const auto magic = from.Get<std::uint32_t>();
  const auto version = from.Get<std::uint32_t>();
  const ByteSpan settings = from.GetBytes();
  if (!from.ok() || magic != kSharedMagic || version != kVersion) return Damaged("shared", bytes.size());
  if (!IsSame(settings, AsBytes(SettingsOf(spec)))) {
    return Error{Code::kInvalid,
                 "state of the training: of a job with other settings; go on with those that it began with (only "
                 "workers and stop may differ), or start anew under another name"};
  }
  SharedTraining state;
  state.progress = GetProgress(from);
  state.parameters = ToValues(from, from.GetBytes(), parameters);
  state.progress.begin = GetUnlessSame(from, state.parameters);
  state.progress.best = GetUnlessSame(from, state.parameters);
  state.algorithm = from.GetBytes();
  if (!from.ok() || !from.at_end()) return Damaged("shared", bytes.size());
  return state;
}

Bytes WriteOwn(std::int64_t rounds, ByteSpan algorithm) {
  Writer to(kUsualProgress + algorithm.size());
  to.Put(kOwnMagic);
  to.Put(kVersion);
  to.Put(rounds);
  to.PutBytes(algorithm);
  return std::move(to).Take();
}

Result<ByteSpan> ReadOwn(std::int64_t rounds, ByteSpan bytes) {
  Reader from(bytes);
  const auto magic = from.Get<std::uint32_t>();
  const auto version = from.Get<std::uint32_t>();
  const auto of_rounds = from.Get<std::int64_t>();
  const ByteSpan algorithm = from.GetBytes();
  if (!from.ok() || !from.at_end() || magic != kOwnMagic || version != kVersion) return Damaged("own", bytes.size());
  if (of_rounds == rounds) return algorithm;
  return Error{Code::kInvalid, StrCat("state of the training: a rank's own part is of round ", of_rounds,
                                      ", the shared one of round ", rounds)};
}

}  // namespace lambdaml
