// SPDX-License-Identifier: Apache-2.0
#include "storage/s3/listing.h"

#include <algorithm>

#include "base/text.h"
#include "storage/key_rules.h"
#include "storage/s3/refusal.h"
#include "storage/s3/xml.h"

namespace lambdaml::s3 {

namespace {

// What the server can be asked for; the rest is sorted out here. It takes only whole characters, and a directory bucket
// only whole folders.
std::string Askable(std::string prefix, BucketKind kind) {
  while (!IsUtf8(prefix)) prefix.pop_back();
  if (kind == BucketKind::kDirectory) prefix.resize(prefix.rfind('/') + 1);  // npos + 1 is 0
  return prefix;
}

Result<Page> FetchPage(Bucket& bucket, std::string_view prefix, std::string_view token) {
  std::string query = StrCat("encoding-type=url&list-type=2&prefix=", aws::EncodeQuery(prefix));
  if (!token.empty()) query += StrCat("&continuation-token=", aws::EncodeQuery(token));
  const HttpResponse response = TRY(bucket.Send(bucket.ForBucket("GET", query)));
  if (response.status != 200) return ErrorOf(bucket.location(), "list", response);
  return ParsePage(response.body).Context(StrCat(bucket.location().name, ": cannot list ", bucket.location().server));
}

}  // namespace

Result<std::vector<Entry>> ListObjects(Bucket& bucket, const Key& prefix, std::size_t key_bytes_max) {
  const std::string& root = bucket.location().prefix;
  const std::string wanted = root + prefix.text();
  const std::string asked = Askable(wanted, bucket.location().kind);
  std::vector<Entry> entries;
  if (prefix.text().size() > key_bytes_max) return entries;
  std::string token;
  do {
    Page page = TRY(FetchPage(bucket, asked, token));
    for (Entry& entry : page.entries) {
      if (!entry.key.text().starts_with(wanted)) continue;
      Key key(entry.key.text().substr(root.size()));
      if (CheckKey(key, key_bytes_max).ok()) entries.push_back({.key = std::move(key), .bytes = entry.bytes});
    }
    if (!page.next.empty() && page.next == token) {
      return Error{Code::kInvalid, StrCat(bucket.location().name, ": ", bucket.location().server,
                                          " lists the same page again; is this an S3 server?")};
    }
    token = std::move(page.next);
  } while (!token.empty());
  // A directory bucket lists in any order.
  if (!std::ranges::is_sorted(entries, {}, &Entry::key)) std::ranges::sort(entries, {}, &Entry::key);
  return entries;
}

}  // namespace lambdaml::s3
