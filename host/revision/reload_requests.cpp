// What operators ask of a host's changes: applying, going back, and what there is to see.

#include <boost/json.hpp>

#include "host/agent/library.hpp"
#include "host/base/json.hpp"
#include "host/base/problem_json.hpp"
#include "host/config/file_kind.hpp"
#include "host/revision/book_part.hpp"
#include "host/revision/reload.hpp"

namespace cadre::revision {

namespace json = boost::json;

base::Result<json::value> Reload::complete_document(const ApplyRequest& request) const {
  auto document = base::JsonDocument::parse(request.origin, request.text);
  if (!document) return document.problems();
  const json::value& root = document->root();
  const bool is_scenario = config::says_scenario(root);
  if (!is_scenario && request.book.empty()) return root;
  base::Problems problems;
  const std::vector<std::string> ids = book_ids();
  const std::string book = !request.book.empty() ? request.book : ids.front();
  if (request.book.empty() && ids.size() != 1) {
    problems.error("BOOK_NOT_NAMED", base::Place::of(request.origin),
                   "this is the scenario of one book, and the host has several", "name it with --book");
    return problems;
  }
  // The host's own document, with this book's scenario in the place of the old one.
  json::value complete = charge_.setup.host.complete;
  json::array& books = complete.as_object()["books"].as_array();
  for (std::size_t b = 0; b < books.size(); ++b) {
    if (charge_.setup.host.books[b].scenario.book.id != book) continue;
    json::value scenario = root;
    // A scenario that came from a file may have had its id set by the host file.
    if (scenario.is_object() && scenario.as_object().contains("book") && scenario.at("book").is_object() &&
        ids.size() > 1)
      scenario.as_object()["book"] = books[b].at("scenario").at("book");
    // A host that was made from a scenario has its name; one with a file of its own keeps that.
    const json::value* old_name = base::find(books[b], "/scenario/name");
    const bool named_after_it = old_name != nullptr && *old_name == complete.at("name");
    books[b].as_object()["scenario"] = std::move(scenario);
    if (ids.size() == 1 && named_after_it && root.is_object() && root.as_object().contains("name"))
      complete.as_object()["name"] = root.at("name");
    return complete;
  }
  return live::unknown_book(ground_.books, book).problems;
}

live::Answer Reload::refuse_stale(std::uint64_t based_on, const std::string& origin) {
  ground_.metrics.applies(metrics::Applied::stale).add();
  const std::string from = std::to_string(based_on), current = std::to_string(charge_.revision.number);
  base::Problems problems;
  problems.error("REVISION_STALE", base::Place::of(origin),
                 "it is based on revision " + from + ", current is " + current + " by " +
                     charge_.revision.actor + ": " + charge_.revision.reason,
                 "`cadre revision diff " + from + " " + current + "` shows what changed meanwhile");
  json::object body{{"current", charge_.revision.number}};
  if (auto base = ground_.revisions.get(based_on))
    body["difference"] = to_json(difference(*base, charge_.revision));
  return {live::Outcome::stale, std::move(body), problems};
}

live::Answer Reload::apply(const ApplyRequest& request) {
  const Turn turn = take_turn();
  if (!turn) return {live::Outcome::conflict, {}, change_hangs()};
  if (!takes_changes_) return {live::Outcome::stopping, {}, {}};
  if (request.based_on && *request.based_on != charge_.revision.number)
    return refuse_stale(*request.based_on, request.origin);
  Proposal proposal{request.mandate, request.origin, 0, request.dry_run};
  proposal.decisions = request.decisions;
  auto complete = complete_document(request);
  if (!complete) return refuse(proposal, complete.problems());
  const auto installed = agent::Catalog::discover(ground_.agent_folders);
  if (request.keeps_plugins) return propose_keeping(*complete, installed, proposal);
  return propose(
      *complete, [&](const std::string&) -> const agent::Catalog& { return installed; }, proposal);
}

/// With the plugins that run, wherever those will do.
live::Answer Reload::propose_keeping(const json::value& complete, const agent::Catalog& installed,
                                     const Proposal& proposal) {
  auto host = config::read_host(complete, proposal.source);
  if (!host) return refuse(proposal, host.problems());
  PinnedCatalogs pinned(ground_.store, charge_.revision.plugins);
  std::map<std::string, agent::Catalog> catalogs;
  for (const config::BookConfig& book : host->books)
    catalogs.emplace(book.scenario.book.id,
                     keeping_catalog(book.scenario, pinned.of(book.scenario.book.id), installed));
  return propose(
      complete, [&](const std::string& book) -> const agent::Catalog& { return catalogs.at(book); },
      proposal);
}

live::Answer Reload::roll_back(const RollbackRequest& request) {
  const Turn turn = take_turn();
  if (!turn) return {live::Outcome::conflict, {}, change_hangs()};
  if (!takes_changes_) return {live::Outcome::stopping, {}, {}};
  if (request.based_on && *request.based_on != charge_.revision.number)
    return refuse_stale(*request.based_on, "rollback");
  return request.book.empty() ? roll_back_now(request) : roll_back_book(request);
}

/// With the turn, as roll_back.
live::Answer Reload::roll_back_now(const RollbackRequest& request) {
  base::Problems problems;
  const std::uint64_t target = request.to.value_or(charge_.revision.line.value_or(0));
  if (!request.to && target == 0) {
    problems.error("REVISION_NOTHING_BEFORE", {}, "there is no revision before this one");
    return {live::Outcome::conflict, {}, problems};
  }
  auto stored = ground_.revisions.get(target);
  if (!stored) return {live::Outcome::unknown, {}, stored.problems()};
  const Proposal proposal{.mandate = request.mandate,
                          .source = "revision " + std::to_string(target),
                          .restores = target,
                          .line = ground_.revisions.line_behind(target, charge_.revision.number)};
  return propose_pinned(*stored, proposal);
}

/// A revision with one book's part of an older one; the other books are not touched.
live::Answer Reload::roll_back_book(const RollbackRequest& request) {
  // One that is gone comes back out of the revision that is named.
  if (!request.to && live::find_book(ground_.books, request.book) == nullptr)
    return live::unknown_book(ground_.books, request.book);
  auto target = request.to ? ground_.revisions.get(*request.to)
                           : revision_before(ground_.revisions, charge_.revision, request.book);
  if (!target) return {live::Outcome::unknown, {}, target.problems()};
  base::Problems problems;
  const bool has_neither =
      part_of(*target, request.book).empty() && part_of(charge_.revision, request.book).empty();
  if (target->number == 0 || has_neither) {
    problems.error("REVISION_NOTHING_BEFORE", {},
                   target->number == 0
                       ? "there is no revision in which the book " + request.book + " was otherwise"
                       : "revision " + std::to_string(target->number) + " has no book " + request.book);
    return {live::Outcome::conflict, {}, problems};
  }
  const bool is_on_line =
      ground_.revisions.line_behind(target->number, charge_.revision.number) != charge_.revision.number;
  const Proposal proposal{.mandate = request.mandate,
                          .source = "revision " + std::to_string(target->number),
                          .restores = target->number,
                          .line = is_on_line ? target->number : charge_.revision.number,
                          .restores_book = request.book};
  return propose_pinned(with_part_of(charge_.revision, *target, request.book, book_ids()), proposal);
}

live::Answer Reload::list() const {
  json::array list;
  std::uint64_t current = 0, newest = 0;
  {
    const std::lock_guard lock(status_mutex_);
    current = charge_.revision.number;
    newest = newest_;
  }
  for (const Revision& each : ground_.revisions.list()) {
    if (each.number > newest) continue;  // on the disk, and not taken over yet
    json::value line = to_json(each);
    line.as_object().erase("config");
    line.as_object()["current"] = each.number == current;
    list.push_back(std::move(line));
  }
  return {live::Outcome::done, {{"current", current}, {"revisions", std::move(list)}}, {}};
}

live::Answer Reload::show(std::uint64_t number) const {
  auto stored = ground_.revisions.get(number);
  if (!stored) return {live::Outcome::unknown, {}, stored.problems()};
  return {live::Outcome::done, to_json(*stored), {}};
}

live::Answer Reload::difference_of(std::uint64_t a, std::optional<std::uint64_t> b) const {
  auto first = ground_.revisions.get(a);
  if (!first) return {live::Outcome::unknown, {}, first.problems()};
  if (!b) {
    const Seen seen = read_files();
    if (!seen.setup) return {live::Outcome::invalid, {}, seen.problems};
    Revision files;
    files.config = seen.setup->host.complete;
    files.plugins = seen.setup->plugins;
    return {live::Outcome::done, to_json(difference(*first, files)), {}};
  }
  auto second = ground_.revisions.get(*b);
  if (!second) return {live::Outcome::unknown, {}, second.problems()};
  return {live::Outcome::done, to_json(difference(*first, *second)), {}};
}

/// Libraries that should be gone and are not.
std::size_t Reload::retained() const {
  std::size_t count = agent::retained_libraries().size();
  for (const Retirement::Unfinished& hanging : retirement_.unfinished())
    count += hanging.libraries.size();
  return count;
}

json::array Reload::refused_json() const {
  const std::lock_guard lock(status_mutex_);
  json::array refused;
  for (const Refusal& refusal : refused_)
    refused.push_back({{"time", refusal.time},
                       {"actor", refusal.actor},
                       {"source", refusal.source},
                       {"problems", base::to_json(refusal.problems)}});
  return refused;
}

json::array Reload::retained_json() const {
  json::array retained;
  for (const agent::RetainedLibrary& library : agent::retained_libraries())
    retained.push_back({{"library", library.path.string()}, {"reason", library.reason}});
  for (const Retirement::Unfinished& hanging : retirement_.unfinished()) {
    for (const std::string& library : hanging.libraries)
      retained.push_back({{"library", library},
                          {"reason", "destroying its agents has not returned since " + hanging.since}});
  }
  return retained;
}

std::vector<std::string> Reload::waiting() const {
  const std::lock_guard lock(status_mutex_);
  return waiting_;
}

}  // namespace cadre::revision
