// SPDX-License-Identifier: Apache-2.0
#include "comm/message_key.h"

#include "base/text.h"

namespace lambdaml {

namespace {

// Wide enough for what is allowed; a longer number would still be unambiguous.
constexpr std::size_t kRankDigits = 4;
constexpr std::size_t kRoundDigits = 9;
constexpr std::size_t kPartDigits = 4;

std::string RankText(int rank) { return Padded(static_cast<std::uint64_t>(rank), kRankDigits); }

}  // namespace

Key MessageKey(const Key& job, const MessageId& id) {
  const std::string inbox = id.inbox.is_of_all() ? "all" : RankText(id.inbox.rank());
  return job / StrCat("x/", inbox, "/", Padded(id.round, kRoundDigits), ".", Padded(id.part, kPartDigits), ".",
                      RankText(id.sender));
}

Key SlotKey(const Key& job, std::uint64_t generation, int sender) {
  return job / StrCat("x/slots/", Padded(generation, kRoundDigits), ".", RankText(sender));
}

Key MeasuredKey(const Key& job, std::uint64_t period) {
  return job / StrCat("x/measured/", Padded(period, kRoundDigits));
}

}  // namespace lambdaml
