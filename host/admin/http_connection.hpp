#pragma once

#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/basic_stream.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <boost/optional.hpp>
#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "host/admin/frame_queue.hpp"
#include "host/admin/http_server.hpp"

namespace cadre::admin {

class HttpConnection;

/// Whose budget a connection counts against.
enum class Door {
  local,     ///< the Unix socket
  stranger,  ///< 127.0.0.1, no token shown yet
  known      ///< 127.0.0.1, with the token
};

/// What a connection needs of the server that accepted it. [the thread of the sockets]
class ConnectionOwner {
 public:
  virtual ~ConnectionOwner() = default;
  virtual const ServerOptions& options() const = 0;
  virtual boost::asio::io_context& io() = 0;
  /// Answers the request on a worker, then calls respond().
  virtual void handle(std::shared_ptr<HttpConnection> connection, Request request) = 0;
  virtual void subscribe(std::shared_ptr<FrameQueue> stream, Subscription subscription) = 0;
  virtual void unsubscribe(std::shared_ptr<FrameQueue> stream) = 0;
  /// Whether there is room for one more stream; then it is counted until remove_stream().
  virtual bool add_stream(Door door) = 0;
  virtual void remove_stream(Door door) = 0;
  /// Whether so many bytes of a body fit in; then they are counted until release_body().
  virtual bool hold_body(Door door, std::size_t bytes) = 0;
  virtual void release_body(Door door, std::size_t bytes) = 0;
  /// Whether there is room for a stranger among those who are known.
  virtual bool admit() = 0;
  virtual void became_idle() = 0;
  virtual void remove(const std::shared_ptr<HttpConnection>& connection) = 0;
};

/// One accepted socket; its requests come one after the other. [the thread of the sockets]
class HttpConnection : public std::enable_shared_from_this<HttpConnection> {
 public:
  HttpConnection(ConnectionOwner& owner, boost::asio::generic::stream_protocol::socket socket, Door door,
                 std::string user)
      : owner_(owner),
        socket_(std::move(socket)),
        door_(door),
        user_(std::move(user)),
        heartbeat_(owner.io()) {}

  void wait_for_request();
  void respond(Response response);
  void end();
  Door door() const { return door_; }
  /// Since when no whole header has come; nothing while a request is at work.
  std::optional<std::chrono::steady_clock::time_point> idle_since() const { return idle_since_; }

 private:
  void read_header();
  void on_header(boost::system::error_code error);
  /// Whether this header may be followed by its body; else it has been refused.
  bool accepts_header();
  void read_body();
  bool hold_body(std::size_t bytes);
  void release_body();
  void on_request(boost::system::error_code error);
  void refuse(unsigned status, std::string_view word, std::string detail);
  void on_bad_request(boost::system::error_code error);
  void write(Response response);
  void on_written(boost::system::error_code error);
  void drain(std::size_t bytes);

  void start_stream(Response response);
  void pump();
  void beat();
  void watch_reader();

  bool has_token() const;
  std::shared_ptr<HttpConnection> self() { return shared_from_this(); }

  ConnectionOwner& owner_;
  boost::beast::basic_stream<boost::asio::generic::stream_protocol> socket_;
  Door door_;
  const std::string user_;
  std::optional<std::chrono::steady_clock::time_point> idle_since_;
  std::size_t held_bytes_ = 0;  ///< of a body, as its owner counts them
  boost::beast::flat_buffer buffer_;
  boost::optional<boost::beast::http::request_parser<boost::beast::http::string_body>> parser_;
  boost::optional<boost::beast::http::response<boost::beast::http::string_body>> response_;
  bool is_head_ = false;
  bool keep_alive_ = true;
  bool ended_ = false;

  std::shared_ptr<FrameQueue> stream_;
  std::string batch_;
  boost::asio::steady_timer heartbeat_;
};

}  // namespace cadre::admin
