// SPDX-License-Identifier: Apache-2.0
#include "net/aws/profile.h"

#include <gtest/gtest.h>

#include "base/file.h"
#include "base/temporary_folder.h"
#include "base/text.h"

namespace lambdaml::aws {
namespace {

TEST(Profile, SectionsAndSettingsAreRead) {
  const auto sections = ParseSections(
      "\xEF\xBB\xBF# a comment\r\n"
      "[default]\r\n"
      "region = eu-west-1\r\n"
      "  ; another\r\n"
      "[ profile \"my  name\" ] # the other\n"
      "\tregion=us-west-2\n"
      "\taws_secret_access_key = a=b/c+d==\n"
      "empty =\n",
      "config");
  ASSERT_TRUE(sections.ok()) << sections.error().message;
  const Sections expected{
      {"default", {{"region", "eu-west-1"}}},
      {"profile my name", {{"region", "us-west-2"}, {"aws_secret_access_key", "a=b/c+d=="}, {"empty", ""}}}};
  EXPECT_EQ(sections.value(), expected);
}

TEST(Profile, NestedSettingsBelongToTheOneAbove) {
  const auto sections = ParseSections(
      "[default]\n"
      "s3 =\n"
      "  region = not-the-region\n"
      "  max_concurrent_requests = 20\n"
      "region = eu-west-1\n"
      "text = one\n"
      "  two\n"
      "output = json\n",
      "config");
  ASSERT_TRUE(sections.ok()) << sections.error().message;
  const Settings expected{{"s3", ""},
                          {"s3.region", "not-the-region"},
                          {"s3.max_concurrent_requests", "20"},
                          {"region", "eu-west-1"},
                          {"text", "one"},
                          {"output", "json"}};
  EXPECT_EQ(sections.value().at("default"), expected);
}

TEST(Profile, UnreadableLineIsNamed) {
  for (const std::string text : {"\nregion = x\n", "[default]\nregion\n", "[\nx = y\n", "[default]\n= y\n", "[]\n"}) {
    const auto sections = ParseSections(text, "/home/me/.aws/config");
    ASSERT_FALSE(sections.ok()) << text;
    EXPECT_EQ(sections.error().code, Code::kInvalid);
    EXPECT_NE(sections.error().message.find("/home/me/.aws/config, line "), std::string::npos)
        << sections.error().message;
  }
}

class ProfileFiles : public ::testing::Test {
 protected:
  std::string Write(const std::string& name, std::string_view text) {
    const std::string path = folder_.path() / name;
    EXPECT_TRUE(WriteFileAtomically(path, AsBytes(text), Durability::kProcess).ok());
    return path;
  }
  std::string home() const { return folder_.path(); }

 private:
  TemporaryFolder folder_ = TemporaryFolder::Make().value();
};

TEST_F(ProfileFiles, BothFilesOfTheHomeFolderAreReadAndTheCredentialsFileWins) {
  Write(".aws/config", "[default]\nregion = eu-west-1\naws_access_key_id = config\n");
  Write(".aws/credentials", "[default]\naws_access_key_id = credentials\n[dev]\nregion = us-east-2\n");
  const Profile profile = ReadProfile(Environment({{"HOME", home()}})).value();
  EXPECT_TRUE(profile.found);
  EXPECT_EQ(profile.name, "default");
  EXPECT_EQ(profile.Get("region"), "eu-west-1");
  EXPECT_EQ(profile.Get("aws_access_key_id"), "credentials");
  EXPECT_EQ(profile.Get("output"), "");
  const Profile dev = ReadProfile(Environment({{"HOME", home()}, {"AWS_PROFILE", "dev"}})).value();
  EXPECT_EQ(dev.Get("region"), "us-east-2");
  EXPECT_EQ(dev.Get("aws_access_key_id"), "");
}

TEST_F(ProfileFiles, ProfilesOfTheConfigFileHaveAPrefix) {
  const std::string config = Write("my-config",
                                   "[dev]\nregion = wrong\n"
                                   "[profile dev]\nregion = right\nservices = local\n"
                                   "[profile default]\noutput = json\n"
                                   "[default]\noutput = text\nregion = us-east-2\n"
                                   "[services local]\ns3 =\n  endpoint_url = http://127.0.0.1:9000\n");
  Environment environment({{"HOME", home()}, {"AWS_CONFIG_FILE", config}, {"AWS_PROFILE", "dev"}});
  const Profile dev = ReadProfile(environment).value();
  EXPECT_EQ(dev.Get("region"), "right");
  EXPECT_EQ(dev.services.at("s3.endpoint_url"), "http://127.0.0.1:9000");
  const Profile standard = ReadProfile(Environment({{"HOME", home()}, {"AWS_CONFIG_FILE", "~/my-config"}})).value();
  EXPECT_EQ(standard.Get("output"), "json");
  EXPECT_EQ(standard.Get("region"), "us-east-2");
}

TEST_F(ProfileFiles, AbsentFilesHoldNothing) {
  const Profile profile = ReadProfile(Environment({{"HOME", home()}})).value();
  EXPECT_FALSE(profile.found);
  EXPECT_EQ(profile.files, StrCat(home(), "/.aws/credentials and ", home(), "/.aws/config"));
  EXPECT_FALSE(ReadProfile(Environment()).value().found);
}

TEST_F(ProfileFiles, FileThatIsNoneOfTheCliIsRefused) {
  const std::string path = Write("large", std::string((1U << 20U) + 1, '\n'));
  const auto profile = ReadProfile(Environment({{"AWS_CONFIG_FILE", path}}));
  ASSERT_FALSE(profile.ok());
  EXPECT_EQ(profile.error().code, Code::kInvalid);
  EXPECT_EQ(ReadProfile(Environment({{"AWS_CONFIG_FILE", home()}})).error().code, Code::kInvalid);
}

}  // namespace
}  // namespace lambdaml::aws
