// SPDX-License-Identifier: Apache-2.0
#pragma once

// A value or an error that says what the caller should do next. Nothing in lambdaml throws; a library's
// exceptions are caught in the one file that wraps it. TRY passes an error on to the caller, and Context adds
// what was being done, so that a message reads from the outermost action to the cause.
//
//   Result<Blob> blob = store.Get(key);
//   const Manifest manifest = TRY(ParseManifest(TRY(std::move(blob).Context("reading the manifest"))));

#include <cassert>
#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>

namespace lambdaml {

enum class Code {
  kNotFound,     // it is not there: wait, or treat it as empty
  kConflict,     // somebody else was first: read again and decide
  kUnavailable,  // it may work later: a retry layer may try again
  kTimeout,      // the deadline has passed: give up
  kInvalid,      // the request is wrong: show it to the human, never retry
  kInternal,     // this should not happen: report everything
};

std::string_view Name(Code code);

struct Error {
  Code code = Code::kInternal;
  std::string message;
  std::chrono::milliseconds retry_after{0};  // with kUnavailable: how long the server asks to be left alone

  Error Context(std::string_view doing) && {
    return {code, std::string(doing) + ": " + std::move(message), retry_after};
  }
};

template <class T>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}
  Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}

  bool ok() const { return state_.index() == 0; }

  const T& value() const& { return Checked(); }
  T& value() & { return const_cast<T&>(std::as_const(*this).Checked()); }
  T value() && { return std::move(value()); }

  const Error& error() const& {
    assert(!ok());
    return *std::get_if<1>(&state_);
  }
  Error error() && { return std::move(*std::get_if<1>(&state_)); }

  Result Context(std::string_view doing) && {
    if (ok()) return std::move(*this);
    return std::move(*this).error().Context(doing);
  }

 private:
  const T& Checked() const {
    assert(ok());
    return *std::get_if<0>(&state_);
  }

  std::variant<T, Error> state_;
};

template <>
class [[nodiscard]] Result<void> {
 public:
  Result() = default;
  Result(Error error) : error_(std::move(error)) {}

  bool ok() const { return !error_.has_value(); }
  void value() const { assert(ok()); }

  const Error& error() const& {
    assert(!ok());
    return *error_;
  }
  Error error() && { return std::move(*error_); }

  Result Context(std::string_view doing) && {
    if (ok()) return {};
    return std::move(*error_).Context(doing);
  }

 private:
  std::optional<Error> error_;
};

}  // namespace lambdaml

// NOLINTBEGIN(bugprone-macro-parentheses): a name that is declared cannot stand in parentheses
#define LAMBDAML_JOIN_(a, b) a##b
#define LAMBDAML_TRY_(expression, result)                 \
  __extension__({                                         \
    auto result = (expression);                           \
    if (!(result).ok()) return std::move(result).error(); \
    std::move(result).value();                            \
  })
// NOLINTEND(bugprone-macro-parentheses)
#define LAMBDAML_TRY_NAMED_(expression, line) LAMBDAML_TRY_(expression, LAMBDAML_JOIN_(try_result_, line))

// The value of `expression` (a Result), or an early return with its error.
#define TRY(expression) LAMBDAML_TRY_NAMED_(expression, __COUNTER__)
