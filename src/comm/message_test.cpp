// SPDX-License-Identifier: Apache-2.0
#include "comm/message.h"

#include <gtest/gtest.h>

#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "comm/message_key.h"

namespace lambdaml {
namespace {

const Key kJob("jobs/fashion/1");

MessageHeader HeaderOfExample() {
  return {.job = JobHash(kJob),
          .round = 12,
          .sender = 3,
          .part = 1,
          .elements = 7,
          .tally = 1,
          .type = ElementType::kFloat32};
}

Bytes Example() {
  const std::vector<float> elements{1.0F, -0.5F};
  const double tally = 3;
  Bytes message(kMessageHeaderBytes);
  for (const ByteSpan part : {std::as_bytes(std::span(elements)), std::as_bytes(std::span(&tally, 1))}) {
    message.insert(message.end(), part.begin(), part.end());
  }
  WriteHeader(HeaderOfExample(), message);
  return message;
}

ExpectedMessage ExpectedExample() { return {.header = HeaderOfExample()}; }

Key KeyOfExample() { return MessageKey(kJob, {.inbox = Inbox::Of(1), .round = 12, .part = 1, .sender = 3}); }

// Decodes a message of which the byte at `offset` is another one.
std::string RefusalAfterChangeAt(std::size_t offset) {
  Bytes message = Example();
  message[offset] ^= std::byte{0x40};
  const Result<DecodedMessage> payload = DecodeMessage(KeyOfExample(), message, ExpectedExample());
  if (payload.ok()) return "accepted";
  EXPECT_EQ(payload.error().code, Code::kInternal);
  return payload.error().message;
}

TEST(Message, ComesBackAsItWasSent) {
  const Bytes message = Example();
  const Result<DecodedMessage> payload = DecodeMessage(KeyOfExample(), message, ExpectedExample());
  ASSERT_TRUE(payload.ok()) << payload.error().message;
  EXPECT_EQ(payload.value().header.tally, 1U);
  std::vector<float> received(2);
  ASSERT_EQ(payload.value().payload.size(), 2 * sizeof(float) + sizeof(double));
  std::memcpy(received.data(), payload.value().payload.data(), 2 * sizeof(float));
  EXPECT_EQ(received, (std::vector<float>{1.0F, -0.5F}));
}

TEST(Message, MayBeOfAnyLengthRoundOrOtherFormWhereTheReaderDoesNotKnowIt) {
  ExpectedMessage expected = ExpectedExample();
  expected.any_elements = true;
  expected.any_round = true;
  expected.header.elements = 0;
  expected.header.round = 0;
  expected.header.type = ElementType::kSparseFloat32;
  expected.or_type = ElementType::kFloat32;
  const Bytes message = Example();
  EXPECT_TRUE(DecodeMessage(KeyOfExample(), message, expected).ok());
  EXPECT_FALSE(DecodeMessage(KeyOfExample(), ByteSpan(message).first(message.size() - 1), expected).ok());
}

TEST(Message, IsRefusedByTheNameOfTheFieldThatDiffers) {
  const std::vector<std::pair<std::size_t, std::string>> fields{
      {0, "wrong magic"},   {4, "wrong version"},   {6, "wrong type"},      {8, "wrong job"},     {16, "wrong round"},
      {24, "wrong sender"}, {28, "wrong part"},     {32, "wrong elements"}, {40, "wrong length"}, {48, "wrong tally"},
      {52, "checksum"},     {60, "wrong checksum"}, {64, "wrong checksum"}};
  for (const auto& [offset, name] : fields) {
    const std::string refusal = RefusalAfterChangeAt(offset);
    EXPECT_NE(refusal.find(name), std::string::npos) << "byte " << offset << ": " << refusal;
    EXPECT_NE(refusal.find(KeyOfExample().text()), std::string::npos) << refusal;
  }
}

TEST(Message, EveryByteIsProtected) {
  for (std::size_t offset = 0; offset < Example().size(); ++offset) {
    EXPECT_NE(RefusalAfterChangeAt(offset), "accepted") << "byte " << offset;
  }
}

TEST(Message, SaysWhatWasExpectedAndFound) {
  ExpectedMessage expected = ExpectedExample();
  expected.header.type = expected.or_type = ElementType::kFloat64;
  const Result<DecodedMessage> payload = DecodeMessage(KeyOfExample(), Example(), expected);
  ASSERT_FALSE(payload.ok());
  EXPECT_EQ(payload.error().message,
            "message jobs/fashion/1/x/0001/000000012.0001.0003 is refused: wrong type, expected 3 (float64), found 2 "
            "(float32)");
}

TEST(Message, IsRefusedWhenItIsShorterThanSent) {
  const Bytes message = Example();
  for (const std::size_t size : {0U, 63U, 64U, 79U}) {
    const Result<DecodedMessage> payload =
        DecodeMessage(KeyOfExample(), ByteSpan(message).first(size), ExpectedExample());
    ASSERT_FALSE(payload.ok()) << size;
    EXPECT_NE(payload.error().message.find("wrong length"), std::string::npos) << payload.error().message;
  }
}

// As in a hex dump: 16 bytes a line.
std::string HexDump(ByteSpan bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    const auto byte = std::to_integer<unsigned>(bytes[i]);
    text += kDigits[byte >> 4U];
    text += kDigits[byte & 0xFU];
    text += i % 16 == 15 || i + 1 == bytes.size() ? '\n' : ' ';
  }
  return text;
}

TEST(Message, IsWhatTheFormatDocumentShows) {
  const auto folder = std::filesystem::path(__FILE__).parent_path();
  std::ifstream file(folder / "../../docs/formats/messages.md");
  std::stringstream document;
  document << file.rdbuf();
  EXPECT_NE(document.str().find(HexDump(Example())), std::string::npos) << "the document should show\n"
                                                                        << HexDump(Example());
  EXPECT_NE(document.str().find(KeyOfExample().text()), std::string::npos);
}

TEST(MessageKey, IsDifferentForEveryMessageOfAJob) {
  const MessageId id{.inbox = Inbox::Of(11), .round = 2, .part = 3, .sender = 4};
  const MessageId others[] = {{.inbox = Inbox::OfAll(), .round = 2, .part = 3, .sender = 4},
                              {.inbox = Inbox::Of(1), .round = 12, .part = 3, .sender = 4},
                              {.inbox = Inbox::Of(11), .round = 23, .part = 3, .sender = 4},
                              {.inbox = Inbox::Of(11), .round = 2, .part = 34, .sender = 4},
                              {.inbox = Inbox::Of(11), .round = 2, .part = 3, .sender = 44}};
  for (const MessageId& other : others) EXPECT_NE(MessageKey(kJob, id), MessageKey(kJob, other));
  EXPECT_EQ(MessageKey(kJob, id).text(), "jobs/fashion/1/x/0011/000000002.0003.0004");
}

}  // namespace
}  // namespace lambdaml
