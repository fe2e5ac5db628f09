#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "host/admin/http_message.hpp"
#include "host/base/result.hpp"

namespace cadre::admin {

struct ServerOptions {
  /// Where to listen; empty: at no Unix socket. Who may open the file may do everything: its mode is 0600.
  std::filesystem::path socket{};
  /// Whose members may do everything too: the mode of the socket is 0660 then; empty: nobody else.
  std::string socket_group{};
  /// The socket is looked for so often, and made again where somebody removed or replaced it.
  std::chrono::milliseconds socket_interval{1'000};
  /// Told why nobody can connect to the socket, and with nothing once it is listened at again. Of each fault
  /// once, and not from within start(). It must not block.
  std::function<void(const std::string& why)> socket_changed{};
  /// Listens at 127.0.0.1 too: 0 takes any free port. Needs a token.
  std::optional<std::uint16_t> port{};
  /// What `Authorization: Bearer ...` has to say at 127.0.0.1.
  std::string token{};

  // Each door has a budget of its own, so that nobody at 127.0.0.1 is in the way of a halt at the socket.
  std::size_t workers = 16;  ///< threads that run handlers at each door; one may wait for a book
  /// Have workers of their own: a host whose books hang can still be looked at and halted.
  std::vector<std::string> urgent_paths{"/healthz", "/readyz", "/metrics", "/v1/status", "/v1/halt"};
  /// At each door. One more ends the connection that has been idle longest there; if none is, those at the
  /// socket wait, and those with the token get 503.
  std::size_t connections_max = 256;
  std::size_t strangers_max = 64;          ///< at 127.0.0.1 without the token yet; one more ends the oldest
  std::size_t streams_max = 128;           ///< at each door; more are answered with 503
  std::size_t body_bytes_max = 16u << 20;  ///< more is answered with 413
  /// Of all bodies at a door that are read or worked on; more are answered with 503. Those of up to
  /// `small_body_bytes_max` are not counted: a halt always fits.
  std::size_t bodies_bytes_max = 128u << 20;
  std::size_t header_bytes_max = 16u << 10;         ///< more is answered with 431
  std::size_t stream_queue_bytes_max = 8u << 20;    ///< a stream whose reader is further behind is ended
  std::chrono::milliseconds read_timeout{30'000};   ///< from the first byte of a request to its last
  std::chrono::milliseconds write_timeout{30'000};  ///< for the reader to take what was written
  std::chrono::milliseconds idle_timeout{60'000};   ///< between two requests of a connection
  std::chrono::milliseconds token_timeout{5'000};  ///< for a connection to show its token, where it needs one
  std::chrono::milliseconds heartbeat_interval{15'000};  ///< a comment line in every stream
};

/// Bodies of up to this size are bounded by the number of connections alone.
constexpr std::size_t small_body_bytes_max = 64u << 10;

/// HTTP/1.1 for the few who watch and change a host. Sockets are served by one thread, handlers run on a few
/// workers; a stream of events occupies none of them.
class HttpServer {
 public:
  /// Runs on a worker and may block. What it throws is answered with 500 and logged.
  using Handler = std::function<Response(const Request& request)>;

  /// Listens from now on. Errors: ADMIN_TOKEN_MISSING, ADMIN_PORT_NOT_POSSIBLE, and those of
  /// ListeningSocket::open.
  static base::Result<std::unique_ptr<HttpServer>> start(ServerOptions options, Handler handler);
  /// stop()
  ~HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  /// The port at 127.0.0.1, 0 when there is none.
  std::uint16_t port() const;

  /// Ends every connection and takes no more; does not wait for handlers. [any-thread]
  void close();
  /// close(), then waits for the handlers that have begun, and ends all subscriptions: afterwards the handler
  /// is not called any more. What blocks a handler has to be released by the caller. [not on a worker]
  void stop();

 private:
  class Engine;
  explicit HttpServer(std::unique_ptr<Engine> engine);

  std::unique_ptr<Engine> engine_;
};

}  // namespace cadre::admin
