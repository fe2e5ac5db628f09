#include "host/admin/http_server.hpp"

#include <algorithm>
#include <atomic>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/basic_stream.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <boost/optional.hpp>
#include <mutex>
#include <thread>
#include <unordered_map>
#include <unordered_set>

#include "host/admin/frame_queue.hpp"
#include "host/admin/problem_json.hpp"
#include "host/admin/unix_socket.hpp"
#include "host/base/log.hpp"

namespace cadre::admin {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using boost::system::error_code;

namespace {

constexpr std::size_t batch_bytes_max = 64u << 10;  // one write of a stream: its time-out is for this much
constexpr std::size_t urgent_workers = 4;
constexpr std::size_t drained_bytes_max = 64u << 20;
constexpr std::chrono::milliseconds drain_timeout{5'000};
constexpr std::chrono::milliseconds accept_pause{100};  // when the process has no descriptors left

}  // namespace

class HttpServer::Engine {
 public:
  Engine(ServerOptions options, Handler handler)
      : options_(std::move(options)),
        handler_(std::move(handler)),
        pool_(options_.workers),
        urgent_pool_(urgent_workers) {}
  ~Engine() { stop(); }

  base::Problems open();
  void run();
  void close();
  void stop();

  // What connections use. [the thread of the sockets]
  const ServerOptions& options() const { return options_; }
  asio::io_context& io() { return io_; }
  void handle(std::shared_ptr<Connection> connection, Request request);
  void subscribe(std::shared_ptr<FrameQueue> stream, Subscription subscription);
  void unsubscribe(std::shared_ptr<FrameQueue> stream);
  bool add_stream() { return streams_ < options_.streams_max && ++streams_ > 0; }
  void remove_stream() { --streams_; }
  void remove(const std::shared_ptr<Connection>& connection);

  std::uint16_t port() const { return port_; }

 private:
  template <class Protocol>
  struct Listener {
    typename Protocol::acceptor acceptor;
    asio::steady_timer pause;
    bool needs_token;
    bool paused = false;
    Listener(asio::io_context& io, bool token) : acceptor(io), pause(io), needs_token(token) {}
  };
  template <class Protocol>
  void accept(Listener<Protocol>& listener);
  void end_everything();
  base::Problems open_port();

  const ServerOptions options_;
  const Handler handler_;
  std::uint16_t port_ = 0;
  std::optional<ListeningSocket> socket_;
  std::atomic<bool> is_closing_{false};
  std::once_flag closed_once_, stopped_once_;

  std::mutex subscriptions_mutex_;
  std::unordered_map<FrameQueue*, std::function<void()>> subscriptions_;

  asio::io_context io_{1};
  asio::executor_work_guard<asio::io_context::executor_type> work_{io_.get_executor()};
  Listener<asio::local::stream_protocol> local_{io_, false};
  Listener<asio::ip::tcp> loopback_{io_, true};
  std::unordered_set<std::shared_ptr<Connection>> connections_;
  std::size_t streams_ = 0;
  bool ended_ = false;
  asio::thread_pool pool_, urgent_pool_;
  std::thread thread_;
};

/// One accepted socket; its requests come one after the other. [the thread of the sockets]
class HttpServer::Connection : public std::enable_shared_from_this<Connection> {
 public:
  Connection(Engine& engine, asio::generic::stream_protocol::socket socket, bool needs_token)
      : engine_(engine), socket_(std::move(socket)), needs_token_(needs_token), heartbeat_(engine.io()) {}

  void wait_for_request();
  void respond(Response response);
  void end();

 private:
  void read_header();
  void on_header(error_code error);
  void read_body();
  void on_request(error_code error);
  void refuse(unsigned status, std::string_view word, std::string detail);
  void on_bad_request(error_code error);
  void write(Response response);
  void on_written(error_code error);
  void drain(std::size_t bytes);

  void start_stream(Response response);
  void pump();
  void beat();
  void watch_reader();

  bool has_token() const;
  std::shared_ptr<Connection> self() { return shared_from_this(); }

  Engine& engine_;
  beast::basic_stream<asio::generic::stream_protocol> socket_;
  const bool needs_token_;
  beast::flat_buffer buffer_;
  boost::optional<http::request_parser<http::string_body>> parser_;
  boost::optional<http::response<http::string_body>> response_;
  bool is_head_ = false;
  bool keep_alive_ = true;
  bool ended_ = false;

  std::shared_ptr<FrameQueue> stream_;
  std::string batch_;
  asio::steady_timer heartbeat_;
};

void HttpServer::Connection::wait_for_request() {
  if (buffer_.size() > 0) return read_header();
  socket_.expires_after(engine_.options().idle_timeout);
  socket_.async_read_some(buffer_.prepare(4096), [this, me = self()](error_code error, std::size_t bytes) {
    if (error) return end();
    buffer_.commit(bytes);
    read_header();
  });
}

void HttpServer::Connection::read_header() {
  parser_.emplace();
  parser_->header_limit(static_cast<std::uint32_t>(engine_.options().header_bytes_max));
  parser_->body_limit(engine_.options().body_bytes_max);
  keep_alive_ = false;  // until a whole request has been read
  is_head_ = false;
  socket_.expires_after(engine_.options().read_timeout);
  http::async_read_header(socket_, buffer_, *parser_,
                          [this, me = self()](error_code error, std::size_t) { on_header(error); });
}

void HttpServer::Connection::on_header(error_code error) {
  if (error) return on_bad_request(error);
  const auto& message = parser_->get();
  is_head_ = message.method() == http::verb::head;
  // Before the body: nothing is stored for those who may not send it.
  if (needs_token_ && !has_token())
    return refuse(401, "unauthorized", "this address needs a token: Authorization: Bearer ...");
  if (!beast::iequals(message[http::field::expect], "100-continue")) return read_body();
  static constexpr std::string_view go_on = "HTTP/1.1 100 Continue\r\n\r\n";
  asio::async_write(socket_, asio::buffer(go_on), [this, me = self()](error_code failed, std::size_t) {
    if (failed) return end();
    read_body();
  });
}

bool HttpServer::Connection::has_token() const {
  return is_bearer(parser_->get()[http::field::authorization], engine_.options().token);
}

void HttpServer::Connection::read_body() {
  http::async_read(socket_, buffer_, *parser_,
                   [this, me = self()](error_code error, std::size_t) { on_request(error); });
}

void HttpServer::Connection::on_request(error_code error) {
  if (error) return on_bad_request(error);
  auto message = parser_->release();
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
  engine_.handle(self(), std::move(request));
}

void HttpServer::Connection::on_bad_request(error_code error) {
  if (error == http::error::body_limit) {
    return refuse(
        413, "too_large",
        "a body may have " + std::to_string(engine_.options().body_bytes_max) + " bytes; send it in parts");
  }
  if (error == http::error::header_limit)
    return refuse(431, "header_too_large",
                  "a header may have " + std::to_string(engine_.options().header_bytes_max) + " bytes");
  const bool is_cut_off = error == http::error::end_of_stream || error == http::error::partial_message;
  if (is_cut_off || error.category() != http::make_error_code(http::error::end_of_stream).category())
    return end();
  refuse(400, "malformed", "this is not a request of HTTP: " + error.message());
}

void HttpServer::Connection::refuse(unsigned status, std::string_view word, std::string detail) {
  Response response = problem_response(status, word, std::move(detail));
  if (status == 401) response.headers.emplace_back("WWW-Authenticate", "Bearer");
  write(std::move(response));
}

void HttpServer::Connection::respond(Response response) {
  if (ended_) return;
  if (!response.events || is_head_) return write(std::move(response));
  if (!engine_.add_stream())
    return refuse(503, "too_many_streams", "too many streams of events are open; end one of them");
  start_stream(std::move(response));
}

void HttpServer::Connection::write(Response response) {
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
  socket_.expires_after(engine_.options().write_timeout);
  http::async_write(socket_, *response_,
                    [this, me = self()](error_code error, std::size_t) { on_written(error); });
}

void HttpServer::Connection::on_written(error_code error) {
  if (error) return end();
  if (keep_alive_) return wait_for_request();
  // What is still under way to us would make the system throw away the answer.
  socket_.socket().shutdown(asio::socket_base::shutdown_send, error);
  socket_.expires_after(drain_timeout);
  drain(0);
}

void HttpServer::Connection::drain(std::size_t bytes) {
  buffer_.clear();
  socket_.async_read_some(buffer_.prepare(64u << 10),
                          [this, me = self(), bytes](error_code error, std::size_t more) {
                            if (error || bytes + more > drained_bytes_max) return end();
                            drain(bytes + more);
                          });
}

void HttpServer::Connection::start_stream(Response response) {
  stream_ = std::make_shared<FrameQueue>(engine_.options().stream_queue_bytes_max,
                                         [weak = weak_from_this(), &io = engine_.io()] {
                                           asio::post(io, [weak] {
                                             if (const auto connection = weak.lock()) connection->pump();
                                           });
                                         });
  batch_ =
      "HTTP/1.1 200 OK\r\nServer: cadre\r\nCache-Control: no-store\r\nConnection: close\r\nContent-Type: " +
      response.content_type + "\r\n\r\n";
  socket_.expires_after(engine_.options().write_timeout);
  asio::async_write(
      socket_, asio::buffer(batch_),
      [this, me = self(), subscription = std::move(response.events)](error_code error, std::size_t) {
        if (error) return end();
        batch_.clear();
        engine_.subscribe(stream_, subscription);
        beat();
        watch_reader();
        pump();
      });
}

void HttpServer::Connection::pump() {
  if (ended_) return;
  if (stream_->has_overflowed()) {
    base::log_event(base::LogLevel::warn, "admin_stream_dropped", {{"reason", "its reader is too slow"}});
    return end();
  }
  if (!batch_.empty()) return;
  batch_ = stream_->take(batch_bytes_max);
  if (batch_.empty()) return;
  socket_.expires_after(engine_.options().write_timeout);
  asio::async_write(socket_, asio::buffer(batch_), [this, me = self()](error_code error, std::size_t) {
    if (error) return end();
    stream_->has_written(batch_.size());
    batch_.clear();
    pump();
  });
}

void HttpServer::Connection::beat() {
  heartbeat_.expires_after(engine_.options().heartbeat_interval);
  heartbeat_.async_wait([this, me = self()](error_code error) {
    if (error || ended_) return;
    stream_->push(": \n\n");
    beat();
  });
}

/// A reader says nothing; that it has gone is all there is to hear.
void HttpServer::Connection::watch_reader() {
  socket_.expires_never();
  buffer_.clear();
  socket_.async_read_some(buffer_.prepare(256), [this, me = self()](error_code error, std::size_t) {
    if (error) return end();
    watch_reader();
  });
}

void HttpServer::Connection::end() {
  if (std::exchange(ended_, true)) return;
  const auto me = self();
  heartbeat_.cancel();
  socket_.close();
  if (stream_ != nullptr) {
    stream_->close();
    engine_.remove_stream();
    engine_.unsubscribe(stream_);
  }
  engine_.remove(me);
}

base::Problems HttpServer::Engine::open() {
  if (!options_.socket.empty()) {
    auto opened = ListeningSocket::open(options_.socket);
    if (!opened) return opened.problems();
    socket_.emplace(std::move(*opened));
    local_.acceptor.assign(asio::local::stream_protocol{}, socket_->release());
  }
  return options_.port ? open_port() : base::Problems{};
}

base::Problems HttpServer::Engine::open_port() {
  base::Problems problems;
  if (options_.token.empty()) {
    problems.error("ADMIN_TOKEN_MISSING", {}, "listening at 127.0.0.1 needs a token",
                   "name a file with one, or leave the port out and use the Unix socket");
    return problems;
  }
  const asio::ip::tcp::endpoint endpoint(asio::ip::address_v4::loopback(), *options_.port);
  error_code error;
  loopback_.acceptor.open(endpoint.protocol(), error);
  if (!error) loopback_.acceptor.set_option(asio::socket_base::reuse_address(true), error);
  if (!error) loopback_.acceptor.bind(endpoint, error);
  if (!error) loopback_.acceptor.listen(asio::socket_base::max_listen_connections, error);
  if (!error) port_ = loopback_.acceptor.local_endpoint(error).port();
  if (error) {
    problems.error(
        "ADMIN_PORT_NOT_POSSIBLE", {},
        "127.0.0.1:" + std::to_string(*options_.port) + " cannot be listened at: " + error.message(),
        "choose another port, or 0 for any free one");
  }
  return problems;
}

void HttpServer::Engine::run() {
  if (local_.acceptor.is_open()) accept(local_);
  if (loopback_.acceptor.is_open()) accept(loopback_);
  thread_ = std::thread([this] {
    while (!io_.stopped()) {
      try {
        io_.run();
      } catch (const std::exception& thrown) {
        base::log_event(base::LogLevel::error, "admin_connection_failed", {{"reason", thrown.what()}});
      }
    }
  });
}

template <class Protocol>
void HttpServer::Engine::accept(Listener<Protocol>& listener) {
  listener.paused = connections_.size() >= options_.connections_max;
  if (ended_ || listener.paused) return;
  listener.acceptor.async_accept([this, &listener](error_code error, typename Protocol::socket socket) {
    if (ended_) return;
    if (error) {
      listener.pause.expires_after(accept_pause);
      listener.pause.async_wait([this, &listener](error_code) { accept(listener); });
      return;
    }
    const auto connection = std::make_shared<Connection>(
        *this, asio::generic::stream_protocol::socket(std::move(socket)), listener.needs_token);
    connections_.insert(connection);
    connection->wait_for_request();
    accept(listener);
  });
}

void HttpServer::Engine::remove(const std::shared_ptr<Connection>& connection) {
  connections_.erase(connection);
  if (local_.acceptor.is_open() && local_.paused) accept(local_);
  if (loopback_.acceptor.is_open() && loopback_.paused) accept(loopback_);
}

void HttpServer::Engine::handle(std::shared_ptr<Connection> connection, Request request) {
  const auto& urgent = options_.urgent_paths;
  const bool is_urgent = std::find(urgent.begin(), urgent.end(), request.path) != urgent.end();
  asio::thread_pool& pool = is_urgent ? urgent_pool_ : pool_;
  asio::post(pool, [this, connection = std::move(connection), request = std::move(request)]() mutable {
    if (is_closing_) return;
    Response response;
    try {
      response = handler_(request);
    } catch (const std::exception& thrown) {
      response = handler_failure(thrown.what());
    } catch (...) {
      response = handler_failure("something was thrown");
    }
    asio::post(io_, [connection = std::move(connection), response = std::move(response)]() mutable {
      connection->respond(std::move(response));
    });
  });
}

void HttpServer::Engine::subscribe(std::shared_ptr<FrameQueue> stream, Subscription subscription) {
  asio::post(pool_, [this, stream = std::move(stream), subscription = std::move(subscription)] {
    try {
      auto unsubscribe = subscription([stream](std::string frame) { stream->push(std::move(frame)); });
      {
        const std::scoped_lock lock(subscriptions_mutex_);
        if (!stream->is_closed()) subscriptions_[stream.get()] = std::exchange(unsubscribe, nullptr);
      }
      if (unsubscribe) unsubscribe();
    } catch (const std::exception& thrown) {
      handler_failure(thrown.what());
    }
  });
}

void HttpServer::Engine::unsubscribe(std::shared_ptr<FrameQueue> stream) {
  asio::post(pool_, [this, stream = std::move(stream)] {
    std::function<void()> end;
    {
      const std::scoped_lock lock(subscriptions_mutex_);
      if (const auto node = subscriptions_.extract(stream.get())) end = node.mapped();
    }
    if (end) end();
  });
}

void HttpServer::Engine::close() {
  std::call_once(closed_once_, [this] {
    is_closing_ = true;
    socket_.reset();
    asio::post(io_, [this] { end_everything(); });
  });
}

void HttpServer::Engine::end_everything() {
  ended_ = true;
  error_code ignored;
  local_.pause.cancel();
  loopback_.pause.cancel();
  local_.acceptor.close(ignored);
  loopback_.acceptor.close(ignored);
  for (const auto& connection : std::unordered_set(connections_))
    connection->end();
  // Not stopped: what was accepted and not looked at yet is ended by its handler.
  work_.reset();
}

void HttpServer::Engine::stop() {
  close();
  std::call_once(stopped_once_, [this] {
    if (thread_.joinable()) thread_.join();
    for (asio::thread_pool* pool : {&pool_, &urgent_pool_}) {
      pool->stop();
      pool->join();
    }
    // Dropped with the pool's queue were the ends of streams; their listeners must not outlive this.
    for (auto& [stream, end] : subscriptions_)
      end();
    subscriptions_.clear();
  });
}

base::Result<std::unique_ptr<HttpServer>> HttpServer::start(ServerOptions options, Handler handler) {
  auto engine = std::make_unique<Engine>(std::move(options), std::move(handler));
  base::Problems problems = engine->open();
  if (problems.has_errors()) return problems;
  engine->run();
  return std::unique_ptr<HttpServer>(new HttpServer(std::move(engine)));
}

HttpServer::HttpServer(std::unique_ptr<Engine> engine) : engine_(std::move(engine)) {}
HttpServer::~HttpServer() = default;
std::uint16_t HttpServer::port() const {
  return engine_->port();
}
void HttpServer::close() {
  engine_->close();
}
void HttpServer::stop() {
  engine_->stop();
}

}  // namespace cadre::admin
