#pragma once

#include <array>
#include <memory>
#include <span>
#include <vector>

#include "cadre/role/execution_rules.h"
#include "cadre/role/signal_source.h"
#include "host/chain/agent_outputs.hpp"
#include "host/chain/chain.hpp"
#include "host/chain/decision.hpp"
#include "host/chain/exposure.hpp"
#include "host/execution/group_limits.hpp"
#include "host/execution/order_tracker.hpp"
#include "host/model/arena.hpp"
#include "host/model/portfolio.hpp"

namespace cadre::chain {

/// What one decision is made from. All of it belongs to the book and stays where it is during an epoch.
struct BookState {
  const model::Universe* universe = nullptr;
  model::Arena* arena = nullptr;
  model::StateView* view = nullptr;
  const model::Portfolio* portfolio = nullptr;
  const execution::OrderTracker* tracker = nullptr;
  const execution::OrderSchedule* schedule = nullptr;
  execution::PreTradeGate* gate = nullptr;
  bool environment_replaces = false;      ///< open orders
  bool environment_checks_money = false;  ///< at the fill, so that buys may be sent with the sells that pay
  const execution::TradingStates* states = nullptr;
  config::Account account = config::Account::cash;
};

/// Turns the state of a book into orders: one function, one call per stage. The same in backtest, benchmark
/// and live. [decision-thread]
class TradeExecutionOrchestrator {
 public:
  /// Takes over a chain and a book: at the start, after a change of the universe, and at a swap. Sizes every
  /// workspace.
  void enter(std::shared_ptr<Chain> chain, const BookState& book);

  /// Decides once. The result is valid until the next call. No allocation.
  const Decision& execute_trades();

  const Chain& chain() const { return *chain_; }

 private:
  void begin();
  void stamp(std::string_view stage);
  void publish_services();
  void collect_signals();
  cadre_status ask_for_signals(const Stage& source, std::uint64_t capacity, cadre_signal_list& list);
  void aggregate_signals();
  void propose_trades();
  void run_risk_feedback();
  void adjust_for_correlation();
  void show_correlation();
  /// Every agent of a role that only changes targets, in order.
  void change_targets(agent::RoleId role);
  /// The trade adjusters that stand behind this step, in order.
  void adjust_trades(config::Step step);
  void change_targets(const Stage& stage);
  void skip_small_resizes();   // this and what it calls: small_resizes.cpp
  void keep_trading_states();  // trading_states.cpp
  void take_final_step();      // final_step.cpp
  void check_orders();

  // One agent's turn: show it its services, call it, take the time.
  template <class Call>
  cadre_status call(const Stage& stage, Call&& call) {
    const cadre_status status = ask(stage, agent::Flight::decide, *book_.view, std::forward<Call>(call));
    stamp(stage.name);
    return status;
  }
  /// Starts a stage that may change targets: remembers them, clears the reasons.
  cadre_targets& open_targets();
  /// Ends it: checks what came out, applies the stage's policy when it is not valid, records the effect.
  void close_targets(const Stage& stage, cadre_status status);
  void record_effect();
  void hold_everything();
  /// `fault`: what the host found wrong with an answer of CADRE_OK.
  void note_failure(const Stage& stage, cadre_status status, std::string fault = {});
  /// Whether what would really be held leaves room for its increases: a book above its exposure limits may
  /// only shrink.
  bool has_room(std::span<const double> weight);
  /// The book as it may stand when nothing is filled of the reductions that may rest, of one that holds more
  /// than its exposure allows; else `weight`.
  std::span<const double> with_sure_reductions(std::span<const double> weight);
  bool keeps_exposure(std::span<const double> weight) const;
  /// What was working before the decision, as weights, for whoever counts it at its worst.
  void take_open_orders();
  /// Whether the loop cut this target below what is held while that was above the limit.
  bool reduces_for_limit(std::size_t i);
  void skip_impossible_changes();
  void trim_small_resizes();
  void trim_for_largest_weight();
  void trim_for_exposure();
  void trim_for_risk();
  /// Small resizes again, the largest first, until `excess` is gone: those that `helps` tells.
  template <class Helps>
  void give_back(double excess, Helps&& helps);
  bool is_small_reduction(std::size_t i) const;
  /// Targets of instruments with open orders, so that none can end above the largest weight.
  void fit_to_open_orders();
  void fit_to_groups();
  bool is_in_group(std::uint32_t instrument, std::size_t group) const;
  /// Targets become whole lots, rounded towards the position, or, when that left a book above a limit, sales
  /// a lot further.
  enum class Sales { rounded_down, rounded_up };
  void round_to_lots(Sales sales);
  /// The quantity that the trading states leave of the one wanted.
  base::Quantity kept_by_state(std::uint32_t i, base::Quantity planned, base::Quantity wanted) const;
  double share_within_margin() const;
  enum class FinalRisk { inside_limits, no_worse, above_limit };
  void keep_untraded();
  enum class Judged : std::uint8_t { no, yes };
  FinalRisk try_orders(double factor, Sales sales, Judged judged);
  double largest_factor(FinalRisk& found);
  template <class Feasible, class Whole>
  double to_one_lot(double on_grid, Feasible&& feasible, Whole&& whole);
  void tell_final_changes(double factor, bool scaled);
  /// The targets as they are, with sales a lot larger where that is what keeps a limit.
  FinalRisk change_whole();
  void run_loop_again();
  // What made orders smaller: bound_by.cpp.
  void tell_bound(std::string_view limit, double wanted, double allowed, std::uint32_t instrument,
                  std::uint32_t unit = 0);
  /// The limit that the proposal exceeded most, where the loop brought it inside.
  void tell_loop();
  /// Every limit that the orders of the last trial exceed together.
  void tell_exceeded();
  /// The checks that orders of the decision were made smaller for.
  void tell_fitted();
  void record_risk();
  void size_cut(double factor);
  /// Sells down to the limits; the factor on all targets, -1 when there is none.
  double scale_to_limit();
  double weight_of(std::uint32_t instrument, base::Quantity quantity) const;
  // From needs to orders that the gate has judged: decided_orders.cpp.
  void begin_orders();
  void make_orders();
  bool send_to_gate(Judged judged);
  void judge_orders(Judged judged);
  void weigh_orders();
  void list_open_orders();
  void write_orders(std::uint64_t count);
  /// Asks the execution rules. False: what they answered is no use.
  bool ask_rules(cadre_action_list& list);
  void wait_for_cash();
  void pace_net_exposure();
  void count_standing();
  void plan_closings();
  /// Which needs reduce a position for the sake of a limit.
  void tell_for_limit();
  bool tells_for_limit() const;
  bool is_for_limit(std::uint32_t instrument, bool exceeds_exposure);
  // What becomes of open orders: open_orders.cpp.
  void take_back();
  void take_back(std::uint32_t instrument, std::int64_t left_e9, bool goes_beyond);
  bool has_open_order(std::uint32_t instrument, std::uint32_t side) const;
  void ask_for(std::uint32_t kind, const cadre_open_order& open, std::uint32_t reason, std::int64_t total_e9,
               std::int64_t limit_price_e9 = 0, std::int64_t stop_price_e9 = 0);
  void take_request(const cadre_action& action);
  void enlarge_replaced();

  std::shared_ptr<Chain> chain_;
  BookState book_;
  RiskPanel panel_;
  Decision decision_;
  cadre_targets targets_{};
  AgentOutputs outputs_;
  std::span<double> target_;         // the room for weights
  std::span<cadre_reason> reasons_;  // and for their reasons
  std::vector<double> current_;      // weights held, filled and working
  std::vector<double> before_;
  std::vector<OpenOrders> open_;
  execution::GroupLimits groups_;
  std::vector<double> group_factor_,
      group_wanted_;                   ///< on the increases of each; its weight with all of them
  std::vector<cadre_id> group_bound_;  ///< what the record calls its limit
  std::vector<std::uint8_t> reduced_by_loop_;
  std::vector<std::uint32_t> small_resizes_;  // that are skipped, the largest first
  std::vector<double> rounded_weight_;        ///< of the book that the orders lead to
  std::vector<double> sure_weight_;           ///< what of it is there without reductions that may rest
  std::vector<std::uint8_t> flip_refused_;    ///< 1: an order of the decision that turns around is refused
  std::vector<std::uint8_t> may_rest_;        ///< 1: an order of this trial has a limit or a stop price
  bool holds_too_much_ = false;               ///< what is held is above an exposure
  std::vector<cadre_reason> left_out_;        ///< why less was sent than is needed
  /// The check that an order was made smaller for, and what was wanted, in units.
  struct FittedFor {
    const execution::PreTradeCheck* check = nullptr;
    double units = 0;
  };
  std::vector<FittedFor> fitted_for_;  ///< per instrument, of the last trial
  execution::Verdict book_verdict_;    ///< of all its orders, where a check of the book failed
  bool tells_exceeded_ = false;        ///< of the next trial that is above a limit
  std::vector<cadre_reason> kept_reasons_;
  std::vector<std::int64_t> reference_price_e9_;
  std::vector<cadre_open_order> open_orders_;  ///< as execution rules see them
  std::vector<std::int64_t> asked_e9_;         ///< of the needs, what the rules are asked for
  std::vector<std::int64_t> taken_back_e9_;    ///< and what is met by sending less of what was decided before
  std::vector<std::int64_t> added_e9_;         ///< by actions of the rules
  std::vector<std::uint32_t> order_count_;     ///< new orders of the decision
  std::vector<std::uint8_t> waits_;            ///< 1: its order waits until the other side has ended
  double margin_share_ = 1;                    ///< of every position, that a breach of margin leaves
  std::vector<std::uint8_t> for_limit_;        ///< per instrument, as execution rules see it
  std::size_t wanted_effect_ = 0;  ///< the stage behind which targets are no longer what strategies want
  bool sells_to_limit_ = false;    ///< targets are scaled down for a book that is above a limit
  bool anything_works_ = false;
  bool stands_ = false;          ///< the gate has counted some of it
  std::vector<double> desired_;  // targets before the final cut
  std::size_t effect_ = 0;
  bool risk_failed_ = false, rules_failed_ = false;
  LoopResult loop_;
  cadre_correlation_report correlation_{}, shown_correlation_{};
  // A report names at most these; adjusters do not depend on it.
  model::OutputBuffer<cadre_pair> pairs_{64};
  std::array<cadre_pair, 64> shown_pairs_{};
};

}  // namespace cadre::chain
