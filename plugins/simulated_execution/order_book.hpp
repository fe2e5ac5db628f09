#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "account.hpp"
#include "cadre/cpp/agent.hpp"
#include "cash_sharing.hpp"
#include "chance.hpp"
#include "market.hpp"
#include "past_orders.hpp"
#include "settings.hpp"
#include "times_in_force.hpp"
#include "working_order.hpp"

namespace cadre::simulated_execution {

/// Orders, what became of them, and the reports that wait to be fetched.
class OrderBook {
 public:
  OrderBook(const Settings& settings, const Chance& chance);

  /// Refuses it, lets it work, or fills it at once where there is no latency.
  cadre_trade_result take(const cadre_order& order);
  /// CADRE_REJECTED: no such open order. Else a report says what became of the request.
  cadre_status replace(const cadre_replacement& replacement);
  bool cancel(std::string_view client_id);
  bool query(std::string_view client_id, cadre_trade_result& out) const;
  bool next_report(cadre_execution_report& out);

  /// Fills what the bar of this state fills and ends what lives no longer. Reports come sells first, then
  /// buys; each by the instrument's id, then by client id, so that no instrument's place in a file decides
  /// anything. Throws where the data lack the prices that the settings ask for; every order has ended then.
  void process_bar(const sdk::State& state, const cadre_event& event);
  /// Follows the instruments to the new universe; orders of those that left expire.
  void change_universe(const cadre_universe_change& change, const sdk::State& state, std::int64_t time_ns);

  void save(sdk::StateWriter& out) const;
  /// Throws Refusal, and changes nothing, for bytes that save did not write. Schema 1 held ids of 32 bytes,
  /// 2 no filled parts, and neither what is known of the market.
  void load(sdk::StateReader& in, std::uint32_t schema, std::uint32_t instrument_count);

 private:
  /// What becomes of one open order in the bar that is met.
  struct Part {
    bool is_met = false;  ///< it has arrived, and the bar is one in which it trades
    Moment moment = Moment::day;
    Outcome outcome{};
    std::int64_t planned_e9 = 0;   ///< what the volume allows, and then what the margin does
    std::int64_t quantity_e9 = 0;  ///< what the money allows too
    std::int64_t reduces_e9 = 0;   ///< of it, what reduces the position
    std::uint32_t reason = 0;      ///< why it is not all that is left
    bool is_filled() const { return outcome.kind == Outcome::Kind::filled; }
  };
  /// What a fill of some quantity costs.
  struct Cost {
    std::int64_t quantity_e9 = 0;
    std::int64_t value_e6 = 0;
    std::int64_t fees_e6 = 0;
    Charged charged{};  ///< of the order, with the fill in it
  };
  class CostOfPurchases;
  class MarginOfOpenings;

  // order_book.cpp
  std::uint32_t refusal_of(const cadre_order& order) const;
  bool is_short_without_borrow(const cadre_order& order) const;
  std::vector<WorkingOrder>::iterator find_open(std::string_view client_id);
  cadre_trade_result answer(std::size_t first_report);
  cadre_execution_report report_of(WorkingOrder& working, std::uint32_t status, std::uint32_t reason = 0);
  cadre_execution_report answer_to(WorkingOrder& working, const cadre_id& request_id, std::uint32_t status,
                                   std::uint32_t reason);
  void finish(WorkingOrder& working, std::uint32_t status, std::uint32_t reason);

  // order_book_state.cpp
  bool remembers_market() const;
  template <class Direction, class Book>
  static void visit_clock(Direction& at, Book& book);

  // matching.cpp
  void fill_at_once(std::size_t place);
  void refuse_without_prices(const sdk::State& state);
  void end_earlier_session();
  void sort_open(const sdk::State& state);
  Moment moment_of(const WorkingOrder& working) const;
  bool has_arrived(WorkingOrder& working, bool& sees_whole_bar) const;
  bool trades_in_this_bar(Moment moment, bool sees_whole_bar, bool at_once) const;
  Part meet(WorkingOrder& working, bool at_once);
  void slip(const WorkingOrder& working, Fill& fill) const;

  // fills.cpp
  void share_volume(std::size_t first);
  bool reduces(const WorkingOrder& working) const;
  void plan(const WorkingOrder& working, Part& part);
  void give_up(const WorkingOrder& working, Part& part, std::uint32_t reason);
  void share_money(std::size_t first);
  void share_margin(std::size_t first);
  void share_cash(std::size_t first);
  template <class Sure>
  Account claim_beyond(std::size_t first, Sure&& sure);
  std::int64_t opened_by(std::uint32_t k, std::int64_t lots) const;
  bool grant_claims(std::uint32_t why_not);
  std::optional<Cost> cost_of(const WorkingOrder& working, const Part& part, std::int64_t quantity_e9) const;
  MoneyMoved money_of(const WorkingOrder& working, const Part& part, const Cost& cost) const;
  bool settle(WorkingOrder& working, Part& part, bool at_once);
  void book_fill(WorkingOrder& working, const Part& part);
  void close_volume();

  Settings settings_;
  Chance chance_;
  std::vector<WorkingOrder> open_;
  PastOrders past_;
  std::vector<cadre_execution_report> reports_;
  std::size_t next_ = 0;  // the first of them that nobody has fetched

  Market market_;
  SessionClock clock_;
  Account account_;
  MonthVolume month_;
  std::uint32_t instrument_count_ = 0;  // 0: not known yet
  std::int64_t time_ns_ = 0;            // of the last event
  std::int64_t bar_begin_ns_ = 0;       // of the bar that is met
  std::uint64_t sequence_ = 0;          // of the bar that is met; 0 between two bars
  bool has_opens_ = true;               // until a bar shows otherwise
  bool has_quotes_ = true;

  // Of one bar, kept for their room.
  Wide volume_of_bar_ = 0;
  std::vector<Part> parts_;  // as open_
  std::vector<std::uint32_t> by_priority_;
  std::vector<Claim> claims_;
  std::vector<std::uint32_t> claimants_;  // the order of each claim
  CashSharing sharing_;
};

}  // namespace cadre::simulated_execution
