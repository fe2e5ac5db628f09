#include "host/base/folder_lock.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include "host/base/durable_folder.hpp"
#include "host/base/file.hpp"

namespace {

namespace fs = std::filesystem;
using cadre::base::FolderLock;
using cadre::base::make_durable_folder;

class Folders : public testing::Test {
 protected:
  Folders() {
    fs::remove_all(root_);
    fs::create_directories(root_ / "state");
  }
  ~Folders() override { fs::remove_all(root_); }

  static cadre::base::Result<FolderLock> take(const fs::path& folder) {
    return FolderLock::take(folder, "STATE_FOLDER_IN_USE", "another one has it", "");
  }
  static std::string refusal(const fs::path& folder) {
    const auto lock = take(folder);
    return lock ? "" : lock.problems()[0].code;
  }

  const fs::path root_ = fs::path(testing::TempDir()) / ("cadre_folder_lock_" + std::to_string(::getpid()));
};

TEST_F(Folders, that_are_locked_are_refused_until_the_lock_is_gone) {
  {
    const auto lock = take(root_ / "state");
    ASSERT_TRUE(lock);
    EXPECT_TRUE(lock->is_at(root_ / "state"));
    EXPECT_EQ(refusal(root_ / "state"), "STATE_FOLDER_IN_USE");
  }
  EXPECT_EQ(refusal(root_ / "state"), "");
}

TEST_F(Folders, in_the_place_of_one_that_is_locked_are_refused_and_so_is_that_one_elsewhere) {
  const auto lock = take(root_ / "state");
  ASSERT_TRUE(lock);
  fs::rename(root_ / "state", root_ / "moved");
  fs::create_directories(root_ / "state");
  EXPECT_FALSE(lock->is_at(root_ / "state"));
  EXPECT_EQ(refusal(root_ / "state"), "STATE_FOLDER_IN_USE") << "by its path";
  EXPECT_EQ(refusal(root_ / "." / "state"), "STATE_FOLDER_IN_USE") << "however it is written";
  EXPECT_EQ(refusal(root_ / "moved"), "STATE_FOLDER_IN_USE") << "by itself";
  fs::create_directories(root_ / "other");
  EXPECT_EQ(refusal(root_ / "other"), "");
}

TEST_F(Folders, that_are_not_there_are_refused) {
  EXPECT_EQ(refusal(root_ / "nothing"), "FOLDER_NOT_LOCKED");
}

TEST_F(Folders, are_made_with_those_above_them) {
  EXPECT_FALSE(make_durable_folder(root_ / "a" / "b" / "c" / ""));
  EXPECT_TRUE(fs::is_directory(root_ / "a" / "b" / "c"));
  EXPECT_FALSE(make_durable_folder(root_ / "a")) << "it is there";
}

TEST_F(Folders, are_not_made_below_a_file) {
  ASSERT_TRUE(cadre::base::write_file_atomically(root_ / "file", "").empty());
  EXPECT_TRUE(make_durable_folder(root_ / "file" / "a"));
  EXPECT_TRUE(make_durable_folder(root_ / "file"));
}

}  // namespace
