#include "host/admin/http_server.hpp"

#include <grp.h>
#include <malloc.h>
#include <pwd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/thread_pool.hpp>
#include <map>
#include <mutex>
#include <thread>
#include <unordered_map>
#include <unordered_set>

#include "host/admin/http_connection.hpp"
#include "host/admin/problem_json.hpp"
#include "host/admin/unix_socket.hpp"
#include "host/base/log.hpp"

namespace cadre::admin {

namespace asio = boost::asio;
using boost::system::error_code;

namespace {

constexpr std::size_t urgent_workers = 4;
constexpr std::size_t stream_workers = 2;
constexpr std::size_t doors = 2;  // the socket, and 127.0.0.1
constexpr std::size_t big_body_bytes = 1u << 20;
constexpr std::chrono::seconds trim_pause{1};
constexpr std::chrono::milliseconds accept_pause{100};  // when the process has no descriptors left

std::size_t index_of(Door door) {
  return door == Door::local ? 0 : 1;
}

/// Threads of one door.
struct Workers {
  explicit Workers(std::size_t count) : usual(count), urgent(urgent_workers) {}
  asio::thread_pool usual, urgent;
};

/// The name of a user id, of those who can open the socket: the host's own user, root, and whom the group of
/// the socket lists. Looked up once, so that no directory service is asked while somebody wants to halt: who
/// becomes a member later is shown by number until the host starts again.
class UserNames {
 public:
  explicit UserNames(const std::string& group) {
    std::array<char, 4096> text{};
    passwd entry{};
    passwd* found = nullptr;
    for (const uid_t user : {::geteuid(), uid_t{0}}) {
      if (::getpwuid_r(user, &entry, text.data(), text.size(), &found) == 0 && found != nullptr)
        names_[user] = entry.pw_name;
    }
    std::array<char, 65536> members{};
    ::group of_socket{};
    ::group* known = nullptr;
    if (group.empty() ||
        ::getgrnam_r(group.c_str(), &of_socket, members.data(), members.size(), &known) != 0 ||
        known == nullptr)
      return;
    for (char** member = of_socket.gr_mem; *member != nullptr; ++member) {
      if (::getpwnam_r(*member, &entry, text.data(), text.size(), &found) == 0 && found != nullptr)
        names_[entry.pw_uid] = entry.pw_name;
    }
  }
  /// Of the other end of a Unix socket.
  std::string of_peer(int descriptor) const {
    ucred peer{};
    socklen_t size = sizeof peer;
    if (::getsockopt(descriptor, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0) return "unknown user";
    const auto found = names_.find(peer.uid);
    return found != names_.end() ? found->second : "uid " + std::to_string(peer.uid);
  }

 private:
  std::map<uid_t, std::string> names_;
};

}  // namespace

class HttpServer::Engine : public ConnectionOwner {
 public:
  Engine(ServerOptions options, Handler handler)
      : options_(std::move(options)),
        handler_(std::move(handler)),
        users_(options_.socket_group),
        local_workers_(options_.workers),
        loopback_workers_(options_.port ? options_.workers : 1) {}
  ~Engine() override {
    try {
      stop();
    } catch (...) {
      // Whoever wants to know calls stop(); here the server goes either way.
    }
  }

  base::Problems open();
  void run();
  void close();
  void stop();

  // ConnectionOwner
  const ServerOptions& options() const override { return options_; }
  asio::io_context& io() override { return io_; }
  void handle(std::shared_ptr<HttpConnection> connection, Request request) override;
  void subscribe(std::shared_ptr<FrameQueue> stream, Subscription subscription) override;
  void unsubscribe(std::shared_ptr<FrameQueue> stream) override;
  bool add_stream(Door door) override {
    std::size_t& streams = streams_[index_of(door)];
    return streams < options_.streams_max && ++streams > 0;
  }
  void remove_stream(Door door) override { --streams_[index_of(door)]; }
  bool hold_body(Door door, std::size_t bytes) override;
  void release_body(Door door, std::size_t bytes) override;
  bool admit() override;
  void became_idle() override { accept_again(); }
  void remove(const std::shared_ptr<HttpConnection>& connection) override;

  std::uint16_t port() const { return port_; }

 private:
  template <class Protocol>
  struct Listener {
    typename Protocol::acceptor acceptor;
    asio::steady_timer pause;
    Door door;
    bool paused = false;
    Listener(asio::io_context& io, Door whose) : acceptor(io), pause(io), door(whose) {}
  };
  template <class Protocol>
  void accept(Listener<Protocol>& listener);
  void accept_again();
  std::size_t count_of(Door door) const;
  std::size_t most_of(Door door) const {
    return door == Door::stranger ? options_.strangers_max : options_.connections_max;
  }
  std::shared_ptr<HttpConnection> longest_idle(Door door) const;
  bool make_room(Door door);
  void end_everything();
  void watch_socket();
  void look_at_socket();
  base::Problems open_socket();
  base::Problems open_port();

  const ServerOptions options_;
  const Handler handler_;
  const UserNames users_;
  std::uint16_t port_ = 0;
  std::mutex socket_mutex_;  ///< of the next two lines
  std::optional<ListeningSocket> socket_;
  std::string socket_fault_;
  std::atomic<bool> is_closing_{false};
  std::once_flag closed_once_, stopped_once_;

  std::mutex subscriptions_mutex_;
  std::unordered_map<FrameQueue*, std::function<void()>> subscriptions_;

  asio::io_context io_{1};
  asio::executor_work_guard<asio::io_context::executor_type> work_{io_.get_executor()};
  Listener<asio::local::stream_protocol> local_{io_, Door::local};
  Listener<asio::ip::tcp> loopback_{io_, Door::stranger};
  std::unordered_set<std::shared_ptr<HttpConnection>> connections_;
  std::array<std::size_t, doors> streams_{}, body_bytes_{};
  asio::steady_timer trim_{io_}, socket_look_{io_};
  bool ended_ = false;
  Workers local_workers_, loopback_workers_;
  asio::thread_pool stream_pool_{stream_workers};
  std::thread thread_;
};

base::Problems HttpServer::Engine::open() {
  if (!options_.socket.empty()) {
    base::Problems problems = open_socket();
    if (problems.has_errors()) return problems;
  }
  return options_.port ? open_port() : base::Problems{};
}

base::Problems HttpServer::Engine::open_socket() {
  auto opened = ListeningSocket::open(options_.socket, options_.socket_group);
  if (!opened) return opened.problems();
  error_code ignored;
  local_.acceptor.close(ignored);  // of a file that is gone: nobody can come by it
  socket_.emplace(std::move(*opened));
  local_.acceptor.assign(asio::local::stream_protocol{}, socket_->release());
  return {};
}

void HttpServer::Engine::watch_socket() {
  socket_look_.expires_after(options_.socket_interval);
  socket_look_.async_wait([this](error_code error) {
    if (error || ended_) return;
    look_at_socket();
    watch_socket();
  });
}

/// A socket that is removed locks operators out, and nothing else tells: who is connected stays so.
void HttpServer::Engine::look_at_socket() {
  std::string fault;
  bool begins = false;
  {
    const std::scoped_lock lock(socket_mutex_);
    if (is_closing_ || !socket_) return;
    const bool is_in_place = socket_->is_in_place();
    if (is_in_place && socket_fault_.empty()) return;
    const base::Problems problems = is_in_place ? base::Problems{} : open_socket();
    begins = !is_in_place && !problems.has_errors();
    if (problems.has_errors()) fault = base::to_line(problems[0]);
    if (!fault.empty() && fault == socket_fault_) return;
    socket_fault_ = fault;
  }
  if (begins) {
    local_.pause.cancel();
    accept(local_);
  }
  if (fault.empty())
    base::log_event(base::LogLevel::warn, "admin_socket_back", {{"socket", options_.socket.string()}});
  else
    base::log_event(base::LogLevel::error, "admin_socket_lost", {{"why", fault}});
  if (options_.socket_changed) options_.socket_changed(fault);
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
  if (local_.acceptor.is_open()) watch_socket();
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
  listener.paused = listener.door == Door::local && count_of(Door::local) >= options_.connections_max &&
                    longest_idle(Door::local) == nullptr;
  if (ended_ || listener.paused) return;
  listener.acceptor.async_accept([this, &listener](error_code error, typename Protocol::socket socket) {
    if (ended_ || error == asio::error::operation_aborted) return;  // another one accepts in its place
    if (error) {
      listener.pause.expires_after(accept_pause);
      listener.pause.async_wait([this, &listener](error_code stopped) {
        if (!stopped) accept(listener);
      });
      return;
    }
    std::string user = listener.door == Door::local ? users_.of_peer(socket.native_handle()) : std::string();
    make_room(listener.door);
    const auto connection = std::make_shared<HttpConnection>(
        *this, asio::generic::stream_protocol::socket(std::move(socket)), listener.door, std::move(user));
    connections_.insert(connection);
    connection->wait_for_request();
    accept(listener);
  });
}

void HttpServer::Engine::accept_again() {
  if (local_.acceptor.is_open() && local_.paused) accept(local_);
}

std::size_t HttpServer::Engine::count_of(Door door) const {
  return static_cast<std::size_t>(std::count_if(connections_.begin(), connections_.end(),
                                                [&](const auto& each) { return each->door() == door; }));
}

std::shared_ptr<HttpConnection> HttpServer::Engine::longest_idle(Door door) const {
  std::shared_ptr<HttpConnection> longest;
  for (const auto& each : connections_) {
    if (each->door() != door || !each->idle_since()) continue;
    if (longest == nullptr || *each->idle_since() < *longest->idle_since()) longest = each;
  }
  return longest;
}

/// Whether one more fits in at the door, after those that are idle there were ended as needed.
bool HttpServer::Engine::make_room(Door door) {
  while (count_of(door) >= most_of(door)) {
    const auto idle = longest_idle(door);
    if (idle == nullptr) return false;
    idle->end();
  }
  return true;
}

bool HttpServer::Engine::admit() {
  return make_room(Door::known);
}

bool HttpServer::Engine::hold_body(Door door, std::size_t bytes) {
  std::size_t& held = body_bytes_[index_of(door)];
  if (held + bytes > options_.bodies_bytes_max) return false;
  held += bytes;
  return true;
}

/// Memory of big bodies goes back to the system, a little later and once for many: else the process would
/// stay as big as it was at its worst moment.
void HttpServer::Engine::release_body(Door door, std::size_t bytes) {
  body_bytes_[index_of(door)] -= bytes;
  if (bytes < big_body_bytes || ended_) return;
  trim_.expires_after(trim_pause);
  trim_.async_wait([](error_code error) {
    if (!error) ::malloc_trim(0);
  });
}

void HttpServer::Engine::remove(const std::shared_ptr<HttpConnection>& connection) {
  if (connections_.erase(connection) > 0) accept_again();
}

void HttpServer::Engine::handle(std::shared_ptr<HttpConnection> connection, Request request) {
  const auto& urgent = options_.urgent_paths;
  const bool is_urgent = std::find(urgent.begin(), urgent.end(), request.path) != urgent.end();
  Workers& workers = connection->door() == Door::local ? local_workers_ : loopback_workers_;
  asio::thread_pool& pool = is_urgent ? workers.urgent : workers.usual;
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
  asio::post(stream_pool_, [this, stream = std::move(stream), subscription = std::move(subscription)] {
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
  asio::post(stream_pool_, [this, stream = std::move(stream)] {
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
    {
      const std::scoped_lock lock(socket_mutex_);
      is_closing_ = true;
      socket_.reset();
    }
    asio::post(io_, [this] { end_everything(); });
  });
}

void HttpServer::Engine::end_everything() {
  ended_ = true;
  error_code ignored;
  local_.pause.cancel();
  loopback_.pause.cancel();
  trim_.cancel();
  socket_look_.cancel();
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
    for (asio::thread_pool* pool : {&local_workers_.usual, &local_workers_.urgent, &loopback_workers_.usual,
                                    &loopback_workers_.urgent, &stream_pool_}) {
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
