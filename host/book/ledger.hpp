#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "cadre/state.h"
#include "host/book/history.hpp"
#include "host/book/session_history.hpp"
#include "host/config/scenario_config.hpp"
#include "host/execution/order_schedule.hpp"
#include "host/execution/order_tracker.hpp"
#include "host/journal/records.hpp"
#include "host/model/arena.hpp"
#include "host/model/bar.hpp"
#include "host/model/instrument.hpp"
#include "host/model/portfolio.hpp"

namespace cadre::book {

/// How much a book without an end remembers: at least these many bars and closed orders, and at most twice as
/// many. Agents get no deeper history than that when the universe or the chain changes. 0: all.
struct Memory {
  std::size_t bars = 0;
  std::size_t closed_orders = 0;
};

/// What a book has and where it stands: its universe, the bars it has seen, positions and cash, its orders,
/// and the number of the last event. Knows no agent and decides nothing: events change it, and after each of
/// them its numbers add up. [decision-thread]
class Ledger {
 public:
  /// `config` has to outlive it. `data_instruments`: those of the bars, sorted.
  Ledger(const config::ScenarioConfig& config, std::vector<std::string> data_instruments,
         std::size_t expected_bars, Memory memory);

  /// The number of the event that begins.
  std::uint64_t begin_event();
  /// The number of an event that a journal tells by records of its own alone.
  friend void recover_sequence(Ledger& ledger, std::uint64_t sequence);

  /// Prices of a bar: marks and history. Before them, what it cost to be short since the last bar, when that
  /// was of another day.
  void take_bar(const model::Bar& bar);
  /// A report on an order of ours; the order. Null, and nothing changes, for one that is not open, or of an
  /// earlier epoch.
  const execution::TrackedOrder* take_report(const cadre_execution_report& report);
  /// An order that was decided, or a part of one that is sent in parts; its place among the orders.
  std::size_t add_order(const cadre_order& order, std::uint64_t failed_checks);
  /// An order that could not be sent.
  friend void reject_order(Ledger& ledger, std::size_t place);
  /// What is asked of an open order. False: nothing can be asked of it now.
  friend bool take_request(Ledger& ledger, const execution::OrderRequest& request);
  /// It was refused at once.
  friend void end_request(Ledger& ledger, const cadre_id& client_id);
  /// An order that is sent in parts, or one that takes the place of that with its id; one without slices ends
  /// it.
  friend void put_parent(Ledger& ledger, const execution::ParentOrder& parent);
  /// So much of an instrument becomes the book's, at its mark: what somebody else has traded at the venue.
  friend bool adopt(Ledger& ledger, std::uint32_t instrument, base::Quantity quantity);
  /// Costs that belong to no fill; below zero they are a gain.
  friend bool charge(Ledger& ledger, base::Money costs);
  /// Into another universe. What leaves has to be flat and without open orders.
  journal::UniverseRecord change_universe(const std::vector<std::string>& instruments);
  /// Stands where another book of the same data stands: market, positions, cash, open orders.
  void stand_beside(const Ledger& other);
  /// Into the checkpoint of a book and out of it: everything but the orders and the full blocks of history,
  /// which are beside it. `record_format`: of the records in it. False: that is not what save() gave of a
  /// book of the same data; the ledger is then of no use.
  friend void save_ledger(base::Encoder& to, const Ledger& ledger);
  friend bool load_ledger(base::Decoder& from, base::Decoder& orders, Ledger& ledger,
                          const std::vector<std::vector<double>>& rows, std::uint32_t record_format);

  const std::string& book() const { return config_.book.id; }
  friend bool is_covered(const Ledger& ledger, const model::Bar& bar);
  friend double bars_per_session(const Ledger& ledger);
  friend bool prices_have_ended(const Ledger& ledger, std::uint32_t instrument);
  friend bool begins_session(const Ledger& ledger);
  friend std::uint64_t sessions_without_price(const Ledger& ledger, std::uint32_t instrument);
  const std::vector<std::string>& data_instruments() const { return data_instruments_; }
  const model::Universe& universe() const { return universe_; }
  std::vector<std::string> instrument_ids() const;
  /// Per instrument of the universe: its column in the bars.
  const std::vector<std::size_t>& data_columns() const { return data_of_; }
  const History& history() const { return history_; }
  /// Sessions of bars that are several a session; of bars of days it stays empty.
  friend const SessionHistory& sessions_of(const Ledger& ledger) { return ledger.sessions_; }
  const model::Portfolio& portfolio() const { return portfolio_; }
  const execution::OrderTracker& tracker() const { return tracker_; }
  const execution::OrderSchedule& schedule() const { return schedule_; }
  const cadre_execution_metrics& execution() const { return execution_; }
  std::uint64_t sequence() const { return sequence_; }
  std::int64_t time_ns() const { return time_ns_; }
  /// yyyymmdd of the last bar; 0 before the first.
  std::int32_t date() const { return date_; }
  std::uint64_t bars() const { return bars_; }
  /// With the columns of the data; without prices before the first.
  const model::Bar& last_bar() const { return last_bar_; }
  /// Profit by marking at the last bar, before its fills.
  base::Money last_mark_profit() const { return last_mark_profit_; }
  /// Why the book cannot go on; empty while it can. Nothing of the event that did not fit was applied.
  const std::string& stopped() const { return stopped_; }

 private:
  void set_universe(const std::vector<std::string>& instruments, std::uint64_t epoch);
  void apply_fill(const cadre_execution_report& report, const cadre_order& order);
  void stop_at_overflow(std::uint32_t instrument);
  /// Borrow fees and interest, since the day of the last bar.
  void accrue(std::int32_t date);
  void count_schedule();
  bool load_priced(base::Decoder& from);
  bool load_schedule(base::Decoder& from, bool has_reasons);

  const config::ScenarioConfig& config_;
  std::vector<std::string> data_instruments_;
  Memory memory_;
  History history_;
  SessionHistory sessions_;
  model::Universe universe_;
  std::vector<std::size_t> data_of_;
  model::Portfolio portfolio_;
  execution::OrderTracker tracker_;
  execution::OrderSchedule schedule_;
  cadre_execution_metrics execution_ = model::no_execution_yet();
  double shortfall_sum_ = 0;  ///< basis points x fills
  std::uint64_t sequence_ = 0;
  std::int64_t time_ns_ = 0;
  std::int32_t date_ = 0;
  std::uint64_t bars_ = 0;
  std::uint64_t sessions_begun_ = 0;
  bool begins_session_ = false;
  std::vector<std::uint64_t> priced_in_;  ///< per column of the data: the session of the last price; 0: none
  model::Bar last_bar_;
  base::Money last_mark_profit_;
  std::string stopped_;
};

/// Why positions cannot be marked at the prices of a bar; empty: they can. Nothing is changed.
std::string why_not_marked(const Ledger& ledger, const model::Bar& bar);

/// Whether a bar has prices of as many instruments of the universe, of those that are listed on its day, as
/// the data want for more than reductions.
bool is_covered(const Ledger& ledger, const model::Bar& bar);

/// Whether the last bar was the first one of its session.
bool begins_session(const Ledger& ledger);

/// How many sessions have brought no price of an instrument since its last one: the current one counts where
/// it is one bar.
std::uint64_t sessions_without_price(const Ledger& ledger, std::uint32_t instrument);

/// Whether these are as many as the book waits.
bool prices_have_ended(const Ledger& ledger, std::uint32_t instrument);

/// 1 where a session is a bar.
double bars_per_session(const Ledger& ledger);

void recover_sequence(Ledger& ledger, std::uint64_t sequence);
void reject_order(Ledger& ledger, std::size_t place);
bool take_request(Ledger& ledger, const execution::OrderRequest& request);
void end_request(Ledger& ledger, const cadre_id& client_id);
bool adopt(Ledger& ledger, std::uint32_t instrument, base::Quantity quantity);
bool charge(Ledger& ledger, base::Money costs);
void put_parent(Ledger& ledger, const execution::ParentOrder& parent);
void save_ledger(base::Encoder& to, const Ledger& ledger);
[[nodiscard]] bool load_ledger(base::Decoder& from, base::Decoder& orders, Ledger& ledger,
                               const std::vector<std::vector<double>>& rows, std::uint32_t record_format);

}  // namespace cadre::book
