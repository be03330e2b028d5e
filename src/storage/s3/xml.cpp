// SPDX-License-Identifier: Apache-2.0
#include "storage/s3/xml.h"

#include <algorithm>
#include <memory>
#include <pugixml.hpp>

#include "base/text.h"
#include "net/http.h"

namespace lambdaml::s3 {

namespace {

constexpr std::size_t kMessageBytesMax = 300;

class Document {
 public:
  // With the root element `root`; nothing if `body` is anything else.
  static std::optional<Document> Parse(std::string_view body, const char* root) {
    Document document;
    // Also keys of nothing but spaces, which would else be taken for indentation.
    constexpr unsigned kOptions = pugi::parse_default | pugi::parse_ws_pcdata_single;
    const auto parsed = document.xml_->load_buffer(body.data(), body.size(), kOptions, pugi::encoding_utf8);
    document.root_ = document.xml_->child(root);
    if (!parsed || !document.root_) return std::nullopt;
    return document;
  }

  const pugi::xml_node& root() const { return root_; }

 private:
  std::unique_ptr<pugi::xml_document> xml_ = std::make_unique<pugi::xml_document>();
  pugi::xml_node root_;
};

Result<Document> Expect(std::string_view body, const char* root) {
  std::optional<Document> document = Document::Parse(body, root);
  if (document) return std::move(*document);
  return Error{Code::kInvalid, StrCat("its answer is no ", root, "; is this an S3 server?")};
}

std::string OneLine(std::string text) {
  if (text.size() > kMessageBytesMax) text.resize(kMessageBytesMax);
  std::ranges::replace_if(
      text, [](char c) { return c >= 0 && c < ' '; }, ' ');
  return text;
}

Refusal RefusalIn(const pugi::xml_node& node) {
  return {.code = OneLine(node.child_value("Code")),
          .message = OneLine(node.child_value("Message")),
          .region = OneLine(node.child_value("Region"))};
}

// As HTML forms encode: a '+' is a space.
std::string UrlDecoded(std::string text) {
  std::ranges::replace(text, '+', ' ');
  return PercentDecoded(text);
}

std::string Escaped(std::string_view text) {
  std::string escaped;
  escaped.reserve(text.size());
  for (const char c : text) {
    switch (c) {
      case '&': escaped += "&amp;"; break;
      case '<': escaped += "&lt;"; break;
      case '>': escaped += "&gt;"; break;
      case '"': escaped += "&quot;"; break;
      default: escaped += c;
    }
  }
  return escaped;
}

}  // namespace

std::optional<Refusal> ParseRefusal(std::string_view body) {
  const auto document = Document::Parse(body, "Error");
  if (!document) return std::nullopt;
  return RefusalIn(document->root());
}

Result<Page> ParsePage(std::string_view body) {
  const Document document = TRY(Expect(body, "ListBucketResult"));
  const pugi::xml_node& root = document.root();
  const bool encoded = std::string_view(root.child_value("EncodingType")) == "url";
  Page page;
  for (const pugi::xml_node& node : root.children("Contents")) {
    std::string key = node.child_value("Key");
    const auto bytes = ParseInteger(node.child_value("Size"));
    if (key.empty() || !bytes || *bytes < 0) {
      return Error{Code::kInvalid, "its list has an entry without a key or a size; is this an S3 server?"};
    }
    page.entries.push_back({.key = Key(encoded ? UrlDecoded(std::move(key)) : std::move(key)),
                            .bytes = static_cast<std::uint64_t>(*bytes)});
  }
  if (std::string_view(root.child_value("IsTruncated")) != "true") return page;
  page.next = root.child_value("NextContinuationToken");
  if (page.next.empty()) {
    return Error{Code::kInvalid, "its list goes on without saying how; does this server know ListObjectsV2?"};
  }
  return page;
}

Result<std::vector<KeyRefusal>> ParseDeleteAnswer(std::string_view body) {
  const Document document = TRY(Expect(body, "DeleteResult"));
  std::vector<KeyRefusal> refusals;
  for (const pugi::xml_node& node : document.root().children("Error")) {
    refusals.push_back({.key = node.child_value("Key"), .refusal = RefusalIn(node)});
  }
  return refusals;
}

Result<std::string> ParseUploadId(std::string_view body) {
  const Document document = TRY(Expect(body, "InitiateMultipartUploadResult"));
  std::string id = document.root().child_value("UploadId");
  if (!id.empty()) return id;
  return Error{Code::kInvalid, "it began an upload without an id; is this an S3 server?"};
}

Result<void> CheckCompleted(std::string_view body) {
  if (Document::Parse(body, "CompleteMultipartUploadResponse")) return {};  // as moto calls it
  TRY(Expect(body, "CompleteMultipartUploadResult"));
  return {};
}

Result<aws::Credentials> ParseSession(std::string_view body) {
  const Document document = TRY(Expect(body, "CreateSessionResult"));
  const pugi::xml_node node = document.root().child("Credentials");
  aws::Credentials session{.access_key = node.child_value("AccessKeyId"),
                           .secret_key = node.child_value("SecretAccessKey"),
                           .session_token = node.child_value("SessionToken"),
                           .expires_unix_ms = {}};
  if (!session.access_key.empty() && !session.secret_key.empty() && !session.session_token.empty()) return session;
  return Error{Code::kInvalid, "its session has no credentials; is this an S3 directory bucket?"};
}

std::string DeleteRequest(std::span<const std::string> keys) {
  std::string body = "<Delete><Quiet>true</Quiet>";
  for (const std::string& key : keys) body += StrCat("<Object><Key>", Escaped(key), "</Key></Object>");
  return body + "</Delete>";
}

std::string CompleteRequest(std::span<const std::string> tags) {
  std::string body = "<CompleteMultipartUpload>";
  for (std::size_t i = 0; i < tags.size(); ++i) {
    body += StrCat("<Part><PartNumber>", i + 1, "</PartNumber><ETag>", Escaped(tags[i]), "</ETag></Part>");
  }
  return body + "</CompleteMultipartUpload>";
}

}  // namespace lambdaml::s3
