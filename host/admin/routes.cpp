#include "host/admin/routes.hpp"

#include <algorithm>
#include <boost/json.hpp>
#include <optional>
#include <span>

#include "host/admin/problem_json.hpp"
#include "host/admin/request_body.hpp"
#include "host/base/json.hpp"
#include "host/base/text.hpp"

namespace cadre::admin {

namespace json = boost::json;
using control::HostControl;

namespace {

/// A request that a route has matched.
struct Call {
  const Request& request;
  std::vector<std::string> captured;  ///< what stands for each {...}, decoded
  std::map<std::string, std::string> query;
};

Response not_found(std::string detail) {
  return problem_response(404, "unknown", std::move(detail));
}

std::optional<std::uint64_t> number_of(const Call& call, std::size_t index) {
  return parse_count(call.captured[index]);
}

Response no_revision(const Call& call, std::size_t index) {
  return not_found("there is no revision " + base::quote(call.captured[index]) + ": revisions are numbers");
}

std::string entity_tag(std::uint64_t number) {
  return "\"" + std::to_string(number) + "\"";
}

Response get_healthz(HostControl&, const Call&) {
  return {200, "text/plain; charset=utf-8", "ok\n"};
}

Response get_readyz(HostControl& host, const Call&) {
  if (!host.ready())
    return problem_response(503, "not_ready", "the host takes no inputs: GET /v1/status says why");
  return {200, "text/plain; charset=utf-8", "ready\n"};
}

Response get_metrics(HostControl& host, const Call&) {
  return {200, "text/plain; version=0.0.4; charset=utf-8", host.metrics()};
}

Response get_status(HostControl& host, const Call&) {
  const live::Answer status = host.status();
  Response response = response_to(status);
  const json::value* number = base::find(status.body, "/revision/number");
  if (response.status == 200 && number != nullptr && number->is_number())
    response.headers.emplace_back("ETag", "\"" + base::canonical(*number) + "\"");
  return response;
}

Response get_portfolio(HostControl& host, const Call& call) {
  return response_to(host.portfolio(call.captured[0]));
}

/// The limit of a list, or why it is none.
std::optional<Response> read_limit(const Call& call, std::size_t& limit) {
  limit = limit_default;
  const auto found = call.query.find("limit");
  if (found == call.query.end()) return std::nullopt;
  const auto number = parse_count(found->second);
  if (!number || *number < 1 || *number > limit_max) {
    return problem_response(400, "malformed",
                            "limit has to be a number from 1 to " + std::to_string(limit_max) + ", not " +
                                base::quote(found->second));
  }
  limit = static_cast<std::size_t>(*number);
  return std::nullopt;
}

Response get_orders(HostControl& host, const Call& call) {
  std::size_t limit = 0;
  if (auto refused = read_limit(call, limit)) return *refused;
  return response_to(host.orders(call.captured[0], limit));
}

Response get_decisions(HostControl& host, const Call& call) {
  std::size_t limit = 0;
  if (auto refused = read_limit(call, limit)) return *refused;
  return response_to(host.decisions(call.captured[0], limit));
}

Response post_bars(HostControl& host, const Call& call) {
  std::vector<std::string> texts;
  if (auto refused = read_inputs(call.request, texts)) return *refused;
  return response_to(host.post_bars(call.captured[0], texts));
}

Response post_signals(HostControl& host, const Call& call) {
  std::vector<std::string> texts;
  if (auto refused = read_inputs(call.request, texts)) return *refused;
  return response_to(host.post_signals(call.captured[0], texts));
}

Response post_halt(HostControl& host, const Call& call) {
  ChangeBody body;
  if (auto refused = ChangeBody::read(call.request, {"book", "cancel_orders", "flatten"}, body))
    return *refused;
  return response_to(
      host.halt({body.mandate(), body.text("book"), body.flag("cancel_orders"), body.flag("flatten")}));
}

Response post_resume(HostControl& host, const Call& call) {
  ChangeBody body;
  if (auto refused = ChangeBody::read(call.request, {"book"}, body)) return *refused;
  return response_to(host.resume(body.mandate(), body.text("book")));
}

Response get_revisions(HostControl& host, const Call&) {
  return response_to(host.revisions());
}

Response get_revision(HostControl& host, const Call& call) {
  const auto number = number_of(call, 0);
  if (!number) return no_revision(call, 0);
  Response response = response_to(host.revision(*number));
  if (response.status == 200) response.headers.emplace_back("ETag", entity_tag(*number));
  return response;
}

Response get_difference(HostControl& host, const Call& call) {
  const auto a = number_of(call, 0);
  const auto b = number_of(call, 1);
  if (!a || !b) return no_revision(call, a ? 1 : 0);
  return response_to(host.difference(*a, *b));
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

Response apply(HostControl& host, const Call& call, bool dry_run) {
  revision::ApplyRequest request;
  if (auto refused = read_base(call.request, !dry_run, request.based_on)) return *refused;
  ChangeBody body;
  if (auto refused = ChangeBody::read(call.request, {"book", "origin", "config"}, body)) return *refused;
  request.mandate = body.mandate();
  request.text = body.document("config");
  request.origin = body.text("origin").empty() ? "config" : body.text("origin");
  request.book = body.text("book");
  request.dry_run = dry_run;
  return response_to(host.apply(request));
}

Response post_validate(HostControl& host, const Call& call) {
  return apply(host, call, true);
}
Response post_revision(HostControl& host, const Call& call) {
  return apply(host, call, false);
}

Response post_rollback(HostControl& host, const Call& call) {
  const auto number = number_of(call, 0);
  if (!number) return no_revision(call, 0);
  ChangeBody body;
  if (auto refused = ChangeBody::read(call.request, {}, body)) return *refused;
  return response_to(host.roll_back(body.mandate(), *number));
}

Response post_rollback_to_previous(HostControl& host, const Call& call) {
  ChangeBody body;
  if (auto refused = ChangeBody::read(call.request, {}, body)) return *refused;
  return response_to(host.roll_back(body.mandate(), std::nullopt));
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

Response get_events(HostControl& host, const Call& call) {
  std::string_view after = call.request.header("last-event-id");
  if (const auto found = call.query.find("after"); after.empty() && found != call.query.end())
    after = found->second;
  const auto id = after.empty() ? std::optional<std::uint64_t>(0) : parse_count(after);
  if (!id)
    return problem_response(400, "malformed", "the id of an event is a number, not " + base::quote(after));
  Response response{200, "text/event-stream"};
  response.events = [&host, id = *id](const FrameSink& sink) -> std::function<void()> {
    const std::uint64_t number = host.listen(
        id, [sink](std::uint64_t event, const std::string& text) { sink(event_frame(event, text)); });
    sink(": " + std::string(end_of_remembered) + "\n\n");
    return [&host, number] { host.stop_listening(number); };
  };
  return response;
}

Response get_experiments(HostControl& host, const Call&) {
  return response_to(host.experiments());
}

Response post_experiment(HostControl& host, const Call& call) {
  ChangeBody body;
  if (auto refused = ChangeBody::read(call.request, {"book", "origin", "experiment"}, body)) return *refused;
  const std::string origin = body.text("origin").empty() ? "experiment" : body.text("origin");
  return response_to(
      host.start_experiment(body.mandate(), body.document("experiment"), origin, body.text("book")));
}

Response get_experiment_results(HostControl& host, const Call& call) {
  return response_to(host.experiment_results(call.captured[0]));
}

Response post_experiment_stop(HostControl& host, const Call& call) {
  ChangeBody body;
  if (auto refused = ChangeBody::read(call.request, {}, body)) return *refused;
  return response_to(host.stop_experiment(body.mandate(), call.captured[0]));
}

struct Route {
  RouteDescription shown;
  Response (*handle)(HostControl& host, const Call& call);
};

constexpr Route table[] = {
    {{"GET", "/healthz", "", "whether the process answers"}, get_healthz},
    {{"GET", "/readyz", "", "whether inputs are taken: 503 when not"}, get_readyz},
    {{"GET", "/metrics", "", "all metrics, in the text format of Prometheus"}, get_metrics},
    {{"GET", "/v1/status", "", "what runs, since when, by whom, and what to do next"}, get_status},
    {{"GET", "/v1/books/{book}/portfolio", "", "cash and positions"}, get_portfolio},
    {{"GET", "/v1/books/{book}/orders", "limit", "orders, newest first"}, get_orders},
    {{"GET", "/v1/books/{book}/decisions", "limit", "decisions, newest first"}, get_decisions},
    {{"POST", "/v1/books/{book}/bars", "", "bars: an object, an array, or one object per line"}, post_bars},
    {{"POST", "/v1/books/{book}/signals", "", "signals: an object, an array, or one object per line"},
     post_signals},
    {{"POST", "/v1/halt", "", "stop deciding: {actor, reason, book?, cancel_orders?, flatten?}"}, post_halt},
    {{"POST", "/v1/resume", "", "decide again: {actor, reason, book?}"}, post_resume},
    {{"GET", "/v1/revisions", "", "all revisions"}, get_revisions},
    {{"GET", "/v1/revisions/{n}", "", "one revision"}, get_revision},
    {{"GET", "/v1/revisions/{a}/diff/{b}", "", "what leads from a to b"}, get_difference},
    {{"POST", "/v1/revisions:validate", "",
      "what applying would do: {actor, reason, book?, origin?, config}"},
     post_validate},
    {{"POST", "/v1/revisions", "",
      "apply a configuration, with If-Match: \"N\": {actor, reason, book?, origin?, config}"},
     post_revision},
    {{"POST", "/v1/revisions:rollback", "", "back to the revision before: {actor, reason}"},
     post_rollback_to_previous},
    {{"POST", "/v1/revisions/{n}:rollback", "", "back to revision n: {actor, reason}"}, post_rollback},
    {{"GET", "/v1/events", "after", "what happens, as server-sent events; Last-Event-ID continues"},
     get_events},
    {{"GET", "/v1/experiments", "", "all experiments"}, get_experiments},
    {{"POST", "/v1/experiments", "", "start one: {actor, reason, book?, origin?, experiment}"},
     post_experiment},
    {{"GET", "/v1/experiments/{name}/results", "", "the comparison so far, and a page"},
     get_experiment_results},
    {{"POST", "/v1/experiments/{name}:stop", "", "end one: {actor, reason}"}, post_experiment_stop}};

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

std::optional<Response> refuse_query(const RouteDescription& route,
                                     const std::optional<std::map<std::string, std::string>>& query) {
  if (!query) return problem_response(400, "malformed", "the query cannot be read");
  std::vector<std::string> known;
  for (const std::string_view name : parts_of(route.query, ','))
    known.emplace_back(name);
  for (const auto& [name, value] : *query) {
    if (std::find(known.begin(), known.end(), name) != known.end()) continue;
    return problem_response(
        400, "malformed",
        "the query has an unknown member " + base::quote(name) + base::did_you_mean(name, known));
  }
  return std::nullopt;
}

}  // namespace

std::vector<RouteDescription> routes() {
  std::vector<RouteDescription> all;
  for (const Route& route : table)
    all.push_back(route.shown);
  return all;
}

Response answer(HostControl& host, const Request& request) {
  std::vector<std::string> allowed;
  for (const Route& route : table) {
    auto captured = match(route.shown.pattern, request.path);
    if (!captured) continue;
    if (route.shown.method != request.method) {
      allowed.emplace_back(route.shown.method);
      if (route.shown.method == "GET") allowed.emplace_back("HEAD");
      continue;
    }
    auto query = query_members(request.query);
    if (auto refused = refuse_query(route.shown, query)) return *refused;
    return route.handle(host, {request, std::move(*captured), std::move(*query)});
  }
  if (allowed.empty()) return not_found("there is no " + base::quote(request.path) + " here");
  Response response = problem_response(
      405, "method",
      base::quote(request.path) + " takes " + base::join(allowed, ", ") + ", not " + request.method);
  response.headers.emplace_back("Allow", base::join(allowed, ", "));
  return response;
}

}  // namespace cadre::admin
