#pragma once

#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "cadre/state.h"

namespace cadre::testing {

inline constexpr double missing = std::numeric_limits<double>::quiet_NaN();
using Numbers = std::vector<double>;
using Rows = std::vector<Numbers>;  ///< periods, oldest first; or the rows of a matrix

cadre_signal make_signal(std::uint32_t instrument, int direction, double strength, double confidence,
                         std::string_view strategy = "test", double horizon_days = 21,
                         std::int64_t time_ns = 0);

/// Builds an execution state and owns its memory. Starts with: nothing held, cash and equity 1,000,000, no
/// prices, windows, signals, views or services; long only, gross, net and largest weight at most 1; lots of
/// 1, ticks of 0.01, multiplier 1, USD, 252 periods a year, epoch 1. A number that is `missing` becomes NaN
/// with validity 0. Every setter returns the state.
class FakeState {
 public:
  explicit FakeState(std::vector<std::string> ids);

  FakeState& at(std::int64_t time_ns, std::int32_t session_date);
  FakeState& close(Numbers values);  ///< the mark too, where it is not missing
  FakeState& open(Numbers values);
  FakeState& high(Numbers values);
  FakeState& low(Numbers values);
  FakeState& volume(Numbers values);
  /// Quotes at the close of the bar, and at its open; empty: the data have none.
  friend FakeState& set_quotes(FakeState& state, Numbers bid, Numbers ask, Numbers opening_bid,
                               Numbers opening_ask);
  /// How long a bar is; not known before it is set.
  friend FakeState& set_bar_period(FakeState& state, std::int64_t period_ns);
  /// History of daily bars: sessions and bars have the same rows.
  FakeState& returns(const Rows& rows);
  FakeState& closes(const Rows& rows);
  FakeState& volumes(const Rows& rows);
  FakeState& weight(Numbers values);
  FakeState& quantity(const Numbers& units);
  FakeState& cash(double value);
  FakeState& equity(double value);
  FakeState& score(Numbers values, Numbers confidence = {});
  FakeState& signals(std::vector<cadre_signal> values);
  /// The next service in the order of the agent's `requires`; only the lower triangle is handed over.
  FakeState& service(std::string_view id, const Rows& matrix, std::uint32_t observations = 252);
  FakeState& no_service(std::string_view id);  ///< optional and not bound
  FakeState& clear_services();
  FakeState& constraints(bool long_only, double max_gross = 1, double max_net = 1, double max_weight = 1);
  FakeState& instrument(std::uint32_t i, double tick, double lot, double multiplier, std::string group = {});
  FakeState& periods_per_year(double value);  ///< sessions too: the bars are daily
  FakeState& epoch(std::uint64_t value);
  /// As many bars as this in a session of the same year.
  friend FakeState& set_bars_per_session(FakeState& state, double bars);
  friend FakeState& set_short_collateral(FakeState& state, double money);
  /// How many orders there have been.
  friend FakeState& set_orders(FakeState& state, std::uint64_t orders);
  /// Missing: it cannot be borrowed.
  friend FakeState& set_borrow_rate(FakeState& state, std::uint32_t i, double per_year);
  friend FakeState& set_margin_rate(FakeState& state, std::uint32_t i, double share);
  friend FakeState& set_margin_account(FakeState& state);

  std::uint32_t size() const { return static_cast<std::uint32_t>(ids_.size()); }
  /// Valid until the next setter.
  const cadre_execution_state& raw() const;

 private:
  struct Column {
    Numbers values;
    std::vector<std::uint8_t> valid;
    bool exists = false;
    void set(Numbers numbers);
    cadre_column raw() const;
  };
  struct Window {
    Numbers values;
    std::vector<std::uint8_t> valid;
    std::uint32_t rows = 0;
    void set(const Rows& all);
    cadre_window raw(std::uint32_t columns, std::uint32_t period) const;
  };
  struct Service {
    std::string id;
    Numbers values;
    std::uint32_t rows = 0;
    std::uint32_t observations = 0;
  };

  std::vector<std::string> ids_, groups_;
  mutable std::vector<cadre_instrument> instruments_;
  Column open_, high_, low_, close_, volume_, price_, score_, confidence_;
  Column bid_, ask_, opening_bid_, opening_ask_;
  cadre_windows windows(std::uint32_t period) const;

  Window returns_, closes_, volumes_;
  Numbers weight_, working_weight_;
  std::vector<std::int64_t> quantity_, working_buy_, working_sell_;
  std::vector<cadre_signal> signals_;
  std::vector<Service> services_;
  mutable std::vector<cadre_service> raw_services_;
  cadre_constraints constraints_{};
  cadre_execution_metrics metrics_{};
  mutable cadre_execution_state raw_{};
};

FakeState& set_quotes(FakeState& state, Numbers bid, Numbers ask, Numbers opening_bid = {},
                      Numbers opening_ask = {});
FakeState& set_bar_period(FakeState& state, std::int64_t period_ns);

FakeState& set_bars_per_session(FakeState& state, double bars);
FakeState& set_short_collateral(FakeState& state, double money);
FakeState& set_orders(FakeState& state, std::uint64_t orders);
FakeState& set_borrow_rate(FakeState& state, std::uint32_t i, double per_year);
FakeState& set_margin_rate(FakeState& state, std::uint32_t i, double share);
/// The book may owe cash.
FakeState& set_margin_account(FakeState& state);

}  // namespace cadre::testing
