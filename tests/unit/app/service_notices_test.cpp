#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <string>

#include "host/app/service_notices.hpp"
#include "host/base/temporary_folder.hpp"

namespace cadre::app {

namespace {

using testing::HasSubstr;
using testing::Not;
using namespace std::chrono_literals;

/// A service manager: what it is told, one notice after the other.
class Manager {
 public:
  explicit Manager(const char* watchdog_us = "60000")
      : socket_(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
    const std::string path = (folder_.path() / "notify").string();
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strncpy(address.sun_path, path.c_str(), sizeof address.sun_path - 1);
    EXPECT_EQ(::bind(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
    ::setenv("NOTIFY_SOCKET", path.c_str(), 1);
    ::setenv("WATCHDOG_USEC", watchdog_us, 1);
  }
  ~Manager() {
    ::unsetenv("NOTIFY_SOCKET");
    ::unsetenv("WATCHDOG_USEC");
    ::close(socket_);
  }
  /// The next notice; empty when none comes in time.
  std::string next(std::chrono::milliseconds patience = 10s) const {
    const timeval wait{patience.count() / 1000, patience.count() % 1000 * 1000};
    ::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait);
    std::array<char, 4096> text{};
    const ssize_t size = ::recv(socket_, text.data(), text.size(), 0);
    return size < 0 ? std::string() : std::string(text.data(), static_cast<std::size_t>(size));
  }
  /// The first notice with this in it.
  std::string first_with(const std::string& part) const {
    for (std::string text = next(); !text.empty(); text = next()) {
      if (text.find(part) != std::string::npos) return text;
    }
    return {};
  }

 private:
  base::TemporaryFolder folder_;
  const int socket_;
};

/// A host that looks at its books, or does not.
struct FakeHost {
  std::atomic<bool> looks_at_books{true};
  std::atomic<bool> is_halted{false};
  std::atomic<std::uint64_t> looks{0};
  ServiceNotices::Host as_service() {
    return {[this] { return std::string(is_halted ? "main is halted" : "nothing is wrong"); },
            [this] { return looks_at_books ? ++looks : looks.load(); }};
  }
};

TEST(ServiceNoticesTest, a_host_is_starting_then_ready_with_how_it_is) {
  const Manager manager;
  FakeHost host;
  ServiceNotices notices;
  EXPECT_THAT(manager.next(), HasSubstr("STATUS=starting"));
  notices.started(host.as_service());
  EXPECT_EQ(manager.next(), "READY=1\nSTATUS=nothing is wrong");
}

TEST(ServiceNoticesTest, the_watchdog_is_fed_while_the_host_looks_at_its_books_and_starves_when_it_does_not) {
  const Manager manager;
  FakeHost host;
  ServiceNotices notices;
  notices.started(host.as_service());
  EXPECT_NE(manager.first_with("WATCHDOG=1"), "");
  host.looks_at_books = false;
  // A feed that was under way, and none after it.
  while (!manager.next(300ms).empty()) {
  }
  host.is_halted = true;
  EXPECT_THAT(manager.first_with("STATUS="), Not(HasSubstr("WATCHDOG=1")));
  host.looks_at_books = true;
  EXPECT_NE(manager.first_with("WATCHDOG=1"), "");
}

TEST(ServiceNoticesTest, nobody_is_fed_who_did_not_ask_and_a_change_of_status_is_told_all_the_same) {
  const Manager manager("");
  FakeHost host;
  ServiceNotices notices;
  notices.started(host.as_service());
  host.is_halted = true;
  EXPECT_EQ(manager.first_with("halted"), "STATUS=main is halted\n");
}

TEST(ServiceNoticesTest, a_reload_is_told_with_its_time_and_is_over_with_the_last_of_them) {
  const Manager manager("");
  FakeHost host;
  ServiceNotices notices;
  notices.started(host.as_service());
  manager.first_with("READY=1");
  notices.reloading();
  const std::string first = manager.next();
  EXPECT_THAT(first, testing::StartsWith("RELOADING=1\nMONOTONIC_USEC="));
  EXPECT_GT(std::stoll(first.substr(first.rfind('=') + 1)), 0);
  notices.reloading();
  EXPECT_THAT(manager.next(), HasSubstr("RELOADING=1"));
  notices.reloaded();
  notices.reloaded();
  EXPECT_EQ(manager.next(), "READY=1");
}

TEST(ServiceNoticesTest, stopping_is_the_last_word) {
  const Manager manager;
  FakeHost host;
  ServiceNotices notices;
  notices.started(host.as_service());
  notices.stopping();
  EXPECT_THAT(manager.first_with("STOPPING=1"), HasSubstr("STATUS=stopping"));
  notices.reloading();
  notices.reloaded();
  EXPECT_EQ(manager.next(200ms), "");
}

TEST(ServiceNoticesTest, nothing_is_said_where_nobody_asks) {
  FakeHost host;
  ServiceNotices notices;
  notices.started(host.as_service());
  notices.reloading();
  notices.reloaded();
  notices.stopping();
  EXPECT_EQ(host.looks, 0u);
}

}  // namespace

}  // namespace cadre::app
