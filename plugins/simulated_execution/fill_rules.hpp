#pragma once

#include <cadre/order.h>

#include <cstdint>

/// At which price, if any, a bar fills an order. Prices in 1e-9. All no-alloc.
namespace cadre::simulated_execution {

/// Where an order without a price of its own trades: at the bar's open, at its close, or at the quotes of its
/// close, buys at the ask and sells at the bid.
enum class FillAt { open, close, touch };

/// The part of a bar in which an order may trade.
enum class Moment {
  day,        ///< at any time of it
  opening,    ///< in the auction at its open
  closing,    ///< in the auction at its close
  immediate,  ///< at the one price at which it arrives, which is that of market orders
};

/// One instrument's bar. A price of 0 is one that is not there, or not to be seen by the order.
struct Bar {
  std::int64_t open = 0;
  std::int64_t high = 0;
  std::int64_t low = 0;
  std::int64_t close = 0;
  std::int64_t bid = 0;  ///< at the close, like the ask
  std::int64_t ask = 0;

  bool has_range() const { return open > 0 && high > 0 && low > 0; }
};

struct Fill {
  std::int64_t price = 0;      ///< what is paid or got, half-spread included
  std::int64_t mid_price = 0;  ///< without it
};

/// One order that meets one bar.
struct Meeting {
  bool is_buy = true;
  Moment moment = Moment::day;
  std::int64_t limit = 0;     ///< of types that have one
  std::int64_t stop = 0;      ///< likewise
  bool is_triggered = false;  ///< the market has been at the stop price before this bar
  Bar bar{};
  FillAt fill_at = FillAt::close;
  std::int64_t half_spread_e9 = 0;  ///< as a share of the price; 0 where fills are at the touch
};

struct Outcome {
  enum class Kind {
    filled,
    not_reached,  ///< the market was not where the order wants it
    no_price,     ///< the bar lacks the price it would trade at
  };
  Kind kind = Kind::not_reached;
  Fill fill{};
  bool is_triggered = false;  ///< the market has been at the stop price by the end of this bar
};

/// How orders of one type are filled. Which types there are is a table: a new one is a row and its function.
struct FillRule {
  std::uint32_t order_type;      ///< CADRE_ORDER_...
  bool has_limit;                ///< an order without a positive limit price is refused
  bool has_stop;                 ///< likewise, stop price
  std::uint64_t times_in_force;  ///< what it may be combined with, CADRE_BIT_OF
  Outcome (*fill)(const Meeting& meeting);
};

/// nullptr for a type that is not filled here. Static storage.
const FillRule* find_fill_rule(std::uint32_t order_type);
/// The types that have a rule, as a set of CADRE_BIT_OF.
std::uint64_t order_types_filled();

}  // namespace cadre::simulated_execution
