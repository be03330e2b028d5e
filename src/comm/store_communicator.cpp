// SPDX-License-Identifier: Apache-2.0
#include "comm/store_communicator.h"

#include <array>
#include <string_view>
#include <utility>
#include <vector>

#include "base/text.h"

namespace lambdaml {

namespace {

class StoreCommunicator final : public Communicator {
 public:
  StoreCommunicator(const Membership& membership, std::unique_ptr<Reduction> reduction)
      : exchange_(membership), reduction_(std::move(reduction)) {}

  int rank() const override { return exchange_.rank(); }
  int size() const override { return exchange_.size(); }
  CommunicatorUse use() const override { return {.rounds = exchange_.rounds(), .choices = {}, .last_calls = {}}; }

  Result<void> AllReduce(const Contribution& mine) override {
    TRY(AllReduce(Elements::Of(mine.values)));
    return mine.tally.empty() ? Result<void>() : AllReduce(Elements::Of(mine.tally));
  }
  Result<void> AllReduce(std::span<double> values) override { return AllReduce(Elements::Of(values)); }
  void Start(const Contribution& mine) override { started_ = AllReduce(mine); }
  Result<void> Finish() override { return std::exchange(started_, {}); }
  Result<void> Broadcast(Bytes& bytes, int root) override;
  Result<void> Barrier() override;

 private:
  Result<void> AllReduce(Elements values);
  Result<void> Send(const Call& call, ByteSpan bytes);
  Result<void> Receive(const Call& call, Bytes& bytes, int root);
  Result<void> Meet(const Call& call);

  // "rank 1 of 4, round 12, Barrier"
  std::string Doing(std::string_view operation, const Call& call) const;

  Exchange exchange_;
  std::unique_ptr<Reduction> reduction_;
  Result<void> started_;
};

Result<void> StoreCommunicator::AllReduce(Elements values) {
  const Call call = exchange_.Begin();
  if (size() == 1) return {};
  Result<void> reduced = reduction_->AllReduce(exchange_, call, values);
  if (!reduced.ok()) return std::move(reduced).Context(Doing("AllReduce", call));
  exchange_.Synchronised(call);
  return {};
}

Result<void> StoreCommunicator::Broadcast(Bytes& bytes, int root) {
  if (root < 0 || root >= size()) {
    return Error{Code::kInvalid, StrCat("Broadcast from rank ", root, ": the ranks are 0 to ", size() - 1)};
  }
  const Call call = exchange_.Begin();
  if (size() == 1) return {};
  Result<void> done = rank() == root ? Send(call, bytes) : Receive(call, bytes, root);
  if (!done.ok()) return std::move(done).Context(Doing("Broadcast", call));
  return {};
}

Result<void> StoreCommunicator::Barrier() {
  const Call call = exchange_.Begin();
  if (size() == 1) return {};
  Result<void> met = Meet(call);
  if (!met.ok()) return std::move(met).Context(Doing("Barrier", call));
  exchange_.Synchronised(call);
  return {};
}

Result<void> StoreCommunicator::Send(const Call& call, ByteSpan bytes) {
  const Outgoing message{.to = Inbox::OfAll(), .elements = bytes.size(), .type = ElementType::kByte, .payload = bytes};
  return exchange_.Post(call, std::span(&message, 1));
}

Result<void> StoreCommunicator::Receive(const Call& call, Bytes& bytes, int root) {
  const Incoming message{.inbox = Inbox::OfAll(), .sender = root, .type = ElementType::kByte};
  return exchange_.Collect(call, std::span(&message, 1), [&bytes](std::size_t, const Arrival& arrival) {
    bytes.assign(arrival.payload.begin(), arrival.payload.end());
  });
}

Result<void> StoreCommunicator::Meet(const Call& call) {
  const Outgoing here{.to = Inbox::OfAll()};
  TRY(exchange_.Post(call, std::span(&here, 1)));
  std::vector<Incoming> others;
  for (int sender = 0; sender < size(); ++sender) {
    if (sender != rank()) others.push_back({.inbox = Inbox::OfAll(), .sender = sender, .payload_bytes = 0});
  }
  return exchange_.Collect(call, others, [](std::size_t, const Arrival&) {});
}

std::string StoreCommunicator::Doing(std::string_view operation, const Call& call) const {
  return StrCat("rank ", rank(), " of ", size(), ", round ", call.round, ", ", operation);
}

}  // namespace

std::unique_ptr<Communicator> MakeStoreCommunicator(const Membership& membership,
                                                    std::unique_ptr<Reduction> reduction) {
  return std::make_unique<StoreCommunicator>(membership, std::move(reduction));
}

}  // namespace lambdaml
