// SPDX-License-Identifier: Apache-2.0
#pragma once

// A store that lives below a prefix of another: sees and touches nothing outside it.

#include <memory>

#include "storage/store.h"

namespace lambdaml {

// `prefix` goes before every key as it is; it usually ends in '/'.
std::unique_ptr<Store> WithPrefix(std::unique_ptr<Store> store, Key prefix);

}  // namespace lambdaml
