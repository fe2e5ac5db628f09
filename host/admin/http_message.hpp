#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace cadre::admin {

/// A whole request, with its body.
struct Request {
  std::string method;  ///< "GET", never "HEAD": the server answers that as GET without a body
  std::string path;    ///< as sent: percent escapes are still in it
  std::string query;   ///< what follows the ?, as sent
  std::map<std::string, std::string> headers;  ///< names in lower case; of equal names the last
  std::string body;
  /// The user at the other end, as the system says: "root" or "uid 1000"; empty at 127.0.0.1.
  std::string user{};

  /// Empty when there is none.
  std::string_view header(const std::string& name) const;
};

/// Takes one frame of a stream of events. May be called on any thread, never blocks; frames after the end of
/// the stream are dropped.
using FrameSink = std::function<void(std::string frame)>;

/// Begins to feed the sink and returns what ends that. Both are called on a worker thread and may block.
using Subscription = std::function<std::function<void()>(FrameSink sink)>;

struct Response {
  unsigned status = 200;
  std::string content_type = "application/json";
  std::string body{};
  std::vector<std::pair<std::string, std::string>> headers{};  ///< besides type and length
  Subscription events{};  ///< when set, the body is a stream of what it sends, without an end
};

/// "Not Found" for 404; empty for a status that is not used here.
std::string_view reason_phrase(unsigned status);

/// Of ASCII letters.
std::string lower_case(std::string_view text);

/// Takes the same time wherever they differ.
bool equal_secrets(std::string_view a, std::string_view b);

/// Whether the value of Authorization is `Bearer TOKEN`, the scheme in any case.
bool is_bearer(std::string_view authorization, std::string_view token);

/// Percent escapes resolved; nothing for a broken one.
std::optional<std::string> percent_decoded(std::string_view text);
/// Every byte that may not stand in a segment of a path is escaped, ':' and '/' too.
std::string percent_encoded(std::string_view text);

/// The members of a query, decoded; nothing when an escape is broken or a name comes twice.
std::optional<std::map<std::string, std::string>> query_members(std::string_view query);

/// A decimal number without a sign that fits, and nothing else.
std::optional<std::uint64_t> parse_count(std::string_view text);

/// One server-sent event. The data may have several lines.
struct ServerSentEvent {
  std::string id{};
  std::string event{};
  std::string data{};
};
std::string to_frame(const ServerSentEvent& event);

/// Cuts a stream into events as its bytes come in.
class EventParser {
 public:
  struct Item {
    bool is_comment = false;
    ServerSentEvent event{};
    std::string comment{};
  };
  /// What these bytes complete, in order.
  std::vector<Item> feed(std::string_view bytes);

 private:
  std::string line_;
  ServerSentEvent event_;
  bool has_data_ = false;
};

}  // namespace cadre::admin
