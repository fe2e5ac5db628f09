#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "host/book/history.hpp"
#include "host/book/listener.hpp"
#include "host/chain/orchestrator.hpp"
#include "host/config/scenario_config.hpp"
#include "host/execution/order_tracker.hpp"
#include "host/execution/pre_trade_gate.hpp"
#include "host/market/signal_reader.hpp"
#include "host/model/arena.hpp"
#include "host/model/bar.hpp"
#include "host/model/portfolio.hpp"
#include "host/model/signal.hpp"

namespace cadre::book {

/// One portfolio with its cash, positions, chain and sequence of events. Every input gets the next sequence
/// number, is told to the listeners, and is shown to every agent exactly once. One thread. [decision-thread]
class Book {
 public:
  /// `config` has to outlive the book. `data_instruments`: those of the bars, sorted.
  Book(const config::ScenarioConfig& config, std::vector<std::string> data_instruments,
       std::size_t expected_bars);
  ~Book();

  /// For a book without an end: remembers at least these many bars and closed orders, and at most twice as
  /// many. Agents get no deeper history than that when the universe or the chain changes.
  void keep_most(std::size_t bars, std::size_t closed_orders) {
    history_.keep_most(bars);
    keep_orders_ = closed_orders;
  }

  void listen(BookListener* listener) { listeners_.push_back(listener); }
  void stop_listening(BookListener* listener) { std::erase(listeners_, listener); }

  /// The first chain, before any event. Errors: an agent that refuses to start.
  base::Problems start(std::shared_ptr<chain::Chain> chain, const journal::RevisionRecord& revision);
  /// The two halves of it: between them a recovery shows the agents what they have to know.
  void enter(std::shared_ptr<chain::Chain> chain, const journal::RevisionRecord& revision);
  base::Problems activate();

  /// Replaces the chain between two decisions. `replaced` chains go on observing until the next swap, so that
  /// a rollback finds them up to date. Errors: state that the new agents refuse; nothing has changed then.
  base::Problems swap(std::shared_ptr<chain::Chain> chain, const journal::RevisionRecord& revision,
                      bool migrate);
  /// The two halves of a swap. The first hands over what was learned and activates the new agents; with
  /// errors nothing has changed, and either way the running chain is untouched. The second cannot fail; it
  /// returns the chain that nobody needs any more, to be destroyed where that may take its time.
  base::Problems prepare_swap(chain::Chain& next, bool migrate);
  std::shared_ptr<chain::Chain> commit_swap(std::shared_ptr<chain::Chain> next,
                                            const journal::RevisionRecord& revision);
  const chain::Chain* replaced_chain() const { return replaced_.get(); }

  /// What every agent has learned until now. Errors: STATE_SAVE.
  base::Result<journal::CheckpointRecord> checkpoint() const;
  /// Tells the listeners; one more event.
  void take_command(const journal::CommandRecord& command);
  /// While halted nothing is decided; the market is followed.
  bool halted() const { return halted_; }
  void set_halted(bool halted) { halted_ = halted; }
  /// Asks the environment to cancel every open order; done when its reports say so.
  void cancel_all();
  /// Sends a market order against every position, past the chain but through the gate.
  void flatten();

  /// Enters a chain of its own where another book of the same data stands: with its market, positions, cash
  /// and open orders, and what its agents had learned. Before any event. Errors: STATE_REFUSED.
  base::Problems enter_beside(const Book& other, const journal::CheckpointRecord& learned,
                              std::shared_ptr<chain::Chain> chain, const journal::RevisionRecord& revision);

  // Recovery: events as a journal tells them. Nothing is decided or sent.
  /// Whether agents are shown the events. True at the start.
  void let_agents_observe(bool observe) { agents_observe_ = observe; }
  /// Gives the agents of the chain what they had learned. Errors: STATE_REFUSED.
  base::Problems load_checkpoint(const journal::CheckpointRecord& record);
  void recover_order(const cadre_order& order, std::uint64_t failed_checks, std::int32_t date);
  /// Sequence of an event that is told by records of its own alone.
  void recover_sequence(std::uint64_t sequence) { sequence_ = sequence; }
  /// An order of the journal that the environment has never heard of.
  void send_again(const cadre_order& order);
  /// What the answer to an order means as a report; nothing when it just works.
  static std::optional<cadre_execution_report> report_of(const cadre_order& order, cadre_status status,
                                                         const cadre_trade_result& result,
                                                         std::int64_t time_ns);
  /// A report that did not come by take_fills: a journal told it, or the environment when it was asked.
  void take_report(const cadre_execution_report& report) { apply_report(report); }

  /// Applies a bar: take_market, then take_fills.
  void take_bar(const model::Bar& bar);
  /// The market of a bar: marks, windows, and every agent observes.
  void take_market(const model::Bar& bar);
  /// What the environment made of it: every report is an event of its own.
  void take_fills();
  void take_signal(const model::ExternalSignal& signal);
  /// Changes the universe between two bars. Positions that leave are settled at their last mark, without
  /// costs.
  void change_universe(const std::vector<std::string>& instruments);
  /// Decides and sends the orders, once every agent has the history it asked for. nullptr while warming up.
  const chain::Decision* decide();
  /// The two halves of it: the chain and the gate; then the environment.
  const chain::Decision* make_decision();
  void send_orders(const chain::Decision& decision);
  /// Tells the listeners where the book stands at the end of a bar.
  void close_bar();

  const model::Portfolio& portfolio() const { return portfolio_; }
  const model::Universe& universe() const { return universe_; }
  const execution::OrderTracker& tracker() const { return tracker_; }
  const chain::Chain& chain() const { return *chain_; }
  const cadre_execution_state& state() const { return view_->raw; }
  std::uint64_t sequence() const { return sequence_; }
  /// Why the book cannot go on; empty while it can. Nothing of the event that did not fit was applied.
  const std::string& stopped() const { return stopped_; }
  /// Signals for instruments that were not in the universe when they came.
  std::uint64_t dropped_signals() const { return dropped_signals_; }
  std::int32_t date() const { return date_; }
  /// CADRE_OK, or what the execution environment last answered to an event that it could not follow.
  cadre_status environment_status() const { return environment_status_; }
  /// Profit by marking at the last bar, before its fills.
  base::Money last_mark_profit() const { return last_mark_profit_; }

 private:
  void build_arena();
  void enter_chain();
  void set_universe(const std::vector<std::string>& instruments, std::uint64_t epoch);
  model::Instrument describe(const std::string& id) const;
  void write_bar(const model::Bar& bar);
  void push_windows(std::size_t row);
  /// The state as of the last event; the columns of positions only when something moved since they were
  /// written.
  void refresh_columns();
  void write_columns();
  bool is_warm() const;
  bool anyone_observes(std::uint32_t kind) const;
  void tell_agents(std::uint32_t kind, const void* payload);
  void tell_chain(chain::Chain& chain, const chain::Chain* except, const cadre_event& event);
  void apply_report(const cadre_execution_report& report);
  void record_order(const chain::DecidedOrder& decided);
  void send(std::size_t place);
  bool ready_to_send() const;
  void settle(std::uint32_t instrument);
  void cancel_open_orders(std::uint32_t instrument);
  void hide_services();
  base::Problems hand_over(chain::Chain& next, bool migrate);
  /// A stage that was not replaced now keeps what it replaced earlier, one instance per stage: a rollback
  /// across several changes finds it, with all it has observed.
  void keep_observing(const chain::Chain& earlier);
  base::Problems migrate_state(const agent::LiveAgent& from, agent::LiveAgent& to) const;
  void check_identities() const;
  void stop_at_overflow(std::uint32_t instrument);
  std::vector<std::string> instrument_ids() const;

  const config::ScenarioConfig& config_;
  std::vector<std::string> data_instruments_;
  History history_;
  model::Universe universe_;
  std::vector<std::size_t> data_of_;  ///< per instrument of the universe: its column in the bars
  std::shared_ptr<chain::Chain> chain_;
  std::shared_ptr<chain::Chain> replaced_;
  std::unique_ptr<model::Arena> arena_;
  std::unique_ptr<model::StateView> view_;
  model::Portfolio portfolio_;
  execution::OrderTracker tracker_;
  std::unique_ptr<execution::PreTradeGate> gate_;
  chain::TradeExecutionOrchestrator orchestrator_;
  std::vector<BookListener*> listeners_;
  std::vector<double> row_;
  std::vector<std::uint8_t> row_valid_;
  std::uint64_t sequence_ = 0;
  std::int64_t time_ns_ = 0;
  std::int32_t date_ = 0;
  std::uint64_t bars_ = 0;
  cadre_status environment_status_ = CADRE_OK;
  bool intraday_ = false, volume_ = false;
  base::Money last_mark_profit_;
  bool columns_are_stale_ = true;
  bool agents_observe_ = true;
  bool halted_ = false;
  std::size_t keep_orders_ = 0;  ///< 0: all
  std::uint64_t dropped_signals_ = 0;
  std::string stopped_;
  double shortfall_sum_ = 0;  ///< basis points x fills
};

}  // namespace cadre::book
