#include <sys/stat.h>

#include <thread>

#include "tests/unit/admin/served_host.hpp"

namespace cadre::admin {

namespace {

using HttpServerTest = testing::ServedHost;
using testing::RawClient;
using namespace std::chrono_literals;

constexpr const char* healthz = "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n";

TEST_F(HttpServerTest, answers_on_its_socket) {
  start();
  const ClientResponse response = get("/healthz");
  EXPECT_EQ(response.status, 200u);
  EXPECT_EQ(response.body, "ok\n");
  EXPECT_EQ(response.headers.at("cache-control"), "no-store");
}

TEST_F(HttpServerTest, its_socket_is_for_its_owner_only) {
  start();
  struct stat status {};
  ASSERT_EQ(::stat(socket().c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600u);
}

TEST_F(HttpServerTest, one_connection_carries_many_requests) {
  start();
  RawClient client(socket());
  for (int i = 0; i < 3; ++i) {
    client.send(healthz);
    EXPECT_NE(client.read_until("ok\n").find("HTTP/1.1 200 OK"), std::string::npos);
    client.forget();
  }
  EXPECT_FALSE(client.has_ended());
}

TEST_F(HttpServerTest, requests_sent_together_are_answered_in_their_order) {
  start();
  RawClient client(socket());
  client.send(std::string(healthz) + "GET /metrics HTTP/1.1\r\nConnection: close\r\n\r\n");
  const std::string answers = client.read_to_end();
  ASSERT_NE(answers.find("ok\n"), std::string::npos);
  EXPECT_LT(answers.find("ok\n"), answers.find("cadre_orders_total"));
}

TEST_F(HttpServerTest, connection_close_is_kept) {
  start();
  RawClient client(socket());
  client.send("GET /healthz HTTP/1.1\r\nConnection: close\r\n\r\n");
  EXPECT_NE(client.read_to_end().find("ok\n"), std::string::npos);
  EXPECT_TRUE(client.has_ended());
}

TEST_F(HttpServerTest, head_has_the_length_and_no_body) {
  start();
  RawClient client(socket());
  client.send("HEAD /metrics HTTP/1.1\r\nConnection: close\r\n\r\n");
  const std::string answer = client.read_to_end();
  EXPECT_NE(answer.find("Content-Length: 21\r\n"), std::string::npos) << answer;
  EXPECT_TRUE(answer.ends_with("\r\n\r\n"));
}

TEST_F(HttpServerTest, head_of_events_opens_no_stream) {
  start();
  RawClient client(socket());
  client.send("HEAD /v1/events HTTP/1.1\r\nConnection: close\r\n\r\n");
  EXPECT_NE(client.read_to_end().find("text/event-stream"), std::string::npos);
  EXPECT_EQ(host_.listeners(), 0u);
}

TEST_F(HttpServerTest, a_body_above_the_limit_is_413_and_read_by_nobody) {
  start({.body_bytes_max = 1000});
  const ClientResponse response = post("/v1/books/main/bars", std::string(100'000, ' '));
  EXPECT_EQ(response.status, 413u);
  EXPECT_EQ(response.headers.at("content-type"), "application/problem+json");
  EXPECT_TRUE(host_.call.inputs.empty());
}

TEST_F(HttpServerTest, a_chunked_body_above_the_limit_is_413) {
  start({.body_bytes_max = 1000});
  RawClient client(socket());
  client.send("POST /v1/halt HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n");
  for (int i = 0; i < 20; ++i)
    client.send("64\r\n" + std::string(100, ' ') + "\r\n");
  EXPECT_NE(client.read_until("too_large").find(" 413 "), std::string::npos);
}

TEST_F(HttpServerTest, a_header_above_the_limit_is_431) {
  start({.header_bytes_max = 1000});
  RawClient client(socket());
  client.send("GET /healthz HTTP/1.1\r\nX-Long: " + std::string(5000, 'x') + "\r\n\r\n");
  EXPECT_NE(client.read_until("header_too_large").find(" 431 "), std::string::npos);
}

TEST_F(HttpServerTest, what_is_not_http_is_400) {
  start();
  RawClient client(socket());
  client.send("hello there\r\n\r\n");
  EXPECT_NE(client.read_until("malformed").find(" 400 "), std::string::npos);
}

TEST_F(HttpServerTest, a_half_sent_request_is_ended_after_the_time_out) {
  start({.read_timeout = 50ms});
  RawClient header(socket());
  header.send("GET /healthz HT");
  RawClient body(socket());
  body.send("POST /v1/halt HTTP/1.1\r\nContent-Length: 10\r\n\r\n{");
  EXPECT_EQ(header.read_to_end(), "");
  EXPECT_TRUE(header.has_ended());
  body.read_to_end();
  EXPECT_TRUE(body.has_ended());
}

TEST_F(HttpServerTest, an_idle_connection_is_ended_after_the_time_out) {
  start({.idle_timeout = 50ms});
  RawClient client(socket());
  client.read_to_end();
  EXPECT_TRUE(client.has_ended());
}

TEST_F(HttpServerTest, who_expects_100_continue_gets_it) {
  start();
  RawClient client(socket());
  client.send(
      "POST /v1/halt HTTP/1.1\r\nContent-Type: application/json\r\nExpect: 100-continue\r\n"
      "Content-Length: 26\r\nConnection: close\r\n\r\n");
  EXPECT_NE(client.read_until("\r\n\r\n").find("100 Continue"), std::string::npos);
  client.send("{\"actor\":\"a\",\"reason\":\"b\"}");
  EXPECT_NE(client.read_to_end().find("200 OK"), std::string::npos);
}

TEST_F(HttpServerTest, what_a_handler_throws_is_500) {
  auto server = HttpServer::start({.socket = socket()}, [](const Request& request) -> Response {
    if (request.path == "/number") throw 7;
    throw std::runtime_error("out of luck");
  });
  ASSERT_TRUE(server);
  EXPECT_EQ(get("/number").status, 500u);
  const ClientResponse response = get("/error");
  EXPECT_EQ(response.status, 500u);
  EXPECT_NE(response.body.find("out of luck"), std::string::npos);
}

TEST_F(HttpServerTest, a_port_without_a_token_is_refused) {
  const auto started = HttpServer::start({.port = 0}, [](const Request&) { return Response{}; });
  ASSERT_FALSE(started);
  EXPECT_EQ(started.problems()[0].code, "ADMIN_TOKEN_MISSING");
}

TEST_F(HttpServerTest, a_port_in_use_is_refused) {
  start({.port = 0, .token = "secret"});
  const auto second = HttpServer::start({.port = server_->port(), .token = "secret"},
                                        [](const Request&) { return Response{}; });
  ASSERT_FALSE(second);
  EXPECT_EQ(second.problems()[0].code, "ADMIN_PORT_NOT_POSSIBLE");
}

TEST_F(HttpServerTest, the_port_wants_the_token_and_the_socket_does_not) {
  start({.port = 0, .token = "secret"});
  HostAddress tcp{.socket = {}, .port = server_->port(), .token = {}};
  ASSERT_NE(tcp.port, 0);
  const ClientResponse without = send(tcp, {.target = "/healthz"});
  EXPECT_EQ(without.status, 401u);
  EXPECT_EQ(without.headers.at("www-authenticate"), "Bearer");
  for (const char* wrong : {"Secret", "secre", "secretsecret"}) {
    tcp.token = wrong;
    EXPECT_EQ(send(tcp, {.target = "/healthz"}).status, 401u) << wrong;
  }
  tcp.token = "secret";
  EXPECT_EQ(send(tcp, {.target = "/healthz"}).status, 200u);
  EXPECT_EQ(get("/healthz").status, 200u);
}

TEST_F(HttpServerTest, a_body_without_the_token_is_not_waited_for) {
  start({.port = 0, .token = "secret"});
  const HostAddress tcp{.socket = {}, .port = server_->port(), .token = "wrong"};
  EXPECT_EQ(send(tcp, {"POST", "/v1/halt", std::string(1 << 20, ' '), {}}).status, 401u);
}

TEST_F(HttpServerTest, connections_above_the_limit_wait_until_one_ends) {
  start({.connections_max = 1});
  auto first = std::make_unique<RawClient>(socket());
  first->send(healthz);
  first->read_until("ok\n");
  RawClient second(socket());
  second.send(healthz);
  first.reset();
  EXPECT_NE(second.read_until("ok\n").find("200 OK"), std::string::npos);
}

TEST_F(HttpServerTest, strangers_at_the_port_take_no_place_of_the_socket_and_are_shown_out) {
  start({.port = 0, .token = "secret", .connections_max = 8, .token_timeout = 200ms});
  std::vector<std::unique_ptr<RawClient>> strangers;
  for (int i = 0; i < 20; ++i)
    strangers.push_back(std::make_unique<RawClient>(server_->port()));
  strangers[0]->send("GET /healthz HTTP/1.1\r\n");  // never to be finished
  EXPECT_EQ(get("/healthz").status, 200u);
  EXPECT_EQ(get("/healthz").status, 200u);
  for (const auto& stranger : strangers)
    EXPECT_EQ(stranger->read_until("nothing"), "") << "ended without a word";
  const HostAddress tcp{.socket = {}, .port = server_->port(), .token = "secret"};
  EXPECT_EQ(send(tcp, {.target = "/healthz"}).status, 200u);
}

TEST_F(HttpServerTest, idle_connections_at_the_socket_make_room_for_whoever_comes) {
  start({.connections_max = 4});
  std::vector<std::unique_ptr<RawClient>> idle;
  for (int i = 0; i < 20; ++i)
    idle.push_back(std::make_unique<RawClient>(socket()));
  for (int i = 0; i < 3; ++i)
    EXPECT_EQ(get("/v1/status").status, 200u);
  idle[0]->read_to_end();
  EXPECT_TRUE(idle[0]->has_ended()) << "the one that was idle longest";
}

TEST_F(HttpServerTest, strangers_above_their_limit_push_out_the_oldest_and_never_who_has_the_token) {
  start({.port = 0, .token = "secret", .strangers_max = 2, .token_timeout = 20'000ms});
  RawClient known(server_->port());
  known.send("GET /healthz HTTP/1.1\r\nAuthorization: Bearer secret\r\n\r\n");
  known.read_until("ok\n");
  std::vector<std::unique_ptr<RawClient>> strangers;
  for (int i = 0; i < 6; ++i)
    strangers.push_back(std::make_unique<RawClient>(server_->port()));
  strangers[0]->read_to_end();
  EXPECT_TRUE(strangers[0]->has_ended());
  known.forget();
  known.send("GET /healthz HTTP/1.1\r\nAuthorization: Bearer secret\r\n\r\n");
  EXPECT_NE(known.read_until("ok\n").find("200 OK"), std::string::npos);
}

TEST_F(HttpServerTest, blocked_handlers_of_the_port_are_in_the_way_of_none_at_the_socket) {
  start({.port = 0, .token = "secret", .workers = 2});
  host_.hold();
  std::vector<std::unique_ptr<RawClient>> clients;
  for (int i = 0; i < 4; ++i) {
    clients.push_back(std::make_unique<RawClient>(server_->port()));
    clients.back()->send(
        "POST /v1/books/main/bars HTTP/1.1\r\nAuthorization: Bearer secret\r\n"
        "Content-Type: application/json\r\nContent-Length: 2\r\n\r\n{}");
  }
  host_.wait_until_blocked(2);
  EXPECT_EQ(get("/v1/revisions").status, 200u) << "not an urgent one";
  host_.release();
}

TEST_F(HttpServerTest, bodies_together_have_a_bound_and_a_halt_always_fits) {
  start({.bodies_bytes_max = 300'000});
  RawClient slow(socket());
  slow.send(
      "POST /v1/books/main/bars HTTP/1.1\r\nContent-Type: application/json\r\n"
      "Content-Length: 200000\r\nExpect: 100-continue\r\n\r\n");
  slow.read_until("100 Continue");
  const std::string announced =
      "POST /v1/books/main/bars HTTP/1.1\r\nContent-Type: application/json\r\nContent-Length: 200000\r\n\r\n";
  RawClient refused(socket());
  refused.send(announced);
  EXPECT_NE(refused.read_until("too_many_bodies").find(" 503 "), std::string::npos);
  RawClient chunked(socket());
  chunked.send(
      "POST /v1/books/main/bars HTTP/1.1\r\nContent-Type: application/json\r\n"
      "Transfer-Encoding: chunked\r\n\r\n1ffff\r\n" +
      std::string(0x1ffff, ' '));
  EXPECT_NE(chunked.read_until("too_many_bodies").find(" 503 "), std::string::npos);
  EXPECT_EQ(post("/v1/halt", R"({"reason": "r"})").status, 200u);
  slow.send(std::string(199'998, ' ') + "{}");
  EXPECT_NE(slow.read_until("200 OK").find("200 OK"), std::string::npos);
  RawClient later(socket());
  later.send(announced + std::string(199'998, ' ') + "{}");
  EXPECT_NE(later.read_until("\r\n").find("200 OK"), std::string::npos) << "given back";
}

TEST_F(HttpServerTest, a_transfer_coding_but_chunked_is_refused_in_any_order) {
  start();
  const std::string head = "POST /v1/halt HTTP/1.1\r\nContent-Type: application/json\r\n";
  for (const char* fields :
       {"Transfer-Encoding: gzip\r\nContent-Length: 2\r\n",
        "Content-Length: 2\r\nTransfer-Encoding: gzip\r\n", "Transfer-Encoding: gzip, chunked\r\n",
        "Transfer-Encoding: chunked\r\nContent-Length: 2\r\n",
        "Content-Length: 2\r\nTransfer-Encoding: chunked\r\n",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n"}) {
    RawClient client(socket());
    client.send(head + fields + "\r\n{}");
    const std::string answer = client.read_until("\r\n");
    EXPECT_TRUE(answer.find(" 400 ") != std::string::npos || answer.find(" 501 ") != std::string::npos)
        << fields << answer;
  }
  EXPECT_EQ(host_.last, "") << "nothing was done";
}

TEST_F(HttpServerTest, urgent_requests_are_answered_though_all_handlers_are_blocked) {
  start({.workers = 4});
  host_.hold();
  std::vector<std::unique_ptr<RawClient>> clients;
  for (int i = 0; i < 8; ++i) {
    clients.push_back(std::make_unique<RawClient>(socket()));
    clients.back()->send(
        "POST /v1/books/main/bars HTTP/1.1\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}");
  }
  host_.wait_until_blocked(4);
  EXPECT_EQ(get("/v1/status").status, 200u);
  EXPECT_EQ(
      post("/v1/halt", R"({"actor": "a", "reason": "r"})", {{"Content-Type", "application/json"}}).status,
      200u);
  host_.release();
}

TEST_F(HttpServerTest, close_ends_connections_though_a_handler_is_blocked) {
  start({.workers = 4});
  host_.hold();
  std::vector<std::unique_ptr<RawClient>> clients;
  for (int i = 0; i < 8; ++i) {
    clients.push_back(std::make_unique<RawClient>(socket()));
    clients.back()->send(
        "POST /v1/books/main/bars HTTP/1.1\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}");
  }
  host_.wait_until_blocked(4);
  server_->close();
  for (const auto& client : clients) {
    EXPECT_EQ(client->read_to_end(), "");
    EXPECT_TRUE(client->has_ended());
  }
  EXPECT_FALSE(std::filesystem::exists(socket()));
  host_.release();
  server_->stop();
  EXPECT_TRUE(host_.call.inputs.empty());  // those that had not begun never do
}

TEST_F(HttpServerTest, stop_ends_idle_connections_and_streams_and_may_come_twice) {
  start();
  RawClient idle(socket());
  idle.send(healthz);
  idle.read_until("ok\n");
  RawClient stream(socket());
  stream.send("GET /v1/events HTTP/1.1\r\n\r\n");
  stream.read_until(": now");
  server_->stop();
  server_->stop();
  idle.read_to_end();
  stream.read_to_end();
  EXPECT_TRUE(idle.has_ended());
  EXPECT_TRUE(stream.has_ended());
  EXPECT_EQ(host_.listeners(), 0u);
  EXPECT_EQ(get("/healthz").delivery, Delivery::not_reachable);
}

TEST_F(HttpServerTest, two_servers_on_one_socket_are_refused) {
  start();
  const auto second = HttpServer::start({.socket = socket()}, [](const Request&) { return Response{}; });
  ASSERT_FALSE(second);
  EXPECT_EQ(second.problems()[0].code, "ADMIN_SOCKET_IN_USE");
  EXPECT_EQ(get("/healthz").status, 200u);
}

}  // namespace

}  // namespace cadre::admin
