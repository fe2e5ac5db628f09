// What a venue holds that a book did not trade, and who makes it the book's.

#include <boost/json.hpp>

#include "host/base/text.hpp"
#include "host/book/state_commands.hpp"
#include "host/control/host_parts.hpp"
#include "host/control/operation.hpp"

namespace cadre::control {

namespace json = boost::json;

namespace {

/// What became of it, on the book's thread.
struct Adopted {
  json::array adopted, left;
  base::Money cash{};
  bool is_any = false;
};

json::object break_json(const execution::VenueBreak& each) {
  return {
      {"instrument", each.instrument}, {"ours", each.ours.to_string()}, {"venue", each.venues.to_string()}};
}

/// Asks the venue anew, so that what is adopted is what it holds now.
void adopt_all(live::BookRunner& runner, book::Book& book, const live::Mandate& mandate, Adopted& out) {
  compare_with_venue(book, book::Asks::now);
  const execution::VenueBreaks before = venue_breaks(book);
  out.is_any = before.any();
  if (!out.is_any) return;
  out.cash = before.cash_difference();
  runner.take_command({book::adopted, book.ledger().date(), mandate.actor, mandate.reason, before.text()});
  const auto& left = venue_breaks(book).breaks();
  for (const execution::VenueBreak& each : before.breaks()) {
    const bool stays = std::any_of(left.begin(), left.end(), [&](const execution::VenueBreak& other) {
      return other.instrument == each.instrument;
    });
    (stays ? out.left : out.adopted).push_back(break_json(each));
  }
}

live::Answer adopt(HostParts& host, const Call& call) {
  base::Problems problems;
  const auto runner = live::find_book(host.books, call.path[0]);
  if (runner == nullptr) {
    problems.error("BOOK_UNKNOWN", {}, "there is no book " + base::quote(call.path[0]),
                   "`cadre status` lists the books");
    return {live::Outcome::unknown, {}, problems};
  }
  const auto done = std::make_shared<Adopted>();
  const live::Asked asked =
      runner->with_book([at = runner.get(), mandate = call.mandate, done](book::Book& book) {
        adopt_all(*at, book, mandate, *done);
      });
  if (asked != live::Asked::done) {
    problems = runner->why_stopped();
    if (problems.empty()) problems.error("BOOK_ENDED", {}, "the book " + runner->id() + " has ended");
    return {live::Outcome::stopping, {}, problems};
  }
  if (!done->is_any) {
    problems.error("VENUE_AGREES", {},
                   "nothing is there to adopt: book " + runner->id() + " and its venue agree, or the venue " +
                       "does not tell what it holds",
                   "`cadre portfolio` shows what the book has");
    return {live::Outcome::conflict, {}, problems};
  }
  for (const json::value& each : done->left)
    problems.warning("VENUE_NOT_ADOPTED", {},
                     std::string(each.at("instrument").as_string()) +
                         " stays as it is: it is not in the universe of the book, or has no price yet",
                     "take it into the universe, or close it at the venue");
  host.feed.say("adopted", {{"book", runner->id()},
                            {"actor", call.mandate.actor},
                            {"reason", call.mandate.reason},
                            {"positions", done->adopted}});
  return {live::Outcome::done,
          {{"book", runner->id()},
           {"adopted", done->adopted},
           {"left", done->left},
           {"cash_difference", done->cash.to_string()}},
          problems};
}

}  // namespace

std::span<const Operation> venue_operations() {
  using Brings = Operation::Brings;
  static const Operation rows[] = {
      {"POST", "/v1/books/{book}:adopt",
       "make the positions and the cash that the venue holds the book's, at the marks", adopt,
       Brings::change}};
  return rows;
}

}  // namespace cadre::control
