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
  explicit TlsTrust(std::shared_ptr<void> library_state) : library_state_(std::move(library_state)) {}

  std::shared_ptr<void> library_state_;  // of OpenSSL
};

}  // namespace lambdaml
