// SPDX-License-Identifier: Apache-2.0
#include "net/stream.h"

#include <algorithm>
#include <array>

#include "base/text.h"
#include "net/transport.h"

namespace lambdaml {

namespace {

constexpr std::size_t kReadBytes = std::size_t{64} << 10U;   // asked of the socket at once
constexpr std::size_t kDirectBytes = std::size_t{4} << 10U;  // smaller reads take more into the buffer
constexpr std::size_t kUnreadBytesMax = std::size_t{256} << 20U;
constexpr std::size_t kKeptBytesMax = std::size_t{1} << 20U;  // of an empty buffer
constexpr std::size_t kPiecesAtOnce = 256;

// Bytes that were received and not yet asked for.
class ReceiveBuffer {
 public:
  std::size_t size() const { return end_ - begin_; }
  ByteSpan unread() const { return {bytes_.data() + begin_, size()}; }

  // Room for more, behind what is unread. What unread() gave before is no longer valid.
  std::span<std::byte> Room() {
    if (begin_ == end_) {
      begin_ = end_ = 0;
      if (bytes_.size() > kKeptBytesMax) Bytes().swap(bytes_);
    }
    if (bytes_.size() - end_ < kReadBytes && begin_ >= size()) {
      std::copy_n(bytes_.begin() + static_cast<std::ptrdiff_t>(begin_), size(), bytes_.begin());
      end_ -= begin_;
      begin_ = 0;
    }
    if (bytes_.size() - end_ < kReadBytes) bytes_.resize(std::max(bytes_.size() * 2, end_ + kReadBytes));
    return {bytes_.data() + end_, bytes_.size() - end_};
  }
  void Filled(std::size_t bytes) { end_ += bytes; }

  std::size_t TakeInto(std::span<std::byte> into) {
    const std::size_t taken = std::min(into.size(), size());
    if (taken > 0) std::memcpy(into.data(), bytes_.data() + begin_, taken);
    begin_ += taken;
    return taken;
  }
  void Skip(std::size_t bytes) { begin_ += bytes; }

 private:
  Bytes bytes_;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
};

// What is left of the pieces to send.
class Pieces {
 public:
  explicit Pieces(std::span<const ByteSpan> pieces) : pieces_(pieces) { SkipEmpty(); }

  bool done() const { return pieces_.empty(); }

  std::span<const iovec> Next() {
    const std::size_t count = std::min(pieces_.size(), next_.size());
    std::size_t filled = 0;
    for (std::size_t i = 0; i < count; ++i) {
      const ByteSpan piece = i == 0 ? pieces_[0].subspan(sent_of_first_) : pieces_[i];
      if (!piece.empty()) next_[filled++] = {const_cast<std::byte*>(piece.data()), piece.size()};
    }
    return {next_.data(), filled};
  }

  void Sent(std::size_t bytes) {
    sent_of_first_ += bytes;
    SkipEmpty();
  }

 private:
  void SkipEmpty() {
    while (!pieces_.empty() && sent_of_first_ >= pieces_[0].size()) {
      sent_of_first_ -= pieces_[0].size();
      pieces_ = pieces_.subspan(1);
    }
  }

  std::span<const ByteSpan> pieces_;
  std::size_t sent_of_first_ = 0;
  std::array<iovec, kPiecesAtOnce> next_;
};

}  // namespace

class Stream::Connection {
 public:
  Connection(std::unique_ptr<Transport> transport, Endpoint endpoint, Clock& clock)
      : transport_(std::move(transport)), endpoint_(std::move(endpoint)), clock_(clock) {}

  Result<void> Send(std::span<const ByteSpan> pieces, Clock::Time deadline) {
    Pieces left(pieces);
    while (!left.done()) {
      const Step step = TRY(transport_->Write(left.Next()));
      if (step.end == Step::End::kMoved) {
        left.Sent(step.bytes);
        continue;
      }
      if (step.end == Step::End::kClosed) return Closed();
      TRY(TakeIn());
      TRY(Await(step.end, deadline));
    }
    return {};
  }

  Result<std::string_view> ReadLine(std::size_t bytes_max, Clock::Time deadline) {
    std::size_t searched = 0;
    for (;;) {
      const ByteSpan unread = buffer_.unread();
      const auto* const begin = reinterpret_cast<const char*>(unread.data());
      const std::string_view text(begin, unread.size());
      const std::size_t newline = text.find('\n', searched);
      if (std::min(newline, text.size()) > bytes_max + 1) {
        return Refuse(StrCat("the server sent a line of more than ", bytes_max, " bytes: is it of another kind?"));
      }
      if (newline != std::string_view::npos) {
        if (newline == 0 || text[newline - 1] != '\r') return Refuse("the server's line does not end in CR LF");
        buffer_.Skip(newline + 1);
        return text.substr(0, newline - 1);
      }
      searched = text.size();
      TRY(Fill(deadline));
    }
  }

  Result<void> ReadExactly(std::span<std::byte> into, Clock::Time deadline) {
    for (;;) {
      into = into.subspan(buffer_.TakeInto(into));
      if (into.empty()) return {};
      if (into.size() < kDirectBytes) {
        TRY(Fill(deadline));
        continue;
      }
      const Step step = TRY(transport_->Read(into));
      if (step.end == Step::End::kClosed) return Closed();
      if (step.end != Step::End::kMoved) TRY(Await(step.end, deadline));
      into = into.subspan(step.bytes);
    }
  }

  Result<std::size_t> ReadSome(std::span<std::byte> into, Clock::Time deadline) {
    if (buffer_.size() == 0 && !into.empty()) TRY(Fill(deadline));
    return buffer_.TakeInto(into);
  }

  // Whether something is in the buffer afterwards.
  Result<bool> Readable(Clock::Time deadline) {
    while (buffer_.size() == 0) {
      const Step step = TRY(ReadOnce());
      if (step.end == Step::End::kMoved) break;
      if (!AwaitSocket(transport_->socket(), step.end, clock_, deadline)) return false;
    }
    return true;
  }

 private:
  Error Refuse(std::string_view why) const { return StreamError(Code::kInvalid, endpoint_, why); }
  Error Closed() const { return StreamError(Code::kUnavailable, endpoint_, "the server closed the connection"); }

  Result<void> Await(Step::End needed, Clock::Time deadline) {
    if (AwaitSocket(transport_->socket(), needed, clock_, deadline)) return {};
    return StreamError(Code::kTimeout, endpoint_, "the server did not answer in time");
  }

  // One read into the buffer, without waiting.
  Result<Step> ReadOnce() {
    const Step step = TRY(transport_->Read(buffer_.Room()));
    if (step.end == Step::End::kClosed) return Closed();
    buffer_.Filled(step.bytes);
    return step;
  }

  // More than before is in the buffer afterwards.
  Result<void> Fill(Clock::Time deadline) {
    for (;;) {
      const Step step = TRY(ReadOnce());
      if (step.end == Step::End::kMoved) return {};
      TRY(Await(step.end, deadline));
    }
  }

  // All that can be read just now.
  Result<void> TakeIn() {
    for (;;) {
      const Step step = TRY(ReadOnce());
      if (step.end != Step::End::kMoved) return {};
      if (buffer_.size() > kUnreadBytesMax) {
        return Refuse(StrCat("the server sent more than ", HumanBytes(kUnreadBytesMax), " before it was asked"));
      }
    }
  }

  std::unique_ptr<Transport> transport_;
  Endpoint endpoint_;
  Clock& clock_;
  ReceiveBuffer buffer_;
};

Result<Stream> Stream::Connect(const Endpoint& endpoint, const TlsTrust* trust, Clock& clock, Clock::Time deadline) {
  FileDescriptor socket = TRY(ConnectSocket(endpoint, clock, deadline));
  std::unique_ptr<Transport> transport = trust == nullptr
                                             ? PlainTransport(std::move(socket), endpoint)
                                             : TRY(ConnectTls(std::move(socket), endpoint, *trust, clock, deadline));
  return Stream(std::make_unique<Connection>(std::move(transport), endpoint, clock));
}

Stream::Stream(std::unique_ptr<Connection> connection) : connection_(std::move(connection)) {}
Stream::Stream(Stream&&) noexcept = default;
Stream& Stream::operator=(Stream&&) noexcept = default;
Stream::~Stream() = default;

Result<void> Stream::Send(std::span<const ByteSpan> pieces, Clock::Time deadline) {
  return connection_->Send(pieces, deadline);
}

Result<void> Stream::Send(std::string_view text, Clock::Time deadline) {
  const ByteSpan piece = AsBytes(text);
  return connection_->Send({&piece, 1}, deadline);
}

Result<std::string_view> Stream::ReadLine(std::size_t bytes_max, Clock::Time deadline) {
  return connection_->ReadLine(bytes_max, deadline);
}

Result<void> Stream::ReadExactly(std::span<std::byte> into, Clock::Time deadline) {
  return connection_->ReadExactly(into, deadline);
}

Result<std::size_t> Stream::ReadSome(std::span<std::byte> into, Clock::Time deadline) {
  return connection_->ReadSome(into, deadline);
}

Result<bool> Stream::Readable(Clock::Time deadline) { return connection_->Readable(deadline); }

bool Stream::IsIdle() {
  const Result<bool> readable = connection_->Readable({});
  return readable.ok() && !readable.value();
}

}  // namespace lambdaml
