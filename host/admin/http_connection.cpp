#include "host/admin/http_connection.hpp"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <boost/asio/write.hpp>
#include <utility>

#include "host/admin/problem_json.hpp"
#include "host/base/log.hpp"

namespace cadre::admin {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using boost::system::error_code;

namespace {

constexpr std::size_t batch_bytes_max = 64u << 10;  // one write of a stream: its time-out is for this much
constexpr std::size_t drained_bytes_max = 64u << 20;
constexpr std::chrono::milliseconds drain_timeout{5'000};

}  // namespace

void HttpConnection::wait_for_request() {
  if (buffer_.size() > 0) return read_header();
  buffer_.shrink_to_fit();
  idle_since_ = std::chrono::steady_clock::now();
  socket_.expires_after(door_ == Door::stranger ? owner_.options().token_timeout
                                                : owner_.options().idle_timeout);
  socket_.async_read_some(buffer_.prepare(4096), [this, me = self()](error_code error, std::size_t bytes) {
    if (error) return end();
    buffer_.commit(bytes);
    read_header();
  });
  owner_.became_idle();
}

void HttpConnection::read_header() {
  parser_.emplace();
  parser_->header_limit(static_cast<std::uint32_t>(owner_.options().header_bytes_max));
  parser_->body_limit(owner_.options().body_bytes_max);
  keep_alive_ = false;  // until a whole request has been read
  is_head_ = false;
  socket_.expires_after(door_ == Door::stranger ? owner_.options().token_timeout
                                                : owner_.options().read_timeout);
  http::async_read_header(socket_, buffer_, *parser_,
                          [this, me = self()](error_code error, std::size_t) { on_header(error); });
}

void HttpConnection::on_header(error_code error) {
  if (error) return on_bad_request(error);
  const auto& message = parser_->get();
  is_head_ = message.method() == http::verb::head;
  if (!accepts_header()) return;
  idle_since_.reset();
  socket_.expires_after(owner_.options().read_timeout);  // of a stranger's header the time was shorter
  if (!beast::iequals(message[http::field::expect], "100-continue")) return read_body();
  static constexpr std::string_view go_on = "HTTP/1.1 100 Continue\r\n\r\n";
  asio::async_write(socket_, asio::buffer(go_on), [this, me = self()](error_code failed, std::size_t) {
    if (failed) return end();
    read_body();
  });
}

bool HttpConnection::accepts_header() {
  // Before the body: nothing is stored for those who may not send it.
  if (door_ != Door::local && !has_token()) {
    refuse(401, "unauthorized", "this address needs a token: Authorization: Bearer ...");
    return false;
  }
  if (door_ == Door::stranger && !owner_.admit()) {
    refuse(503, "too_many_connections", "too many connections with the token are at work; end one of them");
    return false;
  }
  if (door_ == Door::stranger) door_ = Door::known;
  // Where a body ends must not depend on who reads its header: that is how requests are smuggled.
  const auto& message = parser_->get();
  const auto codings = message.count(http::field::transfer_encoding);
  if (codings > 1 || (codings == 1 && !beast::iequals(message[http::field::transfer_encoding], "chunked"))) {
    refuse(501, "transfer_coding",
           "a body comes with its Content-Length, or with Transfer-Encoding: chunked");
    return false;
  }
  if (codings == 1 && message.count(http::field::content_length) > 0) {
    refuse(400, "malformed", "a body has a Content-Length or is chunked, not both");
    return false;
  }
  if (const auto length = parser_->content_length();
      length && !hold_body(static_cast<std::size_t>(*length))) {
    refuse(503, "too_many_bodies", "other bodies take all the room there is for them; send it again later");
    return false;
  }
  return true;
}

bool HttpConnection::hold_body(std::size_t bytes) {
  if (bytes <= small_body_bytes_max || bytes <= held_bytes_) return true;
  if (!owner_.hold_body(door_, bytes - held_bytes_)) return false;
  held_bytes_ = bytes;
  return true;
}

void HttpConnection::release_body() {
  if (held_bytes_ > 0) owner_.release_body(door_, std::exchange(held_bytes_, 0));
}

bool HttpConnection::has_token() const {
  return is_bearer(parser_->get()[http::field::authorization], owner_.options().token);
}

void HttpConnection::read_body() {
  if (parser_->is_done()) return on_request({});
  // Piece by piece: how long a chunked body gets is known only while it comes.
  http::async_read_some(socket_, buffer_, *parser_, [this, me = self()](error_code error, std::size_t) {
    if (error || parser_->is_done()) return on_request(error);
    if (!hold_body(parser_->get().body().size()))
      return refuse(503, "too_many_bodies",
                    "other bodies take all the room there is for them; send it again later");
    read_body();
  });
}

void HttpConnection::on_request(error_code error) {
  if (error) return on_bad_request(error);
  auto message = parser_->release();
  parser_.reset();
  keep_alive_ = message.keep_alive();
  Request request;
  request.method = is_head_ ? "GET" : std::string(message.method_string());
  const std::string_view target = message.target();
  const std::size_t mark = std::min(target.find('?'), target.size());
  request.path = target.substr(0, mark);
  request.query = target.substr(std::min(mark + 1, target.size()));
  for (const auto& field : message)
    request.headers[lower_case(field.name_string())] = field.value();
  request.body = std::move(message.body());
  request.user = user_;
  owner_.handle(self(), std::move(request));
}

void HttpConnection::on_bad_request(error_code error) {
  if (error == http::error::body_limit) {
    return refuse(
        413, "too_large",
        "a body may have " + std::to_string(owner_.options().body_bytes_max) + " bytes; send it in parts");
  }
  if (error == http::error::header_limit)
    return refuse(431, "header_too_large",
                  "a header may have " + std::to_string(owner_.options().header_bytes_max) + " bytes");
  const bool is_cut_off = error == http::error::end_of_stream || error == http::error::partial_message;
  if (is_cut_off || error.category() != http::make_error_code(http::error::end_of_stream).category())
    return end();
  refuse(400, "malformed", "this is not a request of HTTP: " + error.message());
}

void HttpConnection::refuse(unsigned status, std::string_view word, std::string detail) {
  Response response = problem_response(status, word, std::move(detail));
  if (status == 401) response.headers.emplace_back("WWW-Authenticate", "Bearer");
  write(std::move(response));
}

void HttpConnection::respond(Response response) {
  release_body();
  if (ended_) return;
  if (!response.events || is_head_) return write(std::move(response));
  if (!owner_.add_stream(door_))
    return refuse(503, "too_many_streams", "too many streams of events are open; end one of them");
  start_stream(std::move(response));
}

void HttpConnection::write(Response response) {
  response_.emplace(http::int_to_status(response.status), 11);
  response_->reason(std::string(reason_phrase(response.status)));
  response_->set(http::field::server, "cadre");
  response_->set(http::field::cache_control, "no-store");
  if (!response.content_type.empty()) response_->set(http::field::content_type, response.content_type);
  for (const auto& [name, value] : response.headers)
    response_->set(name, value);
  response_->keep_alive(keep_alive_);
  if (!response.events) response_->content_length(response.body.size());
  if (!is_head_) response_->body() = std::move(response.body);
  socket_.expires_after(owner_.options().write_timeout);
  http::async_write(socket_, *response_,
                    [this, me = self()](error_code error, std::size_t) { on_written(error); });
}

void HttpConnection::on_written(error_code error) {
  if (error) return end();
  response_.reset();
  if (keep_alive_) return wait_for_request();
  // What is still under way to us would make the system throw away the answer.
  socket_.socket().shutdown(asio::socket_base::shutdown_send, error);
  socket_.expires_after(drain_timeout);
  drain(0);
}

void HttpConnection::drain(std::size_t bytes) {
  buffer_.clear();
  socket_.async_read_some(buffer_.prepare(64u << 10),
                          [this, me = self(), bytes](error_code error, std::size_t more) {
                            if (error || bytes + more > drained_bytes_max) return end();
                            drain(bytes + more);
                          });
}

void HttpConnection::start_stream(Response response) {
  stream_ = std::make_shared<FrameQueue>(owner_.options().stream_queue_bytes_max,
                                         [weak = weak_from_this(), &io = owner_.io()] {
                                           asio::post(io, [weak] {
                                             if (const auto connection = weak.lock()) connection->pump();
                                           });
                                         });
  batch_ =
      "HTTP/1.1 200 OK\r\nServer: cadre\r\nCache-Control: no-store\r\nConnection: close\r\nContent-Type: " +
      response.content_type + "\r\n\r\n";
  socket_.expires_after(owner_.options().write_timeout);
  asio::async_write(
      socket_, asio::buffer(batch_),
      [this, me = self(), subscription = std::move(response.events)](error_code error, std::size_t) {
        if (error) return end();
        batch_.clear();
        owner_.subscribe(stream_, subscription);
        beat();
        watch_reader();
        pump();
      });
}

void HttpConnection::pump() {
  if (ended_) return;
  if (stream_->has_overflowed()) {
    base::log_event(base::LogLevel::warn, "admin_stream_dropped", {{"reason", "its reader is too slow"}});
    return end();
  }
  if (!batch_.empty()) return;
  batch_ = stream_->take(batch_bytes_max);
  if (batch_.empty()) return;
  socket_.expires_after(owner_.options().write_timeout);
  asio::async_write(socket_, asio::buffer(batch_), [this, me = self()](error_code error, std::size_t) {
    if (error) return end();
    stream_->has_written(batch_.size());
    batch_.clear();
    pump();
  });
}

void HttpConnection::beat() {
  heartbeat_.expires_after(owner_.options().heartbeat_interval);
  heartbeat_.async_wait([this, me = self()](error_code error) {
    if (error || ended_) return;
    stream_->push(": \n\n");
    beat();
  });
}

/// A reader says nothing; that it has gone is all there is to hear.
void HttpConnection::watch_reader() {
  socket_.expires_never();
  buffer_.clear();
  socket_.async_read_some(buffer_.prepare(256), [this, me = self()](error_code error, std::size_t) {
    if (error) return end();
    watch_reader();
  });
}

void HttpConnection::end() {
  if (std::exchange(ended_, true)) return;
  const auto me = self();
  // What a worker has of a body is counted until it is done with it.
  if (parser_) release_body();
  heartbeat_.cancel();
  socket_.close();
  if (stream_ != nullptr) {
    stream_->close();
    owner_.remove_stream(door_);
    owner_.unsubscribe(stream_);
  }
  owner_.remove(me);
}

}  // namespace cadre::admin
