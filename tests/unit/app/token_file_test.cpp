#include "host/app/token_file.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>

#include "host/base/temporary_folder.hpp"

namespace cadre::app {

namespace {

class TokenFile : public ::testing::Test {
 protected:
  std::filesystem::path with(const std::string& bytes, mode_t mode = 0600) {
    std::ofstream(file_, std::ios::binary) << bytes;
    EXPECT_EQ(::chmod(file_.c_str(), mode), 0);
    return file_;
  }
  std::string code_of(const std::filesystem::path& file) {
    const auto token = token_of(file);
    return token ? std::string() : std::string(token.problems()[0].code);
  }

  base::TemporaryFolder folder_;
  const std::filesystem::path file_ = folder_.path() / "token";
};

TEST_F(TokenFile, white_space_at_its_end_is_no_part_of_the_token) {
  for (const char* end : {"", "\n", "\r\n", " ", "\t\n\n"}) {
    const auto token = token_of(with("s3cret-token-abc" + std::string(end)));
    ASSERT_TRUE(token) << end;
    EXPECT_EQ(*token, "s3cret-token-abc");
  }
}

TEST_F(TokenFile, is_made_for_its_owner_alone_and_read_again) {
  const auto made = token_of(file_);
  ASSERT_TRUE(made);
  EXPECT_GE(made->size(), 32u);
  struct stat about {};
  ASSERT_EQ(::stat(file_.c_str(), &about), 0);
  EXPECT_EQ(about.st_mode & 0777, 0600u);
  const auto again = token_of(file_);
  ASSERT_TRUE(again);
  EXPECT_EQ(*again, *made);
}

TEST_F(TokenFile, is_refused_when_others_may_use_it) {
  for (const mode_t mode : {0644, 0640, 0604, 0620, 0602})
    EXPECT_EQ(code_of(with("s3cret", mode)), "TOKEN_NOT_PRIVATE") << std::oct << mode;
  EXPECT_EQ(code_of(with("s3cret", 0400)), "");
}

TEST_F(TokenFile, is_refused_when_no_token_is_in_it) {
  EXPECT_EQ(code_of(with("")), "TOKEN_NOT_USABLE");
  EXPECT_EQ(code_of(with(" \r\n")), "TOKEN_NOT_USABLE");
  EXPECT_EQ(code_of(with("two words")), "TOKEN_NOT_USABLE");
  EXPECT_EQ(code_of(with("a\nb\n")), "TOKEN_NOT_USABLE");
  EXPECT_EQ(code_of(with(std::string(5'000, 'x'))), "TOKEN_NOT_USABLE");
  EXPECT_EQ(code_of(folder_.path()), "TOKEN_NOT_USABLE");
}

}  // namespace

}  // namespace cadre::app
