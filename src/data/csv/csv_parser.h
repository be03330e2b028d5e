// SPDX-License-Identifier: Apache-2.0
#pragma once

// Rows out of separated text whose layout is known.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "data/text_reader.h"

namespace lambdaml::csv {

// What a field is for.
enum class Role : unsigned char {
  kNumber,
  kLabel,
  kHashed,  // its text becomes a column
  kBinned,  // a count, whose bin becomes a column
};

// How a file's records are built; found from its beginning and the options.
struct Layout {
  char separator = ',';
  std::vector<Role> roles;          // one a field; at most one of them is kLabel, else labels are 0
  std::vector<std::string> header;  // names of the fields; may be empty
  bool names = false;               // labels are texts
  bool missing_is_zero = false;     // else an empty number is a fault
  std::uint64_t hash_columns = 0;   // 0: rows are dense; else sparse, the numbers before the hashed columns
  float hashed_value = 1;

  std::size_t fields() const { return roles.size(); }
  std::size_t Count(Role role) const;
};

// `text` is as ParseText says.
ParsedText Parse(const Layout& layout, std::string_view text);

}  // namespace lambdaml::csv
