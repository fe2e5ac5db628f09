#include "host/admin/http_client.hpp"

#include <boost/asio/connect.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/beast/core/basic_stream.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <thread>

#include "host/admin/unix_socket.hpp"

namespace cadre::admin {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using boost::system::error_code;

namespace {

constexpr std::uint64_t answer_bytes_max = 1u << 30;
constexpr std::size_t read_bytes_max = 64u << 10;

/// One connection whose operations block, each until it is done or its time is over.
class BlockingConnection {
 public:
  error_code connect(const HostAddress& address, std::chrono::milliseconds timeout) {
    stream_.expires_after(timeout);
    asio::generic::stream_protocol::endpoint endpoint;
    if (address.socket.empty()) {
      endpoint = asio::ip::tcp::endpoint(asio::ip::address_v4::loopback(), address.port);
    } else {
      if (address.socket.native().size() > socket_path_bytes_max)
        return boost::system::errc::make_error_code(boost::system::errc::filename_too_long);
      endpoint = asio::local::stream_protocol::endpoint(address.socket.string());
    }
    return wait([&](auto done) { stream_.async_connect(endpoint, std::move(done)); });
  }

  error_code write(http::request<http::string_body>& request) {
    return wait([&](auto done) {
      http::async_write(stream_, request, [done](error_code error, std::size_t) { done(error); });
    });
  }
  template <class Parser>
  error_code read(Parser& parser) {
    return wait([&](auto done) {
      http::async_read(stream_, buffer_, parser, [done](error_code error, std::size_t) { done(error); });
    });
  }
  template <class Parser>
  error_code read_header(Parser& parser) {
    return wait([&](auto done) {
      http::async_read_header(stream_, buffer_, parser,
                              [done](error_code error, std::size_t) { done(error); });
    });
  }
  /// Bytes behind the header, as they come.
  error_code read_some(std::string& bytes) {
    if (buffer_.size() == 0) {
      const error_code error = wait([&](auto done) {
        stream_.async_read_some(buffer_.prepare(read_bytes_max),
                                [this, done](error_code failed, std::size_t n) {
                                  buffer_.commit(n);
                                  done(failed);
                                });
      });
      if (error) return error;
    }
    bytes.assign(static_cast<const char*>(buffer_.data().data()), buffer_.size());
    buffer_.clear();
    return {};
  }

  void expires_after(std::chrono::milliseconds timeout) { stream_.expires_after(timeout); }

 private:
  template <class Start>
  error_code wait(Start start) {
    error_code result = asio::error::would_block;
    start([&result](error_code error) { result = error; });
    io_.restart();
    io_.run();
    return result;
  }

  asio::io_context io_{1};
  beast::basic_stream<asio::generic::stream_protocol> stream_{io_};
  beast::flat_buffer buffer_;
};

ClientResponse failed(const HostAddress& address, error_code error) {
  ClientResponse response;
  if (error == beast::error::timeout) {
    response.delivery = Delivery::timed_out;
    response.failure = "the host at " + address.shown() + " did not answer in time";
  } else {
    response.delivery = Delivery::not_reachable;
    response.failure = "no host can be reached at " + address.shown() + ": " + error.message();
  }
  return response;
}

/// The request was on its way.
ClientResponse failed_after_connecting(const HostAddress& address, error_code error) {
  ClientResponse response = failed(address, error);
  if (response.delivery == Delivery::not_reachable)
    response.failure = "the host at " + address.shown() + " went away before it answered (" +
                       error.message() + "); `cadre status` says what was done once it is back";
  return response;
}

http::request<http::string_body> message_of(const HostAddress& address, const ClientRequest& request) {
  http::request<http::string_body> message;
  message.version(11);
  message.method_string(request.method);
  message.target(request.target);
  message.set(http::field::host,
              address.socket.empty() ? "127.0.0.1:" + std::to_string(address.port) : "localhost");
  message.set(http::field::connection, "close");
  if (!address.token.empty()) message.set(http::field::authorization, "Bearer " + address.token);
  if (request.method == "POST") message.set(http::field::content_type, "application/json");
  for (const auto& [name, value] : request.headers)
    message.set(name, value);
  message.body() = request.body;
  message.prepare_payload();
  return message;
}

template <class Fields>
void take_headers(const Fields& message, ClientResponse& response) {
  response.status = message.result_int();
  for (const auto& field : message)
    response.headers[lower_case(field.name_string())] = field.value();
}

/// One connection to the stream. Sets `heard` once anything came.
ClientResponse follow_once(const HostAddress& address, FollowOptions& options, bool& heard, bool& wants_more,
                           const std::function<bool(const EventParser::Item&)>& hear) {
  BlockingConnection connection;
  if (const error_code error = connection.connect(address, options.silence_timeout))
    return failed(address, error);
  auto message =
      message_of(address, {"GET", "/v1/events", {}, {{"Last-Event-ID", std::to_string(options.after)}}});
  connection.expires_after(options.silence_timeout);
  if (const error_code error = connection.write(message)) return failed(address, error);
  http::response_parser<http::string_body> parser;
  parser.body_limit(boost::none);
  if (const error_code error = connection.read_header(parser)) return failed(address, error);
  ClientResponse response;
  take_headers(parser.get(), response);
  if (response.status != 200) {
    if (const error_code error = connection.read(parser)) return failed(address, error);
    response.body = parser.get().body();
    wants_more = false;
    return response;
  }
  EventParser events;
  std::string bytes;
  while (true) {
    connection.expires_after(options.silence_timeout);
    if (const error_code error = connection.read_some(bytes)) return failed(address, error);
    heard = true;
    for (const EventParser::Item& item : events.feed(bytes)) {
      if (const auto id = parse_count(item.event.id)) options.after = *id;
      if (hear(item)) continue;
      wants_more = false;
      return response;
    }
  }
}

}  // namespace

std::string HostAddress::shown() const {
  return socket.empty() ? "http://127.0.0.1:" + std::to_string(port) : socket.string();
}

base::Result<HostAddress> parse_host_address(std::string_view text) {
  const auto invalid = [&](std::string why) {
    base::Problems problems;
    problems.error("HOST_ADDRESS_INVALID", {},
                   "\"" + std::string(text) + "\" is no address of a host: " + why,
                   "name a socket (state/admin.sock) or http://127.0.0.1:PORT");
    return problems;
  };
  if (text.starts_with("unix:")) text.remove_prefix(5);
  if (text.empty()) return invalid("it is empty");
  if (text.starts_with("https://")) return invalid("it has to be http, on this machine");
  if (!text.starts_with("http://")) return HostAddress{.socket = std::string(text), .port = 0, .token = {}};
  std::string_view rest = text.substr(7);
  if (rest.ends_with('/')) rest.remove_suffix(1);
  const std::size_t colon = std::min(rest.find(':'), rest.size());
  const std::string_view name = rest.substr(0, colon);
  if (name != "127.0.0.1" && name != "localhost") return invalid("only 127.0.0.1 is listened at");
  const auto port = parse_count(rest.substr(std::min(colon + 1, rest.size())));
  if (!port || *port == 0 || *port > 65535) return invalid("its port is missing");
  return HostAddress{.socket = {}, .port = static_cast<std::uint16_t>(*port), .token = {}};
}

ClientResponse send(const HostAddress& address, const ClientRequest& request,
                    std::chrono::milliseconds timeout) {
  BlockingConnection connection;
  if (const error_code error = connection.connect(address, timeout)) return failed(address, error);
  auto message = message_of(address, request);
  connection.expires_after(timeout);
  // A refusal may come while the body is still being sent: then it is the answer.
  const error_code unsent = connection.write(message);
  http::response_parser<http::string_body> parser;
  parser.body_limit(answer_bytes_max);
  if (const error_code error = connection.read(parser))
    return failed_after_connecting(address, unsent ? unsent : error);
  ClientResponse response;
  take_headers(parser.get(), response);
  response.body = std::move(parser.get().body());
  return response;
}

ClientResponse follow_events(const HostAddress& address, FollowOptions options,
                             const std::function<bool(const EventParser::Item& item)>& hear,
                             const std::function<void(const std::string& why)>& lost) {
  bool was_connected = false;
  bool is_told = false;
  while (true) {
    bool heard = false;
    bool wants_more = true;
    ClientResponse response = follow_once(address, options, heard, wants_more, hear);
    was_connected = was_connected || heard;
    if (heard) is_told = false;
    if (!wants_more || !options.reconnects || !was_connected) return response;
    if (!std::exchange(is_told, true) && lost) lost(response.failure);
    std::this_thread::sleep_for(options.pause);
  }
}

}  // namespace cadre::admin
