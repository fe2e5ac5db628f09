// What a run leaves behind: books that add up, a journal that replays, files that are the same every time.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <fstream>
#include <random>
#include <regex>
#include <sstream>

#include "host/backtest/explain.hpp"
#include "host/backtest/replay.hpp"
#include "tests/scenarios/trading_rules/lab.hpp"

namespace cadre::test {
namespace {

std::string read(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

TEST(Books, add_up_after_every_bar_of_a_run) {
  const unsigned seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  const Market market = random_market(seed, 8, 120);
  Lab lab(market);
  const Trace trace = lab.run();
  ASSERT_EQ(trace.accounts.size(), 120u);
  // Anew from the fills and the closes, without the portfolio's help.
  std::map<std::string, std::int64_t> held;
  std::int64_t cash = 1'000'000'000'000, costs = 0;
  std::size_t next = 0;
  for (std::size_t row = 0; row < 120; ++row) {
    for (; next < trace.reports.size() && trace.reports[next].date == market.dates[row]; ++next) {
      const Report& r = trace.reports[next];
      held[r.instrument] += r.quantity;
      // Whole shares: price in 1e-9 times units is exact in 1e-9; to 1e-6 half to even.
      const std::int64_t e9 = r.price_e9 * (r.quantity / 1'000'000'000);
      const std::int64_t size = e9 < 0 ? -e9 : e9;
      std::int64_t e6 = size / 1000;
      if (size % 1000 > 500 || (size % 1000 == 500 && e6 % 2 != 0)) ++e6;
      cash -= (e9 < 0 ? -e6 : e6) + r.fees_e6;
      costs += r.fees_e6 + r.spread_e6;
    }
    std::int64_t equity = cash;
    for (std::size_t i = 0; i < market.instruments.size(); ++i) {
      equity += held[market.instruments[i]] / 1'000'000'000 *
                static_cast<std::int64_t>(std::llround(market.close[row][i] * 100)) * 10'000;
    }
    const journal::AccountRecord& account = trace.accounts[row];
    ASSERT_EQ(account.cash.raw(), cash) << row;
    ASSERT_EQ(account.equity.raw(), equity) << row;
    ASSERT_EQ(account.costs.raw(), costs) << row;
    ASSERT_EQ(account.equity.raw(), 1'000'000'000'000 + account.profit.raw() - account.costs.raw()) << row;
  }
  EXPECT_EQ(lab.result().counts.final_equity, trace.accounts.back().equity);
  EXPECT_GT(trace.reports.size(), 50u);
}

TEST(Replay, gives_the_same_orders_to_the_bit) {
  Lab lab(random_market(41, 8, 120));
  lab.run();
  const auto outcome = backtest::replay_run({lab.path("run"), {}, {}}, {});
  ASSERT_TRUE(outcome);
  EXPECT_TRUE(outcome->identical) << outcome->first_difference;
  EXPECT_EQ(outcome->order_hash, lab.result().counts.order_hash);
  EXPECT_EQ(outcome->orders, lab.result().counts.orders);
}

TEST(Replay, does_not_need_the_prices_any_more) {
  Lab lab(random_market(41, 8, 120));
  lab.run();
  std::filesystem::remove(lab.path("prices.csv"));
  const auto outcome = backtest::replay_run({lab.path("run"), {}, {}}, {});
  ASSERT_TRUE(outcome);
  EXPECT_TRUE(outcome->identical);
}

TEST(Replay, the_program_answers_zero_for_the_same_and_one_for_a_what_if) {
  Lab lab(random_market(43, 8, 120));
  lab.run();
  std::string output;
  EXPECT_EQ(run_program("replay " + lab.path("run").string() + " --json", output), 0);
  EXPECT_NE(output.find("\"identical\":true"), std::string::npos) << output;
  EXPECT_EQ(run_program("replay " + lab.path("run").string() +
                            " --set /chain/position_sizer/config/max_position_size=0.11 --json",
                        output),
            1);
  EXPECT_NE(output.find("\"identical\":false"), std::string::npos) << output;
  EXPECT_EQ(run_program("replay " + lab.path("run").string() + " --set /chain/nothing=1", output), 3);
}

TEST(Journal, cut_anywhere_is_read_up_to_there_or_refused_and_never_crashes) {
  const unsigned seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937_64 random(seed);
  Lab lab(random_market(45, 6, 60));
  const Trace trace = lab.run();
  const std::string whole = read(lab.path("run") / "journal");
  const std::string first = trace.orders.front().id;
  std::filesystem::create_directories(lab.path("cut"));
  std::filesystem::create_directory_symlink(lab.path("run") / "plugins", lab.path("cut") / "plugins");
  std::size_t replayed = 0, explained = 0;
  for (int round = 0; round < 50; ++round) {
    const std::size_t bytes = round == 0 ? 0 : random() % whole.size();
    lab.write("cut/journal", whole.substr(0, bytes));
    const auto outcome = backtest::replay_run({lab.path("cut"), {}, {}}, {});
    if (outcome) {
      ++replayed;
      EXPECT_LE(outcome->recorded_orders, trace.orders.size());
      EXPECT_TRUE(outcome->recorded_hash.empty()) << bytes;
    } else {
      EXPECT_TRUE(outcome.problems().has_errors()) << bytes;
    }
    const auto explanation = backtest::explain_order(lab.path("cut"), first);
    explained += static_cast<bool>(explanation);
  }
  EXPECT_GT(replayed, 0u);
  EXPECT_GT(explained, 0u);
}

TEST(Journal, with_changed_bytes_is_refused_and_never_crashes) {
  const unsigned seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937_64 random(seed);
  Lab lab(random_market(45, 6, 60));
  const Trace trace = lab.run();
  const std::string whole = read(lab.path("run") / "journal");
  std::filesystem::create_directories(lab.path("cut"));
  std::filesystem::create_directory_symlink(lab.path("run") / "plugins", lab.path("cut") / "plugins");
  for (int round = 0; round < 25; ++round) {
    std::string damaged = whole;
    const std::size_t at = random() % (whole.size() - 200);  // not in the last frame: that is a torn tail
    damaged[at] = static_cast<char>(damaged[at] ^ (1 + random() % 255));
    lab.write("cut/journal", damaged);
    EXPECT_FALSE(backtest::replay_run({lab.path("cut"), {}, {}}, {})) << at;
    EXPECT_FALSE(backtest::explain_order(lab.path("cut"), trace.orders.back().id)) << at;
  }
}

TEST(Json, has_exactly_the_documented_keys_in_their_order) {
  const char* documented[] = {"decisions",
                              "orders",
                              "fills",
                              "rejected_orders",
                              "initial_equity",
                              "final_equity",
                              "total_return",
                              "annualised_return",
                              "annualised_volatility",
                              "sharpe",
                              "sortino",
                              "calmar",
                              "max_drawdown",
                              "turnover",
                              "costs",
                              "borrow",
                              "interest",
                              "opportunity_cost",
                              "first_margin_breach",
                              "ruined_on",
                              "var_exceedances",
                              "order_hash",
                              "revision",
                              "wall_seconds",
                              "decisions_per_second"};
  Lab lab(random_market(47, 8, 80));
  std::string output;
  ASSERT_EQ(run_program("backtest " + lab.path("scenario.json").string() + " --json", output), 0);
  const auto value = boost::json::parse(output);
  std::vector<std::string> keys;
  for (const auto& member : value.as_object())
    keys.emplace_back(member.key());
  EXPECT_THAT(keys, testing::ElementsAreArray(documented));
}

TEST(TwoRuns, leave_the_same_files_but_for_the_time_they_took) {
  const Market market = random_market(49, 8, 100);
  Lab lab(market);
  lab.run("one");
  const std::string hash = lab.result().counts.order_hash;
  lab.run("two");
  EXPECT_EQ(lab.result().counts.order_hash, hash);
  std::vector<std::string> files;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(lab.path("one"))) {
    if (entry.is_regular_file())
      files.push_back(std::filesystem::relative(entry.path(), lab.path("one")).string());
  }
  EXPECT_GE(files.size(), 6u);
  const std::regex timing(
      "\"?(wall_seconds|decisions_per_second)\"?: ?[0-9.e+-]+|[0-9,.]+ s, [0-9,.]+ decisions/s|replay "
      "[^<\"]*");
  for (const std::string& file : files) {
    std::string a = read(lab.path("one") / file), b = read(lab.path("two") / file);
    if (file == "result.json" || file == "report.html") {
      a = std::regex_replace(a, timing, "");
      b = std::regex_replace(b, timing, "");
    }
    EXPECT_TRUE(a == b) << file;
  }
}

}  // namespace
}  // namespace cadre::test
