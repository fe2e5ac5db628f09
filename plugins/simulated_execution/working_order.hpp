#pragma once

#include <cstdint>
#include <string_view>

#include "cadre/cpp/agent.hpp"
#include "commission.hpp"
#include "fixed_point.hpp"

namespace cadre::simulated_execution {

/// Why an order was refused, cut or ended without a fill.
enum Reason : std::uint32_t {
  unsupported = CADRE_REASON_FIRST_PLUGIN,  ///< a type, time in force or combination that is not simulated
  duplicate = 1001,                         ///< the client id is known
  no_opens = 1002,                          ///< it trades at the open, and the data have none
  not_reached = 1003,                       ///< its time ended, the market never was where it wants it
  no_cash = 1004,                           ///< buying power was gone at the fill
  halted = 1005,                            ///< no valid price for the instrument
  bad_order = 1006,                         ///< quantity, side, instrument or prices make no sense
  instrument_gone = 1007,                   ///< the instrument left the universe
  on_request = 1008,                        ///< cancelled by its owner
  too_large = 1009,                         ///< its value does not fit into the money type
  no_quotes = 1010,                         ///< fills are at the quotes, and the data have none
  no_borrow = 1011,                         ///< a short sale of what cannot be borrowed
  no_volume = 1012,                         ///< what it may have of the volume was used up
  by_chance = 1013,                         ///< refused or cut by the probabilities that are set
  below_filled = 1014,                      ///< a replacement to no more than is filled: it ended with that
  no_margin = 1015                          ///< the margin requirement would have exceeded the equity
};

/// An open order, and what became of it so far.
struct WorkingOrder {
  cadre_order order{};
  Charged charged{};  ///< its quantity is what is filled
  Wide paid = 0;      ///< price x quantity of the fills, in 1e-18
  std::int64_t spread_cost_e6 = 0;
  std::int64_t given_ns = 0;       ///< the book's time when it was given
  std::uint32_t bars_to_wait = 1;  ///< 1: it meets the next bar
  std::uint32_t events = 0;        ///< reports so far
  std::int32_t session = 0;        ///< yyyymmdd of the first bar it met; 0: none yet
  bool is_triggered = false;       ///< the market has been at its stop price

  bool is_buy() const { return order.side == CADRE_SIDE_BUY; }
  std::int64_t filled_e9() const { return charged.quantity_e9; }
  std::int64_t left_e9() const { return order.quantity_e9 - charged.quantity_e9; }
  std::string_view id() const { return sdk::view_of(order.client_id); }
  std::uint32_t open_status() const {
    return filled_e9() == 0 ? CADRE_ORDER_NEW : CADRE_ORDER_PARTIALLY_FILLED;
  }
  cadre_trade_result result(std::uint32_t status, std::uint32_t reason = 0) const {
    cadre_trade_result result{};
    result.size = sizeof result;
    result.status = status;
    result.reason = reason;
    result.filled_quantity_e9 = filled_e9();
    result.average_price_e9 =
        filled_e9() == 0 ? 0 : static_cast<std::int64_t>(divided(paid, Wide{filled_e9()}));
    result.fees_e6 = charged.fees_e6;
    result.spread_cost_e6 = spread_cost_e6;
    return result;
  }
};

}  // namespace cadre::simulated_execution
