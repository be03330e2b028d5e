// SPDX-License-Identifier: Apache-2.0
#pragma once

// The steps that keep a job right when its functions die, come twice or come late (docs/formats/coordination.md). All
// of them are always on; the simulator leaves one out at a time to show that it would notice.

namespace lambdaml {

struct ProtocolSteps {
  bool lease = true;         // one incarnation at a time: a second one of the same number ends at once
  bool fence = true;         // who was replaced writes nothing any more
  bool bitmap = true;        // who is counted in a partial sum is told with it
  bool commit_order = true;  // a checkpoint's manifest comes after everything that it names
};

}  // namespace lambdaml
