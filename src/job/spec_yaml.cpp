// SPDX-License-Identifier: Apache-2.0
// The one file that knows yaml-cpp. JSON is read by it too, being YAML.
#include <yaml-cpp/yaml.h>

#include <algorithm>

#include "base/text.h"
#include "job/spec.h"

namespace lambdaml {

namespace {

constexpr std::size_t kSpecBytesMax = std::size_t{1} << 20U;

// Where messages point: FILE:LINE.
class Place {
 public:
  explicit Place(std::string_view file) : file_(file) {}

  std::string At(const YAML::Mark& mark) const {
    return mark.is_null() ? std::string(file_) : StrCat(file_, ":", mark.line + 1);
  }
  Error Wrong(const YAML::Node& node, std::string_view message) const {
    return {Code::kInvalid, StrCat(At(node.Mark()), ": ", message)};
  }

 private:
  std::string_view file_;
};

Result<void> ReadFields(const YAML::Node& map, const Fields& fields, std::string_view what, const Place& place);

Result<std::string> ScalarText(const YAML::Node& node, std::string_view name, const Place& place) {
  if (!node.IsScalar()) return place.Wrong(node, StrCat(name, ": one value is expected here"));
  return node.Scalar();
}

// {kind: logistic, l2: 0.1}, or the kind alone.
Result<void> ReadChoice(const YAML::Node& node, const Field& field, Choice& choice, const Place& place) {
  if (node.IsScalar()) {
    choice = {node.Scalar(), {}};
    return {};
  }
  if (!node.IsMap()) return place.Wrong(node, StrCat(field.name, ": write {kind: ..., setting: value}"));
  choice.settings.clear();
  for (const auto& entry : node) {
    const std::string name = TRY(ScalarText(entry.first, field.name, place));
    const std::string text = TRY(ScalarText(entry.second, name, place));
    if (name == "kind") {
      choice.kind = text;
    } else if (!choice.settings.emplace(name, text).second) {
      return place.Wrong(entry.first, StrCat(field.name, ": '", name, "' is given twice"));
    }
  }
  return {};
}

Result<void> ReadField(const YAML::Node& node, const Field& field, const Place& place) {
  if (Choice* const* choice = std::get_if<Choice*>(&field.target)) return ReadChoice(node, field, **choice, place);
  if (const Fields* group = std::get_if<Fields>(&field.target)) return ReadFields(node, *group, field.name, place);
  const std::string text = TRY(ScalarText(node, field.name, place));
  return Assign(field, text).Context(place.At(node.Mark()));
}

Result<void> ReadFields(const YAML::Node& map, const Fields& fields, std::string_view what, const Place& place) {
  if (!map.IsMap()) return place.Wrong(map, StrCat(what, ": lines of the form 'key: value' are expected"));
  std::vector<std::string> seen;
  for (const auto& entry : map) {
    const std::string name = TRY(ScalarText(entry.first, what, place));
    const Field* const field = TRY(Find(fields, name, what).Context(place.At(entry.first.Mark())));
    if (std::find(seen.begin(), seen.end(), name) != seen.end()) {
      return place.Wrong(entry.first, StrCat("'", name, "' is given twice"));
    }
    seen.push_back(name);
    TRY(ReadField(entry.second, *field, place));
  }
  return {};
}

}  // namespace

Result<JobSpec> ParseJobSpec(std::string_view text, std::string_view file) {
  if (text.size() > kSpecBytesMax) return Error{Code::kInvalid, StrCat(file, ": too large for a job file")};
  const Place place(file);
  try {
    const YAML::Node root = YAML::Load(std::string(text));
    if (root.IsNull()) return Error{Code::kInvalid, StrCat(file, ": the job file is empty")};
    JobSpec spec;
    TRY(ReadFields(root, Describe(spec), "the job", place));
    return spec;
  } catch (const YAML::Exception& exception) {
    return Error{Code::kInvalid, StrCat(place.At(exception.mark), ": not YAML: ", exception.msg)};
  }
}

}  // namespace lambdaml
