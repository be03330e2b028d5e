// SPDX-License-Identifier: Apache-2.0
#pragma once

// A folder as a store: file:///folder, one file for each key (docs/formats/keys.md). Any number of processes of one
// machine may use it at once. Put renames a temporary file, so a value is there as a whole or not at all; it survives
// its process, but is not synced against a loss of power. Wait sleeps on inotify, or polls where that is not to be had
// and on file systems that other machines write to. A key cannot also be the folder of others (kInvalid). Not to be
// used across fork: the child opens a store of its own.

#include <memory>

#include "storage/backend.h"

namespace lambdaml::file {

// The folder need not exist, the first Put makes it, nor be writable, if nothing is put. kInvalid if it is not a folder
// or not readable, or for another URL than file:///folder.
Result<std::unique_ptr<Store>> Open(const Url& url, const StoreOptions& options);

// A file that is made and deleted in the folder has the time of the machine that keeps it.
Result<StoreServer> Server(const Url& url, const StoreOptions& options);

}  // namespace lambdaml::file
