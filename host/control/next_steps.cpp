#include "host/control/next_steps.hpp"

#include <algorithm>
#include <boost/json.hpp>

#include "host/base/text.hpp"
#include "host/control/house_watch.hpp"

namespace cadre::control {

namespace json = boost::json;

namespace {

/// Prices that look wrong: whether the bar may still be sent otherwise depends on whether it was taken.
std::string after_suspect_move(const std::string& book, const live::BookSnapshot& now) {
  const bool is_halted = now.state == live::BookState::halted;
  std::string what = "; the bar was refused: send the right one, or the same with \"confirmed\": true";
  if (!now.suspect_was_refused && is_halted)
    what =
        "; the bar was taken and cannot be taken back: send the right prices with the next bar, then resume";
  else if (!now.suspect_was_refused)
    what = "; the bar was taken and cannot be taken back: when it is wrong, `cadre halt --book " + book +
           " --cancel-orders --reason ...` before the next bar, which brings the right prices";
  return base::join({"look at the prices of book ", book, ": ", now.suspect_move, what}, "");
}

/// The command that ends a trading state.
void add_step_of(const execution::StateChange& change, const std::string& book, const std::string& left_out,
                 std::vector<std::string>& steps) {
  const execution::StateScope& scope = change.scope;
  if (change.code == execution::TradingStates::daily_loss)
    return steps.push_back("look at the losses of book " + book +
                           ": it only reduces until the next session, whatever is resumed");
  if (change.code == execution::TradingStates::margin_breach)
    return steps.push_back("book " + book +
                           " only reduces until its equity is above its margin requirement: close positions, "
                           "or wait; `on_margin_breach` says what it does by itself");
  if (change.code == execution::TradingStates::ruin)
    return steps.push_back(
        "book " + book +
        " is ruined, and its chain decides nothing: `on_margin_breach` says what it closes by "
        "itself, and `cadre halt --book " +
        book + " --flatten --reason ...` closes the rest");
  if (scope.is_book() && !left_out.empty()) return;
  const bool is_killed = change.state == execution::TradingState::killed;
  steps.push_back(base::join({"resume ", scope.is_book() ? "" : scope.instrument + scope.agent + " in ",
                              "book ", book, " with `cadre resume --book ", book,
                              scope.instrument.empty() ? "" : " --instrument " + scope.instrument,
                              scope.agent.empty() ? "" : " --agent " + scope.agent,
                              is_killed ? " --rearm" : "", " --reason ...` once it is clear why it ",
                              change.state == execution::TradingState::reducing ? "may only reduce"
                              : is_killed                                       ? "was killed"
                                                                                : "was halted"},
                             ""));
}

void add_steps_of(const live::BookRunner& runner, std::vector<std::string>& steps) {
  const live::BookSnapshot now = runner.snapshot();
  const std::string& book = runner.id();
  if (now.state == live::BookState::stuck)
    steps.push_back(
        "book " + book +
        " cannot be helped while the host runs: a halt of it holds; end the host with SIGTERM and start "
        "it again, it leaves the agent out");
  for (const auto& [stage, why] : now.quarantined)
    steps.push_back(base::join({"apply another version or other settings for ", stage, " of book ", book,
                                ", which is called no more, or `cadre agent restart ", book, "/", stage,
                                " --reason ...` when it will not happen again"},
                               ""));
  if (!now.left_out.empty())
    steps.push_back("apply another version or other settings for book " + book +
                    ", or let the agent in again with `cadre quarantine release`; then resume the book");
  else if (now.state == live::BookState::halted && now.states.empty())
    steps.push_back("resume book " + book + " with `cadre resume --book " + book +
                    " --reason ...` once it is clear why it was halted");
  for (const execution::StateChange& change : now.states)
    add_step_of(change, book, now.left_out, steps);
  if (now.state == live::BookState::halted && now.open_orders != 0)
    steps.push_back(base::join(
        {"the halt left ", std::to_string(now.open_orders), now.open_orders == 1 ? " order" : " orders",
         " of book ", book, " open, which may still be filled: `cadre halt --book ", book,
         " --cancel-orders --reason ...` cancels what is open"},
        ""));
  if (!now.suspect_move.empty()) steps.push_back(after_suspect_move(book, now));
  if (!now.bar_gap.empty())
    steps.push_back("look whether days lack in what is fed to book " + book + ": " + now.bar_gap +
                    "; a bar of a day before the last is not taken any more");
  if (!now.refusals.empty())
    steps.push_back(base::join({"look at what is refused with `cadre orders --book ", book,
                                "`, and change the limit that refuses it, or what the chain asks for"},
                               ""));
  if (!now.venue_breaks.empty())
    steps.push_back(
        base::join({"find out who traded in the account of book ", book, " (", now.venue_breaks,
                    "); `cadre adopt ", book, " --reason ...` makes the venue's positions the book's"},
                   ""));
  if (!now.exposure.empty())
    steps.push_back(base::join(
        {"look at what of book ", book, " was not sold (`cadre orders --book ", book, "`), ", now.exposure,
         ": it buys nothing until it is inside; orders that fill, or `interim_net`, keep it there"},
        ""));
  if (!now.unpriced.empty())
    steps.push_back(
        base::join({"find out what became of what book ", book, " holds without a price (", now.unpriced,
                    "); to settle it at its last price, set on_prices_end of the book to settle_last, stop ",
                    "the host, and `cadre run --accept-changes`"},
                   ""));
  if (now.state == live::BookState::stopped)
    steps.push_back("book " + book + " cannot go on: mend what it says and start the host again");
}

}  // namespace

std::vector<std::string> next_steps(const HostParts& host, const json::array& refused, bool waiting) {
  std::vector<std::string> steps;
  for (const auto& book : host.books.now())
    add_steps_of(*book, steps);
  if (const DiskRoom room = disk_room(host.options.state); room.is_low())
    steps.push_back("make room on the disk of " + host.options.state.string() +
                    ": a book whose journal cannot be written stops");
  const bool by_files = std::any_of(refused.begin(), refused.end(), [](const json::value& each) {
    return revision::Reload::is_of_files(each.at("actor").as_string());
  });
  if (by_files)
    steps.push_back("correct the files that were refused: they are tried again when they change");
  else if (!refused.empty())
    steps.push_back("apply what was refused anew, corrected; whatever is applied next ends the notice");
  if (waiting)
    steps.push_back("a library does not match its manifest: finish writing it, or write the manifest anew");
  return steps;
}

}  // namespace cadre::control
