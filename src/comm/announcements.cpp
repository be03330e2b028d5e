// SPDX-License-Identifier: Apache-2.0
#include "comm/announcements.h"

#include <vector>

namespace lambdaml {

namespace {

// A broadcast does not wait for its readers. One in so many rounds does, so that what broadcasts leave can be deleted
// even where nothing else ever synchronises the ranks.
constexpr std::uint64_t kRoundsPerMeeting = 32;
constexpr std::uint32_t kPartBehindBroadcast = 1;

bool MeetsBehindBroadcast(const Collective& call) { return call.round % kRoundsPerMeeting == kRoundsPerMeeting - 1; }

Incoming NewsOf(int root) { return {.inbox = Inbox::OfAll(), .sender = root, .type = ElementType::kByte}; }

// That every rank is here, by rank.
std::vector<Incoming> Everybody(int ranks, std::uint32_t part) {
  std::vector<Incoming> messages;
  messages.reserve(static_cast<std::size_t>(ranks));
  for (int sender = 0; sender < ranks; ++sender) {
    messages.push_back({.inbox = Inbox::OfAll(), .sender = sender, .part = part, .elements = 0});
  }
  return messages;
}

void Read(const Arrival& news, Bytes& bytes) { bytes.assign(news.values.bytes.begin(), news.values.bytes.end()); }

}  // namespace

Result<void> Announcements::Broadcast(const Collective& call, Bytes& bytes, int root) {
  TRY(exchange_.rank() == root ? Send(call, bytes) : Receive(call, bytes, root));
  return MeetsBehindBroadcast(call) ? Meet(call, kPartBehindBroadcast) : Result<void>();
}

Result<void> Announcements::Send(const Collective& call, Bytes& bytes) {
  const Outgoing message{
      .to = Inbox::OfAll(), .elements = bytes.size(), .values = {ElementType::kByte, std::span(bytes)}};
  return exchange_.Post(call, {&message, 1});
}

Result<void> Announcements::Receive(const Collective& call, Bytes& bytes, int root) {
  const Incoming message = NewsOf(root);
  Read(TRY(exchange_.Collect(call, {&message, 1})).front(), bytes);
  return {};
}

Result<void> Announcements::Meet(const Collective& call, std::uint32_t part) {
  const Outgoing here{.to = Inbox::OfAll(), .part = part};
  TRY(exchange_.Post(call, {&here, 1}));
  std::vector<Incoming> others = Everybody(exchange_.size(), part);
  others.erase(others.begin() + exchange_.rank());
  TRY(exchange_.Collect(call, others));
  exchange_.Synchronised(call);
  return {};
}

Result<bool> Announcements::RecallBroadcast(Replay& replay, const Collective& call, Bytes& bytes, int root) {
  std::vector<Incoming> expected;
  if (MeetsBehindBroadcast(call)) expected = Everybody(exchange_.size(), kPartBehindBroadcast);
  expected.push_back(NewsOf(root));
  const auto arrivals = TRY(replay.Find(call, expected));
  if (!arrivals) return false;
  Read(arrivals->back(), bytes);
  TookPart(call, expected);
  return true;
}

Result<bool> Announcements::RecallBarrier(Replay& replay, const Collective& call) {
  const std::vector<Incoming> expected = Everybody(exchange_.size(), 0);
  if (!TRY(replay.Find(call, expected))) return false;
  TookPart(call, expected);
  return true;
}

// In a call that is over: `messages` are what all ranks have sent.
void Announcements::TookPart(const Collective& call, std::span<const Incoming> messages) {
  for (const Incoming& message : messages) {
    const Outgoing mine{.to = message.inbox, .part = message.part};
    if (message.sender == exchange_.rank()) exchange_.Inherit(call, {&mine, 1});
  }
  if (messages.size() >= static_cast<std::size_t>(exchange_.size())) exchange_.Synchronised(call);
}

}  // namespace lambdaml
