#include <set>

#include "host/admin/frame_queue.hpp"
#include "tests/unit/admin/served_host.hpp"

namespace cadre::admin {

namespace {

using EventStreamTest = testing::ServedHost;
using testing::RawClient;
using namespace std::chrono_literals;

constexpr const char* events = "GET /v1/events HTTP/1.1\r\nHost: localhost\r\n\r\n";

TEST_F(EventStreamTest, an_event_has_id_kind_and_data) {
  start();
  RawClient client(socket());
  client.send(events);
  const std::string head = client.read_until(": now\n\n");
  EXPECT_NE(head.find("Content-Type: text/event-stream\r\n"), std::string::npos) << head;
  host_.emit("halted", "x");
  EXPECT_NE(client.read_until("}\n\n").find(
                "id: 1\nevent: halted\ndata: {\"id\":1,\"event\":\"halted\",\"filling\":\"x\"}\n\n"),
            std::string::npos);
}

TEST_F(EventStreamTest, remembered_events_come_before_the_new_ones) {
  start();
  host_.emit("first");
  RawClient client(socket());
  client.send(events);
  const std::string text = client.read_until(": now\n\n");
  EXPECT_LT(text.find("event: first"), text.find(": now"));
}

TEST_F(EventStreamTest, last_event_id_leaves_out_what_was_seen) {
  start();
  for (int i = 0; i < 3; ++i)
    host_.emit("decision");
  RawClient client(socket());
  client.send("GET /v1/events HTTP/1.1\r\nLast-Event-ID: 2\r\n\r\n");
  const std::string text = client.read_until(": now\n\n");
  EXPECT_EQ(text.find("id: 2\n"), std::string::npos);
  EXPECT_NE(text.find("id: 3\n"), std::string::npos);
}

TEST_F(EventStreamTest, after_in_the_query_does_the_same) {
  start();
  host_.emit("decision");
  host_.emit("decision");
  RawClient client(socket());
  client.send("GET /v1/events?after=1 HTTP/1.1\r\n\r\n");
  const std::string text = client.read_until(": now\n\n");
  EXPECT_EQ(text.find("id: 1\n"), std::string::npos);
  EXPECT_NE(text.find("id: 2\n"), std::string::npos);
}

TEST_F(EventStreamTest, a_last_event_id_that_is_no_number_is_400) {
  start();
  EXPECT_EQ(send(address(), {"GET", "/v1/events", {}, {{"Last-Event-ID", "x"}}}).status, 400u);
}

TEST_F(EventStreamTest, a_quiet_stream_has_a_heartbeat) {
  start({.heartbeat_interval = 10ms});
  RawClient client(socket());
  client.send(events);
  EXPECT_NE(client.read_until(": \n\n").find(": \n\n"), std::string::npos);
}

TEST_F(EventStreamTest, thirty_streams_leave_room_for_requests) {
  start();
  std::vector<std::unique_ptr<RawClient>> streams;
  for (int i = 0; i < 30; ++i) {
    streams.push_back(std::make_unique<RawClient>(socket()));
    streams.back()->send(events);
  }
  for (const auto& stream : streams)
    stream->read_until(": now\n\n");
  for (int i = 0; i < 20; ++i)
    ASSERT_EQ(get("/healthz").status, 200u);
  host_.emit("decision");
  for (const auto& stream : streams)
    EXPECT_NE(stream->read_until("event: decision").find("id: 1\n"), std::string::npos);
}

TEST_F(EventStreamTest, a_reader_who_goes_is_listened_for_no_more) {
  start();
  {
    RawClient client(socket());
    client.send(events);
    client.read_until(": now\n\n");
    EXPECT_EQ(host_.listeners(), 1u);
  }
  host_.wait_for_listeners(0);
}

TEST_F(EventStreamTest, a_slow_reader_is_dropped_and_others_go_on) {
  start({.stream_queue_bytes_max = 1u << 20});
  RawClient slow(socket());
  slow.send(events);
  slow.read_until(": now\n\n");
  const std::string filling(64u << 10, 'x');
  // More than the queue and the buffers of the system hold.
  for (int i = 0; i < 60; ++i)
    host_.emit("decision", filling);
  host_.wait_for_listeners(0);
  const std::string got = slow.read_to_end();
  EXPECT_TRUE(slow.has_ended());
  EXPECT_EQ(got.find("id: 60\n"), std::string::npos);
  EXPECT_EQ(get("/healthz").status, 200u);
}

TEST_F(EventStreamTest, streams_above_the_limit_are_503_until_one_ends) {
  start({.streams_max = 1});
  {
    RawClient first(socket());
    first.send(events);
    first.read_until(": now\n\n");
    EXPECT_EQ(get("/v1/events").status, 503u);
  }
  host_.wait_for_listeners(0);
  RawClient third(socket());
  third.send(events);
  EXPECT_NE(third.read_until(": now\n\n").find("200 OK"), std::string::npos);
}

TEST_F(EventStreamTest, a_follower_hears_every_event_once_across_two_servers) {
  start();
  host_.emit("decision");
  std::vector<std::string> ids;
  bool is_replaced = false;
  int losses = 0;
  const ClientResponse last = follow_events(
      address(), {.pause = 5ms},
      [&](const EventParser::Item& item) {
        if (!item.is_comment) {
          ids.push_back(item.event.id);
          return ids.size() < 3;
        }
        if (item.comment == end_of_remembered && !std::exchange(is_replaced, true)) {
          host_.emit("decision");
          server_.reset();  // the connection is lost with an event under way, or not
          host_.emit("decision");
          start();
        }
        return true;
      },
      [&](const std::string&) { ++losses; });
  EXPECT_EQ(last.delivery, Delivery::answered);
  EXPECT_EQ(ids, (std::vector<std::string>{"1", "2", "3"}));
  EXPECT_EQ(losses, 1);
}

TEST(FrameQueueTest, an_overflow_closes_it_and_wakes) {
  int woken = 0;
  FrameQueue queue(10, [&] { ++woken; });
  queue.push("12345");
  queue.push("67890");
  EXPECT_EQ(woken, 1);
  EXPECT_EQ(queue.take(100), "1234567890");
  EXPECT_FALSE(queue.has_overflowed());
  queue.push("x");  // what was taken still counts
  EXPECT_TRUE(queue.has_overflowed());
  EXPECT_TRUE(queue.is_closed());
  EXPECT_EQ(woken, 2);
}

TEST(FrameQueueTest, what_is_written_makes_room) {
  FrameQueue queue(10, [] {});
  queue.push("1234567890");
  queue.has_written(queue.take(1).size());
  queue.push("1234567890");
  EXPECT_FALSE(queue.has_overflowed());
}

}  // namespace

}  // namespace cadre::admin
