// Positions whose instruments have no price any more: who they are, and what a book does about them.

#include "host/book/ended_prices.hpp"

#include <algorithm>
#include <boost/json.hpp>

#include "host/base/text.hpp"
#include "host/book/book.hpp"
#include "host/book/state_commands.hpp"

namespace cadre::book {

namespace {

std::string sessions_text(std::uint64_t sessions) {
  return std::to_string(sessions) + (sessions == 1 ? " session" : " sessions");
}

const char* what_is_done(config::OnPricesEnd policy) {
  switch (policy) {
    case config::OnPricesEnd::hold:
      return "it is held at that price";
    case config::OnPricesEnd::settle_last:
      return "it is settled at that price";
    case config::OnPricesEnd::halt:
      return "the book is halted";
  }
  return "";
}

}  // namespace

std::vector<std::uint32_t> with_ended_prices(const Ledger& ledger) {
  std::vector<std::uint32_t> all;
  for (std::uint32_t i = 0; i < ledger.universe().size(); ++i) {
    if (ledger.portfolio().quantity(i).raw() != 0 && prices_have_ended(ledger, i)) all.push_back(i);
  }
  return all;
}

std::string ended_prices_text(const Ledger& ledger, const std::vector<std::uint32_t>& instruments) {
  std::vector<std::string> all;
  all.reserve(instruments.size());
  for (const std::uint32_t i : instruments)
    all.push_back(ledger.universe().instruments[i].id + " " +
                  sessions_text(sessions_without_price(ledger, i)));
  return base::join(all, ", ");
}

/// Once for each position, in the session in which its prices count as ended.
void Book::watch_prices() {
  if (!begins_session(ledger_)) return;
  const model::Portfolio& portfolio = ledger_.portfolio();
  for (const std::uint32_t i : with_ended_prices(ledger_)) {
    // A policy that was changed afterwards settles what was held until then.
    const bool settles = config_.book.on_prices_end == config::OnPricesEnd::settle_last;
    if (!settles && sessions_without_price(ledger_, i) != config_.book.prices_end_after) continue;
    const std::string& id = ledger_.universe().instruments[i].id;
    const std::string why =
        base::join({id, " has had no price for ", sessions_text(sessions_without_price(ledger_, i)), ", and ",
                    portfolio.quantity(i).to_string(), " units are held that were worth ",
                    portfolio.value(i).to_string(), ": ", what_is_done(config_.book.on_prices_end)},
                   "");
    take_command({prices_ended, ledger_.date(), "host", why,
                  boost::json::serialize(boost::json::object{
                      {"instrument", id}, {"sessions", sessions_without_price(ledger_, i)}})});
    if (settles) settle_at_last_price(i);
    if (config_.book.on_prices_end == config::OnPricesEnd::halt)
      take_command(command_of({execution::TradingState::halted,
                               {},
                               std::string(execution::TradingStates::prices_end),
                               "host",
                               why},
                              ledger_.date()));
  }
}

/// Nothing of it may be filled any more, neither what works nor what is still to be sent.
void Book::settle_at_last_price(std::uint32_t instrument) {
  std::vector<std::string> others = ledger_.instrument_ids();
  const std::string id = others[instrument];
  std::erase(others, id);
  end_parents_outside(others);
  cancel_all(id);
  cancel_open_orders(instrument);  // those that the environment has not ended yet
  if (ledger_.portfolio().quantity(instrument).raw() != 0) settle(instrument);
}

}  // namespace cadre::book
