#pragma once

#include <limits>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "host/book/ledger.hpp"
#include "host/book/listener.hpp"
#include "host/book/open_views.hpp"
#include "host/book/state_writer.hpp"
#include "host/book/timers.hpp"
#include "host/book/too_often.hpp"
#include "host/chain/orchestrator.hpp"
#include "host/chain/succession.hpp"
#include "host/config/scenario_config.hpp"
#include "host/execution/environment.hpp"
#include "host/execution/pre_trade_gate.hpp"
#include "host/model/bar.hpp"
#include "host/model/signal.hpp"

namespace cadre::book {

/// When a book asks its venue what it holds.
enum class Asks { once_a_session, now };

/// Asked before each order leaves, whoever made it: the one point at which a halt holds an order back. On the
/// book's thread.
class OrderBarrier {
 public:
  virtual ~OrderBarrier() = default;
  virtual bool may_leave() = 0;
};

/// One portfolio with its cash, positions, chain and sequence of events. Every input gets the next sequence
/// number, is told to the listeners, and is shown to every agent exactly once. One thread. [decision-thread]
class Book {
 public:
  /// `config` and `barrier` have to outlive the book. `data_instruments`: those of the bars, sorted. An order
  /// that the barrier holds back becomes a report of its own, canceled; without one every order leaves.
  Book(const config::ScenarioConfig& config, std::vector<std::string> data_instruments,
       std::size_t expected_bars, Memory memory = {}, OrderBarrier* barrier = nullptr);

  void listen(BookListener* listener) { listeners_.push_back(listener); }
  void stop_listening(BookListener* listener) { std::erase(listeners_, listener); }

  /// Takes its first chain, before any event. Between this and activate() a recovery shows the agents what
  /// they have to know.
  void enter(std::shared_ptr<chain::Chain> chain, const journal::RevisionRecord& revision);
  /// The same in a book that stands beside another one: its agents are given what that one's had learned, and
  /// are active. Errors: STATE_REFUSED, AGENT_ACTIVATE.
  base::Problems enter_beside(const journal::CheckpointRecord& learned, std::shared_ptr<chain::Chain> chain,
                              const journal::RevisionRecord& revision);
  /// Puts a book that has entered no chain yet where another one of the same data stands: with its market,
  /// positions, cash and open orders. Calls no agent. On the other book's thread.
  friend void stand_beside(Book& book, const Book& other);
  friend std::unique_ptr<Book> copy_of(const Book& book);
  /// Into the checkpoint of a book, and out of it into one that has entered no chain yet: all but its orders,
  /// which save_orders() gives, and the full blocks of its history.
  /// The agents that are called no more, as the commands by which they became so.
  friend std::vector<journal::CommandRecord> quarantines_of(const Book& book);
  /// Its trading states and what its limits have counted, as the commands that tell another book of them.
  friend std::vector<journal::CommandRecord> states_of(const Book& book);
  friend const execution::TradingStates& trading_states(const Book& book);
  friend const execution::VenueBreaks& venue_breaks(const Book& book) { return book.venue_; }
  /// Once a session: compares positions and cash with the venue's, where it knows them. A difference is an
  /// event, every session until it ends.
  friend void compare_with_venue(Book& book, Asks asks);
  /// Asks the environment to cancel the open orders that would increase a position that may only be reduced.
  friend void cancel_increasing(Book& book);
  /// The same of orders in whose no-trade window this time lies.
  friend void cancel_in_windows(Book& book, std::int64_t time_ns, std::int32_t date);
  friend void save_book(base::Encoder& to, const Book& book);
  friend bool load_book(base::Decoder& from, base::Decoder& orders, Book& book,
                        const std::vector<std::vector<double>>& rows, std::uint32_t record_format);
  /// What decide() would, with nothing sent, told or counted.
  friend const chain::Decision* consider(Book& book);
  /// Errors: AGENT_ACTIVATE, an agent that refuses to start.
  base::Problems activate();

  /// The two halves of a swap, between two decisions. The first hands over what was learned and activates the
  /// new agents; with errors nothing has changed, and either way the running chain is untouched. The second
  /// cannot fail; it returns the chain that nobody needs any more, to be destroyed where that may take its
  /// time.
  base::Problems prepare_swap(chain::Chain& next, bool migrate);
  std::shared_ptr<chain::Chain> commit_swap(std::shared_ptr<chain::Chain> next,
                                            const journal::RevisionRecord& revision);
  /// What every agent has learned until now. Errors: STATE_SAVE, unless those that cannot save are left out.
  base::Result<journal::CheckpointRecord> checkpoint(chain::Unsaved unsaved = chain::Unsaved::refused) const;

  /// The market of a bar: marks, windows, and every agent observes.
  void take_bar(const model::Bar& bar);
  /// What the environment has to report: every report is an event of its own.
  void take_fills();
  void take_signal(const model::ExternalSignal& signal);
  void take_command(const journal::CommandRecord& command);
  /// Changes the universe between two bars. Positions that leave are settled at their last mark, without
  /// costs.
  void change_universe(const std::vector<std::string>& instruments);

  /// Decides, once every agent has the history it asked for, and sends the orders. Null while warming up or
  /// halted.
  const chain::Decision* decide();
  /// Sends the parts of orders whose time has come, and orders whose wait is over: each meets the gate of
  /// now.
  friend void release_parts(Book& book);
  /// Treats the agents that failed for good since the last bar, and tells the listeners where the book
  /// stands.
  void close_bar();

  /// While halted nothing is decided; the market is followed.
  bool halted() const { return halted_ || states_.whole() >= execution::TradingState::halted; }
  void set_halted(bool halted) { halted_ = halted; }
  /// Asks the environment to cancel every open order, or those of one instrument; done when its reports say
  /// so.
  void cancel_all(std::string_view instrument = {});
  /// Sends a market order against every position, past the chain but through the gate.
  void flatten();

  const Ledger& ledger() const { return ledger_; }
  const chain::Chain& chain() const { return *chains_.running(); }
  /// The chain that goes on observing; null before the first swap.
  const chain::Chain* replaced_chain() const { return chains_.replaced(); }
  /// What agents were shown last.
  const cadre_execution_state& state() const { return state_.state(); }
  /// Signals for instruments that were not in the universe when they came.
  std::uint64_t dropped_signals() const { return dropped_signals_; }

 private:
  /// Tells a book its past: events as a journal has them, with nothing decided or sent.
  friend class JournalFold;
  friend class BookLoop;
  friend class AgentRestart;
  friend class PreviewRun;

  void build_state();
  void enter_chain();
  /// The state as of the last event; the columns of holdings only when something moved since they were
  /// written.
  void refresh_state();
  chain::Present present() const;
  bool is_warm() const;
  void tell_agents(std::uint32_t kind, const void* payload);
  /// Tells agents of the timers that are due by then.
  void take_timers(std::int64_t now_ns);
  void tell_alone(const journal::TimerRecord& timer);
  void after_observe();
  void take_outcome(const journal::OutcomeRecord& record);
  void begin_views();
  /// An instance that answered error or fatal, by its stage's policy.
  struct Trouble {
    std::string stage;
    std::string what;  ///< "error", "fatal", or what the host has against it
    std::string reason;
    bool may_be_reset = false;
  };
  void note_trouble(const std::string& stage, cadre_status status, const std::string& reason);
  void treat_troubles();
  /// `command` is one of kind deadline_missed, for the agent that its text identifies.
  void count_missed_deadline(const journal::CommandRecord& command);
  /// The same as a journal says it was done. The stage it was about; null: nobody is there now that it was
  /// done to.
  const chain::Stage* retell_trouble(const journal::CommandRecord& command, bool observing);
  void retell_ended_quarantines(const journal::RevisionRecord& record);
  void take_report(const cadre_execution_report& report);
  void tell_contradiction(const cadre_execution_report& report) const;
  void send_decided(const chain::Decision& decision);
  execution::ParentOrder parent_of(const chain::DecidedOrder& decided, const chain::Decision& decision) const;
  void put_parent(const execution::ParentOrder& parent);
  /// `why`: the code of the reason for which what is left of an order is never sent; 0: this one goes on.
  template <class Why>
  void end_parents(Why&& why);
  void end_due_parents();
  void end_all_parents();  ///< for a trading state that lets none go on
  /// Ends those whose instruments are none of these.
  void end_parents_outside(const std::vector<std::string>& instruments);
  void record_request(const execution::OrderRequest& request);
  void send_request(const execution::OrderRequest& request, bool ready);
  /// A part of an order whose time has come, and how much of it may be sent at the most.
  struct DuePart {
    cadre_id parent{};
    std::int64_t most_e9 = std::numeric_limits<std::int64_t>::max();
  };
  void pace(std::vector<DuePart>& due) const;
  void release_part(std::string_view client_id, std::int64_t most_e9);
  /// What goes of a part now, and why that is not all of it.
  struct PartSize {
    std::int64_t quantity_e9 = 0;  ///< 0: nothing
    std::uint32_t reason = 0;
  };
  PartSize part_size(const execution::ParentOrder& parent) const;
  PartSize paced_size(const execution::ParentOrder& parent) const;
  PartSize enough_of(const execution::ParentOrder& parent, std::int64_t quantity_e9) const;
  std::int64_t smallest_part(std::uint32_t instrument) const;
  void delay(const execution::ParentOrder& parent, std::uint32_t reason);
  std::int64_t affordable_e9(const cadre_order& order, std::int64_t quantity_e9) const;
  void begin_gate();
  std::size_t record_order(const chain::DecidedOrder& decided);
  void send_recorded(std::size_t first, bool ready);
  bool leave_together(std::size_t first);
  void send(std::size_t place, bool has_left = false);
  void take_cancellation(const cadre_order& order);
  /// Whether neither a halt nor a trading state that came since the decision holds it back.
  bool may_leave(const cadre_order& order);
  bool reduces(const cadre_order& order, std::int64_t quantity_e9) const;
  void take_state(const journal::CommandRecord& command);
  void adopt_external();
  void watch_limits();
  void watch_prices();
  void settle_at_last_price(std::uint32_t instrument);
  void enter_states();
  template <class Concerns>
  void cancel_where(Concerns&& concerns);
  bool ready_to_send() const;
  void settle(std::uint32_t instrument);
  void cancel_open_orders(std::uint32_t instrument);
  void close_ruined();
  cadre_order market_order(const char* why, std::uint32_t instrument, std::int64_t quantity_e9) const;

  const config::ScenarioConfig& config_;
  Ledger ledger_;
  chain::Succession chains_;
  execution::Environment environment_;
  StateWriter state_;
  execution::TradingStates states_;
  execution::VenueBreaks venue_;
  std::int32_t compared_on_ = 0;  ///< the session in which the venue was asked last
  std::unique_ptr<execution::PreTradeGate> gate_;
  chain::TradeExecutionOrchestrator orchestrator_;
  Timers timers_;
  OpenViews views_;
  std::vector<std::int64_t> gate_prices_;
  std::vector<Trouble> troubles_;
  std::map<std::string, std::string, std::less<>> told_troubles_;  ///< by stage: what was logged last
  TooOften deadline_misses_;
  std::vector<BookListener*> listeners_;
  OrderBarrier* const barrier_;
  bool flattens_ = false;  ///< what is sent now closes positions of a halted book
  bool holdings_are_stale_ = true;
  bool agents_observe_ = true;
  bool halted_ = false;
  std::uint64_t dropped_signals_ = 0;
};

void stand_beside(Book& book, const Book& other);
/// A book without a chain that stands where `book` does. On that book's thread.
std::unique_ptr<Book> copy_of(const Book& book);
std::vector<journal::CommandRecord> quarantines_of(const Book& book);
std::vector<journal::CommandRecord> states_of(const Book& book);
const execution::TradingStates& trading_states(const Book& book);
const execution::VenueBreaks& venue_breaks(const Book& book);
void compare_with_venue(Book& book, Asks asks = Asks::once_a_session);
void cancel_increasing(Book& book);
void cancel_in_windows(Book& book, std::int64_t time_ns, std::int32_t date);
void release_parts(Book& book);
void save_book(base::Encoder& to, const Book& book);
/// The open orders and the newest closed ones, which are still shown after a start.
std::string save_orders(const Book& book);
/// False: that is not what save_book() gave of a book of the same data; the book is then of no use.
[[nodiscard]] bool load_book(base::Decoder& from, base::Decoder& orders, Book& book,
                             const std::vector<std::vector<double>>& rows, std::uint32_t record_format);
const chain::Decision* consider(Book& book);
/// Bars after which every agent of a book has the history that it asked for, when none lacks a price.
std::uint64_t warm_up_bars(const Book& book);

/// The kind of the command by which an instance is called no more; its reason begins with "STAGE: ".
inline constexpr const char* agent_quarantined = "agent_quarantined";
/// What a command about the agent of a stage carries: it is about this version with these settings only.
std::string identity_text(const chain::Stage& stage);
/// The record of a revision with the agents that a swap replaces although they are called no more: whoever
/// has their bytes and settings later is another instance, and not quarantined.
journal::RevisionRecord with_ended_quarantines(journal::RevisionRecord record, const chain::Chain& before,
                                               const chain::Chain& next);

}  // namespace cadre::book
