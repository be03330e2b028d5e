// SPDX-License-Identifier: Apache-2.0
#pragma once

// The name of a value in a store: segments joined by '/', at most kKeyBytesMax bytes, never empty. A prefix is a
// Key too; the empty prefix is written Key().

#include <compare>
#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <utility>

namespace lambdaml {

inline constexpr std::size_t kKeyBytesMax = 900;

class Key {
 public:
  Key() = default;
  explicit Key(std::string text) : text_(std::move(text)) {}

  const std::string& text() const { return text_; }
  bool empty() const { return text_.empty(); }

  // "a" / "b" is "a/b"; the empty key is neutral.
  friend Key operator/(const Key& parent, std::string_view child) {
    if (parent.empty()) return Key(std::string(child));
    std::string text;
    text.reserve(parent.text_.size() + 1 + child.size());
    text.append(parent.text_).append(1, '/').append(child);
    return Key(std::move(text));
  }
  // NOLINTNEXTLINE(modernize-use-nullptr): clang-tidy 14 takes the 0 that an order is compared with for a pointer
  friend auto operator<=>(const Key&, const Key&) = default;

 private:
  std::string text_;
};

}  // namespace lambdaml

template <>
struct std::hash<lambdaml::Key> {
  std::size_t operator()(const lambdaml::Key& key) const noexcept { return std::hash<std::string>()(key.text()); }
};
