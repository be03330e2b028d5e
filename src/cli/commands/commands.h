// SPDX-License-Identifier: Apache-2.0
#pragma once

// Every command; each is defined in the file of its name.

#include "cli/command.h"

namespace lambdaml {

extern const Command kTrain;
extern const Command kResume;
extern const Command kJobs;
extern const Command kStatus;
extern const Command kLogs;
extern const Command kStop;
extern const Command kClean;
extern const Command kDataImport;
extern const Command kDataGenerate;
extern const Command kDataGenerators;
extern const Command kDataFormats;
extern const Command kDataInfo;
extern const Command kDataSplit;
extern const Command kStorageLs;
extern const Command kStoragePut;
extern const Command kStorageGet;
extern const Command kStorageWait;
extern const Command kStorageRm;
extern const Command kStorageClear;
extern const Command kStorageCp;
extern const Command kStorageBench;
extern const Command kEvaluate;
extern const Command kPredict;
extern const Command kExport;
extern const Command kModels;
extern const Command kAlgorithms;
extern const Command kPatterns;
extern const Command kChannels;
extern const Command kPlatforms;
extern const Command kJobSchema;
extern const Command kReference;
extern const Command kDoctor;
extern const Command kCompletion;
extern const Command kVersion;

}  // namespace lambdaml
