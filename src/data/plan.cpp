// SPDX-License-Identifier: Apache-2.0
#include "data/plan.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/text.h"

namespace lambdaml {

namespace {

constexpr double kDenseShareMin = 0.5;                               // of entries, above which rows are stored dense
constexpr std::uint64_t kDenseColumnsMax = std::uint64_t{1} << 28U;  // a row of 1 GiB
constexpr std::size_t kDenseValuesAtOnce = std::size_t{1} << 20U;

Error Invalid(std::string what) { return {Code::kInvalid, std::move(what)}; }

std::string ClassName(double label) {
  const bool whole = std::floor(label) == label && std::abs(label) < 0x1p53;
  return whole ? StrCat(static_cast<long long>(label)) : StrCat(label);
}

Result<void> PlanClasses(const ImportOptions& options, const Survey& train, ImportPlan& plan) {
  if (options.task == "regression" && !train.names.empty()) {
    return Invalid(
        StrCat("labels such as '", Shown(*train.names.begin()), "' are texts, so the task is not regression"));
  }
  if (options.task == "regression" || (options.task == "auto" && train.pairs)) return {};
  if (train.many && (options.task == "classification" || !train.names.empty())) {
    return Invalid(StrCat("there are more than ", Survey::kClassesMax, " distinct labels; give task regression"));
  }
  if (options.task == "auto" && train.names.empty() && (train.many || !train.whole)) return {};
  plan.classes.assign(train.names.begin(), train.names.end());
  plan.class_values.assign(train.labels.begin(), train.labels.end());
  for (const double label : plan.class_values) plan.classes.push_back(ClassName(label));
  return {};
}

bool HasZero(const Survey& survey) { return survey.index.min == 0 || survey.users.min == 0 || survey.items.min == 0; }

std::uint32_t IndexBase(const ImportOptions& options, const Survey& train, const Survey* test) {
  if (!train.sparse || train.columns > 0) return 0;
  if (options.index_base != "auto") return options.index_base == "0" ? 0 : 1;
  return HasZero(train) || (test != nullptr && HasZero(*test)) ? 0 : 1;
}

// How many users or items there are, as given or as the largest number says.
std::uint64_t CountOf(std::int64_t given, std::uint64_t largest, std::uint32_t index_base) {
  return given > 0 ? static_cast<std::uint64_t>(given) : std::max<std::uint64_t>(1, largest + 1 - index_base);
}

Result<void> PlanPairs(const ImportOptions& options, const Survey& train, const Survey* test, ImportPlan& plan) {
  const std::uint64_t user = std::max(train.users.max, test == nullptr ? 0 : test->users.max);
  const std::uint64_t item = std::max(train.items.max, test == nullptr ? 0 : test->items.max);
  plan.users = CountOf(options.users, user, plan.index_base);
  plan.items = CountOf(options.items, item, plan.index_base);
  plan.columns = plan.users + plan.items;
  plan.sparse = true;
  if (options.form == "dense") return Invalid("ratings are sparse rows; leave form at auto");
  if (plan.columns > kColumnsMax) {
    return Invalid(StrCat(plan.users, " users and ", plan.items, " items are more than ", kColumnsMax, " columns"));
  }
  if (options.columns == 0 || static_cast<std::uint64_t>(options.columns) == plan.columns) return {};
  return Invalid(StrCat("columns ", options.columns, " was given, but ", plan.users, " users and ", plan.items,
                        " items are ", plan.columns, "; give users and items instead"));
}

Result<std::uint64_t> Columns(const ImportOptions& options, const Survey& train, std::uint32_t index_base) {
  const auto declared = static_cast<std::uint64_t>(options.columns);
  if (train.columns > 0) {
    if (declared == 0 || declared == train.columns) return train.columns;
    return Invalid(
        StrCat("rows have ", train.columns, " columns, but columns ", declared, " was given; leave it at 0"));
  }
  if (declared > 0) return declared;
  if (train.entries == 0) return Invalid("no row has an entry, so the columns are unknown; give columns");
  return std::max<std::uint64_t>(1, train.index.max + 1 - index_base);
}

bool IsSparse(const ImportOptions& options, const Survey& train, std::uint64_t columns) {
  if (options.form != "auto") return options.form == "sparse";
  const double cells = static_cast<double>(train.rows) * static_cast<double>(columns);
  return train.sparse && static_cast<double>(train.entries) <= kDenseShareMin * cells;
}

std::string Listed(const std::vector<std::string>& classes) {
  constexpr std::size_t kShown = 12;
  std::vector<std::string> shown;
  for (const std::string& name : classes) {
    if (shown.size() < kShown) shown.push_back(Shown(name));
  }
  if (classes.size() > kShown) shown.emplace_back("...");
  return JoinWith(", ", shown);
}

// The class numbers of the block's names, -1 where there is none.
std::vector<float> ClassesOfNames(const ImportPlan& plan, const RowBlock& block) {
  std::vector<float> numbers;
  for (const std::string& name : block.names) {
    const auto at = std::lower_bound(plan.classes.begin(), plan.classes.end(), name);
    const bool found = at != plan.classes.end() && *at == name;
    numbers.push_back(found ? static_cast<float>(at - plan.classes.begin()) : -1.0F);
  }
  return numbers;
}

float ClassOfValue(const ImportPlan& plan, double label) {
  const auto at = std::lower_bound(plan.class_values.begin(), plan.class_values.end(), label);
  const bool found = at != plan.class_values.end() && *at == label;
  return found ? static_cast<float>(at - plan.class_values.begin()) : -1.0F;
}

Result<std::vector<float>> Numbers(std::string_view path, const RowBlock& block) {
  std::vector<float> numbers;
  for (const double label : block.labels) {
    if (std::abs(label) > static_cast<double>(std::numeric_limits<float>::max())) {
      return Invalid(StrCat(Where(path, block, numbers.size()), ": label ", label,
                            " is too large for a 32-bit number; scale the labels"));
    }
    numbers.push_back(static_cast<float>(label));
  }
  return numbers;
}

Result<std::vector<float>> Labels(const ImportPlan& plan, std::string_view path, const RowBlock& block) {
  if (plan.classes.empty()) return Numbers(path, block);
  std::vector<float> labels(block.rows());
  const std::vector<float> of_names = ClassesOfNames(plan, block);
  for (std::size_t row = 0; row < labels.size(); ++row) {
    const double label = block.labels[row];
    labels[row] = of_names.empty() ? ClassOfValue(plan, label) : of_names[static_cast<std::size_t>(label)];
    if (labels[row] >= 0) continue;
    const std::string name = of_names.empty() ? ClassName(label) : block.names[static_cast<std::size_t>(label)];
    return Invalid(StrCat(Where(path, block, row), ": label ", Shown(name),
                          " is not one of the train split's classes (", Listed(plan.classes), ")"));
  }
  return labels;
}

// Makes indices count from zero and checks them against the columns; they ascend, so the ends of a row tell.
Result<void> Rebase(const ImportPlan& plan, std::string_view path, RowBlock& block) {
  std::uint32_t begin = 0;
  for (std::size_t row = 0; row < block.rows(); ++row) {
    const std::uint32_t end = block.ends[row];
    if (begin < end && block.index[begin] < plan.index_base) {
      return Invalid(StrCat(Where(path, block, row), ": index 0 where indices count from 1; give index_base 0"));
    }
    if (begin < end && block.index[end - 1] - plan.index_base >= plan.columns) {
      const std::uint64_t needed = std::uint64_t{block.index[end - 1]} - plan.index_base + 1;
      return Invalid(StrCat(Where(path, block, row), ": index ", block.index[end - 1], " is beyond the ", plan.columns,
                            " columns of the dataset; give columns ", needed, " or more"));
    }
    begin = end;
  }
  for (std::uint32_t& index : block.index) index -= plan.index_base;
  return {};
}

// Makes of a user's and an item's number the columns of both.
Result<void> RebasePairs(const ImportPlan& plan, std::string_view path, RowBlock& block) {
  const auto beyond = [&](std::size_t row, std::string_view what, std::uint64_t number, std::uint64_t count) {
    return Invalid(StrCat(Where(path, block, row), ": ", what, " ", number, " is beyond the ", count, " ", what,
                          "s of the dataset; give ", what, "s ", number - plan.index_base + 1, " or more"));
  };
  for (std::size_t row = 0; row < block.rows(); ++row) {
    std::uint32_t& user = block.index[2 * row];
    std::uint32_t& item = block.index[2 * row + 1];
    if (std::min(user, item) < plan.index_base) {
      return Invalid(StrCat(Where(path, block, row), ": number 0 where they count from 1; give index_base 0"));
    }
    if (user - plan.index_base >= plan.users) return beyond(row, "user", user, plan.users);
    if (item - plan.index_base >= plan.items) return beyond(row, "item", item, plan.items);
    user -= plan.index_base;
    item = static_cast<std::uint32_t>(item - plan.index_base + plan.users);
  }
  return {};
}

void AppendSparse(const RowBlock& block, Batch& rows) {
  std::uint32_t begin = 0;
  for (const std::uint32_t end : block.ends) {
    rows.sparse.push_back({block.index.data() + begin, block.values.data() + begin, end - begin});
    begin = end;
  }
}

void AppendDense(const RowBlock& block, Batch& rows) {
  for (std::size_t row = 0; row < block.rows(); ++row) {
    rows.dense.push_back(block.values.data() + row * block.columns);
  }
}

// Sparse rows as dense ones, some at a time: all of a block could be far larger than its text.
Result<void> AddAsDense(const ImportPlan& plan, const RowBlock& block, std::span<const float> labels,
                        DatasetWriter& writer) {
  const std::size_t at_once = std::clamp<std::size_t>(kDenseValuesAtOnce / plan.columns, 1, block.rows());
  std::vector<float> values(at_once * plan.columns);
  std::uint32_t begin = 0;
  for (std::size_t first = 0; first < block.rows(); first += at_once) {
    const std::size_t last = std::min(block.rows(), first + at_once);
    Batch rows{.columns = plan.columns, .dense = {}, .sparse = {}, .labels = {}};
    std::fill(values.begin(), values.end(), 0.0F);
    for (std::size_t row = first; row < last; ++row) {
      float* const into = values.data() + (row - first) * plan.columns;
      for (; begin < block.ends[row]; ++begin) into[block.index[begin]] = block.values[begin];
      rows.dense.push_back(into);
      rows.labels.push_back(labels[row]);
    }
    TRY(writer.Add(rows));
  }
  return {};
}

// The non-zeros of dense rows.
RowBlock Sparsened(const RowBlock& dense) {
  RowBlock block;
  block.sparse = true;
  for (std::size_t i = 0; i < dense.values.size(); ++i) {
    if (dense.values[i] != 0) {
      block.index.push_back(static_cast<std::uint32_t>(i % dense.columns));
      block.values.push_back(dense.values[i]);
    }
    if ((i + 1) % dense.columns == 0) block.ends.push_back(static_cast<std::uint32_t>(block.values.size()));
  }
  return block;
}

}  // namespace

Result<ImportPlan> MakePlan(const ImportOptions& options, const Survey& train, const Survey* test) {
  ImportPlan plan;
  TRY(PlanClasses(options, train, plan));
  plan.index_base = IndexBase(options, train, test);
  if (train.pairs) {
    TRY(PlanPairs(options, train, test, plan));
    return plan;
  }
  plan.columns = TRY(Columns(options, train, plan.index_base));
  plan.sparse = IsSparse(options, train, plan.columns);
  if (!plan.sparse && plan.columns > kDenseColumnsMax) {
    return Invalid(StrCat(plan.columns, " columns are too many for dense rows; give form sparse"));
  }
  return plan;
}

Result<void> AddRows(const ImportPlan& plan, std::string_view path, RowBlock& block, DatasetWriter& writer) {
  if (block.rows() == 0) return {};
  if (block.columns > 0 && block.columns != plan.columns) {
    return Invalid(
        StrCat(path, ": its rows have ", block.columns, " columns, those of the train split ", plan.columns));
  }
  if (block.sparse) TRY(block.pairs ? RebasePairs(plan, path, block) : Rebase(plan, path, block));
  Batch rows{.columns = plan.columns, .dense = {}, .sparse = {}, .labels = TRY(Labels(plan, path, block))};
  if (block.sparse && !plan.sparse) return AddAsDense(plan, block, rows.labels, writer);
  if (plan.sparse) {
    if (!block.sparse) block = Sparsened(block);
    AppendSparse(block, rows);
  } else {
    AppendDense(block, rows);
  }
  return writer.Add(rows);
}

}  // namespace lambdaml
