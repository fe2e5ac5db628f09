#include "tests/scenarios/days/day_books.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <boost/json.hpp>
#include <cmath>
#include <fstream>
#include <sstream>

#include "host/base/decimal.hpp"

namespace cadre::test {

namespace {

constexpr const char* scenario_text = R"({
  "name": "days", "scenario": "backtest",
  "chain": ")" CADRE_SOURCE_DIR R"(/manifests/chains/demo.json",
  "book": {"id": "main", "initial_cash": 1000000},
  "data": {"prices": {"file": "prices.csv", "adjustment": "raw", "volume": "shares", "missing": "leave",
                      "suspect_move": 10}},
  "instruments": {"lot": 1},
  "execution_environment": {"agent": "cadre.simulated_execution",
    "config": {"fill_at": "close", "commission_bp": 2, "half_spread_bp": 2, "max_participation": 0.1}}
})";

std::vector<config::Override> short_windows() {
  return {{"/chain/services/0/config", R"({"window": 20, "min_observations": 10})"},
          {"/chain/signal_sources/0/config", R"({"lookback": 15, "skip": 0})"},
          {"/chain/position_sizer/config", R"({"max_position_size": 0.3, "min_position_size": 0.01})"},
          {"/chain/risk_managers/0/config/var_lookback", "20"},
          {"/chain/correlation_adjuster/config/correlation_lookback", "20"}};
}

std::vector<config::Override> joined(std::vector<config::Override> all,
                                     const std::vector<config::Override>& more) {
  all.insert(all.end(), more.begin(), more.end());
  return all;
}

std::vector<config::Override> long_and_short() {
  return joined(
      short_windows(),
      {{"/chain/constraints",
        R"({"long_only": false, "max_gross_exposure": 1.2, "max_net_exposure": 0.6, "max_weight": 0.3})"},
       {"/book/account", "\"margin\""},
       {"/instruments/borrow_rate", "0.02"},
       {"/instruments/margin_rate", "0.3"},
       {"/pre_trade_checks/max_order_notional", "150000"},
       {"/pre_trade_checks/margin_buffer", "0.05"},
       {"/pre_trade_checks/max_daily_loss", "0.04"}});
}

double share_of(std::int64_t quantity_e9, std::int64_t price_e9, base::Money equity) {
  return static_cast<double>(quantity_e9) * 1e-9 * static_cast<double>(price_e9) * 1e-9 / equity.to_double();
}

}  // namespace

const std::vector<DayBook>& day_books() {
  static const std::vector<DayBook> books{
      {"demo", short_windows()},
      {"inverse_volatility",
       joined(
           short_windows(),
           {{"/chain/position_sizer/config",
             R"({"method": "inverse_volatility", "max_position_size": 0.3, "min_position_size": 0.01})"}})},
      {"long_and_short", long_and_short()},
      {"soft_and_paced",
       joined(
           long_and_short(),
           {{"/chain/risk_managers/0/config/limit_type", "\"soft\""},
            {"/chain/constraints/interim_net", "0.65"},
            {"/pre_trade_checks/turnover_budget", R"({"max": 1.5, "sessions": 5})"},
            {"/chain/execution_rules/config",
             R"({"default_order_type": "MARKET", "time_in_force": "GTC", "schedule": "twap", "slices": 3, "on_impact": "slice"})"}})}};
  return books;
}

Lab lab_of(const DayFile& days, const DayBook& book) {
  return Lab(days.market, book.overrides, scenario_text);
}

Rows read_rows(const std::filesystem::path& file) {
  std::ifstream in(file);
  EXPECT_TRUE(in) << file;
  const auto cells = [](const std::string& line) {
    std::vector<std::string> all;
    std::istringstream rest(line + ",");
    for (std::string cell; std::getline(rest, cell, ',');)
      all.push_back(cell);
    return all;
  };
  std::string line;
  std::getline(in, line);
  const std::vector<std::string> names = cells(line);
  Rows rows;
  while (std::getline(in, line)) {
    const auto row = cells(line);
    auto& named = rows.emplace_back();
    for (std::size_t k = 0; k < names.size(); ++k)
      named[names[k]] = k < row.size() ? row[k] : "";
  }
  return rows;
}

namespace {

/// Money in millionths of a product of two billionths, both of one of which are whole: exact or a failure.
std::int64_t worth_e6(std::int64_t quantity_e9, std::int64_t price_e9) {
  __extension__ typedef __int128 Wide;
  const Wide product = static_cast<Wide>(quantity_e9) * price_e9;
  EXPECT_EQ(static_cast<std::int64_t>(product % 1'000'000'000'000), 0);
  return static_cast<std::int64_t>(product / 1'000'000'000'000);
}

void expect_no_refusal(const Trace& trace) {
  for (const Order& order : trace.orders)
    EXPECT_THAT(order.failed, testing::IsEmpty()) << order.date << ' ' << order.id;
}

/// Whether the last stage's targets hold more of anything, or its other side, than what was filled.
bool increases(const journal::DecisionRecord& decision) {
  const std::vector<double>& target = decision.stages.back().target;
  for (std::size_t i = 0; i < target.size(); ++i) {
    const double now = share_of(decision.position_e9[i], decision.price_e9[i], decision.equity);
    if (std::fabs(target[i]) > std::fabs(now) + 1e-9 || target[i] * now < -1e-12) return true;
  }
  return false;
}

/// What the book that is held uses of a limit of the risk manager, out of the closes alone; the window of
/// `short_windows` has no gap.
double used_by_held(const Market& market, const journal::DecisionRecord& decision,
                    const cadre_limit_use& use) {
  constexpr std::size_t window = 20;
  const auto day = std::find(market.dates.begin(), market.dates.end(), decision.date);
  const auto last = static_cast<std::size_t>(day - market.dates.begin());
  const std::size_t count = market.instruments.size();
  std::vector<double> weight(count), book(window), one(window);
  for (std::size_t i = 0; i < count; ++i)
    weight[i] = share_of(decision.position_e9[i], decision.price_e9[i], decision.equity);
  double mean = 0, mean_one = 0;
  for (std::size_t t = 0; t < window; ++t) {
    const std::size_t row = last - window + 1 + t;
    for (std::size_t i = 0; i < count; ++i) {
      const double r = market.close[row][i] / market.close[row - 1][i] - 1;
      book[t] += weight[i] * r;
      if (i == use.instrument) one[t] = weight[i] * r;
    }
    mean += book[t] / window;
    mean_one += one[t] / window;
  }
  double variance = 0, component = 0;
  for (std::size_t t = 0; t < window; ++t) {
    variance += (book[t] - mean) * (book[t] - mean) / (window - 1);
    component += (book[t] - mean) * (one[t] - mean_one) / (window - 1);
  }
  const std::string_view name = use.name.text;
  if (name == "portfolio_volatility") return std::sqrt(252 * variance);
  if (name == "position_risk") return std::fabs(component) / std::sqrt(variance) * std::sqrt(252);
  std::sort(book.begin(), book.end());
  return -book[0];  // one of twenty: 5 %
}

void expect_limits_kept_but_by_reductions(const Market& market, const Trace& trace) {
  for (const journal::DecisionRecord& decision : trace.decisions) {
    for (const cadre_limit_use& use : decision.limits) {
      if (journal::filled_returns == use.name.text || (use.flags & CADRE_LIMIT_HARD) == 0) continue;
      if (use.value <= use.limit * (1 + 1e-9) || !increases(decision)) continue;
      // A book that prices moved above its limit may swap one risk for another, but not add any.
      EXPECT_LE(use.value, used_by_held(market, decision, use) * (1 + 1e-6))
          << decision.date << ' ' << use.name.text << ' ' << use.value << " of " << use.limit;
    }
  }
}

/// Equity, cash and positions out of the fills alone, and as the files and the records of accounts say them.
void expect_money_adds_up(const Lab& lab, const Trace& trace) {
  std::map<std::string, std::int64_t> worth;  // by date, of positions
  for (const auto& row : read_rows(lab.path("run") / "positions.csv")) {
    const std::int64_t value = base::Money::parse(row.at("value"))->raw();
    EXPECT_EQ(value, worth_e6(base::Quantity::parse(row.at("quantity"))->raw(),
                              base::Price::parse(row.at("price"))->raw()))
        << row.at("date");
    worth[row.at("date")] += value;
  }
  std::int64_t costs = 0;
  const auto rows = read_rows(lab.path("run") / "equity.csv");
  for (const auto& row : rows) {
    const auto money = [&](const char* name) { return base::Money::parse(row.at(name))->raw(); };
    EXPECT_EQ(money("equity"), money("cash") + worth[row.at("date")]) << row.at("date");
    EXPECT_EQ(money("equity"), 1'000'000'000'000 + money("profit") - money("costs")) << row.at("date");
    costs = money("costs");
  }
  ASSERT_EQ(rows.size(), trace.accounts.size());
  std::int64_t cash = 1'000'000'000'000, fees = 0;
  for (const Report& report : trace.reports) {
    cash -= worth_e6(report.quantity, report.price_e9) + report.fees_e6;
    fees += report.fees_e6 + report.spread_e6;
  }
  const std::int64_t borrow = costs - fees;
  EXPECT_EQ(trace.accounts.back().cash.raw(), cash - borrow);
  std::ifstream in(lab.path("run") / "result.json");
  std::ostringstream text;
  text << in.rdbuf();
  const auto result = boost::json::parse(text.str());
  EXPECT_NEAR(result.at("borrow").to_number<double>(), static_cast<double>(borrow) * 1e-6, 1e-6);
}

void expect_reasons(const Lab& lab, const Trace& trace) {
  for (const journal::DecisionRecord& decision : trace.decisions) {
    if (decision.stages.size() < 2) continue;
    const auto& last = decision.stages.back();
    const auto& before = decision.stages[decision.stages.size() - 2];
    for (std::size_t i = 0; i < last.target.size(); ++i) {
      if (std::fabs(last.target[i] - before.target[i]) > 1e-9) {
        EXPECT_NE(last.reasons[i].code, 0u) << decision.date << " instrument " << i;
      }
    }
  }
  for (const auto& row : read_rows(lab.path("run") / "orders.csv")) {
    const bool is_whole = row.at("quantity") == row.at("filled_quantity");
    const bool ended =
        row.at("status") == "expired" || row.at("status") == "canceled" || row.at("status") == "rejected";
    if (!is_whole && ended) {
      EXPECT_NE(row.at("reason"), "") << row.at("client_id");
    }
  }
  for (const auto& row : read_rows(lab.path("run") / "parents.csv")) {
    if (row.at("state") == "ended") {
      EXPECT_NE(row.at("reasons"), "") << row.at("client_id");
    }
  }
}

}  // namespace

void expect_sound(const DayFile& days, const Lab& lab, const Trace& trace) {
  expect_no_refusal(trace);
  expect_limits_kept_but_by_reductions(days.market, trace);
  expect_money_adds_up(lab, trace);
  expect_reasons(lab, trace);
}

}  // namespace cadre::test
