// SPDX-License-Identifier: Apache-2.0
#pragma once

// One connection to the server, logged in. One thread at a time. Errors name the server; after one of the connection
// itself (not of the server's words) it is of no further use.

#include <functional>
#include <memory>
#include <set>
#include <string>

#include "base/clock.h"
#include "net/stream.h"
#include "storage/redis/resp.h"
#include "storage/redis/settings.h"

namespace lambdaml::redis {

class Connection {
 public:
  using PushSink = std::function<void(Reply push)>;

  // `clock` must outlive the connection.
  static Result<std::unique_ptr<Connection>> Open(const Settings& settings, Clock& clock);

  // Sends the commands, whose replies, so many, must then be read.
  Result<void> Send(const Commands& commands, std::size_t replies);

  // Adds the commands that make it listen to these channels and to no others. They have no replies, unless they are
  // refused: then the next reply is the refusal. It goes on listening when it is lent to others.
  void ListenTo(std::set<std::string> channels, Commands& commands);

  // The next reply. Messages that come before it go to `sink`. What the server says is wrong is a reply too.
  Result<Reply> Next(const PushSink& sink = {});

  // The same, but such a reply becomes an Error.
  Result<Reply> NextGood(const PushSink& sink = {});

  // A reply or a message, whichever comes next.
  Result<Reply> NextOfAny();

  // Whether NextOfAny has something to read, now or before the deadline.
  Result<bool> Readable(Clock::Time deadline);

  // The error that a reply of kind kError stands for.
  Error ErrorOf(const Reply& reply) const;
  // Of a reply that is of another kind than its command has.
  Error Unexpected() const;

  // For who does not know which replies are still to come.
  void Abandon() { abandoned_ = true; }

  bool broken() const { return broken_; }
  bool listens() const { return !channels_.empty(); }

  // Whether all replies have been read, so that somebody else can use it.
  bool in_step() const { return !broken_ && !abandoned_ && awaited_ == 0; }

  // Whether the server has kept it open while it lay idle. Drops the messages that came meanwhile.
  bool IsAlive();

 private:
  class Source;

  Connection(Stream stream, const Settings& settings, Clock& clock)
      : stream_(std::move(stream)), endpoint_(settings.endpoint), answer_time_(settings.answer_time), clock_(clock) {}

  Result<void> LogIn(const Settings& settings);
  Clock::Time DeadlineFor(std::size_t bytes) const;
  Result<Reply> Read();
  // Marks the connection as broken, and makes of a server that does not answer one that is not available.
  Error Broken(Error error);

  Stream stream_;
  Endpoint endpoint_;
  Clock::Duration answer_time_;
  Clock& clock_;
  std::set<std::string> channels_;
  std::size_t awaited_ = 0;  // replies
  bool abandoned_ = false;
  bool broken_ = false;
};

}  // namespace lambdaml::redis
