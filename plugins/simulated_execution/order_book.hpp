#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

#include "cadre/cpp/agent.hpp"
#include "fill_rules.hpp"
#include "fixed_point.hpp"

namespace cadre::simulated_execution {

/// Why an order was refused, cut or ended without a fill.
enum Reason : std::uint32_t {
  unsupported = CADRE_REASON_FIRST_PLUGIN,  ///< a type or time in force that is not simulated
  duplicate = 1001,                         ///< the client id is known
  no_opens = 1002,                          ///< fill_at open on data without opens
  not_reached = 1003,                       ///< the session ended, the market never was beyond the limit
  no_cash = 1004,                           ///< buying power was gone at the fill
  halted = 1005,                            ///< no valid bar for the instrument
  bad_order = 1006,                         ///< quantity, side, instrument or limit make no sense
  instrument_gone = 1007,                   ///< the instrument left the universe
  on_request = 1008,                        ///< cancelled by its owner
  too_large = 1009                          ///< its value does not fit into the money type
};

struct Settings {
  FillAt fill_at = FillAt::close;
  Commission commission;
  std::int64_t half_spread_e9 = 0;  ///< of the mid price
};

/// Orders, what became of them, and the reports that wait to be fetched.
class OrderBook {
 public:
  explicit OrderBook(const Settings& settings);

  cadre_trade_result take(const cadre_order& order);
  bool cancel(std::string_view client_id);
  bool query(std::string_view client_id, cadre_trade_result& out) const;
  bool next_report(cadre_execution_report& out);

  /// Fills what the bar of this state fills and ends what lives for its session only. Sells first, then buys;
  /// each by the instrument's id, then by client id, so that no instrument's place in a file decides
  /// anything.
  void process_bar(const sdk::State& state, std::int64_t time_ns);
  /// Follows the instruments to the new universe; orders of those that left expire.
  void change_universe(const cadre_universe_change& change, std::uint32_t instrument_count,
                       std::int64_t time_ns);

  void save(sdk::StateWriter& out) const;
  /// Throws Refusal, and changes nothing, for bytes that save did not write.
  /// Schema 1 held ids of 32 bytes.
  void load(sdk::StateReader& in, std::uint32_t schema, std::uint32_t instrument_count);

 private:
  static constexpr std::size_t max_finished = 1024;  // of the past orders that query still knows

  struct Finished {
    cadre_id client_id{};
    cadre_trade_result result{};
  };

  bool is_known(std::string_view client_id) const;
  std::uint32_t refusal_of(const cadre_order& order) const;
  void sort_open(const sdk::State& state);
  bool process(const cadre_order& order, const sdk::State& state, std::int64_t& cash_e6);
  bool settle(const cadre_order& order, const Fill& fill, const sdk::State& state, std::int64_t& cash_e6);
  /// Reports the end of an order and remembers it.
  void finish(const cadre_order& order, std::uint32_t status, std::uint32_t reason,
              const cadre_trade_result& filled);
  void remember(const Finished& finished);
  cadre_execution_report report_of(const cadre_order& order, std::uint32_t status) const;

  Settings settings_;
  bool has_opens_ = true;
  std::uint32_t instrument_count_ = 0;  // 0: no bar was seen yet
  std::int64_t time_ns_ = 0;
  std::vector<cadre_order> open_;
  std::vector<Finished> finished_;                           // a ring, once it is full
  std::array<std::uint32_t, max_finished> finished_keys_{};  // hashes of their ids, same places; never saved
  std::size_t oldest_ = 0;
  std::vector<cadre_execution_report> reports_;
  std::size_t next_ = 0;  // of reports_
};

}  // namespace cadre::simulated_execution
