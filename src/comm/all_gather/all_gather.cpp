// SPDX-License-Identifier: Apache-2.0
#include "comm/all_gather/all_gather.h"

#include "comm/store_communicator.h"
#include "comm/vector_part.h"

namespace lambdaml::all_gather {

namespace {

class AllGather final : public Reduction {
 public:
  Result<void> AllReduce(Exchange& exchange, const Call& call, Elements values) override {
    const VectorPart whole{.vector_elements = values.count(), .values = values};
    const Outgoing mine = ToPost(whole, Inbox::OfAll());
    TRY(exchange.Post(call, std::span(&mine, 1)));
    return MergeFromAll(exchange, call, whole, Inbox::OfAll());
  }
};

}  // namespace

std::unique_ptr<Communicator> Join(const Membership& membership) {
  return MakeStoreCommunicator(membership, std::make_unique<AllGather>());
}

}  // namespace lambdaml::all_gather
