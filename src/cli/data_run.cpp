// SPDX-License-Identifier: Apache-2.0
#include "cli/data_run.h"

#include "base/parallel.h"
#include "base/text.h"
#include "base/url.h"
#include "cli/interrupts.h"
#include "cli/progress_line.h"

namespace lambdaml {

namespace {

std::string InWords(const DataProgress& progress) {
  return StrCat(progress.step, "  ", HumanCount(static_cast<std::int64_t>(progress.rows)), " rows");
}

}  // namespace

std::uint64_t BytesOf(const Manifest& manifest) {
  std::uint64_t bytes = 0;
  for (const auto& split : manifest.splits) {
    for (const Shard& shard : split.shards) bytes += shard.bytes;
  }
  return bytes;
}

std::string InWords(const Manifest& manifest) {
  std::string text;
  for (const auto& split : manifest.splits) {
    text += StrCat(text.empty() ? "" : " and ", HumanCount(static_cast<std::int64_t>(split.rows)), " ", split.name);
  }
  text += StrCat(" rows of ", HumanCount(static_cast<std::int64_t>(manifest.columns)), " columns, ");
  if (!manifest.classes.empty()) text += StrCat(manifest.classes.size(), " classes, ");
  return text + (manifest.sparse ? "sparse" : "dense");
}

std::size_t ThreadsOr(std::int64_t asked) { return asked > 0 ? static_cast<std::size_t>(asked) : AvailableThreads(); }

Result<Exit> RunDataCommand(const DataRun& run, Session& session) {
  const Clock::Time began = session.clock.Now();
  Interrupts interrupts = TRY(Interrupts::Begin());
  DatasetTarget target = TRY(DatasetTarget::Open(run.url, run.overwrite, session.stores()));
  ProgressLine line(session.terminal, session.clock);
  const ShardSink save = target.Sink();
  const ShardSink sink = [&interrupts, &save](std::string_view name, ByteSpan content) -> Result<void> {
    if (interrupts.Wait({}) == Interrupts::Woken::kBySignal) {
      return Error{Code::kUnavailable, "interrupted; what was written is deleted again"};
    }
    return save(name, content);
  };
  const Result<Manifest> manifest =
      run.write(sink, [&line](const DataProgress& progress) { line.Show(progress.share, InWords(progress)); });
  line.End();
  if (!manifest.ok()) {
    target.Discard();
    return manifest.error();
  }
  session.terminal.Out(StrCat(PrintableUrl(run.url), ": ", InWords(manifest.value()), ", ",
                              HumanBytes(static_cast<double>(BytesOf(manifest.value()))), ", in ",
                              HumanSeconds(Seconds(session.clock.Now() - began)), "\n"));
  return Exit::kDone;
}

}  // namespace lambdaml
