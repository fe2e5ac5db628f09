#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// What a broker takes for a fill. Money in 1e-6, rates and quantities in 1e-9.
namespace cadre::simulated_execution {

/// Money per unit traded, and a share of what it is worth.
struct Rate {
  std::int64_t per_share_e9 = 0;
  std::int64_t share_e9 = 0;

  std::optional<std::int64_t> of(std::int64_t quantity_e9, std::int64_t notional_e6) const;
};

/// The schedule of one instrument, or of all that have none of their own.
struct Schedule {
  Rate rate;
  std::int64_t per_order_e6 = 0;
  std::int64_t minimum_e6 = 0;                   ///< of an order that fills
  std::optional<std::int64_t> maximum_share_e9;  ///< of the order's notional; stronger than the minimum
  bool is_tiered = false;                        ///< the tiers of the commission take the place of the rate
};

/// What was traded and charged of one order so far.
struct Charged {
  std::int64_t quantity_e9 = 0;
  std::int64_t notional_e6 = 0;
  std::int64_t by_rate_e6 = 0;  ///< before minimum and maximum
  std::int64_t fees_e6 = 0;
};

class Commission {
 public:
  /// A rate that holds from this volume of the month on.
  struct Tier {
    std::int64_t from = 0;  ///< quantity in 1e-9 or money in 1e-6, as `by_money` says
    Rate rate;
  };

  Schedule usual;
  bool by_money = false;
  std::vector<Tier> tiers;  ///< ascending, the first from 0; empty: none

  /// Replaces the schedule of one instrument. False: it has one of its own already.
  bool set(std::string instrument_id, const Schedule& schedule);
  /// Which schedule an instrument has: 0 is the usual one.
  std::uint32_t place_of(std::string_view instrument_id) const;
  const Schedule& at(std::uint32_t place) const {
    return place == 0 || place > own_.size() ? usual : own_[place - 1].schedule;
  }

  /// The fees of a fill of this order, beyond those it was charged; nullopt when they do not fit. Never falls
  /// when the quantity rises. `charged` is what comes out, with the fill in it.
  std::optional<std::int64_t> charge(const Schedule& schedule, std::int64_t month_volume,
                                     std::int64_t quantity_e9, std::int64_t notional_e6,
                                     Charged& charged) const;

  /// What a fill adds to the volume of its month.
  std::int64_t volume_of(std::int64_t quantity_e9, std::int64_t notional_e6) const {
    return by_money ? notional_e6 : quantity_e9;
  }

 private:
  struct Own {
    std::string instrument_id;
    Schedule schedule;
  };

  std::optional<std::int64_t> by_tiers(std::int64_t month_volume, std::int64_t quantity_e9,
                                       std::int64_t notional_e6) const;

  std::vector<Own> own_;  // by id
};

/// How much was traded in the running calendar month; tiers begin anew with the next.
class MonthVolume {
 public:
  /// The month of a date yyyymmdd.
  void enter(std::int32_t date);
  void add(std::int64_t volume);
  std::int64_t volume() const { return volume_; }
  std::int32_t month() const { return month_; }
  void restore(std::int32_t month, std::int64_t volume);

 private:
  std::int32_t month_ = 0;  // yyyymm
  std::int64_t volume_ = 0;
};

}  // namespace cadre::simulated_execution
