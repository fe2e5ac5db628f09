#include "host/agent/secrets.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <boost/json.hpp>
#include <fstream>

#include "cadre/ext/reason.h"
#include "host/base/temporary_folder.hpp"

using namespace cadre::agent;
namespace js = boost::json;

namespace {

class SecretsFolder : public testing::Test {
 protected:
  std::string file(const std::string& name) const { return (folder_.path() / name).string(); }
  void write(const std::string& name, const std::string& text, mode_t mode = 0400) const {
    std::ofstream(file(name), std::ios::binary) << text;
    ASSERT_EQ(chmod(file(name).c_str(), mode), 0);
  }
  std::string read(const std::string& name) const {
    const auto value = Secrets(folder_.path()).read(name, {"demo.json", 3, 4, "/config/password"});
    if (value) return *value;
    EXPECT_EQ(value.problems()[0].place.line, 3u);
    return value.problems()[0].code;
  }
  cadre::base::TemporaryFolder folder_;
};

}  // namespace

TEST_F(SecretsFolder, gives_the_text_without_one_line_end) {
  write("plain", "value");
  write("line", "value\n");
  write("windows", "value\r\n");
  write("two", "value\n\n");
  EXPECT_EQ(read("plain"), "value");
  EXPECT_EQ(read("line"), "value");
  EXPECT_EQ(read("windows"), "value");
  EXPECT_EQ(read("two"), "value\n");
}

TEST_F(SecretsFolder, takes_as_many_bytes_as_the_limit_and_not_one_more) {
  write("most", std::string(Secrets::bytes_most, 'x'));
  write("more", std::string(Secrets::bytes_most + 1, 'x'));
  EXPECT_EQ(read("most").size(), Secrets::bytes_most);
  EXPECT_EQ(read("more"), "SECRET_NOT_USABLE");
}

TEST_F(SecretsFolder, refuses_what_is_missing_or_no_text_or_no_file) {
  write("empty", "");
  write("only_a_line_end", "\n");
  write("bytes", "\xff\xfe");
  write("zero", std::string("a\0b", 3));
  ASSERT_EQ(mkfifo(file("pipe").c_str(), 0400), 0);
  ASSERT_EQ(mkdir(file("folder").c_str(), 0700), 0);
  EXPECT_EQ(read("nothing"), "SECRET_MISSING");
  for (const char* name : {"empty", "only_a_line_end", "bytes", "zero", "pipe", "folder"})
    EXPECT_EQ(read(name), "SECRET_NOT_USABLE") << name;
}

TEST_F(SecretsFolder, refuses_a_file_that_others_may_use) {
  for (const mode_t mode : {0440, 0404, 0420, 0402, 0410, 0401}) {
    const std::string name = "mode" + std::to_string(mode);
    write(name, "value", mode);
    EXPECT_EQ(read(name), "SECRET_NOT_PRIVATE") << std::oct << mode;
  }
}

TEST_F(SecretsFolder, is_refused_when_others_may_write_into_it) {
  write("plain", "value");
  for (const mode_t mode : {0770, 0702, 0777, 01777}) {
    ASSERT_EQ(chmod(folder_.path().c_str(), mode), 0);
    EXPECT_EQ(read("plain"), "SECRETS_FOLDER_NOT_PRIVATE") << std::oct << mode;
  }
  for (const mode_t mode : {0500, 0700, 0755}) {
    ASSERT_EQ(chmod(folder_.path().c_str(), mode), 0);
    EXPECT_EQ(read("plain"), "value") << std::oct << mode;
  }
  ASSERT_EQ(chmod(folder_.path().c_str(), 0700), 0);
}

TEST_F(SecretsFolder, refuses_names_that_lead_elsewhere) {
  for (const char* name : {"", ".", "..", ".hidden", "a/b", "../a", "a b"})
    EXPECT_EQ(read(name), "SECRET_BAD_NAME") << name;
  EXPECT_EQ(read(std::string(64, 'a')), "SECRET_BAD_NAME");
  EXPECT_EQ(read(std::string(63, 'a')), "SECRET_MISSING");
}

TEST(Secrets, without_a_folder_refuses_every_reference) {
  EXPECT_EQ(Secrets().read("a", {}).problems()[0].code, "SECRETS_NOT_GIVEN");
}

TEST(SecretUses, are_references_where_a_text_is_wanted_and_nowhere_else) {
  const js::value schema = js::parse(R"({"type": "object", "properties": {
    "password": {"type": "string"}, "count": {"type": "integer"}, "either": {"type": ["string", "null"]},
    "box": {"type": "object", "properties": {"secret": {"type": "string"}}},
    "list": {"type": "array", "items": {"type": "string"}}}})");
  const js::value settings = js::parse(R"({
    "password": {"secret": "a"}, "count": {"secret": "b"}, "either": {"secret": "c"}, "box": {"secret": "d"},
    "list": ["plain", {"secret": "e"}], "unknown": {"secret": "f"}})");
  const std::vector<SecretUse> uses = secret_uses(settings, schema);
  ASSERT_EQ(uses.size(), 3u);
  EXPECT_EQ(uses[0], (SecretUse{"/password", "a"}));
  EXPECT_EQ(uses[1], (SecretUse{"/either", "c"}));
  EXPECT_EQ(uses[2], (SecretUse{"/list/1", "e"}));
  EXPECT_TRUE(secret_uses(js::parse(R"({"password": {"secret": "a", "more": 1}})"), schema).empty());
  EXPECT_TRUE(secret_uses(js::parse(R"({"password": {"secret": 1}})"), schema).empty());
}

TEST_F(SecretsFolder, cross_in_a_memory_file_and_take_the_places_of_their_references) {
  write("a", "first \"value\"");
  write("b", "second");
  const std::vector<SecretUse> uses{{"/password", "a"}, {"/list/0", "b"}};
  auto packed = SecretsOnTheirWay::pack(Secrets(folder_.path()), uses, {});
  ASSERT_TRUE(packed);
  const auto values = SecretsOnTheirWay::unpack(packed->descriptor(), packed->bytes());
  EXPECT_EQ(with_secrets(R"({"list":[{"secret":"b"}],"n":1,"password":{"secret":"a"}})", values),
            R"({"list":["second"],"n":1,"password":"first \"value\""})");
  EXPECT_EQ(without_secrets("no second and first \"value\", second", values),
            "no (a secret) and (a secret), (a secret)");
  EXPECT_TRUE(SecretsOnTheirWay::unpack(packed->descriptor(), packed->bytes() - 1).empty());
}

TEST_F(SecretsFolder, names_every_secret_that_is_missing) {
  const std::vector<SecretUse> uses{{"/x", "a"}, {"/y", "b"}};
  const auto packed = SecretsOnTheirWay::pack(Secrets(folder_.path()), uses, {"demo.json", 0, 0, "/risk"});
  ASSERT_FALSE(packed);
  ASSERT_EQ(packed.problems().size(), 2u);
  EXPECT_EQ(packed.problems()[1].place.pointer, "/risk/config/y");
}

TEST(SentencesWithoutSecrets, have_none_of_the_lines_of_a_secret_that_has_several) {
  const std::map<std::string, std::string> values{{"/key", "-----BEGIN KEY-----\nMIIEvQIBADANBg\nx\n"}};
  // As LastReason shows it, as JSON shows it, and one line of it.
  EXPECT_EQ(without_secrets("no -----BEGIN KEY----- MIIEvQIBADANBg x ", values), "no (a secret)");
  EXPECT_EQ(without_secrets(R"(no "-----BEGIN KEY-----\nMIIEvQIBADANBg\nx\n")", values), "no \"(a secret)\"");
  EXPECT_EQ(without_secrets("line 2, MIIEvQIBADANBg, is bad", values), "line 2, (a secret), is bad");
}

TEST(SentencesWithoutSecrets, that_were_cut_within_one_end_before_it) {
  const std::string value(2000, 'k');
  const std::string cut = std::string("the key is ") + value.substr(0, CADRE_REASON_BYTES_MAX - 11);
  EXPECT_EQ(without_secrets(cut, {{"/key", value}}), "the key is (a secret)");
  EXPECT_EQ(without_secrets("the key is", {{"/key", "is it"}}), "the key is");  // nothing was cut
}

TEST(SentencesWithoutSecrets, have_nothing_left_of_one_that_begins_as_another_does) {
  EXPECT_EQ(without_secrets("tried abcdef", {{"/a", "abc"}, {"/b", "abcdef"}}), "tried (a secret)");
}
