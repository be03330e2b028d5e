// SPDX-License-Identifier: Apache-2.0
#pragma once

// Which servers a TLS connection trusts: read once and shared by all connections of a store. Copies share it; it may be
// used from several threads.

#include <memory>
#include <string>

#include "base/result.h"

namespace lambdaml {

class TlsTrust {
 public:
  // The certificates of the authorities in a PEM file, or the system's if no file is named. kInvalid if the file cannot
  // be used.
  static Result<TlsTrust> Load(const std::string& ca_file);

 private:
  friend class TlsTransport;
  class Library;
  explicit TlsTrust(std::shared_ptr<const Library> library) : library_(std::move(library)) {}

  std::shared_ptr<const Library> library_;
};

}  // namespace lambdaml
