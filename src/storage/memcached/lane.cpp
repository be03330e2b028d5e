// SPDX-License-Identifier: Apache-2.0
#include "storage/memcached/lane.h"

namespace lambdaml::memcached {

void Lane::FillPipeline() {
  pipeline_.Clear();
  for (sent_ = next_; sent_ < items_.size() && !pipeline_.full(); ++sent_) work_.ask(pipeline_, items_[sent_]);
  pieces_ = pipeline_.Finish();
}

void Lane::Send() {
  FillPipeline();
  Result<void> sent = TrySend();
  if (!sent.ok()) sent = SendAgainAfter(std::move(sent).error());
  if (!sent.ok()) Fail(std::move(sent).error());
}

void Lane::Receive() {
  Result<void> received = TryReceive();
  if (!received.ok()) {
    received = SendAgainAfter(std::move(received).error());
    if (received.ok()) received = TryReceive();
  }
  if (!received.ok()) return Fail(std::move(received).error());
  next_ = sent_;
  if (!done()) return;
  node_.Return(std::move(borrowed_->connection));
  borrowed_.reset();
}

Result<void> Lane::TrySend() {
  if (!borrowed_) borrowed_ = TRY(node_.Borrow());
  return borrowed_->connection.Send(pieces_);
}

Result<void> Lane::TryReceive() {
  for (;;) {
    const Reply reply = TRY(borrowed_->connection.ReadReply());
    borrowed_->used_before = false;
    if (reply.kind == Reply::Kind::kEnd) return {};
    if (reply.index < items_.front() || reply.index > items_.back()) {
      return borrowed_->connection.Refuse({Code::kInvalid, "the server answers what nobody asked for"});
    }
    Bytes value;
    if (reply.kind == Reply::Kind::kValue) value = TRY(borrowed_->connection.ReadValue(reply.bytes));
    if (work_.take) work_.take(reply, std::move(value));
  }
}

// The server may have closed the connection while it was idle, which shows only now.
Result<void> Lane::SendAgainAfter(Error error) {
  const bool was_idle = borrowed_ && borrowed_->used_before;
  if (!was_idle || !work_.repeatable || error.code != Code::kUnavailable) return error;
  borrowed_ = Borrowed{.connection = TRY(node_.Connect())};
  return borrowed_->connection.Send(pieces_);
}

void Lane::Fail(Error error) {
  error_ = std::move(error);
  next_ = items_.size();
  borrowed_.reset();
}

}  // namespace lambdaml::memcached
