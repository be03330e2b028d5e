// SPDX-License-Identifier: Apache-2.0
#pragma once

// The part of Lambda's REST API that a function needs to invoke itself and others: POST
// /2015-03-31/functions/NAME/invocations as RequestResponse, Event and DryRun.

#include "net/http.h"
#include "platform/local/function.h"

namespace lambdaml::local {

HttpResponse ServeInvokeApi(const HttpRequest& request, Function& function);

}  // namespace lambdaml::local
