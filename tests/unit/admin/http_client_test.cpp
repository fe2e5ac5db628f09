#include "host/admin/http_client.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <thread>

#include "tests/unit/admin/served_host.hpp"

namespace cadre::admin {

namespace {

using HttpClientTest = testing::ServedHost;
using namespace std::chrono_literals;

TEST_F(HttpClientTest, nobody_at_the_socket_is_not_reachable) {
  const ClientResponse response = get("/healthz");
  EXPECT_EQ(response.delivery, Delivery::not_reachable);
  EXPECT_NE(response.failure.find(socket().string()), std::string::npos);
}

TEST_F(HttpClientTest, a_host_that_does_not_answer_is_timed_out) {
  start();
  host_.hold();
  const ClientResponse response = send(address(), {"POST", "/v1/books/main/bars", "{}", {}}, 50ms);
  EXPECT_EQ(response.delivery, Delivery::timed_out);
}

TEST_F(HttpClientTest, a_host_that_goes_away_before_it_answers_may_have_done_it) {
  using Protocol = boost::asio::local::stream_protocol;
  boost::asio::io_context io;
  Protocol::acceptor acceptor(io, Protocol::endpoint(socket().string()));
  std::thread goes_away([&] { (void)acceptor.accept(); });
  const ClientResponse response = send(address(), {"POST", "/v1/halt", "{}", {}});
  goes_away.join();
  EXPECT_EQ(response.delivery, Delivery::not_reachable);
  EXPECT_NE(response.failure.find("went away before it answered"), std::string::npos) << response.failure;
}

TEST_F(HttpClientTest, a_path_that_is_too_long_is_not_reachable) {
  const ClientResponse response =
      send({.socket = std::string(200, 'x'), .port = 0, .token = {}}, {.target = "/"});
  EXPECT_EQ(response.delivery, Delivery::not_reachable);
}

TEST_F(HttpClientTest, following_nobody_ends_at_once) {
  const ClientResponse response = follow_events(address(), {}, [](const auto&) { return true; });
  EXPECT_EQ(response.delivery, Delivery::not_reachable);
}

TEST_F(HttpClientTest, following_without_the_token_is_refused_with_the_status) {
  start({.port = 0, .token = "secret"});
  const HostAddress tcp{.socket = {}, .port = server_->port(), .token = "wrong"};
  EXPECT_EQ(follow_events(tcp, {}, [](const auto&) { return true; }).status, 401u);
}

TEST(HostAddressTest, a_path_or_a_port_of_this_machine_is_an_address) {
  EXPECT_EQ(parse_host_address("state/admin.sock")->socket, "state/admin.sock");
  EXPECT_EQ(parse_host_address("unix:/run/admin.sock")->socket, "/run/admin.sock");
  EXPECT_EQ(parse_host_address("http://127.0.0.1:8080")->port, 8080);
  EXPECT_EQ(parse_host_address("http://localhost:8080/")->port, 8080);
  EXPECT_EQ(parse_host_address("http://localhost:8080")->shown(), "http://127.0.0.1:8080");
}

TEST(HostAddressTest, anything_else_is_refused) {
  for (const char* text : {"", "unix:", "https://127.0.0.1:1", "http://example.org:80", "http://127.0.0.1",
                           "http://127.0.0.1:0", "http://127.0.0.1:65536", "http://127.0.0.1:8080/v1"}) {
    const auto address = parse_host_address(text);
    ASSERT_FALSE(address) << text;
    EXPECT_EQ(address.problems()[0].code, "HOST_ADDRESS_INVALID");
  }
}

}  // namespace

}  // namespace cadre::admin
