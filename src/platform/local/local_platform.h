// SPDX-License-Identifier: Apache-2.0
#pragma once

// Lambda on this machine: the Invoke API on a loopback port, and each execution environment as a process of its own
// that talks to a Runtime API on a port of its own. Whatever invokes the function, this class included, goes through
// the Invoke API: what works here has used the protocol that AWS speaks.
//
// CPU share is not limited. Everything ends with this object and, by the kernel, with this process; the temporary
// folder of a process that was killed is removed by the next one.

#include <memory>

#include "platform/local/options.h"
#include "platform/platform.h"

namespace lambdaml::local {

// The name of the function.
inline constexpr std::string_view kFunctionName = "lambdaml";

Result<std::unique_ptr<Platform>> Open(const PlatformOptions& options);
Result<std::unique_ptr<Platform>> Open(const PlatformOptions& options, const LocalOptions& local);

}  // namespace lambdaml::local
