// SPDX-License-Identifier: Apache-2.0
#include "net/aws/profile.h"

#include <optional>

#include "base/file.h"
#include "base/text.h"

namespace lambdaml::aws {

namespace {

constexpr std::size_t kFileBytesMax = std::size_t{1} << 20U;

// "[ profile  "my name" ]" is "profile my name".
std::optional<std::string> SectionName(std::string_view line) {
  const std::size_t end = line.find(']');
  if (end == std::string_view::npos) return std::nullopt;
  std::string name;
  for (const char c : Trim(line.substr(1, end - 1))) {
    const bool space = c == ' ' || c == '\t';
    if (c == '"' || c == '\'' || (space && name.ends_with(' '))) continue;
    name += space ? ' ' : c;
  }
  if (name.empty()) return std::nullopt;
  return name;
}

struct Setting {
  std::string_view name;
  std::string_view value;
};

std::optional<Setting> ParseSetting(std::string_view line) {
  const std::size_t equals = line.find('=');
  if (equals == std::string_view::npos) return std::nullopt;
  const std::string_view name = Trim(line.substr(0, equals));
  if (name.empty()) return std::nullopt;
  return Setting{name, Trim(line.substr(equals + 1))};
}

class SectionParser {
 public:
  // False if the line cannot be read.
  bool Take(std::string_view line) {
    const std::string_view text = Trim(line);
    if (text.empty() || text.front() == '#' || text.front() == ';') return true;
    if (text.front() == '[') return Begin(text);
    if (section_ == nullptr) return false;
    const std::size_t indent = line.find_first_not_of(" \t");
    const std::optional<Setting> setting = ParseSetting(text);
    if (!setting_.empty() && indent > setting_indent_) {
      // What is not a setting there continues a text in several lines, none of which is read here.
      if (setting) (*section_)[StrCat(setting_, ".", setting->name)] = setting->value;
      return true;
    }
    if (!setting) return false;
    setting_ = setting->name;
    setting_indent_ = indent;
    (*section_)[setting_] = setting->value;
    return true;
  }

  Sections Finish() && { return std::move(sections_); }

 private:
  bool Begin(std::string_view text) {
    const std::optional<std::string> name = SectionName(text);
    if (!name) return false;
    section_ = &sections_[*name];
    setting_.clear();
    return true;
  }

  Sections sections_;
  Settings* section_ = nullptr;
  std::string setting_;  // the last one that was not indented below another
  std::size_t setting_indent_ = 0;
};

std::string PathOf(const Environment& environment, std::string_view variable, std::string_view name_in_home) {
  const std::string home = environment.Get("HOME");
  std::string path = environment.Get(variable);
  if (path.empty() && !home.empty()) return StrCat(home, "/.aws/", name_in_home);
  if (path.starts_with("~/")) path.replace(0, 1, home);
  return path;
}

Result<Sections> ReadSections(const std::string& path) {
  if (path.empty()) return Sections{};
  Result<Blob> content = ReadFile(path);
  if (!content.ok() && content.error().code == Code::kNotFound) return Sections{};
  const Blob bytes = TRY(std::move(content));
  if (bytes.size() > kFileBytesMax) {
    return Error{Code::kInvalid,
                 StrCat(path, " is larger than ", kFileBytesMax, " bytes: it is no file of the AWS CLI")};
  }
  return ParseSections(bytes.text(), path);
}

// The settings of `name`; null if there is no such section.
const Settings* SectionOf(const Sections& sections, const std::string& name) {
  const auto found = sections.find(name);
  return found == sections.end() ? nullptr : &found->second;
}

void Add(const Settings* settings, Profile& profile) {
  if (settings == nullptr) return;
  profile.found = true;
  for (const auto& [name, value] : *settings) profile.settings.insert_or_assign(name, value);
}

}  // namespace

Result<Sections> ParseSections(std::string_view text, std::string_view file) {
  constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
  if (text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
  SectionParser parser;
  int number = 0;
  for (const std::string_view line : SplitText(text, '\n')) {
    ++number;
    if (!parser.Take(line)) {
      return Error{Code::kInvalid, StrCat(file, ", line ", number, ": expected [section] or name = value")};
    }
  }
  return std::move(parser).Finish();
}

std::string_view Profile::Get(std::string_view setting) const {
  const auto entry = settings.find(std::string(setting));
  return entry == settings.end() ? std::string_view() : std::string_view(entry->second);
}

Result<Profile> ReadProfile(const Environment& environment) {
  const std::string config_path = PathOf(environment, "AWS_CONFIG_FILE", "config");
  const std::string credentials_path = PathOf(environment, "AWS_SHARED_CREDENTIALS_FILE", "credentials");
  const Sections config = TRY(ReadSections(config_path));
  const Sections credentials = TRY(ReadSections(credentials_path));

  Profile profile;
  profile.name = environment.Get("AWS_PROFILE");
  if (profile.name.empty()) profile.name = "default";
  profile.files = config_path.empty() || credentials_path.empty() ? StrCat(credentials_path, config_path)
                                                                  : StrCat(credentials_path, " and ", config_path);
  if (profile.name == "default") Add(SectionOf(config, "default"), profile);
  Add(SectionOf(config, StrCat("profile ", profile.name)), profile);
  Add(SectionOf(credentials, profile.name), profile);
  const Settings* services = SectionOf(config, StrCat("services ", profile.Get("services")));
  if (services != nullptr) profile.services = *services;
  return profile;
}

}  // namespace lambdaml::aws
