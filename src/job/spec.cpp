// SPDX-License-Identifier: Apache-2.0
#include "job/spec.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "base/text.h"
#include "base/url.h"
#include "job/json.h"

namespace lambdaml {

Fields Describe(FunctionSpec& spec) {
  return {
      {"memory_mb", spec.memory_mb, "memory of one function; 1769 MB is one processor", {.min = 128, .max = 10240}},
      {"timeout_s", spec.timeout_s, "a function that runs longer is killed", {.min = 1, .max = 900}},
  };
}

Fields Describe(StopSpec& spec) {
  return {
      {"target_loss",
       spec.target_loss,
       "end when the test loss (else the train loss) is this low; 0: never",
       {.min = 0}},
      {"rounds", spec.rounds, "end after this many rounds; 0: no limit", {.min = 0}},
      {"patience", spec.patience, "end after this many evaluations without a better loss; 0: never", {.min = 0}},
      {"seconds", spec.seconds, "end when the workers have trained this long; 0: no limit", {.min = 0}},
      {"dollars",
       spec.dollars,
       "end before the functions' time, at the price of AWS Lambda, and the channel's requests cost more; 0: no limit",
       {.min = 0}},
  };
}

Fields Describe(ExchangeSpec& spec) {
  return {
      {"wire",
       spec.wire,
       "numbers as they travel: with fewer bits there is less to send, and sums are rounded",
       {.one_of = {"float32", "float16", "bfloat16", "int8"}}},
      {"sparse",
       spec.sparse,
       "auto: vectors with few non-zeros travel as indices and values; the sums are the same",
       {.one_of = {"auto", "never"}}},
      {"filter",
       spec.filter,
       "which numbers of an update travel now; the others are added to the next update",
       {.one_of = {"none", "top_k", "significance"}}},
      {"share", spec.share, "of filter top_k: the share that travels, the largest", {.min = 1e-6, .max = 1}},
      {"threshold",
       spec.threshold,
       "of filter significance: in round t those travel that change theirs by more than threshold / sqrt(t) of it",
       {.min = 0, .max = 1e6}},
      {"accumulate", spec.accumulate, "the precision in which sums are made", {.one_of = {"float32", "float64"}}},
  };
}

Fields Describe(RecoverySpec& spec) {
  return {
      {"lease_s",
       spec.lease_s,
       "a function that is not heard of for this long is replaced; at most a quarter of function.timeout_s",
       {.min = 0.5, .max = 600}},
      {"attempts",
       spec.attempts,
       "so many functions in a row may end without a new checkpoint before the job fails",
       {.min = 1, .max = 100}},
      {"checkpoint_s", spec.checkpoint_s, "seconds between two checkpoints", {.min = 0.01, .max = 3600}},
      {"records", spec.records,
       "URL of a storage that keeps what it is given, for checkpoints and results; empty: the job's folder on this "
       "machine, or else the channel"},
  };
}

Fields Describe(JobSpec& spec) {
  return {
      {"name", spec.name, "what the job is called: letters, digits, '-', '_' and '.'"},
      {"data", spec.data, "URL of the dataset, made by `lambdaml data import`"},
      {"model", spec.model, "what is trained; `lambdaml models` lists the kinds"},
      {"algorithm", spec.algorithm, "how it is trained; `lambdaml algorithms` lists the kinds"},
      {"workers", spec.workers, "how many functions train together", {.min = 1, .max = 1000}},
      {"channel", spec.channel, "URL of the storage where the workers meet; `lambdaml channels` lists the kinds"},
      {"pattern", spec.pattern, "how they exchange vectors; `lambdaml patterns` lists them"},
      {"sync",
       spec.sync,
       "bsp: every round waits for all workers; asp: for none; ssp: for those that are too far behind",
       {.one_of = {"bsp", "asp", "ssp"}}},
      {"staleness", spec.staleness, "of sync ssp: rounds that a worker may run ahead of the others", {.min = 0}},
      {"exchange", Describe(spec.exchange), "what of a vector travels, and how"},
      {"output", spec.output, "folder for model.safetensors and report.json"},
      {"platform", spec.platform, "where the functions run; `lambdaml platforms` lists them"},
      {"function", Describe(spec.function), "the size of a function"},
      {"seed", spec.seed, "the same seed and number of workers give the same bits", {.min = 0, .max = 9e15}},
      {"holdout",
       spec.holdout,
       "share of the rows kept for testing if the data has no test split",
       {.min = 0, .max = 0.9}},
      {"standardise", spec.standardise,
       "bring each column to mean 0 and standard deviation 1; sparse columns are scaled only. The model keeps both"},
      {"evaluate_every", spec.evaluate_every, "epochs between two evaluations on the test rows", {.min = 1}},
      {"stop", Describe(spec.stop), "when to end before all epochs are done"},
      {"recovery", Describe(spec.recovery), "how the job outlives its functions"},
  };
}

namespace {

constexpr std::size_t kNameBytesMax = 64;

constexpr std::array<std::string_view, 12> kRecipe{"data",    "model",       "algorithm",      "workers",
                                                   "sync",    "staleness",   "exchange",       "seed",
                                                   "holdout", "standardise", "evaluate_every", "stop"};

bool IsNameCharacter(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
}

Result<void> CheckName(std::string_view name) {
  const bool legal =
      name.size() <= kNameBytesMax && !name.starts_with('.') && std::all_of(name.begin(), name.end(), IsNameCharacter);
  if (legal) return {};
  return Error{Code::kInvalid, StrCat("name: '", name, "' must be at most ", kNameBytesMax,
                                      " letters, digits, '-', '_' or '.', and not begin with '.'")};
}

// A setting that only has an effect with one word of another.
struct Depends {
  std::string_view setting;
  std::string value;
  std::string usual;
  std::string_view on;
  std::string_view needed;
  std::string_view actual;
};

Result<void> CheckDepends(const Depends& d) {
  if (d.value == d.usual || d.actual == d.needed) return {};
  return Error{Code::kInvalid, StrCat(d.setting, ": ", d.value, " has no effect with ", d.on, " ", d.actual, ": set ",
                                      d.on, " to ", d.needed, ", or leave ", d.setting, " out")};
}

// Stale sums travel as exact totals, so there is nothing to round or to leave out.
Result<void> CheckEffects(const JobSpec& spec) {
  const ExchangeSpec usual;
  const ExchangeSpec& own = spec.exchange;
  for (const Depends& d :
       {Depends{"staleness", StrCat(spec.staleness), "0", "sync", "ssp", spec.sync},
        Depends{"exchange.wire", own.wire, usual.wire, "sync", "bsp", spec.sync},
        Depends{"exchange.filter", own.filter, usual.filter, "sync", "bsp", spec.sync},
        Depends{"exchange.share", StrCat(own.share), StrCat(usual.share), "exchange.filter", "top_k", own.filter},
        Depends{"exchange.threshold", StrCat(own.threshold), StrCat(usual.threshold), "exchange.filter", "significance",
                own.filter}}) {
    TRY(CheckDepends(d));
  }
  return {};
}

// A scalar as JSON has it: numbers and truth values without quotes.
json::Value Scalar(const std::string& text) {
  if (const auto integer = ParseInteger(text)) return *integer;
  if (const auto number = ParseDouble(text); number && std::isfinite(*number)) return *number;
  if (text == "true" || text == "false") return text == "true";
  return text;
}

json::Value FromFields(const Fields& fields);

struct ToValue {
  json::Value operator()(const std::int64_t* at) const { return *at; }
  json::Value operator()(const double* at) const { return *at; }
  json::Value operator()(const bool* at) const { return *at; }
  json::Value operator()(const std::string* at) const { return *at; }
  json::Value operator()(const Fields& group) const { return FromFields(group); }
  json::Value operator()(const Choice* at) const {
    json::Value value;
    value["kind"] = at->kind;
    for (const auto& [name, text] : at->settings) value[name] = Scalar(text);
    return value;
  }
};

json::Value FromFields(const Fields& fields) {
  json::Value value = json::Value::object();
  for (const Field& field : fields) value[std::string(field.name)] = std::visit(ToValue{}, field.target);
  return value;
}

}  // namespace

json::Value json::FromSpec(const JobSpec& spec) {
  JobSpec copy = spec;
  return FromFields(Describe(copy));
}

std::string ToJson(const JobSpec& spec) { return json::Write(json::FromSpec(spec)); }

JobSpec Printable(JobSpec spec) {
  spec.data = PrintableUrl(spec.data);
  spec.channel = PrintableUrl(spec.channel);
  spec.recovery.records = PrintableUrl(spec.recovery.records);
  return spec;
}

std::string RecipeOf(const JobSpec& spec) {
  const json::Value all = json::FromSpec(Printable(spec));
  json::Value recipe;
  for (const std::string_view name : kRecipe) recipe[std::string(name)] = all[std::string(name)];
  recipe["exchange"].erase("sparse");
  return json::Write(recipe);
}

Result<void> Set(JobSpec& spec, std::string_view path, std::string_view text) {
  const std::size_t dot = path.find('.');
  const std::string_view name = path.substr(0, dot);
  const Fields fields = Describe(spec);
  const Field* const field = TRY(Find(fields, name, "the job"));
  if (dot == std::string_view::npos) return Assign(*field, text);
  const std::string_view rest = path.substr(dot + 1);
  if (Choice* const* choice = std::get_if<Choice*>(&field->target)) {
    if (rest == "kind") return Assign(*field, text);
    (*choice)->settings[std::string(rest)] = text;
    return {};
  }
  if (const Fields* group = std::get_if<Fields>(&field->target)) {
    const Field* const inner = TRY(Find(*group, rest, name));
    return Assign(*inner, text).Context(name);
  }
  return Error{Code::kInvalid, StrCat(path, ": ", name, " has no settings of its own")};
}

Result<void> Validate(const JobSpec& spec) {
  for (const auto& [key, value] : {std::pair<std::string_view, const std::string&>{"name", spec.name},
                                   {"data", spec.data},
                                   {"channel", spec.channel},
                                   {"output", spec.output}}) {
    if (value.empty()) return Error{Code::kInvalid, StrCat("the job has no '", key, "': add a line '", key, ": ...'")};
  }
  TRY(CheckName(spec.name));
  return CheckEffects(spec);
}

}  // namespace lambdaml
