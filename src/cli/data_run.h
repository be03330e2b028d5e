// SPDX-License-Identifier: Apache-2.0
#pragma once

// A command that writes a dataset: shows how far it is, stops at Ctrl-C, leaves nothing behind if it fails, and says
// what it made.

#include <functional>
#include <string>

#include "cli/command.h"
#include "cli/place.h"

namespace lambdaml {

using WriteDataset = std::function<Result<Manifest>(const ShardSink& sink, const OnDataProgress& progress)>;

struct DataRun {
  std::string url;  // where to
  Overwrite overwrite = Overwrite::kRefuse;
  WriteDataset write;
};

Result<Exit> RunDataCommand(const DataRun& run, Session& session);

// "60,000 train and 10,000 test rows of 784 columns, 10 classes, dense"
std::string InWords(const Manifest& manifest);

// The bytes of all shards.
std::uint64_t BytesOf(const Manifest& manifest);

// Threads to work with: as asked for, or as many as there are.
std::size_t ThreadsOr(std::int64_t asked);

}  // namespace lambdaml
