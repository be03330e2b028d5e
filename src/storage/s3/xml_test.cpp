// SPDX-License-Identifier: Apache-2.0
#include "storage/s3/xml.h"

#include <gtest/gtest.h>

#include "base/text.h"

namespace lambdaml::s3 {
namespace {

constexpr std::string_view kPage =
    R"(<?xml version="1.0" encoding="UTF-8"?>
<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">
  <Name>b</Name><Prefix></Prefix><EncodingType>url</EncodingType><KeyCount>2</KeyCount><IsTruncated>true</IsTruncated>
  <Contents><Key>a%2Bb+c/%C3%A4</Key><LastModified>2026-01-01T00:00:00.000Z</LastModified><Size>17</Size></Contents>
  <Contents><Key>x%20y</Key><Size>0</Size></Contents>
  <NextContinuationToken>1ueG/=</NextContinuationToken>
</ListBucketResult>)";

TEST(S3Xml, APageHasDecodedKeysAndTheTokenOfTheNext) {
  const auto page = ParsePage(kPage);
  ASSERT_TRUE(page.ok()) << page.error().message;
  ASSERT_EQ(page.value().entries.size(), 2U);
  EXPECT_EQ(page.value().entries[0].key.text(), "a+b c/ä");
  EXPECT_EQ(page.value().entries[0].bytes, 17U);
  EXPECT_EQ(page.value().entries[1].key.text(), "x y");
  EXPECT_EQ(page.value().next, "1ueG/=");
}

TEST(S3Xml, KeysThatAreNotEncodedStayAsTheyAre) {
  const auto page = ParsePage(
      "<ListBucketResult><Contents><Key>a%2Bb+c &amp; &lt;d&gt;</Key><Size>1</Size></Contents>"
      "<Contents><Key>  </Key><Size>1</Size></Contents></ListBucketResult>");
  ASSERT_TRUE(page.ok()) << page.error().message;
  EXPECT_EQ(page.value().entries[0].key.text(), "a%2Bb+c & <d>");
  EXPECT_EQ(page.value().entries[1].key.text(), "  ");
  EXPECT_EQ(page.value().next, "");
}

TEST(S3Xml, AnUploadIsCompleteByEitherName) {
  EXPECT_TRUE(CheckCompleted("<CompleteMultipartUploadResult><Key>a</Key></CompleteMultipartUploadResult>").ok());
  EXPECT_TRUE(CheckCompleted("<CompleteMultipartUploadResponse><Key>a</Key></CompleteMultipartUploadResponse>").ok());
}

TEST(S3Xml, WhatIsNotTheExpectedDocumentIsRefused) {
  for (const std::string_view body :
       {std::string_view(), std::string_view("<html><body>Welcome</body></html>"), std::string_view("{}"),
        std::string_view("<ListBucketResult>"), std::string_view("<ListBucketResult><Contents></ListBucketResult>"),
        std::string_view("\0\xFF\xFE", 3), kPage.substr(0, kPage.size() - 1), kPage.substr(0, kPage.size() / 2)}) {
    const auto page = ParsePage(body);
    ASSERT_FALSE(page.ok()) << body;
    EXPECT_EQ(page.error().code, Code::kInvalid);
    EXPECT_FALSE(ParseUploadId(body).ok());
    EXPECT_FALSE(ParseDeleteAnswer(body).ok());
    EXPECT_FALSE(ParseSession(body).ok());
    EXPECT_FALSE(CheckCompleted(body).ok());
    EXPECT_FALSE(ParseRefusal(body).has_value());
  }
}

TEST(S3Xml, APageWithoutWhatMattersIsRefused) {
  for (const std::string_view inside :
       {"<Contents><Size>1</Size></Contents>", "<Contents><Key>a</Key></Contents>",
        "<Contents><Key>a</Key><Size>-1</Size></Contents>", "<Contents><Key>a</Key><Size>1e3</Size></Contents>",
        "<Contents><Key>a</Key><Size>99999999999999999999</Size></Contents>", "<IsTruncated>true</IsTruncated>"}) {
    EXPECT_FALSE(ParsePage(StrCat("<ListBucketResult>", inside, "</ListBucketResult>")).ok()) << inside;
  }
  EXPECT_FALSE(ParseUploadId("<InitiateMultipartUploadResult/>").ok());
  EXPECT_FALSE(ParseSession("<CreateSessionResult><Credentials/></CreateSessionResult>").ok());
}

TEST(S3Xml, ADocumentMayBeDeepOrLongOrDefineEntities) {
  std::string deep;
  for (int i = 0; i < 300'000; ++i) deep += "<a>";
  EXPECT_FALSE(ParsePage(deep).ok());
  std::string closed = deep;
  for (int i = 0; i < 300'000; ++i) closed += "</a>";
  EXPECT_FALSE(ParsePage(closed).ok());
  std::string long_page = "<ListBucketResult>";
  for (int i = 0; i < 100'000; ++i) long_page += StrCat("<Contents><Key>k", i, "</Key><Size>1</Size></Contents>");
  EXPECT_EQ(ParsePage(long_page + "</ListBucketResult>").value().entries.size(), 100'000U);
  const auto page = ParsePage(
      "<!DOCTYPE x [<!ENTITY e SYSTEM \"file:///etc/passwd\">]>"
      "<ListBucketResult><Contents><Key>&e;</Key><Size>1</Size></Contents></ListBucketResult>");
  ASSERT_TRUE(page.ok());
  EXPECT_EQ(page.value().entries[0].key.text(), "&e;");
}

TEST(S3Xml, ARefusalIsOneShortLine) {
  const auto refusal = ParseRefusal(StrCat("<Error><Code>SlowDown</Code><Message>first\nsecond", std::string(5000, 'x'),
                                           "</Message><Region>eu-west-1</Region><HostId>secret</HostId></Error>"));
  ASSERT_TRUE(refusal.has_value());
  EXPECT_EQ(refusal->code, "SlowDown");
  EXPECT_EQ(refusal->region, "eu-west-1");
  EXPECT_TRUE(refusal->message.starts_with("first second"));
  EXPECT_EQ(refusal->message.size(), 300U);
}

TEST(S3Xml, OfADeleteOnlyTheFailuresAreNamed) {
  EXPECT_TRUE(ParseDeleteAnswer("<DeleteResult/>").value().empty());
  const auto refusals = ParseDeleteAnswer(
      "<DeleteResult><Deleted><Key>a</Key></Deleted>"
      "<Error><Key>b</Key><Code>AccessDenied</Code><Message>no</Message></Error></DeleteResult>");
  ASSERT_EQ(refusals.value().size(), 1U);
  EXPECT_EQ(refusals.value()[0].key, "b");
  EXPECT_EQ(refusals.value()[0].refusal.code, "AccessDenied");
}

TEST(S3Xml, RequestsAreEscaped) {
  const std::vector<std::string> keys{"a&b", "<c>\"d\"'", "é"};
  EXPECT_EQ(DeleteRequest(keys),
            "<Delete><Quiet>true</Quiet><Object><Key>a&amp;b</Key></Object>"
            "<Object><Key>&lt;c&gt;&quot;d&quot;'</Key></Object><Object><Key>é</Key></Object></Delete>");
  const std::vector<std::string> tags{"\"abc\"", "\"def\""};
  EXPECT_EQ(CompleteRequest(tags),
            "<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>&quot;abc&quot;</ETag></Part>"
            "<Part><PartNumber>2</PartNumber><ETag>&quot;def&quot;</ETag></Part></CompleteMultipartUpload>");
}

TEST(S3Xml, ASessionHasCredentials) {
  const auto session = ParseSession(
      "<CreateSessionResult><Credentials><SessionToken>t</SessionToken><SecretAccessKey>s</SecretAccessKey>"
      "<AccessKeyId>a</AccessKeyId><Expiration>2026-01-01T00:05:00Z</Expiration></Credentials></CreateSessionResult>");
  ASSERT_TRUE(session.ok());
  EXPECT_EQ(session.value().access_key, "a");
  EXPECT_EQ(session.value().secret_key, "s");
  EXPECT_EQ(session.value().session_token, "t");
}

}  // namespace
}  // namespace lambdaml::s3
