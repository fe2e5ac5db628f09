#include "host/admin/request_body.hpp"

#include <algorithm>
#include <boost/json.hpp>

#include "host/admin/problem_json.hpp"
#include "host/base/capped_problems.hpp"
#include "host/base/json.hpp"
#include "host/base/text.hpp"

namespace cadre::admin {

namespace json = boost::json;
using control::Member;

namespace {

constexpr const char* body_name = "body";
constexpr std::string_view blanks = " \t\r\n";

std::string_view trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(blanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

/// Ends of the parts between commas of the outermost array or object.
template <class Visit>
void for_each_part(std::string_view text, Visit visit) {
  text = trimmed(text);
  int depth = 0;
  bool is_in_string = false;
  std::size_t begin = 1;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (is_in_string) {
      if (c == '\\') ++i;
      if (c == '"') is_in_string = false;
      continue;
    }
    if (c == '"') is_in_string = true;
    if (c == '[' || c == '{') ++depth;
    if (c == ']' || c == '}') --depth;
    if (!((c == ',' && depth == 1) || depth == 0)) continue;
    const std::string_view part = text.substr(begin, i - begin);
    if (!trimmed(part).empty()) visit(part);
    begin = i + 1;
    if (depth == 0) return;
  }
}

/// In lower case, without its parameters.
std::string media_type(const Request& request) {
  const std::string_view type = request.header("content-type");
  return lower_case(trimmed(type.substr(0, type.find(';'))));
}

Response wrong_type(std::string_view wanted) {
  return problem_response(415, "media_type", "the body has to be " + std::string(wanted));
}

Response not_json(const base::Problems& problems) {
  return problem_response(400, "malformed", {}, problems);
}

/// Lines of a body count from its beginning, not from that of the object.
base::Problems moved_down(const base::Problems& problems, std::uint32_t lines) {
  base::Problems moved;
  for (base::Problem problem : problems) {
    if (problem.place.line > 0) problem.place.line += lines;
    moved.add(std::move(problem));
  }
  return moved;
}

void add_wrong_kind(base::CappedProblems& problems, base::Place place, std::string_view what,
                    std::string_view wanted) {
  problems.error("REQUEST_WRONG_TYPE", std::move(place),
                 std::string(what) + " has to be " + std::string(wanted));
}

Response too_many(std::size_t objects) {
  return problem_response(413, "too_large",
                          "one request may bring " + std::to_string(inputs_max) + " objects, this one has " +
                              std::to_string(objects) + "; send it in parts");
}

bool is_count(const json::value& value, std::uint64_t most) {
  boost::system::error_code error;
  return value.is_number() && value.to_number<std::uint64_t>(error) <= most && !error;
}

std::size_t code_points(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(
      text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

void check_length(const base::JsonDocument& document, const char* name, std::string_view text,
                  std::size_t most, base::CappedProblems& problems) {
  const std::size_t length = code_points(text);
  if (length <= most) return;
  problems.error("REQUEST_TOO_LONG", document.place("/" + std::string(name)),
                 std::string(name) + " has " + std::to_string(length) + " characters, it may have " +
                     std::to_string(most),
                 "shorten it: it is journaled");
}

/// Who wants a change: the user at the other end, which the system knows, with the name that was added. At
/// 127.0.0.1 the system knows nobody, and the name is all there is.
std::string actor_of(const std::string& user, const std::string& name, const base::JsonDocument& document,
                     base::CappedProblems& problems) {
  constexpr std::string_view own[] = {"watch", "signal", "host", "guardrail"};
  const auto is_own = [&](const std::string& word) {
    return std::find(std::begin(own), std::end(own), lower_case(word)) != std::end(own);
  };
  if (is_own(name) && name != user) {
    problems.error("REQUEST_ACTOR_RESERVED", document.place("/actor"),
                   "the actor " + base::quote(name) + " is the host itself", "say who wants this");
  } else if (user.empty() && name.empty()) {
    problems.error("REQUEST_MISSING_KEY", document.place("/actor"), "actor is missing",
                   "say who wants this; it is journaled");
  }
  check_length(document, "actor", name, actor_characters_max, problems);
  if (user.empty()) return name + " (token)";
  // A user of the system may have such a name: then it is said whose it is.
  if (name.empty() || name == user) return is_own(user) ? "user " + user : user;
  return name + " (" + user + ")";
}

/// What is wrong with one member of a change.
void check_member(const base::JsonDocument& document, const std::string& name, const json::value& value,
                  std::span<const Member> members, base::CappedProblems& problems) {
  const base::Place place = document.place("/" + base::pointer_token(name));
  std::vector<std::string> known{"actor", "reason"};
  Member::Kind kind = Member::Kind::text;
  std::uint64_t most = 0;
  for (const Member& member : members) {
    known.emplace_back(member.name);
    if (member.name != name) continue;
    kind = member.kind;
    most = member.most;
  }
  if (std::find(known.begin(), known.end(), name) == known.end()) {
    problems.error("REQUEST_UNKNOWN_KEY", place,
                   "unknown key " + base::quote(name) + base::did_you_mean(name, known));
  } else if (kind == Member::Kind::flag && !value.is_bool()) {
    add_wrong_kind(problems, place, name, "true or false");
  } else if (kind == Member::Kind::document && !value.is_object()) {
    add_wrong_kind(problems, place, name, "an object");
  } else if (kind == Member::Kind::count && !is_count(value, most)) {
    add_wrong_kind(problems, place, name, "a whole number from 0 to " + std::to_string(most));
  } else if (kind == Member::Kind::text && !value.is_string()) {
    add_wrong_kind(problems, place, name, "a text");
  } else if (kind == Member::Kind::text && value.get_string().empty() && name != "actor" &&
             name != "reason") {
    problems.error("REQUEST_EMPTY", place, name + " is empty", "leave it out, or name one");
  }
}

std::optional<Response> read_lines(const Request& request, std::vector<std::string>& texts) {
  base::CappedProblems not_objects(body_name);
  std::size_t objects = 0;
  std::string_view rest = request.body;
  for (std::uint32_t line = 0; !rest.empty() && !not_objects.is_enough(); ++line) {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    const std::string_view text = trimmed(rest.substr(0, end));
    rest.remove_prefix(std::min(end + 1, rest.size()));
    if (text.empty() || ++objects > inputs_max) continue;
    auto document = base::JsonDocument::parse(body_name, std::string(text));
    if (!document) return not_json(moved_down(document.problems(), line));
    if (!document->root().is_object())
      add_wrong_kind(not_objects, {.file = body_name, .line = line + 1, .column = 1}, "a line", "an object");
    texts.emplace_back(text);
  }
  if (not_objects.has_errors()) return problem_response(422, "invalid", {}, not_objects.take());
  if (objects > inputs_max) return too_many(objects);
  return std::nullopt;
}

std::optional<Response> read_array(const Request& request, std::vector<std::string>& texts) {
  auto document = base::JsonDocument::parse(body_name, request.body);
  if (!document) return not_json(document.problems());
  const json::value& root = document->root();
  if (root.is_object()) {
    texts.push_back(request.body);
    return std::nullopt;
  }
  base::CappedProblems problems(body_name);
  if (!root.is_array()) {
    add_wrong_kind(problems, document->place(""), "the body", "an object or an array of objects");
  } else {
    for (std::size_t i = 0; i < root.get_array().size() && !problems.is_enough(); ++i) {
      if (!root.get_array()[i].is_object())
        add_wrong_kind(problems, document->place("/" + std::to_string(i)), "an element", "an object");
    }
  }
  if (problems.has_errors()) return problem_response(422, "invalid", {}, problems.take());
  if (root.get_array().size() > inputs_max) return too_many(root.get_array().size());
  texts = element_texts(request.body);
  return std::nullopt;
}

}  // namespace

std::vector<std::string> element_texts(std::string_view array_text) {
  std::vector<std::string> texts;
  for_each_part(array_text, [&](std::string_view part) { texts.emplace_back(trimmed(part)); });
  return texts;
}

std::string member_text(std::string_view object_text, std::string_view key) {
  std::string found;
  for_each_part(object_text, [&](std::string_view part) {
    const std::string_view member = trimmed(part);
    std::size_t quote = 1;
    while (quote < member.size() && member[quote] != '"')
      quote += member[quote] == '\\' ? 2 : 1;
    const json::value name = json::parse(member.substr(0, quote + 1));
    if (name.as_string() == key) found = member.substr(member.find(':', quote) + 1);
  });
  return found;
}

std::optional<Response> read_inputs(const Request& request, std::vector<std::string>& texts) {
  const std::string type = media_type(request);
  std::optional<Response> refused;
  if (type == "application/json") {
    refused = read_array(request, texts);
  } else if (type == "application/x-ndjson") {
    refused = read_lines(request, texts);
  } else {
    return wrong_type("application/json or application/x-ndjson");
  }
  if (refused) return refused;
  if (texts.empty()) return problem_response(422, "invalid", "there is nothing in the body");
  return std::nullopt;
}

std::optional<Response> read_change(const Request& request, std::span<const Member> members,
                                    control::Call& call) {
  if (media_type(request) != "application/json") return wrong_type("application/json");
  auto document = base::JsonDocument::parse(body_name, request.body);
  if (!document) return not_json(document.problems());

  base::CappedProblems problems(body_name);
  const json::object* object = document->root().if_object();
  if (object == nullptr) {
    add_wrong_kind(problems, document->place(""), "the body", "an object");
    return problem_response(422, "invalid", {}, problems.take());
  }
  for (const auto& [key, value] : *object) {
    if (problems.is_enough()) return problem_response(422, "invalid", {}, problems.take());
    check_member(*document, std::string(key), value, members, problems);
  }
  call.members = *object;
  const std::string said(trimmed(call.text("actor")));
  call.mandate = {actor_of(request.user, said, *document, problems),
                  std::string(trimmed(call.text("reason")))};
  check_length(*document, "reason", call.mandate.reason, reason_characters_max, problems);
  if (call.mandate.reason.empty())
    problems.error("REQUEST_MISSING_KEY", document->place("/reason"), "reason is missing",
                   "say why; it is journaled");
  for (const Member& member : members) {
    const std::string name(member.name);
    if (member.is_required && !object->contains(name))
      problems.error("REQUEST_MISSING_KEY", document->place("/" + name), name + " is missing");
    if (member.kind == Member::Kind::document) call.documents[name] = member_text(request.body, name);
  }
  if (problems.has_errors()) return problem_response(422, "invalid", {}, problems.take());
  return std::nullopt;
}

}  // namespace cadre::admin
