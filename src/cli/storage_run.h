// SPDX-License-Identifier: Apache-2.0
#pragma once

// What the storage commands share: a channel that counts what it is asked for, errors that name it, and a transfer with
// a bar that Ctrl-C ends between two requests.

#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "cli/command.h"
#include "cli/cost.h"
#include "storage/layers/meter.h"
#include "storage/transfer.h"

namespace lambdaml {

class Channel {
 public:
  // `place` as a person writes it: a URL, or a folder's path.
  static Result<std::unique_ptr<Channel>> Open(const std::string& place, const Session& session);

  Store& store() { return *store_; }
  StoreUse use() const { return meter_.use(); }
  const std::string& url() const { return url_; }  // with its secrets
  std::string name() const { return store_->name(); }
  std::string Label() const;  // the name, a colon and a blank: the begin of a line

  // With the channel's name in its message.
  Error Named(Error error) const;
  template <class T>
  Result<T> Named(Result<T> result) const {
    if (result.ok()) return result;
    return Named(std::move(result).error());
  }

  // As in cost.h.
  std::string CostLine() const { return lambdaml::CostLine(use().dollars, url_); }

 private:
  std::string url_;
  StoreMeter meter_;
  std::unique_ptr<Store> store_;
};

// "12 keys, 3.4 MiB"
std::string InWords(std::size_t keys, std::uint64_t bytes);

// "1 key", "2,500 keys"
std::string KeysInWords(std::size_t keys);

// "3.4 MiB"
std::string BytesInWords(std::uint64_t bytes);

using TransferWork = std::function<Result<Transfer>(const OnTransfer&)>;

Result<Transfer> RunTransfer(const TransferWork& work, Session& session);

}  // namespace lambdaml
