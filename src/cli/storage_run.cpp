// SPDX-License-Identifier: Apache-2.0
#include "cli/storage_run.h"

#include "base/text.h"
#include "base/url.h"
#include "cli/interrupts.h"
#include "cli/place.h"
#include "cli/progress_line.h"
#include "storage/registry.h"

namespace lambdaml {

namespace {

Error NamedAfter(Error error, const std::string& name) {
  if (error.message.find(name) != std::string::npos) return error;
  return std::move(error).Context(name);
}

double ShareOf(const Transfer& transfer) {
  // Empty values count as well.
  const auto done = static_cast<double>(transfer.bytes) + static_cast<double>(transfer.values);
  const auto total = static_cast<double>(transfer.bytes_total) + static_cast<double>(transfer.values_total);
  return total > 0 ? done / total : 0;
}

}  // namespace

Result<std::unique_ptr<Channel>> Channel::Open(const std::string& place, const Session& session) {
  auto channel = std::make_unique<Channel>();
  channel->url_ = TRY(ResolveUrl(place, session.environment));
  StoreOptions options = session.stores();
  options.meter = &channel->meter_;
  Result<std::unique_ptr<Store>> store = OpenStore(channel->url_, options);
  if (!store.ok()) return NamedAfter(std::move(store).error(), PrintableUrl(channel->url_));
  channel->store_ = std::move(store).value();
  return channel;
}

std::string Channel::Label() const { return name().ends_with(':') ? StrCat(name(), " ") : StrCat(name(), ": "); }

Error Channel::Named(Error error) const { return NamedAfter(std::move(error), name()); }

std::string BytesInWords(std::uint64_t bytes) { return HumanBytes(static_cast<double>(bytes)); }

std::string KeysInWords(std::size_t keys) {
  return StrCat(HumanCount(static_cast<std::int64_t>(keys)), keys == 1 ? " key" : " keys");
}

std::string InWords(std::size_t keys, std::uint64_t bytes) {
  return StrCat(KeysInWords(keys), ", ", BytesInWords(bytes));
}

Result<Transfer> RunTransfer(const TransferWork& work, Session& session) {
  Interrupts interrupts = TRY(Interrupts::Begin());
  ProgressLine line(session.terminal, session.clock);
  const OnTransfer watch = [&interrupts, &line](const Transfer& transfer) -> Result<void> {
    line.Show(ShareOf(transfer), StrCat(BytesInWords(transfer.bytes), " of ", BytesInWords(transfer.bytes_total)));
    const bool done = transfer.values_total > 0 && transfer.values == transfer.values_total;
    if (done || interrupts.Wait({}) != Interrupts::Woken::kBySignal) return {};
    return Error{Code::kUnavailable, "interrupted; values that were finished stay, none is there in part"};
  };
  Result<Transfer> transfer = work(watch);
  line.End();
  return transfer;
}

}  // namespace lambdaml
