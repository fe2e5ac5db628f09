#include "host/admin/routes.hpp"

#include <algorithm>
#include <boost/json.hpp>
#include <optional>
#include <span>

#include "host/admin/problem_json.hpp"
#include "host/admin/request_body.hpp"
#include "host/base/json.hpp"
#include "host/base/log.hpp"
#include "host/base/text.hpp"

namespace cadre::admin {

namespace json = boost::json;
using control::HostControl;
using control::Operation;

namespace {

/// A request that a route has matched.
struct Matched {
  const Request& request;
  std::vector<std::string> captured;  ///< what stands for each {...}, decoded
  std::map<std::string, std::string> query;
};

Response get_healthz(HostControl&, const Matched&) {
  return {200, "text/plain; charset=utf-8", "ok\n"};
}

Response get_readyz(HostControl& host, const Matched&) {
  if (std::string why = host.why_not_ready(); !why.empty())
    return problem_response(503, "not_ready", std::move(why));
  return {200, "text/plain; charset=utf-8", "ready\n"};
}

Response get_metrics(HostControl& host, const Matched&) {
  return {200, "text/plain; version=0.0.4; charset=utf-8", host.metrics()};
}

/// The limit of a list, or why it is none.
std::optional<Response> read_limit(const Matched& matched, std::size_t& limit) {
  limit = limit_default;
  const auto found = matched.query.find("limit");
  if (found == matched.query.end()) return std::nullopt;
  const auto number = parse_count(found->second);
  if (!number || *number < 1 || *number > limit_max) {
    return problem_response(400, "malformed",
                            "limit has to be a number from 1 to " + std::to_string(limit_max) + ", not " +
                                base::quote(found->second));
  }
  limit = static_cast<std::size_t>(*number);
  return std::nullopt;
}

/// The revision of `If-Match: "N"`, or why it is none.
std::optional<Response> read_base(const Request& request, bool required,
                                  std::optional<std::uint64_t>& based_on) {
  const std::string_view tag = request.header("if-match");
  if (tag.empty()) {
    if (!required) return std::nullopt;
    return problem_response(428, "base_missing",
                            "name the revision this was made from: If-Match: \"N\", N as in GET /v1/status");
  }
  if (tag.size() > 2 && tag.front() == '"' && tag.back() == '"')
    based_on = parse_count(tag.substr(1, tag.size() - 2));
  if (based_on) return std::nullopt;
  return problem_response(400, "malformed",
                          "If-Match has to be the number of a revision in quotation marks: \"41\"");
}

/// Reads what the operation's row says that a call brings, or why it cannot be read.
std::optional<Response> read_call(const Operation& operation, const Matched& matched, control::Call& call) {
  using Brings = Operation::Brings;
  using BasedOn = Operation::BasedOn;
  call.path = matched.captured;
  if (operation.has_limit) {
    if (auto refused = read_limit(matched, call.limit)) return refused;
  }
  if (operation.based_on != BasedOn::nothing) {
    if (auto refused = read_base(matched.request, operation.based_on == BasedOn::required, call.based_on))
      return refused;
  }
  if (operation.brings == Brings::inputs) return read_inputs(matched.request, call.inputs);
  if (operation.brings == Brings::change) return read_change(matched.request, operation.members, call);
  return std::nullopt;
}

Response run_operation(HostControl& host, const Operation& operation, const Matched& matched) {
  control::Call call;
  if (auto refused = read_call(operation, matched, call)) return *refused;
  const live::Answer answer = host.run(operation, call);
  Response response = response_to(answer);
  if (operation.revision_at.empty() || response.status != 200) return response;
  const json::value* number = base::find(answer.body, operation.revision_at);
  if (number != nullptr && number->is_number())
    response.headers.emplace_back("ETag", "\"" + base::canonical(*number) + "\"");
  return response;
}

/// The kind of an event is one of its members.
std::string event_frame(std::uint64_t id, const std::string& text) {
  boost::system::error_code error;
  const json::value event = json::parse(text, error);
  const json::value* kind = error ? nullptr : base::find(event, "/event");
  return to_frame({std::to_string(id),
                   kind != nullptr && kind->is_string() ? std::string(kind->get_string()) : std::string(),
                   text});
}

Response get_events(HostControl& host, const Matched& matched) {
  std::string_view after = matched.request.header("last-event-id");
  if (const auto found = matched.query.find("after"); after.empty() && found != matched.query.end())
    after = found->second;
  const auto id = after.empty() ? std::optional<std::uint64_t>(0) : parse_count(after);
  if (!id)
    return problem_response(400, "malformed", "the id of an event is a number, not " + base::quote(after));
  if (*id != 0)
    base::log_event(base::LogLevel::info, "events_continued",
                    {{"after", std::to_string(*id)}, {"user", matched.request.user}});
  Response response{200, "text/event-stream"};
  response.events = [&host, id = *id](const FrameSink& sink) -> std::function<void()> {
    const std::uint64_t number = host.listen(
        id, [sink](std::uint64_t event, const std::string& text) { sink(event_frame(event, text)); });
    sink(": " + std::string(end_of_remembered) + "\n\n");
    return [&host, number] { host.stop_listening(number); };
  };
  return response;
}

/// What is asked of the process or of a stream, not of the host's books and revisions.
struct Route {
  RouteDescription shown;
  Response (*handle)(HostControl& host, const Matched& matched);
};

std::span<const Route> process_routes() {
  static const Route rows[] = {
      {{"GET", "/healthz", "", "whether the process answers"}, get_healthz},
      {{"GET", "/readyz", "", "whether inputs are taken and decisions made: 503 with the reason when not"},
       get_readyz},
      {{"GET", "/metrics", "", "all metrics, in the text format of Prometheus"}, get_metrics},
      {{"GET", "/v1/events", "after", "what happens, as server-sent events; Last-Event-ID continues"},
       get_events}};
  return rows;
}

/// The operation as the reference shows it, with what its body is.
RouteDescription description_of(const Operation& operation) {
  std::string text(operation.description);
  if (operation.brings == Operation::Brings::inputs) text += ": an object, an array, or one object per line";
  if (operation.brings == Operation::Brings::change) {
    text += ": {actor, reason";
    for (const control::Member& member : operation.members)
      text += ", " + std::string(member.name) + (member.is_required ? "" : "?");
    text += "}";
  }
  return {operation.method, operation.path, operation.has_limit ? "limit" : "", std::move(text)};
}

std::vector<std::string_view> parts_of(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  while (true) {
    const std::size_t end = text.find(separator);
    parts.push_back(text.substr(0, end));
    if (end == std::string_view::npos) return parts;
    text.remove_prefix(end + 1);
  }
}

/// What stands for each {...}, or nothing when the path is another one. A name ends before a colon: what
/// follows is a verb.
std::optional<std::vector<std::string>> match(std::string_view pattern, std::string_view path) {
  const auto wanted = parts_of(pattern, '/');
  const auto given = parts_of(path, '/');
  if (wanted.size() != given.size()) return std::nullopt;
  std::vector<std::string> captured;
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    if (!wanted[i].starts_with('{')) {
      if (wanted[i] != given[i]) return std::nullopt;
      continue;
    }
    const std::string_view verb = wanted[i].substr(wanted[i].find('}') + 1);
    const std::size_t colon = std::min(given[i].find(':'), given[i].size());
    auto name = percent_decoded(given[i].substr(0, colon));
    if (given[i].substr(colon) != verb || !name || name->empty()) return std::nullopt;
    captured.push_back(std::move(*name));
  }
  return captured;
}

std::optional<Response> refuse_query(std::string_view known,
                                     const std::optional<std::map<std::string, std::string>>& query) {
  if (!query) return problem_response(400, "malformed", "the query cannot be read");
  for (const auto& [name, value] : *query) {
    if (!known.empty() && name == known) continue;
    return problem_response(400, "malformed",
                            "the query has an unknown member " + base::quote(name) +
                                base::did_you_mean(name, {std::string(known)}));
  }
  return std::nullopt;
}

/// Looks for the route of a request; its method may still be another one.
class RouteSearch {
 public:
  explicit RouteSearch(const Request& request) : request_(request) {}

  /// Whether this is the route. Then `captured` is what stands for each {...}.
  bool finds(std::string_view method, std::string_view pattern) {
    auto found = match(pattern, request_.path);
    if (!found) return false;
    if (method != request_.method) {
      allowed_.emplace_back(method);
      if (method == "GET") allowed_.emplace_back("HEAD");
      return false;
    }
    captured = std::move(*found);
    return true;
  }

  Response refusal() const {
    if (allowed_.empty())
      return problem_response(404, "unknown", "there is no " + base::quote(request_.path) + " here");
    Response response = problem_response(
        405, "method",
        base::quote(request_.path) + " takes " + base::join(allowed_, ", ") + ", not " + request_.method);
    response.headers.emplace_back("Allow", base::join(allowed_, ", "));
    return response;
  }

  std::vector<std::string> captured;

 private:
  const Request& request_;
  std::vector<std::string> allowed_;
};

}  // namespace

std::vector<RouteDescription> routes() {
  std::vector<RouteDescription> all;
  for (const Route& route : process_routes())
    all.push_back(route.shown);
  for (const Operation* operation : control::operations())
    all.push_back(description_of(*operation));
  return all;
}

Response answer(HostControl& host, const Request& request) {
  RouteSearch search(request);
  const auto query = query_members(request.query);
  for (const Route& route : process_routes()) {
    if (!search.finds(route.shown.method, route.shown.pattern)) continue;
    if (auto refused = refuse_query(route.shown.query, query)) return *refused;
    return route.handle(host, {request, std::move(search.captured), *query});
  }
  for (const Operation* operation : control::operations()) {
    if (!search.finds(operation->method, operation->path)) continue;
    if (auto refused = refuse_query(operation->has_limit ? "limit" : "", query)) return *refused;
    return run_operation(host, *operation, {request, std::move(search.captured), *query});
  }
  return search.refusal();
}

}  // namespace cadre::admin
