// SPDX-License-Identifier: Apache-2.0
#pragma once

// Byte strings. `Bytes` is a growable buffer that does not clear memory it is about to overwrite. `Blob` is an
// immutable byte string that shares its owner: a heap buffer, a memory-mapped file or a value of another store.
// Copying a Blob copies a pointer; it may be read from any thread.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace lambdaml {

using ByteSpan = std::span<const std::byte>;

template <class T>
struct UninitialisedAllocator : std::allocator<T> {
  template <class U>
  void construct(U* at) noexcept {
    ::new (static_cast<void*>(at)) U;
  }
  template <class U, class... Arguments>
  void construct(U* at, Arguments&&... arguments) {
    ::new (static_cast<void*>(at)) U(std::forward<Arguments>(arguments)...);
  }
};

static_assert(std::is_same_v<std::allocator_traits<UninitialisedAllocator<int>>::rebind_alloc<char>,
                             UninitialisedAllocator<char>>);

using Bytes = std::vector<std::byte, UninitialisedAllocator<std::byte>>;

class Blob {
 public:
  Blob() = default;
  explicit Blob(Bytes bytes) {
    auto owner = std::make_shared<const Bytes>(std::move(bytes));
    bytes_ = *owner;
    owner_ = std::move(owner);
  }
  Blob(std::shared_ptr<const void> owner, ByteSpan bytes) : owner_(std::move(owner)), bytes_(bytes) {}

  // Takes over the text's own memory.
  static Blob Of(std::string text) {
    auto owner = std::make_shared<const std::string>(std::move(text));
    const ByteSpan bytes = std::as_bytes(std::span(owner->data(), owner->size()));
    return {std::move(owner), bytes};
  }

  const std::byte* data() const { return bytes_.data(); }
  std::size_t size() const { return bytes_.size(); }
  bool empty() const { return bytes_.empty(); }
  ByteSpan span() const { return bytes_; }

  // At most `length` bytes from `offset` on, with the same owner. Past the end it is empty.
  Blob Slice(std::uint64_t offset, std::uint64_t length) const {
    const std::size_t begin = std::min<std::uint64_t>(offset, size());
    return {owner_, bytes_.subspan(begin, std::min<std::uint64_t>(length, size() - begin))};
  }

  std::string_view text() const { return {reinterpret_cast<const char*>(bytes_.data()), bytes_.size()}; }

 private:
  std::shared_ptr<const void> owner_;
  ByteSpan bytes_;
};

inline ByteSpan AsBytes(std::string_view text) { return std::as_bytes(std::span(text.data(), text.size())); }

inline Bytes ToBytes(ByteSpan bytes) {
  Bytes copy(bytes.size());
  if (!bytes.empty()) std::memcpy(copy.data(), bytes.data(), bytes.size());
  return copy;
}

}  // namespace lambdaml
