#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "host/base/decimal.hpp"
#include "host/config/scenario_config.hpp"
#include "host/model/instrument.hpp"

namespace cadre::execution {

/// What may be traded, from the least strict to the strictest: anything; what reduces a position; nothing;
/// nothing until somebody arms it again.
enum class TradingState : std::uint8_t { active, reducing, halted, killed };

/// "ACTIVE" and so on.
std::string_view state_name(TradingState state);
std::optional<TradingState> state_named(std::string_view name);

/// What a state is of. Both empty: a whole book.
struct StateScope {
  std::string instrument{}, agent{};
  bool is_book() const { return instrument.empty() && agent.empty(); }
  bool operator==(const StateScope&) const = default;
};

/// The state that a scope goes into, by an operator or by a limit.
struct StateChange {
  TradingState state = TradingState::active;
  StateScope scope{};
  std::string code{};  ///< of the limit; empty: an operator wants it
  std::string actor{}, reason{};
  bool rearms = false;  ///< it ends a KILLED too
  std::string why() const { return actor + ": " + reason; }
};

/// The state that follows on an order: a KILLED scope stays so until somebody arms it again.
constexpr TradingState state_after(TradingState before, TradingState ordered, bool rearms) {
  return before == TradingState::killed && !rearms ? before : ordered;
}

/// The trading states of one book: of the whole, of the agents that it runs, and of its instruments, and what
/// the limits count that lead into one. Everything follows from the book's events. [decision-thread]
class TradingStates {
 public:
  static constexpr std::string_view daily_loss = "RISK_DAILY_LOSS";
  static constexpr std::string_view margin_breach = "CREDIT_MARGIN";
  static constexpr std::string_view ruin = "CREDIT_RUINED";
  static constexpr std::string_view prices_end = "MARKET_PRICES_END";
  static constexpr std::string_view repeated_execution = "FLOW_REPEATED_EXECUTION";

  /// The book has another universe, other agents or other limits.
  void enter(const model::Universe& universe, std::vector<std::string> agents,
             const config::PreTradeConfig& limits);
  void take(const StateChange& change);

  // What the limits count.

  /// Before a bar is marked: `equity` is that of the session's start when it begins one. `is_covered`: it has
  /// enough of the instruments; with fewer, its decision may only reduce.
  void begin_bar(std::int32_t date, base::Money equity, bool is_covered = true);
  void count_decision() { ++decisions_; }
  void count_fill(std::uint32_t instrument, std::uint32_t side, base::Money value);
  /// What was traded in the sessions of the turnover budget, the current one included.
  base::Money traded() const { return traded_; }
  /// The limits that are broken, and those of money that no longer are, as the changes that have to become
  /// events of the book. `margin`: the margin requirement.
  std::vector<StateChange> broken(base::Money equity, base::Money margin = {}) const;

  /// The strictest that an instrument is under.
  TradingState of(std::uint32_t instrument) const {
    return std::max({whole(), own_[instrument], latched_[instrument] ? TradingState::halted : whole()});
  }
  /// The strictest that all instruments are under.
  TradingState whole() const {
    const bool only_reduces = loses_ || lacks_cover_ || lacks_margin_ || is_ruined_;
    return std::max(book_, only_reduces ? TradingState::reducing : book_);
  }
  /// The same without what limits did.
  TradingState ordered(std::uint32_t instrument) const { return std::max(book_, own_[instrument]); }
  TradingState ordered_of_instrument(std::uint32_t instrument) const { return own_[instrument]; }
  TradingState ordered_of_book() const;
  bool is_latched(std::uint32_t instrument) const { return latched_[instrument] != 0; }
  bool has_lost_the_day() const { return loses_; }
  bool lacks_cover() const { return lacks_cover_; }
  bool lacks_margin() const { return lacks_margin_; }
  bool is_ruined() const { return is_ruined_; }
  bool allows(std::uint32_t instrument, bool reduces) const {
    const TradingState state = of(instrument);
    return state == TradingState::active || (state == TradingState::reducing && reduces);
  }
  /// Whether every instrument is ACTIVE.
  bool all_active() const { return all_active_; }

  /// The quantity that may be wanted instead of `wanted`: `planned` is what is held with what works.
  base::Quantity bounded(std::uint32_t instrument, base::Quantity held, base::Quantity planned,
                         base::Quantity wanted) const;
  double bounded(std::uint32_t instrument, double planned, double wanted) const;

  /// Whether it is about this book: it runs the agent that the change names, or the change names none.
  bool concerns(const StateChange& change) const;
  /// What stands, ACTIVE left out.
  const std::vector<StateChange>& standing() const { return standing_; }
  /// What the limits have counted, for a checkpoint, and out of it.
  std::string counted() const;
  void restore(std::string_view counted);

 private:
  struct Executions {
    std::vector<std::uint64_t> buys{}, sells{};  ///< numbers of decisions, the newest last
  };
  void derive();
  void sum_traded();
  void watch_money(base::Money equity, base::Money margin, std::vector<StateChange>& changes) const;

  std::vector<StateChange> standing_;
  std::vector<std::string> instruments_, agents_;
  std::optional<double> max_daily_loss_;
  std::optional<config::RepeatedExecutions> repeated_;

  TradingState book_ = TradingState::active;  ///< of the book and of the agents that it runs, as ordered
  std::vector<TradingState> own_;             ///< by instrument, as ordered
  std::vector<std::uint8_t> latched_;
  bool loses_ = false, lacks_cover_ = false, lacks_margin_ = false, is_ruined_ = false;
  bool all_active_ = true;

  std::int32_t session_ = 0;
  base::Money session_equity_{};
  std::uint64_t decisions_ = 0;
  std::vector<Executions> executions_;   ///< by instrument
  std::uint64_t turnover_sessions_ = 0;  ///< of the budget; 0: there is none
  std::vector<base::Money> traded_in_;   ///< by session, the newest last, at most so many
  base::Money traded_{};                 ///< the sum
};

}  // namespace cadre::execution
