#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "cadre/order.h"
#include "cadre/proposal.h"
#include "host/base/codec.hpp"
#include "host/config/scenario_config.hpp"
#include "host/execution/group_limits.hpp"
#include "host/execution/order_bounds.hpp"
#include "host/execution/trading_states.hpp"
#include "host/execution/venue_breaks.hpp"
#include "host/model/instrument.hpp"
#include "host/model/portfolio.hpp"

namespace cadre::execution {

/// What the checks see of the market when a decision is made.
struct MarketSnapshot {
  std::span<const std::int64_t> price_e9;  ///< the decision's marks; 0: none
  std::span<const std::uint8_t> traded;    ///< 1 where the bar that just closed was a real one
  std::span<const double> volume;          ///< empty: the data have no volume, so volume checks do not apply
  std::span<const double> ask{};           ///< what a purchase pays now; NaN: no quote; empty: no quotes
  std::int64_t time_ns = 0;                ///< UTC, of the decision
};

/// Which checks an order failed. Bit i is row i of pre_trade_checks(), which holds within one process: what
/// is kept and hashed are the codes, see failed_codes().
struct Verdict {
  std::uint64_t failed = 0;
  bool accepted() const { return failed == 0; }
};
/// Stands in a verdict for all checks that another version had and this one has not.
inline constexpr std::uint64_t unknown_check = std::uint64_t{1} << 63;

class PreTradeGate;

/// One row of the table of checks: it makes the gate, the report and the reference page.
struct PreTradeCheck {
  std::string_view code;  ///< CATEGORY_CONDITION; written to journals: never changed, never used again
  std::string_view text;  ///< what it refuses
  bool skipped_when_reducing;
  /// Null for a check of size: the order passes when it is for no more than `largest`, in 1e-9.
  bool (*passes)(const PreTradeGate& gate, const cadre_order& order);
  std::int64_t (*largest)(const PreTradeGate& gate, const cadre_order& order) = nullptr;
  /// What it bounds: what one order may be, what its instrument may become, or what all of them together do
  /// to the book.
  enum class Bounds : std::uint32_t { order, position, book } bounds = Bounds::order;
  std::uint32_t reason = CADRE_REASON_FITTED;  ///< of what is cut to pass it
};

std::span<const PreTradeCheck> pre_trade_checks();

/// The codes of the failed checks in the order of the table, the one that rejects first: what a journal
/// keeps.
std::vector<std::string> failed_codes(Verdict verdict);
/// visit(check) for every check of this version that failed, in the order of the table.
template <class Visit>
void each_failed(Verdict verdict, Visit&& visit) {
  const auto checks = pre_trade_checks();
  for (std::size_t row = 0; row < checks.size(); ++row) {
    if ((verdict.failed >> row & 1) != 0) visit(checks[row]);
  }
}
/// Whether a limit by this name, a code and what else follows it, is a check that bounds sizes.
bool bounds_sizes(std::string_view name);
/// The first check that failed and bounds the book; null: none.
const PreTradeCheck* book_check(Verdict verdict);
/// Whether a check failed that bounds the book: all increases are too large together, not this order alone.
bool bounds_book(Verdict verdict);
/// Why a part of an order waits that failed these checks and they bound its size, the flow of orders or
/// the market: a later bar may allow it.
/// 0: what is wrong with it stays wrong, or it failed none.
std::uint32_t reason_to_wait(Verdict verdict);
/// The verdict in which the checks with these codes failed.
Verdict verdict_of(std::span<const std::string> failed_codes);

/// The host's own gate between any chain and any environment. No agent can bypass or relax it. Every check is
/// made, all failures are recorded, any one rejects. Orders that strictly reduce a position skip credit and
/// portfolio limits. One per book. [decision-thread]
class PreTradeGate {
 public:
  PreTradeGate(const config::PreTradeConfig& config, const config::ConstraintsConfig& constraints);

  /// Takes over a universe: sizes everything, so that nothing is allocated afterwards.
  void enter_universe(const model::Universe& universe);
  /// The ids of the agents that the book runs: some bounds are for books that run one.
  void enter_agents(std::span<const std::string> agents);
  /// What was counted today goes on counting, whatever the settings are now.
  void inherit_counters(const PreTradeGate& before) {
    date_ = before.date_;
    orders_today_ = before.orders_today_;
    second_ = before.second_;
    messages_ = before.messages_;
  }
  /// What was counted today, into the checkpoint of a book and out of it.
  void save(base::Encoder& to) const {
    to.put(date_);
    to.put(orders_today_);
  }
  [[nodiscard]] bool load(base::Decoder& from) {
    from.get(date_);
    from.get(orders_today_);
    return from.ok();
  }
  /// An order that a journal says was accepted on this date.
  void count_recovered(std::int32_t date) {
    if (date != date_) orders_today_ = 0;
    date_ = date;
    ++orders_today_;
  }
  /// The order types and times in force that the environment takes, as sets of CADRE_BIT_OF.
  void enter_environment(std::uint64_t order_types, std::uint64_t times_in_force) {
    order_types_ = order_types;
    times_in_force_ = times_in_force;
  }
  /// Whether the book may owe cash. For enter_universe, which it comes before.
  void enter_account(config::Account account) { account_ = account; }
  /// The trading states of its book, which outlive it. Without any, everything is ACTIVE.
  void enter_states(const TradingStates* states) { states_ = states; }
  /// What the venue holds that the book does not know of, likewise.
  void enter_venue(const VenueBreaks* venue) { venue_ = venue; }
  /// How many orders were open before the decision.
  void count_open_orders(std::uint64_t open) { open_before_ = open_orders_ = open; }
  /// An operator closes the positions of a halted book: its HALTED is no reason to refuse that.
  void set_closing(bool closes) { closes_positions_ = closes; }
  /// What was working of an instrument before the decision: it counts at its worst, filled or not. For
  /// begin_decision, which it comes before.
  void count_open(std::uint32_t instrument, std::int64_t buy_e9, std::int64_t sell_e9) {
    open_buy_e9_[instrument] = buy_e9;
    open_sell_e9_[instrument] = sell_e9;
  }
  /// What of it goes on working, since nobody asked for it to be cancelled: an order on the other side would
  /// meet it.
  void count_standing(std::uint32_t instrument, std::int64_t buy_e9, std::int64_t sell_e9) {
    standing_buy_e9_[instrument] = buy_e9;
    standing_sell_e9_[instrument] = sell_e9;
  }
  /// Before the orders of one decision. `cash_committed`: what open buys may still cost.
  void begin_decision(std::int32_t date, const model::Portfolio& portfolio, const MarketSnapshot& market,
                      base::Money cash_committed);
  /// Other orders of the same decision, in the place of those that were judged so far.
  /// `requests`: messages that leave before them.
  void begin_trial(std::uint64_t requests = 0);
  /// The net exposure before a decision and with all that it leads to, as shares of equity: its orders are
  /// judged as one. Until the next begin_decision.
  void plan_net(double before, double planned) {
    net_is_planned_ = true;
    net_before_ = before;
    net_planned_ = planned;
  }
  /// Whether the instrument may only be reduced at this time.
  bool is_in_window(std::uint32_t instrument) const { return windows_.has(instrument); }
  /// Judges one order; an accepted one uses up buying power and counters.
  Verdict check(const cadre_order& order);
  /// How much of an order passes all checks that bound one order's size, in whole lots; at least what it
  /// closes, where that is exempt. `check`: the one that binds; null: none does. Of an order whose syntax is
  /// right.
  struct Fit {
    std::int64_t quantity_e9 = 0;
    const PreTradeCheck* check = nullptr;
    std::uint32_t reason() const { return check == nullptr ? 0 : check->reason; }
  };
  Fit largest_accepted(const cadre_order& order) const;
  /// Whether the limit and the stop price of an order pass: what an open order is changed to.
  bool takes_prices(const cadre_order& order) const;
  /// What comes next is sent in parts: what bounds one order is asked of each part when it is sent.
  void set_in_parts(bool in_parts) { in_parts_ = in_parts; }
  /// What comes next does not leave by itself, only its parts do, or it leaves later: it is no message.
  void set_counted(bool is_counted) { is_counted_ = is_counted; }
  /// Brings the prices of an order that only reduces to what the collar and the tick accept, since these
  /// bounds block no exit. Whether it changed something.
  bool fit_prices(cadre_order& order) const;

 private:
  friend struct Checks;
  /// What an order of this trial closes: the turnover budget is used up by it before anything increases,
  /// whatever comes first. Of one that turns a position around it makes room in exposure, margin and groups
  /// too.
  friend void plan_closing(PreTradeGate& gate, const cadre_order& order, bool turns_around);
  /// Whether an order closes a position and opens one on the other side.
  friend bool turns_around(const PreTradeGate& gate, const cadre_order& order);
  /// Which windows hold at a time, of a session; until the next decision.
  friend void look_at_windows(PreTradeGate& gate, std::int64_t time_ns, std::int32_t date);
  friend struct PriceChecks;
  friend struct SizeChecks;
  friend struct StateChecks;

  /// An order's quantity: what takes the position towards zero, and what takes it away from there. A flip has
  /// both.
  struct Parts {
    std::int64_t closing_e9 = 0;
    std::int64_t opening_e9 = 0;
  };
  Parts parts_of(const cadre_order& order) const;
  void count(std::uint32_t instrument, double value);
  /// How much of the position an order on this side can close.
  std::int64_t closable(const cadre_order& order) const;
  /// The venue's position less the book's.
  std::int64_t external(std::uint32_t instrument) const;
  /// How much of the order's instrument so much money is, at the order's worst price.
  std::int64_t quantity_worth(const cadre_order& order, double money) const;
  /// The position an order would find when what works on its side is filled before it, and nothing else.
  std::int64_t planned_at_worst(const cadre_order& order) const;
  bool reduces(const cadre_order& order) const;
  double notional_of(const cadre_order& order, std::int64_t quantity_e9) const;
  /// What a position is worth, at its mark, when of what was working before the decision the worse part is
  /// filled.
  double worst_value(std::uint32_t instrument) const;
  /// So much of an instrument, at its mark.
  double worth(std::uint32_t instrument, std::int64_t quantity_e9) const;

  const config::PreTradeConfig& config_;
  std::uint64_t order_types_ = ~std::uint64_t{0}, times_in_force_ = ~std::uint64_t{0};
  const config::ConstraintsConfig& constraints_;
  const model::Universe* universe_ = nullptr;
  const model::Portfolio* portfolio_ = nullptr;
  MarketSnapshot market_;
  std::vector<cadre_id> last_id_;  ///< per instrument: of the newest order of the decision that was accepted
  std::vector<std::int64_t>
      planned_e9_;  ///< per instrument, position with the accepted orders of this decision
  std::vector<std::int64_t> open_buy_e9_, open_sell_e9_;  ///< per instrument, working before the decision
  std::vector<std::int64_t> standing_buy_e9_, standing_sell_e9_;  ///< what of it nobody asked to cancel
  std::vector<std::uint8_t> restricted_;
  std::vector<OrderBounds> bounds_;  ///< per instrument
  NoTradeWindows windows_;
  GroupLimits groups_;
  std::vector<double> margin_rate_;  ///< per instrument, share of the value
  config::Account account_ = config::Account::cash;
  const TradingStates* states_ = nullptr;
  const VenueBreaks* venue_ = nullptr;
  std::uint64_t open_orders_ = 0, open_before_ = 0;  ///< with this decision, without it
  bool closes_positions_ = false, in_parts_ = false, net_is_planned_ = false;
  bool is_counted_ = true;
  std::int32_t date_ = 0;
  std::uint64_t orders_today_ = 0, orders_before_ = 0;  ///< with this decision, without it
  std::int64_t second_ = 0;                             ///< since 1970, that messages are counted in
  std::uint64_t messages_ = 0, messages_before_ = 0;    ///< with this decision, without it
  double committed_ = 0;
  double buying_power_ = 0;
  double gross_ = 0;
  double turnover_ = 0;  ///< traded in the sessions of its budget, working, and of this decision
  double closing_ = 0;   ///< of that budget, by orders of this trial that are still to be judged
  double net_before_ = 0, net_planned_ = 0;
  std::vector<double> group_gross_{};      ///< by group with a bound
  std::vector<double> planned_closing_{};  ///< by instrument: what of its value is counted as closed already
  double margin_ = 0;                      ///< the margin requirement
  double equity_ = 0;
};

}  // namespace cadre::execution
