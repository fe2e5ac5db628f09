#include "host/admin/problem_json.hpp"

#include <boost/json.hpp>

#include "host/base/log.hpp"
#include "host/base/problem_json.hpp"

namespace cadre::admin {

namespace json = boost::json;

namespace {

struct OutcomeRow {
  live::Outcome outcome;
  unsigned status;
  std::string_view word;
  std::string_view detail;  ///< when there is no problem to say it
};

constexpr OutcomeRow outcomes[] = {
    {live::Outcome::done, 200, "", ""},
    {live::Outcome::created, 201, "", ""},
    {live::Outcome::accepted, 202, "", ""},
    {live::Outcome::unknown, 404, "unknown", "there is nothing of that name"},
    {live::Outcome::conflict, 409, "conflict", "not possible in the state the host is in"},
    {live::Outcome::stale, 412, "stale",
     "based on a revision that is not the current one; look at the difference and apply again"},
    {live::Outcome::invalid, 422, "invalid", "the input has problems"},
    {live::Outcome::full, 429, "full", "the queue of the book has no room; send the rest again later"},
    {live::Outcome::stopping, 503, "not_ready", "the host is not ready"}};

const OutcomeRow& row_of(live::Outcome outcome) {
  for (const OutcomeRow& row : outcomes) {
    if (row.outcome == outcome) return row;
  }
  return outcomes[0];
}

/// No text of a problem is longer, and all of them together are not either, whatever the request held: they
/// quote what was sent.
constexpr std::size_t text_bytes_most = 1'000, problems_bytes_most = 32'000;

/// Cut between two characters.
std::string shortened(const std::string& text) {
  if (text.size() <= text_bytes_most) return text;
  std::size_t end = text_bytes_most;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80)
    --end;
  return text.substr(0, end) + "...";
}

base::Problems bounded(const base::Problems& problems) {
  base::Problems kept;
  std::size_t bytes = 0;
  for (base::Problem problem : problems) {
    for (std::string* text :
         {&problem.place.file, &problem.place.pointer, &problem.message, &problem.next_step}) {
      *text = shortened(*text);
      bytes += text->size();
    }
    if (bytes > problems_bytes_most && !kept.empty()) {
      kept.add({.severity = problem.severity,
                .code = "AND_MORE",
                .message = "and " + std::to_string(problems.size() - kept.size()) + " more"});
      return kept;
    }
    kept.add(std::move(problem));
  }
  return kept;
}

const base::Problem* first_error(const base::Problems& problems) {
  for (const base::Problem& problem : problems) {
    if (problem.severity == base::Severity::error) return &problem;
  }
  return problems.empty() ? nullptr : &problems[0];
}

Response problem_with(unsigned status, std::string_view word, std::string detail, const base::Problems& all,
                      const json::object* members) {
  const base::Problems problems = bounded(all);
  json::object object;
  if (members != nullptr) object = *members;
  if (const base::Problem* first = first_error(problems); detail.empty() && first != nullptr)
    detail = base::to_line(*first);
  object["type"] = "urn:cadre:problem:" + std::string(word);
  object["title"] = reason_phrase(status);
  object["status"] = status;
  object["detail"] = detail;
  if (!problems.empty()) object["problems"] = base::to_json(problems);
  Response response{status, "application/problem+json", json::serialize(object) + "\n"};
  if (status == 429) response.headers.emplace_back("Retry-After", "1");
  return response;
}

}  // namespace

Response problem_response(unsigned status, std::string_view word, std::string detail,
                          const base::Problems& problems) {
  return problem_with(status, word, std::move(detail), problems, nullptr);
}

Response handler_failure(std::string_view what) {
  base::log_event(base::LogLevel::error, "admin_handler_failed", {{"reason", std::string(what)}});
  return problem_response(500, "internal", "the request could not be handled: " + std::string(what));
}

Response response_to(const live::Answer& answer) {
  const OutcomeRow& row = row_of(answer.outcome);
  if (row.status < 300) {
    if (answer.problems.empty()) return {row.status, "application/json", json::serialize(answer.body) + "\n"};
    // Warnings: the change was made all the same.
    json::object object = answer.body.is_object() ? answer.body.get_object() : json::object{};
    object["problems"] = base::to_json(bounded(answer.problems));
    return {row.status, "application/json", json::serialize(object) + "\n"};
  }
  std::string detail = answer.problems.empty() ? std::string(row.detail) : std::string();
  return problem_with(row.status, row.word, std::move(detail), answer.problems, answer.body.if_object());
}

}  // namespace cadre::admin
