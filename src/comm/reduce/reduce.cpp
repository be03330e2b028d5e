// SPDX-License-Identifier: Apache-2.0
#include "comm/reduce/reduce.h"

#include "comm/store_communicator.h"
#include "comm/vector_part.h"

namespace lambdaml::reduce {

namespace {

constexpr int kMerger = 0;  // the number of the one part

class Reduce final : public Reduction {
 public:
  Result<void> AllReduce(Exchange& exchange, const Call& call, Elements values) override {
    const VectorPart whole{.vector_elements = values.count(), .values = values};
    return exchange.rank() == kMerger ? Merge(exchange, call, whole) : Contribute(exchange, call, whole);
  }

 private:
  static Result<void> Merge(Exchange& exchange, const Call& call, const VectorPart& whole) {
    TRY(MergeFromAll(exchange, call, whole, Inbox::Of(kMerger)));
    const Outgoing sum = ToPost(whole, Inbox::OfAll());
    return exchange.Post(call, std::span(&sum, 1));
  }

  static Result<void> Contribute(Exchange& exchange, const Call& call, const VectorPart& whole) {
    const Outgoing mine = ToPost(whole, Inbox::Of(kMerger));
    TRY(exchange.Post(call, std::span(&mine, 1)));
    return GatherMerged(exchange, call, std::span(&whole, 1));
  }
};

}  // namespace

std::unique_ptr<Communicator> Join(const Membership& membership) {
  return MakeStoreCommunicator(membership, std::make_unique<Reduce>());
}

}  // namespace lambdaml::reduce
