#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "host/execution/pre_trade_gate.hpp"
#include "host/model/order.hpp"

namespace cadre::execution {

inline constexpr std::int64_t unit = 1'000'000'000;

/// What a decision of this test sees. Four instruments at 100 with lots of 10: BIG 300 units long (30,000),
/// EMPTY none, SHORT 100 units short, CLOSED 50 units long. Cash makes the equity 100,000.
struct Setting {
  config::PreTradeConfig limits{
      0.1, *base::Money::parse("20000"), *base::Quantity::parse("500"), 0.25, 5, 0.0, {}};
  config::ConstraintsConfig constraints{false, 1.0, 1.0, 0.4};
  std::vector<std::int64_t> price = std::vector<std::int64_t>(4, 100 * unit);
  std::vector<std::uint8_t> traded = {1, 1, 1, 1};
  std::vector<double> volume = {10'000, 10'000, 10'000, 10'000};
  std::int64_t committed = 0;  // money that open buys may still cost
  const char* cash = "75000";  // 75,000 + 30,000 - 10,000 + 5,000 = 100,000
  const char* minimum_notional = "0";
  std::int32_t listed_from = 0, listed_to = 0;
  std::vector<model::TickStep> ticks{};
  std::int64_t time_ns = 0;
  std::optional<double> margin_rate{};
  config::Account account = config::Account::cash;
};

enum : std::uint32_t { big, empty, short_held, closed_market };

class Decision {
 public:
  explicit Decision(Setting setting, std::int32_t date = 20240102) : setting_(std::move(setting)) {
    for (const char* id : {"BIG", "EMPTY", "SHORT", "CLOSED"}) {
      model::Instrument about;
      about.id = id;
      about.lot = *base::Quantity::parse("10");
      about.minimum_notional = *base::Money::parse(setting_.minimum_notional);
      about.listed_from = setting_.listed_from;
      about.listed_to = setting_.listed_to;
      about.ticks = setting_.ticks;
      about.groups = {universe_.size() < 2 ? "first" : "second", "all"};
      about.margin_rate = setting_.margin_rate;
      universe_.instruments.push_back(about);
    }
    const std::int64_t held[] = {300, 0, -100, 50};
    for (std::uint32_t i = 0; i < 4; ++i) {
      EXPECT_TRUE(portfolio_.mark(i, base::Price::from_raw(100 * unit), universe_.instruments[i]));
      EXPECT_TRUE(portfolio_.apply_fill(
          {i, base::Quantity::from_raw(held[i] * unit), base::Price::from_raw(100 * unit), {}, {}},
          universe_.instruments[i]));
    }
    const auto spare = checked_subtract(portfolio_.cash(), *base::Money::parse(setting_.cash));
    EXPECT_TRUE(portfolio_.charge(*spare));
    gate_.emplace(setting_.limits, setting_.constraints);
    gate_->enter_account(setting_.account);
    gate_->enter_universe(universe_);
    begin(date);
  }

  PreTradeGate& gate() { return *gate_; }
  const model::Universe& universe() const { return universe_; }
  /// What was working before the decision, in units.
  void works(std::uint32_t instrument, std::int64_t buy, std::int64_t sell) {
    gate_->count_open(instrument, buy * unit, sell * unit);
    begin(20240102);
  }
  /// Another decision of the day, at this time.
  void at(std::int64_t time_ns) {
    setting_.time_ns = time_ns;
    begin(20240102);
  }
  void begin(std::int32_t date) {
    gate_->begin_decision(date, portfolio_,
                          {setting_.price, setting_.traded, setting_.volume, {}, setting_.time_ns},
                          base::Money::from_raw(setting_.committed * 1'000'000));
  }

  std::set<std::string> failures(const cadre_order& order) {
    const Verdict verdict = gate_->check(order);
    const std::vector<std::string> codes = failed_codes(verdict);
    EXPECT_EQ(verdict.accepted(), codes.empty());
    EXPECT_EQ(verdict_of(codes).failed, verdict.failed);
    return {codes.begin(), codes.end()};
  }

 private:
  Setting setting_;
  model::Universe universe_;
  model::Portfolio portfolio_{4, *base::Money::parse("1000000")};
  std::optional<PreTradeGate> gate_;
};

inline cadre_order trade(std::uint32_t instrument, std::int64_t signed_units) {
  cadre_order order{};
  order.size = sizeof order;
  order.instrument = instrument;
  order.side = signed_units > 0 ? CADRE_SIDE_BUY : CADRE_SIDE_SELL;
  order.type = CADRE_ORDER_MARKET;
  order.time_in_force = CADRE_TIF_DAY;
  order.quantity_e9 = (signed_units > 0 ? signed_units : -signed_units) * unit;
  return order;
}

inline cadre_order limit(std::uint32_t instrument, std::int64_t signed_units, const char* price) {
  cadre_order order = trade(instrument, signed_units);
  order.type = CADRE_ORDER_LIMIT;
  order.limit_price_e9 = base::Price::parse(price)->raw();
  return order;
}

inline cadre_order with(cadre_order order, const std::function<void(cadre_order&)>& change) {
  change(order);
  return order;
}

}  // namespace cadre::execution
