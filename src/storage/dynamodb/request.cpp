// SPDX-License-Identifier: Apache-2.0
#include "storage/dynamodb/request.h"

#include "base/base64.h"
#include "base/text.h"

namespace lambdaml::dynamodb {

namespace {

// Of an item, beside its key and its value.
constexpr std::size_t kFrameBytes = 128;

// Keys and table names hold no control characters, so two characters need an escape.
std::string Quoted(std::string_view text) {
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') quoted += '\\';
    quoted += c;
  }
  quoted += '"';
  return quoted;
}

std::string KeyText(std::string_view key) { return StrCat(R"({"k":{"S":)", Quoted(key), "}}"); }

std::string NumberText(std::int64_t number) { return StrCat(R"({"N":")", number, R"("})"); }

void AppendBinary(std::string& text, ByteSpan bytes) {
  text += R"({"B":")";
  AppendBase64(text, bytes);
  text += R"("})";
}

void AppendItem(std::string& text, const Write& write) {
  const ByteSpan value = *write.value;
  text += StrCat(R"({"k":{"S":)", Quoted(write.key), R"(},"n":)", NumberText(static_cast<std::int64_t>(value.size())));
  if (write.expires_unix_s != 0) text += StrCat(R"(,"e":)", NumberText(write.expires_unix_s));
  if (!value.empty()) {
    text += R"(,"v":)";
    AppendBinary(text, value);
  }
  text += '}';
}

std::size_t ItemTextBytes(const Write& write) {
  return 2 * write.key.size() + kFrameBytes + (write.value ? Base64Size(write.value->size()) : 0);
}

void AppendCondition(std::string& text, const PutItem& item, std::int64_t now_unix_s) {
  const std::string now = NumberText(now_unix_s);
  if (item.condition == Condition::kIfAbsent) {
    text += StrCat(R"("ConditionExpression":"attribute_not_exists(k) OR e <= :now",)",
                   R"("ExpressionAttributeValues":{":now":)", now, "}");
    return;
  }
  // Not every server compares with a value of no bytes.
  const std::string_view same = item.expected.empty() ? "n = :expected" : "v = :expected";
  text += StrCat(R"("ConditionExpression":")", same, R"j( AND (attribute_not_exists(e) OR e > :now)",)j",
                 R"("ExpressionAttributeValues":{":now":)", now, R"(,":expected":)");
  if (item.expected.empty()) {
    text += NumberText(0);
  } else {
    AppendBinary(text, item.expected);
  }
  text += '}';
}

}  // namespace

std::string BatchWriteText(const Settings& settings, std::span<const Write* const> writes) {
  std::size_t bytes = kFrameBytes + settings.table.size();
  for (const Write* const write : writes) bytes += ItemTextBytes(*write);
  std::string text;
  text.reserve(bytes);
  text += StrCat(R"({"RequestItems":{)", Quoted(settings.table), ":[");
  for (const Write* const write : writes) {
    if (write != writes.front()) text += ',';
    if (write->value) {
      text += R"({"PutRequest":{"Item":)";
      AppendItem(text, *write);
    } else {
      text += StrCat(R"({"DeleteRequest":{"Key":)", KeyText(write->key));
    }
    text += "}}";
  }
  text += "]}}";
  return text;
}

std::string ConditionalPutText(const Settings& settings, const Write& write, const PutItem& item,
                               std::int64_t now_unix_s) {
  std::string text;
  text.reserve(3 * kFrameBytes + settings.table.size() + ItemTextBytes(write) + Base64Size(item.expected.size()));
  text += StrCat(R"({"TableName":)", Quoted(settings.table), R"(,"Item":)");
  AppendItem(text, write);
  text += ',';
  AppendCondition(text, item, now_unix_s);
  text += '}';
  return text;
}

std::string BatchReadText(const Settings& settings, std::span<const std::string* const> keys, Projection projection) {
  std::string text =
      StrCat(R"({"RequestItems":{)", Quoted(settings.table), R"(:{"ConsistentRead":true,)",
             R"("ProjectionExpression":")", projection == Projection::kSize ? "k,n,e" : "k,n,e,v", R"(","Keys":[)");
  for (const std::string* const key : keys) {
    if (key != keys.front()) text += ',';
    text += KeyText(*key);
  }
  text += "]}}}";
  return text;
}

std::string ScanText(const Settings& settings, const Scan& scan) {
  std::string text =
      StrCat(R"({"TableName":)", Quoted(settings.table), R"(,"ConsistentRead":true,)",
             R"("ProjectionExpression":"k,n,e","Segment":)", scan.segment, R"(,"TotalSegments":)", scan.segments);
  if (!scan.prefix.empty()) {
    text += StrCat(R"j(,"FilterExpression":"begins_with(k, :prefix)",)j",
                   R"("ExpressionAttributeValues":{":prefix":{"S":)", Quoted(scan.prefix), "}}");
  }
  if (!scan.after.empty()) text += StrCat(R"(,"ExclusiveStartKey":)", KeyText(scan.after));
  text += '}';
  return text;
}

std::string CreateTableText(const Settings& settings) {
  return StrCat(R"({"TableName":)", Quoted(settings.table),
                R"(,"AttributeDefinitions":[{"AttributeName":"k","AttributeType":"S"}],)",
                R"("KeySchema":[{"AttributeName":"k","KeyType":"HASH"}],"BillingMode":"PAY_PER_REQUEST"})");
}

std::string DescribeTableText(const Settings& settings) {
  return StrCat(R"({"TableName":)", Quoted(settings.table), "}");
}

std::string EnableTimeToLiveText(const Settings& settings) {
  return StrCat(R"({"TableName":)", Quoted(settings.table),
                R"(,"TimeToLiveSpecification":{"Enabled":true,"AttributeName":"e"}})");
}

}  // namespace lambdaml::dynamodb
