#include <cmath>
#include <fstream>
#include <sstream>

#include "tests/unit/plugins/agent_under_test.hpp"
#include "tests/unit/plugins/allocation_count.hpp"

/// The agents of manifests/chains/demo.json in a row, with the least of a host around them, over real closes.
namespace cadre::test {
namespace {

constexpr std::size_t lookback = 252;

struct Prices {
  std::vector<std::string> ids;
  Rows closes;
};

Prices read_prices() {
  std::ifstream file(std::string(CADRE_SOURCE_DIR) + "/tests/data/dow30_close_1991_2001.csv");
  Prices prices;
  std::string line;
  std::string cell;
  std::getline(file, line);
  std::istringstream head(line);
  std::getline(head, cell, ',');
  while (std::getline(head, cell, ','))
    prices.ids.push_back(cell);
  while (std::getline(file, line)) {
    std::istringstream row(line);
    std::getline(row, cell, ',');
    prices.closes.emplace_back();
    while (std::getline(row, cell, ','))
      prices.closes.back().push_back(std::stod(cell));
  }
  return prices;
}

class DemoChain {
 public:
  explicit DemoChain(Prices prices)
      : prices_(std::move(prices)), state_(prices_.ids), n_(prices_.ids.size()) {
    position_.assign(n_, 0.0);
    signals_.resize(n_);
    score_.assign(n_, 0.0);
    confidence_.assign(n_, 0.0);
    valid_.assign(n_, 0);
    component_.assign(n_, 0.0);
    limits_.resize(n_ + 2);
    pairs_.resize(n_ * n_);
    actions_.resize(n_);
    reasons_.resize(n_);
  }

  /// Bar t: fills of yesterday's orders, then a decision once there is history.
  void step(std::size_t t) {
    Rows returns;
    Rows closes;
    for (std::size_t s = t > lookback ? t - lookback : 0; s <= t; ++s) {
      closes.push_back(prices_.closes[s]);
      Numbers row(n_, missing);
      for (std::size_t i = 0; s > 0 && i < n_; ++i)
        row[i] = prices_.closes[s][i] / prices_.closes[s - 1][i] - 1.0;
      returns.push_back(row);
    }
    state_.close(prices_.closes[t]).returns(returns).closes(closes);
    mark(t);
    ASSERT_EQ(environment_.agent.observe_bar(state_), CADRE_OK);
    take_fills();
    mark(t);
    ASSERT_EQ(covariance_.agent.observe_bar(state_), CADRE_OK);
    ASSERT_EQ(rules_.agent.observe_bar(state_), CADRE_OK);
    if (t > lookback) decide(t);
  }

  double equity() const { return equity_; }
  double cash() const { return cash_; }
  std::size_t fills() const { return fills_; }
  std::size_t cuts() const { return cuts_; }
  std::size_t most_passes() const { return most_passes_; }
  std::size_t allocations() const { return allocations_; }
  std::size_t first_allocations() const { return first_allocations_; }

 private:
  void mark(std::size_t t) {
    equity_ = cash_;
    for (std::size_t i = 0; i < n_; ++i)
      equity_ += position_[i] * prices_.closes[t][i];
    Numbers weight(n_);
    for (std::size_t i = 0; i < n_; ++i)
      weight[i] = position_[i] * prices_.closes[t][i] / equity_;
    state_.cash(cash_).equity(equity_).quantity(position_).weight(weight);
  }

  void take_fills() {
    auto report = testing::lent<cadre_execution_report>();
    const auto& table = environment_.agent.table<cadre_execution_environment>();
    while (table.next_report(environment_.agent.self(), &report) == CADRE_OK) {
      const double sign = report.side == CADRE_SIDE_BUY ? 1.0 : -1.0;
      const double units = sign * static_cast<double>(report.quantity_e9) * 1e-9;
      position_[report.instrument] += units;
      cash_ -=
          units * static_cast<double>(report.price_e9) * 1e-9 + static_cast<double>(report.fees_e6) * 1e-6;
      fills_ += report.quantity_e9 > 0;
    }
  }

  void decide(std::size_t t) {
    Rows matrix(n_, Numbers(n_, missing));
    cadre_service_output out{};
    out.size = sizeof out;
    out.rows = out.columns = static_cast<std::uint32_t>(n_);
    ASSERT_EQ(covariance_.agent.table<cadre_service_provider>().publish(
                  covariance_.agent.self(), &state_.raw(), CADRE_TEXT("cadre.covariance/1"), &out),
              CADRE_OK);
    ASSERT_EQ(out.observations, lookback);
    for (std::size_t c = 0; c < n_; ++c) {
      for (std::size_t r = c; r < n_; ++r)
        matrix[r][c] = out.lent[c * out.stride + r];
    }
    state_.clear_services().service("cadre.covariance/1", matrix, out.observations);

    const AllocationCount momentum_count;
    cadre_signal_list list{sizeof list, 0, signals_.data(), sizeof(cadre_signal), signals_.size(), 0};
    ASSERT_EQ(momentum_.agent.table<cadre_signal_source>().generate_signals(momentum_.agent.self(),
                                                                            &state_.raw(), &list),
              CADRE_OK);
    std::size_t allocated = momentum_count.since();
    ASSERT_EQ(list.needed, n_);
    state_.signals(signals_);
    const cadre_execution_state& with_signals = state_.raw();

    cadre_views views{sizeof views, state_.size(), score_.data(), confidence_.data(), valid_.data()};
    const AllocationCount aggregator_count;
    ASSERT_EQ(aggregator_.agent.table<cadre_signal_aggregator>().aggregate_signals(aggregator_.agent.self(),
                                                                                   &with_signals, &views),
              CADRE_OK);
    allocated += aggregator_count.since();
    state_.score(score_, confidence_);
    size_and_cut(allocated);
    ASSERT_NO_FATAL_FAILURE(send_orders(t, allocated));
    (t > lookback + 1 ? allocations_ : first_allocations_) += allocated;
  }

  void size_and_cut(std::size_t& allocated) {
    const cadre_execution_state& state = state_.raw();
    targets_ = TestTargets(Numbers(state.weight, state.weight + n_));
    cadre_targets* targets = targets_.raw();
    const AllocationCount count;
    ASSERT_EQ(sizer_.agent.table<cadre_position_sizer>().propose_trades(sizer_.agent.self(), &state, targets),
              CADRE_OK);
    const auto& risk = risk_.agent.table<cadre_risk_manager>();
    cadre_risk_report report{sizeof report,
                             0,
                             0,
                             0,
                             0,
                             component_.data(),
                             limits_.data(),
                             static_cast<std::uint32_t>(limits_.size()),
                             0,
                             state.instrument_count,
                             0,
                             0};
    std::size_t passes = 0;
    for (;; ++passes) {
      ASSERT_EQ(risk.analyze_risk(risk_.agent.self(), &state, targets->weight, &report), CADRE_OK);
      if (report.acceptable == CADRE_ACCEPTABLE) break;
      ASSERT_LT(passes, 10U);
      ASSERT_EQ(risk.adjust_trades(risk_.agent.self(), &state, &report, targets), CADRE_OK);
    }
    most_passes_ = std::max(most_passes_, passes);
    const auto& pairs = correlation_.agent.table<cadre_correlation_adjuster>();
    cadre_correlation_report found{
        sizeof found, 0, 0, 0, pairs_.data(), static_cast<std::uint32_t>(pairs_.size()), 0};
    ASSERT_EQ(pairs.analyze_correlations(correlation_.agent.self(), &state, targets->weight, &found),
              CADRE_OK);
    ASSERT_EQ(pairs.adjust_trades(correlation_.agent.self(), &state, &found, targets), CADRE_OK);
    allocated += count.since();
    cuts_ += found.pair_count > 0;
  }

  void send_orders(std::size_t t, std::size_t& allocated) {
    std::vector<std::int64_t> need(n_);
    std::vector<std::int64_t> price(n_);
    for (std::size_t i = 0; i < n_; ++i) {
      const double wanted = std::trunc(targets_.weight[i] * equity_ / prices_.closes[t][i]);
      need[i] = std::llround((wanted - position_[i]) * 1e9);
      price[i] = std::llround(prices_.closes[t][i] * 1e9);
    }
    const cadre_needs needs{sizeof needs,
                            state_.size(),
                            need.data(),
                            price.data(),
                            targets_.weight.data(),
                            nullptr,
                            sizeof(cadre_open_order),
                            0,
                            nullptr};
    cadre_action_list list{sizeof list, 0, actions_.data(), sizeof(cadre_action), n_, 0, nullptr, 0, 0, 0};
    const cadre_execution_state& state = state_.raw();
    const AllocationCount count;
    ASSERT_EQ(rules_.agent.table<cadre_execution_rules>().apply_rules(rules_.agent.self(), &state, &needs,
                                                                      &list, reasons_.data()),
              CADRE_OK);
    const std::uint64_t orders = list.needed;
    allocated += count.since();
    for (std::size_t k = 0; k < orders; ++k) {
      cadre_order order = cadre_order_of(&actions_[k]);
      order.client_id = sdk::id_of(std::to_string(t) + "-" + std::to_string(k));
      auto result = testing::lent<cadre_trade_result>();
      ASSERT_EQ(environment_.agent.table<cadre_execution_environment>().execute_trade(
                    environment_.agent.self(), &order, &result),
                CADRE_OK);
      ASSERT_EQ(result.status, std::uint32_t{CADRE_ORDER_NEW});
    }
  }

  Prices prices_;
  FakeState state_;
  std::size_t n_;
  AgentUnderTest covariance_{"sample_covariance", "cadre.sample_covariance"};
  AgentUnderTest momentum_{"momentum", "cadre.momentum"};
  AgentUnderTest aggregator_{"confidence_weighted", "cadre.confidence_weighted"};
  AgentUnderTest sizer_{"position_sizer", "cadre.position_sizer"};
  AgentUnderTest risk_{"risk_manager", "cadre.risk_manager"};
  AgentUnderTest correlation_{"pair_correlation", "cadre.pair_correlation"};
  AgentUnderTest rules_{"execution_rules", "cadre.execution_rules", R"({"default_order_type": "MARKET"})"};
  AgentUnderTest environment_{"simulated_execution", "cadre.simulated_execution",
                              R"({"commission_bp": 2, "half_spread_bp": 2})"};
  Numbers position_, score_, confidence_, component_;
  std::vector<std::uint8_t> valid_;
  std::vector<cadre_signal> signals_;
  std::vector<cadre_limit_use> limits_;
  std::vector<cadre_pair> pairs_;
  std::vector<cadre_action> actions_;
  std::vector<cadre_reason> reasons_;
  TestTargets targets_{Numbers{}};
  double cash_ = 1'000'000;
  double equity_ = 1'000'000;
  std::size_t fills_ = 0;
  std::size_t cuts_ = 0;
  std::size_t most_passes_ = 0;
  std::size_t allocations_ = 0;
  std::size_t first_allocations_ = 0;
};

TEST(DemoChain, trades_for_years_inside_its_limits_without_allocating_on_the_decision_path) {
  const Prices prices = read_prices();
  ASSERT_EQ(prices.closes.size(), 2528U);
  DemoChain chain(prices);
  for (std::size_t t = 0; t < prices.closes.size(); ++t)
    ASSERT_NO_FATAL_FAILURE(chain.step(t)) << "bar " << t;
  EXPECT_GT(chain.fills(), 1000U);
  EXPECT_GT(chain.cuts(), 0U);
  EXPECT_LE(chain.most_passes(), 2U);
  EXPECT_GE(chain.cash(), -1.0);
  EXPECT_GT(chain.equity(), 0.0);
  EXPECT_EQ(chain.allocations(), 0U);
  // Workspaces are made in the first decision: that they are seen proves that the count works.
  EXPECT_EQ(chain.first_allocations() > 0, counts_allocations);
  RecordProperty("equity", std::to_string(chain.equity()));
  RecordProperty("fills", std::to_string(chain.fills()));
}

}  // namespace
}  // namespace cadre::test
