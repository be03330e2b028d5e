// SPDX-License-Identifier: Apache-2.0
#include "storage/memcached/key_dump.h"

#include <array>

#include "base/text.h"
#include "net/http.h"

namespace lambdaml::memcached {

namespace {

constexpr std::size_t kPieceBytes = std::size_t{64} << 10U;

// A server dumps for one client at a time.
constexpr int kTries = 200;
constexpr std::chrono::milliseconds kBusyPause{10};

Error RefusalOfDump(std::string_view line) {
  if (line == "CLIENT_ERROR unauthenticated") return RefusalOf(line);
  if (line == "ERROR" || line.starts_with("CLIENT_ERROR") || line.starts_with("ERROR ")) {
    return {Code::kInvalid,
            "the server does not list its keys: start it without -o no_lru_crawler (memcached 1.6 or newer)"};
  }
  return RefusalOf(line);
}

}  // namespace

Result<KeyDump::State> KeyDump::Take(std::string_view piece) {
  begun_ += piece;
  const std::string_view text = begun_;
  std::size_t begin = 0;
  for (std::size_t end = text.find('\n'); end != std::string_view::npos; end = text.find('\n', begin)) {
    const std::string_view line = text.substr(begin, end - begin);
    const State state = TRY(TakeLine(line.substr(0, line.size() - (line.ends_with('\r') ? 1 : 0))));
    if (state != State::kMore) return state;
    begin = end + 1;
  }
  begun_.erase(0, begin);
  if (begun_.size() > kReplyLineBytesMax) return RefusalOf(begun_);
  return State::kMore;
}

// "key=a%2Fb exp=-1 la=1700000000 cas=3 fetch=no cls=1 size=70"
Result<KeyDump::State> KeyDump::TakeLine(std::string_view line) {
  constexpr std::string_view kKey = "key=";
  if (line == "END") return State::kEnd;
  if (line.starts_with("BUSY")) return State::kBusy;
  if (!line.starts_with(kKey)) return RefusalOfDump(line);
  line.remove_prefix(kKey.size());
  std::string wire_key = PercentDecoded(line.substr(0, line.find(' ')));
  if (wire_key.starts_with(wire_prefix_)) wire_keys_.push_back(std::move(wire_key));
  return State::kMore;
}

Result<void> RequestKeys(Connection& connection) { return connection.Send("lru_crawler metadump hash\r\n"); }

Result<std::vector<std::string>> ReceiveKeys(Connection& connection, std::string_view wire_prefix, Clock& clock) {
  std::array<std::byte, kPieceBytes> piece{};
  KeyDump dump(wire_prefix);
  for (int tries = 1;;) {
    const std::size_t size = TRY(connection.ReadSome(piece));
    const auto state = dump.Take({reinterpret_cast<const char*>(piece.data()), size});
    if (!state.ok()) return connection.Refuse(state.error());
    if (state.value() == KeyDump::State::kEnd) return std::move(dump).TakeKeys();
    if (state.value() == KeyDump::State::kMore) continue;
    if (++tries > kTries) return connection.Refuse({Code::kUnavailable, "the server lists its keys for somebody else"});
    clock.SleepUntil(clock.Now() + kBusyPause);
    dump = KeyDump(wire_prefix);
    TRY(RequestKeys(connection));
  }
}

}  // namespace lambdaml::memcached
