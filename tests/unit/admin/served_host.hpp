#pragma once

#include <gtest/gtest.h>
#include <pwd.h>
#include <unistd.h>

#include <memory>
#include <string>

#include "host/admin/http_client.hpp"
#include "host/admin/http_server.hpp"
#include "host/admin/routes.hpp"
#include "host/base/temporary_folder.hpp"
#include "tests/unit/admin/fake_host.hpp"
#include "tests/unit/admin/raw_client.hpp"

namespace cadre::admin::testing {

/// What the system says of whoever runs this.
inline std::string own_user() {
  const passwd* entry = ::getpwuid(::geteuid());
  return entry != nullptr ? entry->pw_name : "uid " + std::to_string(::geteuid());
}

/// A fake host behind a server on a socket of a temporary folder.
class ServedHost : public ::testing::Test {
 protected:
  void start(ServerOptions options = {}) {
    if (options.socket.empty()) options.socket = socket();
    auto started =
        HttpServer::start(options, [this](const Request& request) { return answer(host_, request); });
    ASSERT_TRUE(started) << base::to_line(started.problems()[0]);
    server_ = std::move(*started);
  }
  void TearDown() override {
    host_.release();
    server_.reset();
  }

  std::filesystem::path socket() const { return folder_ / "admin.sock"; }
  HostAddress address() const { return {.socket = socket(), .port = 0, .token = {}}; }

  ClientResponse get(const std::string& target) { return send(address(), {"GET", target, {}, {}}); }
  ClientResponse post(const std::string& target, const std::string& body,
                      std::vector<std::pair<std::string, std::string>> headers = {}) {
    return send(address(), {"POST", target, body, std::move(headers)});
  }

  TemporaryFolder folder_;
  FakeHost host_;
  std::unique_ptr<HttpServer> server_;
};

}  // namespace cadre::admin::testing
