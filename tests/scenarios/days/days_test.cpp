// Days that books fear, as files: what holds on all of them, whatever trades there.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "host/backtest/replay.hpp"
#include "tests/scenarios/days/day_books.hpp"

namespace cadre::test {
namespace {

class AllDays : public testing::TestWithParam<std::tuple<std::string, std::size_t>> {
 protected:
  const DayBook& book() const { return day_books()[std::get<1>(GetParam())]; }
};

TEST_P(AllDays, are_traded_without_a_refusal_inside_limits_with_money_that_adds_up) {
  const DayFile days = read_days(std::get<0>(GetParam()));
  SCOPED_TRACE(days.what);
  Lab lab = lab_of(days, book());
  const Trace trace = lab.run();
  ASSERT_FALSE(trace.decisions.empty());
  expect_sound(days, lab, trace);
  std::string said;
  EXPECT_EQ(run_program("replay " + lab.path("run").string(), said), 0) << said;
  const auto replayed = backtest::replay_run({lab.path("run"), {}, {}}, {});
  ASSERT_TRUE(replayed);
  EXPECT_TRUE(replayed->identical && replayed->hash_was_compared) << replayed->first_difference;
}

/// Units filled between two dates, the second not among them; of one instrument, or of all.
std::int64_t filled(const Trace& trace, std::int32_t from, std::int32_t to, const std::string& of = {}) {
  std::int64_t units = 0;
  for (const Report& report : trace.reports) {
    const bool counts = report.date >= from && report.date < to && (of.empty() || report.instrument == of);
    units += counts ? std::abs(report.quantity) / 1'000'000'000 : 0;
  }
  return units;
}

double gross(const journal::DecisionRecord& decision) {
  double sum = 0;
  for (std::size_t i = 0; i < decision.price_e9.size(); ++i)
    sum += std::fabs(static_cast<double>(decision.position_e9[i]) * 1e-18 *
                     static_cast<double>(decision.price_e9[i]));
  return sum / decision.equity.to_double();
}

const journal::DecisionRecord& decision_on(const Trace& trace, std::int32_t date) {
  const auto found = std::find_if(trace.decisions.begin(), trace.decisions.end(),
                                  [&](const auto& decision) { return decision.date == date; });
  EXPECT_NE(found, trace.decisions.end()) << date;
  return found == trace.decisions.end() ? trace.decisions.front() : *found;
}

Trace trace_of(const DayFile& days, std::size_t book, std::vector<config::Override> more = {}) {
  DayBook changed = day_books()[book];
  changed.overrides.insert(changed.overrides.end(), more.begin(), more.end());
  Lab lab = lab_of(days, changed);
  return lab.run();
}

/// The book with a view of every instrument from the first day on, instead of momentum's.
Trace trace_wanting_everything(const DayFile& days, std::size_t book, std::vector<config::Override> more) {
  DayBook changed = day_books()[book];
  changed.overrides.push_back({"/data/signals", R"({"file": "signals.csv"})"});
  changed.overrides.push_back(
      {"/chain/signal_sources", R"([{"name": "signals", "agent": "cadre.external_signals"}])"});
  changed.overrides.push_back(
      {"/chain/signal_aggregator", R"({"agent": "cadre.identity.signal_aggregator"})"});
  changed.overrides.insert(changed.overrides.end(), more.begin(), more.end());
  Lab lab = lab_of(days, changed);
  std::string signals = "time,strategy,instrument,direction,strength,confidence,horizon_days\n";
  for (const std::string& id : days.market.instruments)
    signals += "2020-01-02,all," + id + ",1,1,1,1000\n";
  lab.write("signals.csv", signals);
  return lab.run();
}

TEST(FlatDays, are_no_view_for_momentum) {
  EXPECT_EQ(filled(trace_of(read_days("flat"), 0), 0, 99999999), 0);
}

TEST(FlatDays, see_equal_weights_bought_once_and_nothing_by_inverse_volatility) {
  const DayFile days = read_days("flat");
  // Without costs, which would take the equity below what its exposure was sized for.
  const config::Override free{"/execution_environment/config", R"({"fill_at": "close"})"};
  const Trace equal = trace_wanting_everything(days, 0, {free});
  const auto first = std::find(days.market.dates.begin(), days.market.dates.end(), equal.decisions[0].date);
  // 0.99 of a million in six names, in whole units at prices of 20, 35, .. 95: 165,000 each.
  const std::int64_t units =
      165'000 / 20 + 165'000 / 35 + 165'000 / 50 + 165'000 / 65 + 165'000 / 80 + 165'000 / 95;
  EXPECT_EQ(filled(equal, first[1], first[2]), units);
  EXPECT_EQ(filled(equal, 0, 99999999), units) << "and never again";
  EXPECT_EQ(filled(trace_wanting_everything(days, 1, {free}), 0, 99999999), 0);
}

TEST(HaltedDays, fill_nothing_and_leave_positions_as_they_are) {
  const DayFile days = read_days("all_halted");
  for (std::size_t book = 0; book < day_books().size(); ++book) {
    const Trace trace = trace_of(days, book);
    EXPECT_GT(filled(trace, 0, days.date(1)), 0);
    EXPECT_EQ(filled(trace, days.date(1), days.date(2)), 0) << day_books()[book].name;
    for (const Order& order : trace.orders)
      EXPECT_FALSE(order.date >= days.date(1) && order.date < days.date(2)) << order.id;
    const std::vector<std::int64_t> held = decision_on(trace, days.date(0, 39)).position_e9;
    for (const journal::DecisionRecord& decision : trace.decisions) {
      if (decision.date >= days.date(1) && decision.date < days.date(2)) {
        EXPECT_EQ(decision.position_e9, held) << decision.date;
      }
    }
  }
}

TEST(OneInstrument, weighs_no_more_than_its_bound_after_any_decision) {
  const DayFile days = read_days("one_instrument");
  // Momentum has no view of it: scores compare instruments.
  EXPECT_EQ(filled(trace_of(days, 0), 0, 99999999), 0);
  const Trace trace = trace_wanting_everything(
      days, 0,
      {{"/chain/constraints/max_weight", "0.2"}, {"/chain/position_sizer/config/max_position_size", "1"}});
  double largest = 0;
  for (const journal::DecisionRecord& decision : trace.decisions)
    largest = std::max(largest, decision.stages.back().target[0]);
  EXPECT_LE(largest, 0.2 + 1e-9);
  EXPECT_GT(largest, 0.15);
}

TEST(Crash, a_book_gives_up_more_than_half_within_five_sessions_and_buys_nothing_on_a_day_of_loss) {
  const DayFile days = read_days("crash");
  const Trace trace = trace_of(days, 0, {{"/pre_trade_checks/max_daily_loss", "0.03"}});
  const double before = gross(decision_on(trace, days.date(0, 39)));
  EXPECT_GT(before, 0.5);
  EXPECT_LT(gross(decision_on(trace, days.date(4, 2))), before / 2);
  // On each of the days on which more than 3 % was lost nothing was decided that increases.
  for (const std::size_t phase : {1, 2}) {
    for (const Order& order : trace.orders)
      EXPECT_FALSE(order.date == days.date(phase) && order.quantity > 0) << order.id;
  }
}

TEST(IlliquidDays, fill_a_share_of_the_volume_and_nothing_without_any) {
  const DayFile days = read_days("illiquid");
  for (std::size_t book = 0; book < day_books().size(); ++book) {
    const Trace trace = trace_of(days, book);
    EXPECT_EQ(filled(trace, days.date(2), days.date(3)), 0) << day_books()[book].name;
    std::int64_t dry = 0;
    for (std::size_t session = 0; session < 6; ++session) {
      for (const std::string& id : days.market.instruments) {
        const std::int32_t date = days.date(1, session);
        const std::int64_t units = filled(trace, date, date + 1, id);
        EXPECT_LE(units, 40) << date << id;  // a tenth of 400
        dry += units;
      }
    }
    EXPECT_GT(dry, 0) << day_books()[book].name;
    EXPECT_GT(filled(trace, days.date(4), 99999999), dry) << day_books()[book].name;
  }
}

TEST(GapDays, trade_the_others_and_the_jump_is_a_loss_of_the_day_it_is_seen) {
  const DayFile days = read_days("gap");
  const Trace trace = trace_of(days, 0);
  for (const char* id : {"AA", "BB"})
    EXPECT_EQ(filled(trace, days.date(1), days.date(2), id), 0);
  const journal::DecisionRecord &before = decision_on(trace, days.date(1, 2)),
                                &after = decision_on(trace, days.date(2));
  EXPECT_EQ(before.price_e9[0], decision_on(trace, days.date(0, 39)).price_e9[0]) << "the mark stays";
  EXPECT_NEAR(static_cast<double>(after.price_e9[0]) / static_cast<double>(before.price_e9[0]), 0.7, 0.05);
}

TEST(VolatilitySpike, halves_a_book_whose_volatility_is_limited) {
  const DayFile days = read_days("volatility_spike");
  const Trace trace = trace_of(days, 1);
  const double before = gross(decision_on(trace, days.date(0, 39)));
  EXPECT_LT(gross(decision_on(trace, days.date(1, 8))), before / 2);
  EXPECT_LE(decision_on(trace, days.date(1, 8)).volatility, 0.15 * (1 + 1e-9));
}

TEST(SlowBleed, costs_a_long_book_what_it_holds_of_the_fall_and_alarms_no_daily_limit) {
  const DayFile days = read_days("slow_bleed");
  const Trace trace = trace_of(days, 0, {{"/pre_trade_checks/max_daily_loss", "0.02"}});
  // Prices fall by 0.994^60 = 0.697 and by the names' own luck; at most 0.99 of the equity is in them.
  EXPECT_GT(trace.accounts.back().equity.to_double(), 0.69e6);
  EXPECT_LT(trace.accounts.back().equity.to_double(), 0.80e6);
  for (std::size_t k = 1; k < trace.accounts.size(); ++k)
    EXPECT_GT(trace.accounts[k].equity.to_double(), 0.98 * trace.accounts[k - 1].equity.to_double());
  EXPECT_THAT(trace.orders, testing::Each(testing::Field(&Order::failed, testing::IsEmpty())));
  EXPECT_GT(trace_of(days, 2).accounts.back().equity.raw(), trace.accounts.back().equity.raw())
      << "long and short";
}

TEST(MeltUp, leaves_no_position_bought_above_its_bound) {
  const DayFile days = read_days("melt_up");
  const Trace trace = trace_of(days, 0);
  EXPECT_GT(trace.accounts.back().equity.to_double(), 1.2e6);
  for (const Report& report : trace.reports) {
    if (report.quantity <= 0) continue;
    const auto& decided = *std::prev(std::find_if(trace.decisions.begin(), trace.decisions.end(),
                                                  [&](const auto& d) { return d.date >= report.date; }));
    const auto i = static_cast<std::size_t>(report.instrument[0] - 'A');
    EXPECT_LE(decided.stages.back().target[i], 0.3 + 1e-9) << report.id;
  }
}

TEST(CorrelationBreakdown, holds_back_what_moves_together_and_lets_it_go_when_it_parts) {
  const DayFile days = read_days("correlation_breakdown");
  const Trace trace = trace_of(days, 0);
  const auto cuts = [&](std::int32_t date) {
    std::size_t count = 0;
    for (const auto& stage : decision_on(trace, date).stages)
      for (const cadre_reason& reason : stage.reasons)
        count += reason.code == CADRE_REASON_CORRELATION;
    return count;
  };
  std::size_t together = 0;
  for (std::size_t session = 30; session < 40; ++session)
    together += cuts(days.date(0, session));
  EXPECT_GT(together, 0u);
  for (std::size_t session = 25; session < 40; ++session)
    EXPECT_EQ(cuts(days.date(1, session)), 0u) << session;
}

INSTANTIATE_TEST_SUITE_P(Days, AllDays,
                         testing::Combine(testing::ValuesIn(day_names()),
                                          testing::Range(std::size_t{0}, day_books().size())),
                         [](const auto& of) {
                           return std::get<0>(of.param) + "_" + day_books()[std::get<1>(of.param)].name;
                         });

}  // namespace
}  // namespace cadre::test
