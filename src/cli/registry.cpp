// SPDX-License-Identifier: Apache-2.0
#include "cli/registry.h"

#include "cli/commands/commands.h"

namespace lambdaml {

namespace {

// The only file that knows every command. Add one line here. Commands of one topic stand together.
constexpr const Command* kCommands[] = {
    &kTrain,      &kResume,       &kJobs,           &kStatus,      &kLogs,         &kStop,      &kClean,
    &kDataImport, &kDataGenerate, &kDataGenerators, &kDataFormats, &kDataInfo,     &kDataSplit, &kStorageLs,
    &kStoragePut, &kStorageGet,   &kStorageWait,    &kStorageRm,   &kStorageClear, &kStorageCp, &kStorageBench,
    &kEvaluate,   &kPredict,      &kExport,         &kModels,      &kAlgorithms,   &kPatterns,  &kChannels,
    &kPlatforms,  &kJobSchema,    &kReference,      &kDoctor,      &kCompletion,   &kVersion,
};

}  // namespace

std::span<const Command* const> Commands() { return kCommands; }

}  // namespace lambdaml
