// SPDX-License-Identifier: Apache-2.0
#include "data/generate.h"

#include <algorithm>

#include "base/parallel.h"
#include "base/text.h"
#include "data/generator.h"

namespace lambdaml {

namespace {

Result<const GeneratorKind*> FindKind(std::string_view name) {
  std::vector<std::string> names;
  for (const GeneratorKind& kind : GeneratorKinds()) {
    if (kind.name == name) return &kind;
    names.emplace_back(kind.name);
  }
  return Error{Code::kInvalid, StrCat("there is no generator '", name, "'; known are ", JoinWith(", ", names))};
}

// What of the choice every generator understands, and what its own settings are.
struct Divided {
  GeneratedSize size;
  Choice own;
};

Error Unknown(const GeneratorKind& kind, const std::string& setting) {
  std::vector<std::string> names;
  for (const FieldInfo& field : SettingsOf<GeneratedSize>()) names.push_back(field.name);
  for (const FieldInfo& field : kind.settings()) names.push_back(field.name);
  const auto nearest = Nearest(setting, names);
  const std::string hint =
      nearest ? StrCat("did you mean '", *nearest, "'?") : StrCat("known are ", JoinWith(", ", names));
  return {Code::kInvalid, StrCat("generator ", kind.name, " has no setting '", setting, "'; ", hint)};
}

Result<Divided> Divide(const GeneratorKind& kind, const Choice& choice) {
  Divided divided;
  divided.own.kind = choice.kind;
  const std::vector<FieldInfo> own = kind.settings();
  for (const auto& setting : choice.settings) {
    const std::string& name = setting.first;
    const Fields common = Describe(divided.size);
    const auto field = std::find_if(common.begin(), common.end(), [&name](const Field& f) { return f.name == name; });
    if (field != common.end()) {
      TRY(Assign(*field, setting.second).Context(StrCat("generator ", kind.name)));
    } else if (std::any_of(own.begin(), own.end(), [&name](const FieldInfo& f) { return f.name == name; })) {
      divided.own.settings.insert(setting);
    } else {
      return Unknown(kind, name);
    }
  }
  return divided;
}

// Rows [begin, end) of a block as a Batch that points into it.
Batch RowsOf(const GeneratedRows& rows, const Manifest& form, RowRange range) {
  Batch batch;
  batch.columns = form.columns;
  for (std::uint64_t row = range.begin; row < range.end; ++row) {
    batch.labels.push_back(rows.labels[row]);
    if (form.sparse) {
      const std::uint32_t begin = row == 0 ? 0 : rows.ends[row - 1];
      batch.sparse.push_back({rows.indices.data() + begin, rows.values.data() + begin, rows.ends[row] - begin});
    } else {
      batch.dense.push_back(rows.values.data() + row * form.columns);
    }
  }
  return batch;
}

class Generation {
 public:
  Generation(const Generator& generator, std::size_t threads, const ShardSink& sink, const OnDataProgress& progress)
      : generator_(generator), threads_(std::max<std::size_t>(1, threads)), sink_(sink), progress_(progress) {}

  // Rows [0, rows) are the train split, the test_rows that follow the test split.
  Result<Manifest> Run(const GeneratedSize& size, Manifest form) {
    const auto rows = static_cast<std::uint64_t>(size.rows);
    total_ = rows + static_cast<std::uint64_t>(size.test_rows);
    DatasetWriter writer(std::move(form), sink_);
    TRY(writer.Begin("train"));
    TRY(Write({0, rows}, writer));
    if (total_ > rows) {
      TRY(writer.Begin("test"));
      TRY(Write({rows, total_}, writer));
    }
    return writer.Finish();
  }

 private:
  Result<void> Write(RowRange range, DatasetWriter& writer) {
    const Manifest form = generator_.form();
    const std::uint64_t last = (range.end + kGeneratedBlockRows - 1) / kGeneratedBlockRows;
    for (std::uint64_t first = range.begin / kGeneratedBlockRows; first < last; first += threads_) {
      std::vector<GeneratedRows> blocks(std::min<std::uint64_t>(threads_, last - first));
      ParallelFor(threads_, blocks.size(), [&](std::size_t i) { blocks[i] = generator_.Block(first + i); });
      for (std::uint64_t i = 0; i < blocks.size(); ++i) {
        const std::uint64_t start = (first + i) * kGeneratedBlockRows;
        const RowRange within{std::max(range.begin, start) - start,
                              std::min(range.end, start + kGeneratedBlockRows) - start};
        TRY(writer.Add(RowsOf(blocks[i], form, within)));
        Tell(start + within.end);
      }
    }
    return {};
  }

  void Tell(std::uint64_t rows) const {
    if (!progress_) return;
    progress_({.step = "generating", .share = static_cast<double>(rows) / static_cast<double>(total_), .rows = rows});
  }

  const Generator& generator_;
  std::size_t threads_;
  const ShardSink& sink_;
  const OnDataProgress& progress_;
  std::uint64_t total_ = 0;
};

}  // namespace

Result<Manifest> GenerateDataset(const Choice& generator, std::size_t threads, const ShardSink& sink,
                                 const OnDataProgress& progress) {
  const GeneratorKind& kind = *TRY(FindKind(generator.kind));
  const Divided divided = TRY(Divide(kind, generator));
  const auto rows = TRY(kind.make(divided.own));
  Manifest form = rows->form();
  form.source = StrCat("generated: ", kind.name);
  form.origin = generator.settings;
  form.origin["generator"] = kind.name;
  for (const FieldInfo& field : kind.settings()) form.origin.try_emplace(field.name, field.default_value);
  return Generation(*rows, threads, sink, progress).Run(divided.size, std::move(form));
}

std::vector<GeneratorInfo> GeneratorList() {
  std::vector<GeneratorInfo> list;
  for (const GeneratorKind& kind : GeneratorKinds()) {
    GeneratorInfo info{.name = kind.name, .summary = kind.summary, .settings = SettingsOf<GeneratedSize>()};
    for (FieldInfo& field : kind.settings()) info.settings.push_back(std::move(field));
    list.push_back(std::move(info));
  }
  return list;
}

}  // namespace lambdaml
