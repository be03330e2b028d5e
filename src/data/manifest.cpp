// SPDX-License-Identifier: Apache-2.0
// The manifest of a dataset as JSON (docs/formats/dataset.md).

#include <algorithm>
#include <charconv>
#include <limits>
#include <set>

#include "data/dataset.h"
#include "data/json_fields.h"

namespace lambdaml {

namespace {

constexpr std::string_view kFormat = "lambdaml-dataset";
constexpr std::uint64_t kVersion = 1;

Error Invalid(std::string what) { return {Code::kInvalid, std::move(what)}; }

std::string Hex(std::uint32_t crc) {
  char digits[8];
  const auto end = std::to_chars(digits, digits + sizeof(digits), crc, 16).ptr;
  const auto size = static_cast<std::size_t>(end - digits);
  return std::string(sizeof(digits) - size, '0').append(digits, size);
}

Result<std::uint32_t> ParseHex(std::string_view text) {
  std::uint32_t crc = 0;
  const auto [end, status] = std::from_chars(text.data(), text.data() + text.size(), crc, 16);
  if (text.size() != 8 || status != std::errc() || end != text.data() + text.size()) {
    return Invalid(StrCat("crc32c '", text, "' is not 8 hexadecimal digits"));
  }
  return crc;
}

// A shard's name becomes a key or a path below the dataset, so it must not lead out of it.
Result<void> CheckName(std::string_view name) {
  if (name.empty() || name.front() == '/') return Invalid(StrCat("shard name '", name, "' is empty or absolute"));
  if (name.find('\0') != std::string_view::npos) return Invalid("a shard name holds a zero byte");
  for (const std::string_view segment : SplitText(name, '/')) {
    if (segment.empty() || segment == "." || segment == "..") {
      return Invalid(StrCat("shard name '", name, "' leads out of the dataset"));
    }
  }
  return {};
}

Result<Shard> ParseShard(const json::Value& entry) {
  Shard shard;
  shard.name = TRY(json::Text(entry, "name"));
  TRY(CheckName(shard.name));
  shard.rows = TRY(json::Count(entry, "rows"));
  shard.values = TRY(json::Count(entry, "values"));
  shard.bytes = TRY(json::Count(entry, "bytes"));
  shard.crc = TRY(ParseHex(TRY(json::Text(entry, "crc32c"))));
  if (shard.rows == 0) return Invalid(StrCat("shard '", shard.name, "' has no rows"));
  return shard;
}

Result<Split> ParseSplit(const json::Value& entry) {
  Split split;
  split.name = TRY(json::Text(entry, "name"));
  split.rows = TRY(json::Count(entry, "rows"));
  std::uint64_t rows = 0;
  for (const json::Value& shard : *TRY(json::List(entry, "shards"))) {
    split.shards.push_back(TRY(ParseShard(shard)));
    if (__builtin_add_overflow(rows, split.shards.back().rows, &rows)) return Invalid("too many rows");
  }
  if (rows != split.rows) {
    return Invalid(StrCat("split '", split.name, "' has ", split.rows, " rows but its shards have ", rows));
  }
  return split;
}

Result<bool> ParseKind(const json::Value& object) {
  const std::string kind = TRY(json::Text(object, "kind"));
  if (kind != "dense" && kind != "sparse") return Invalid(StrCat("kind '", kind, "' is neither dense nor sparse"));
  return kind == "sparse";
}

Result<std::vector<std::string>> ParseClasses(const json::Value& object) {
  std::vector<std::string> classes;
  for (const json::Value& entry : *TRY(json::List(object, "classes"))) {
    if (!entry.is_string()) return Invalid("field 'classes' holds what is not a text");
    classes.push_back(entry.get<std::string>());
  }
  return classes;
}

// Older manifests do not have the field.
Result<std::vector<std::uint64_t>> ParseClassRows(const json::Value& object, std::size_t classes) {
  std::vector<std::uint64_t> rows;
  if (!object.contains("class_rows")) return rows;
  for (const json::Value& entry : *TRY(json::List(object, "class_rows"))) {
    if (!entry.is_number_unsigned()) return Invalid("field 'class_rows' holds what is not a whole number");
    rows.push_back(entry.get<std::uint64_t>());
  }
  if (rows.size() == classes) return rows;
  return Invalid(StrCat("field 'class_rows' has ", rows.size(), " numbers, but there are ", classes, " classes"));
}

std::map<std::string, std::string> ParseOrigin(const json::Value& object) {
  std::map<std::string, std::string> origin;
  const auto at = object.find("origin");
  if (at == object.end() || !at->is_object()) return origin;
  for (const auto& [name, value] : at->items()) {
    if (value.is_string()) origin[name] = value.get<std::string>();
  }
  return origin;
}

Result<void> CheckVersion(const json::Value& object) {
  if (TRY(json::Text(object, "format")) != kFormat) return Invalid("it does not describe a lambdaml dataset");
  const std::uint64_t version = TRY(json::Count(object, "version"));
  if (version == kVersion) return {};
  return Invalid(StrCat("format version ", version, " is not known to this program (it knows ", kVersion,
                        "); import the data again or use a newer lambdaml"));
}

Result<void> CheckShards(const Manifest& manifest) {
  std::set<std::string> names;
  for (const Split& split : manifest.splits) {
    if (!names.insert(split.name).second) return Invalid(StrCat("split '", split.name, "' is there twice"));
    for (const Shard& shard : split.shards) {
      std::uint64_t values = 0;
      const bool overflow = __builtin_mul_overflow(shard.rows, manifest.columns, &values);
      if (!manifest.sparse && (overflow || shard.values != values)) {
        return Invalid(StrCat("shard '", shard.name, "' has ", shard.values, " values, not rows x columns"));
      }
    }
  }
  const Split* const train = manifest.Find("train");
  if (train == nullptr) return Invalid("there is no split 'train'");
  std::uint64_t rows = 0;
  for (const std::uint64_t of_class : manifest.class_rows) {
    if (__builtin_add_overflow(rows, of_class, &rows)) return Invalid("too many rows");
  }
  if (manifest.class_rows.empty() || rows == train->rows) return {};
  return Invalid(StrCat("field 'class_rows' adds up to ", rows, " rows, split 'train' has ", train->rows));
}

Result<Manifest> Parse(std::string_view text) {
  const json::Value object = TRY(json::Parse(text));
  TRY(CheckVersion(object));
  Manifest manifest;
  manifest.sparse = TRY(ParseKind(object));
  manifest.columns = TRY(json::Count(object, "columns"));
  if (manifest.columns == 0 || manifest.columns > kColumnsMax) {
    return Invalid(StrCat("columns is ", manifest.columns, ", not from 1 to ", kColumnsMax));
  }
  manifest.classes = TRY(ParseClasses(object));
  manifest.class_rows = TRY(ParseClassRows(object, manifest.classes.size()));
  for (const json::Value& entry : *TRY(json::List(object, "splits"))) {
    manifest.splits.push_back(TRY(ParseSplit(entry)));
  }
  manifest.source = TRY(json::Text(object, "source"));
  manifest.origin = ParseOrigin(object);
  TRY(CheckShards(manifest));
  return manifest;
}

}  // namespace

const Split* Manifest::Find(std::string_view split) const {
  const auto at = std::find_if(splits.begin(), splits.end(), [split](const Split& s) { return s.name == split; });
  return at == splits.end() ? nullptr : &*at;
}

std::string ToJson(const Manifest& manifest) {
  nlohmann::ordered_json object;
  object["format"] = kFormat;
  object["version"] = kVersion;
  object["kind"] = manifest.sparse ? "sparse" : "dense";
  object["columns"] = manifest.columns;
  object["classes"] = manifest.classes;
  if (!manifest.class_rows.empty()) object["class_rows"] = manifest.class_rows;
  object["source"] = manifest.source;
  object["origin"] = manifest.origin;
  object["splits"] = nlohmann::ordered_json::array();
  for (const Split& split : manifest.splits) {
    nlohmann::ordered_json shards = nlohmann::ordered_json::array();
    for (const Shard& shard : split.shards) {
      shards.push_back({{"name", shard.name},
                        {"rows", shard.rows},
                        {"values", shard.values},
                        {"bytes", shard.bytes},
                        {"crc32c", Hex(shard.crc)}});
    }
    object["splits"].push_back({{"name", split.name}, {"rows", split.rows}, {"shards", std::move(shards)}});
  }
  return json::Dump(object, 1) + "\n";
}

Result<Manifest> ParseManifest(std::string_view json) { return Parse(json).Context("the dataset's manifest"); }

}  // namespace lambdaml
