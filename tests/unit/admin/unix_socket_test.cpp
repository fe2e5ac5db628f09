#include <grp.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>

#include "host/admin/unix_socket.hpp"
#include "host/base/temporary_folder.hpp"
#include "tests/unit/admin/raw_client.hpp"

namespace cadre::admin {

namespace {

using testing::RawClient;
using testing::TemporaryFolder;

/// What a process leaves that was killed.
void leave_stale_socket(const std::filesystem::path& path) {
  const int descriptor = ::socket(AF_UNIX, SOCK_STREAM, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strncpy(address.sun_path, path.c_str(), sizeof address.sun_path - 1);
  ASSERT_EQ(::bind(descriptor, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  ::close(descriptor);
  ASSERT_TRUE(std::filesystem::exists(path));
}

TEST(UnixSocketTest, the_socket_of_a_dead_process_is_replaced) {
  const TemporaryFolder folder;
  leave_stale_socket(folder / "admin.sock");
  const auto opened = ListeningSocket::open(folder / "admin.sock");
  ASSERT_TRUE(opened);
  EXPECT_TRUE(RawClient(folder / "admin.sock").connected());
}

TEST(UnixSocketTest, a_live_socket_is_refused_and_stays) {
  const TemporaryFolder folder;
  const auto first = ListeningSocket::open(folder / "admin.sock");
  ASSERT_TRUE(first);
  const auto second = ListeningSocket::open(folder / "admin.sock");
  ASSERT_FALSE(second);
  EXPECT_EQ(second.problems()[0].code, "ADMIN_SOCKET_IN_USE");
  EXPECT_TRUE(RawClient(folder / "admin.sock").connected());
}

TEST(UnixSocketTest, a_file_that_is_no_socket_is_kept) {
  const TemporaryFolder folder;
  std::ofstream(folder / "admin.sock") << "mine";
  const auto opened = ListeningSocket::open(folder / "admin.sock");
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.problems()[0].code, "ADMIN_SOCKET_IN_USE");
  EXPECT_EQ(std::filesystem::file_size(folder / "admin.sock"), 4u);
}

TEST(UnixSocketTest, a_path_that_is_too_long_says_how_long_it_may_be) {
  const TemporaryFolder folder;
  const auto opened = ListeningSocket::open(folder / std::string(108, 'x'));
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.problems()[0].code, "ADMIN_SOCKET_PATH_TOO_LONG");
  EXPECT_NE(opened.problems()[0].message.find("107"), std::string::npos);
}

TEST(UnixSocketTest, the_longest_path_is_taken) {
  const TemporaryFolder folder;
  const std::string parent = (folder / "").string();
  const auto path = folder / std::string(socket_path_bytes_max - parent.size(), 'x');
  ASSERT_EQ(path.native().size(), socket_path_bytes_max);
  EXPECT_TRUE(ListeningSocket::open(path));
}

TEST(UnixSocketTest, a_folder_that_is_not_there_is_refused) {
  const TemporaryFolder folder;
  const auto opened = ListeningSocket::open(folder / "none" / "admin.sock");
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.problems()[0].code, "ADMIN_SOCKET_NOT_POSSIBLE");
}

TEST(UnixSocketTest, a_socket_is_its_owners_alone_or_a_groups_too) {
  const TemporaryFolder folder;
  const ::group* own = ::getgrgid(::getegid());
  ASSERT_NE(own, nullptr);
  const auto alone = ListeningSocket::open(folder / "alone.sock");
  const auto shared = ListeningSocket::open(folder / "shared.sock", own->gr_name);
  ASSERT_TRUE(alone && shared);
  using std::filesystem::perms;
  EXPECT_EQ(std::filesystem::status(folder / "alone.sock").permissions(),
            perms::owner_read | perms::owner_write);
  EXPECT_EQ(std::filesystem::status(folder / "shared.sock").permissions(),
            perms::owner_read | perms::owner_write | perms::group_read | perms::group_write);
}

TEST(UnixSocketTest, a_group_that_is_not_there_is_refused_and_leaves_no_file) {
  const TemporaryFolder folder;
  const auto opened = ListeningSocket::open(folder / "admin.sock", "no-such-group");
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.problems()[0].code, "ADMIN_SOCKET_GROUP");
  EXPECT_FALSE(std::filesystem::exists(folder / "admin.sock"));
}

TEST(UnixSocketTest, the_file_goes_with_the_socket) {
  const TemporaryFolder folder;
  { ASSERT_TRUE(ListeningSocket::open(folder / "admin.sock")); }
  EXPECT_FALSE(std::filesystem::exists(folder / "admin.sock"));
}

TEST(UnixSocketTest, a_file_of_another_is_left_alone) {
  const TemporaryFolder folder;
  {
    auto opened = ListeningSocket::open(folder / "admin.sock");
    ASSERT_TRUE(opened);
    std::filesystem::remove(folder / "admin.sock");
    std::ofstream(folder / "admin.sock") << "another";
  }
  EXPECT_TRUE(std::filesystem::exists(folder / "admin.sock"));
}

}  // namespace

}  // namespace cadre::admin
