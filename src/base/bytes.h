// SPDX-License-Identifier: Apache-2.0
#pragma once

// Byte strings. `Bytes` is a growable buffer that does not clear memory it is about to overwrite. `Blob` is an
// immutable byte string that shares its owner: a heap buffer, a memory-mapped file or a value of another store.
// Copying a Blob copies a pointer; it may be read from any thread.

#include <cstddef>
#include <cstring>
#include <memory>
#include <span>
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

  const std::byte* data() const { return bytes_.data(); }
  std::size_t size() const { return bytes_.size(); }
  bool empty() const { return bytes_.empty(); }
  ByteSpan span() const { return bytes_; }
  std::string_view text() const { return {reinterpret_cast<const char*>(bytes_.data()), bytes_.size()}; }

 private:
  std::shared_ptr<const void> owner_;
  ByteSpan bytes_;
};

inline ByteSpan AsBytes(std::string_view text) { return std::as_bytes(std::span(text.data(), text.size())); }

inline Bytes ToBytes(ByteSpan bytes) { return Bytes(bytes.begin(), bytes.end()); }

}  // namespace lambdaml
