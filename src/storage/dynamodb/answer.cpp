// SPDX-License-Identifier: Apache-2.0
#include "storage/dynamodb/answer.h"

#include <nlohmann/json.hpp>

#include "base/text.h"
#include "storage/dynamodb/binaries.h"

namespace lambdaml::dynamodb {

namespace {

using Json = nlohmann::json;

Error Strange(std::string_view what) {
  return {Code::kInvalid, StrCat("the answer is not DynamoDB's: ", what, "; check the endpoint")};
}

Error Foreign(std::string_view key) {
  return {Code::kInvalid,
          StrCat("the item ", key.substr(0, 100), " is no value of a store: delete it, or use another prefix")};
}

Result<Json> Parse(std::string_view text) {
  Json json = Json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (json.is_object()) return json;
  if (json.is_discarded() && text.starts_with('{')) return Error{Code::kUnavailable, "the answer is cut short"};
  return Strange("it is no JSON object");
}

// Nothing where `of` is not an object or has no such member.
const Json* Member(const Json& of, const std::string& name) {
  if (!of.is_object()) return nullptr;
  const auto at = of.find(name);
  return at == of.end() ? nullptr : &*at;
}

// A list below a table's name, {"Responses": {"table": [...]}}; empty where there is none.
Result<const Json*> ListOf(const Json* member) {
  static const Json kEmpty = Json::array();
  if (member == nullptr) return &kEmpty;
  if (!member->is_array()) return Strange("a list is something else");
  return member;
}

// The text of an attribute, {"k": {"S": "..."}}.
const std::string* Attribute(const Json& item, const char* name, const char* type) {
  const Json* const attribute = Member(item, name);
  const Json* const value = attribute == nullptr ? nullptr : Member(*attribute, type);
  return value == nullptr ? nullptr : value->get_ptr<const std::string*>();
}

Result<std::string> KeyOf(const Json* item) {
  const std::string* const key = item == nullptr ? nullptr : Attribute(*item, "k", "S");
  if (key == nullptr) return Strange("an item has no key k");
  return *key;
}

Result<std::vector<std::string>> KeysOf(const Json* list) {
  std::vector<std::string> keys;
  for (const Json& key : *TRY(ListOf(list))) keys.push_back(TRY(KeyOf(&key)));
  return keys;
}

Result<StoredItem> ItemOf(const Json& json, const WithoutBinaries& taken) {
  StoredItem item{.key = TRY(KeyOf(&json))};
  const std::string* const size = Attribute(json, "n", "N");
  const std::optional<std::int64_t> bytes = size == nullptr ? std::nullopt : ParseInteger(*size);
  if (!bytes || *bytes < 0) return Foreign(item.key);
  item.value_bytes = static_cast<std::uint64_t>(*bytes);
  if (const std::string* const value = Attribute(json, "v", "B")) {
    Result<Bytes> decoded = taken.Decoded(*value);
    if (!decoded.ok() || decoded.value().size() != item.value_bytes) return Foreign(item.key);
    item.value = Blob(std::move(decoded).value());
  }
  // A time that is no whole number, which somebody else wrote, does not expire here.
  const std::string* const expires = Attribute(json, "e", "N");
  if (expires != nullptr) item.expires_unix_s = ParseInteger(*expires).value_or(0);
  return item;
}

Result<std::vector<StoredItem>> ItemsOf(const Json* list, const WithoutBinaries& taken) {
  std::vector<StoredItem> items;
  for (const Json& json : *TRY(ListOf(list))) items.push_back(TRY(ItemOf(json, taken)));
  return items;
}

const Json* TableMember(const Json& answer, const char* name, const std::string& table) {
  const Json* const member = Member(answer, name);
  return member == nullptr ? nullptr : Member(*member, table);
}

}  // namespace

Result<BatchReadAnswer> ParseBatchRead(std::string_view text, const std::string& table) {
  const WithoutBinaries taken = TakeBinaries(text);
  const Json json = TRY(Parse(taken.text));
  if (Member(json, "Responses") == nullptr) return Strange("it has no Responses");
  const Json* const rest = TableMember(json, "UnprocessedKeys", table);
  BatchReadAnswer answer;
  answer.items = TRY(ItemsOf(TableMember(json, "Responses", table), taken));
  answer.unprocessed = TRY(KeysOf(rest == nullptr ? nullptr : Member(*rest, "Keys")));
  return answer;
}

Result<std::vector<std::string>> ParseBatchWrite(std::string_view text, const std::string& table) {
  const WithoutBinaries taken = TakeBinaries(text);
  const Json json = TRY(Parse(taken.text));
  if (Member(json, "UnprocessedItems") == nullptr) return Strange("it has no UnprocessedItems");
  std::vector<std::string> keys;
  for (const Json& request : *TRY(ListOf(TableMember(json, "UnprocessedItems", table)))) {
    const Json* const put = Member(request, "PutRequest");
    const Json* const removal = Member(request, "DeleteRequest");
    const Json* const item = put != nullptr ? Member(*put, "Item") : nullptr;
    const Json* const key = removal != nullptr ? Member(*removal, "Key") : nullptr;
    keys.push_back(TRY(KeyOf(item != nullptr ? item : key)));
  }
  return keys;
}

Result<ScanAnswer> ParseScan(std::string_view text) {
  const Json json = TRY(Parse(text));
  if (Member(json, "Items") == nullptr) return Strange("it has no Items");
  ScanAnswer answer{.items = TRY(ItemsOf(Member(json, "Items"), WithoutBinaries{})), .last_key = {}};
  const Json* const last = Member(json, "LastEvaluatedKey");
  if (last != nullptr && !last->is_null()) answer.last_key = TRY(KeyOf(last));
  return answer;
}

Result<std::string> ParseTableStatus(std::string_view text) {
  const Json json = TRY(Parse(text));
  const Json* const table = Member(json, "Table");
  const Json* const status = table == nullptr ? nullptr : Member(*table, "TableStatus");
  const std::string* const status_text = status == nullptr ? nullptr : status->get_ptr<const std::string*>();
  if (status_text == nullptr) return Strange("it has no Table.TableStatus");
  return *status_text;
}

}  // namespace lambdaml::dynamodb
