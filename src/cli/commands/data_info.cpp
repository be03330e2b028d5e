// SPDX-License-Identifier: Apache-2.0
#include "base/text.h"
#include "base/url.h"
#include "cli/commands/commands.h"
#include "cli/data_run.h"
#include "cli/table.h"

namespace lambdaml {

namespace {

constexpr std::size_t kClassesShown = 10;

struct InfoSettings {
  std::string url;
  bool json = false;
};

Parameters Describe(InfoSettings& s) {
  return {.arguments = {{"URL", &s.url, "a dataset: a URL or a folder"}},
          .options = {{"json", s.json, "print the manifest"}}};
}

std::string ClassesOf(const Manifest& manifest) {
  if (manifest.classes.empty()) return "none: labels are numbers";
  const std::size_t shown = std::min(manifest.classes.size(), kClassesShown);
  const std::span<const std::string> first(manifest.classes.data(), shown);
  return StrCat(manifest.classes.size(), ": ", JoinWith(", ", first), shown < manifest.classes.size() ? ", …" : "");
}

std::string RowsOf(const Split& split, const Manifest& manifest) {
  double bytes = 0;
  double values = 0;
  for (const Shard& shard : split.shards) {
    bytes += static_cast<double>(shard.bytes);
    values += static_cast<double>(shard.values);
  }
  std::string text = StrCat(HumanCount(static_cast<std::int64_t>(split.rows)), " rows in ", split.shards.size(),
                            " shards, ", HumanBytes(bytes));
  if (manifest.sparse && split.rows > 0) {
    text += StrCat(", ", Fixed(values / static_cast<double>(split.rows), 1), " values a row");
  }
  return text;
}

Result<Exit> DataInfo(const InfoSettings& settings, Session& session) {
  const OpenDataset dataset = TRY(OpenDatasetAt(TRY(ResolveUrl(settings.url, session.environment)), session.stores()));
  const Manifest& manifest = dataset.manifest;
  if (settings.json) {
    session.terminal.Out(StrCat(Trim(ToJson(manifest)), "\n"));
    return Exit::kDone;
  }
  Table table;
  table.Row({"dataset", PrintableUrl(dataset.url)});
  table.Row({"source", manifest.source});
  table.Row({"form", manifest.sparse ? "sparse" : "dense"});
  table.Row({"columns", HumanCount(static_cast<std::int64_t>(manifest.columns))});
  table.Row({"classes", ClassesOf(manifest)});
  for (const Split& split : manifest.splits) table.Row({split.name, RowsOf(split, manifest)});
  table.Row({"bytes", HumanBytes(static_cast<double>(BytesOf(manifest)))});
  session.terminal.Out(table.Text());
  return Exit::kDone;
}

}  // namespace

constinit const Command kDataInfo = {.name = "data info",
                                     .topic = "Data",
                                     .summary = "Show what is in a dataset",
                                     .examples = "lambdaml data info file://$HOME/.cache/lambdaml/fashion-mnist",
                                     .start = Start<InfoSettings, DataInfo>};

}  // namespace lambdaml
