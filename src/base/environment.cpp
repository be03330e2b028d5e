// SPDX-License-Identifier: Apache-2.0
#include "base/environment.h"

#include <unistd.h>

#include "base/text.h"

namespace lambdaml {

namespace {

bool IsNameCharacter(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
}

// The variable's name at the start of `text`, which follows a '$', and how long its spelling is.
std::pair<std::string_view, std::size_t> VariableAt(std::string_view text) {
  if (text.starts_with('{')) {
    const std::size_t end = text.find('}');
    if (end == std::string_view::npos) return {{}, 0};
    return {text.substr(1, end - 1), end + 1};
  }
  std::size_t size = 0;
  while (size < text.size() && IsNameCharacter(text[size])) ++size;
  return {text.substr(0, size), size};
}

}  // namespace

Environment Environment::OfProcess() {
  std::map<std::string, std::string> variables;
  for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
    const std::string_view text(*entry);
    const std::size_t equals = text.find('=');
    if (equals == std::string_view::npos) continue;
    variables.emplace(text.substr(0, equals), text.substr(equals + 1));
  }
  return Environment(std::move(variables));
}

std::string Environment::Get(std::string_view name) const {
  const auto found = variables_.find(std::string(name));
  return found == variables_.end() ? "" : found->second;
}

Result<std::string> Environment::Require(std::string_view name) const {
  std::string value = Get(name);
  if (value.empty()) return Error{Code::kInvalid, StrCat("the environment variable ", name, " is not set")};
  return value;
}

Result<std::string> Environment::Expand(std::string_view text) const {
  std::string expanded;
  while (true) {
    const std::size_t dollar = text.find('$');
    expanded += text.substr(0, dollar);
    if (dollar == std::string_view::npos) return expanded;
    text.remove_prefix(dollar + 1);
    const auto [name, size] = VariableAt(text);
    if (name.empty()) {
      expanded += '$';
      continue;
    }
    expanded += TRY(Require(name));
    text.remove_prefix(size);
  }
}

}  // namespace lambdaml
