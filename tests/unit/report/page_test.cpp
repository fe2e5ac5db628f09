#include "host/report/page.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>

#include "host/base/file.hpp"
#include "host/base/json.hpp"
#include "host/report/page_assets.hpp"
#include "host/report/page_series.hpp"
#include "synthetic_run.hpp"

namespace {

using namespace cadre;
using namespace cadre::report;
using testing::HasSubstr;
using testing::Not;

std::string data_of(const std::string& page) {
  const std::string open = "<script type=\"application/json\" id=\"data\">";
  const std::size_t begin = page.find(open) + open.size();
  return page.substr(begin, page.find("</script>", begin) - begin);
}

TEST(Page, carries_its_scripts_and_asks_for_nothing_from_elsewhere) {
  const std::string page = run_page(synthetic_page());
  EXPECT_THAT(page, HasSubstr(std::string(chart_script())));
  EXPECT_THAT(std::string(chart_script().substr(0, 200)), HasSubstr("Chart.js v3"));
  EXPECT_THAT(page, HasSubstr("default-src 'none'"));
  EXPECT_THAT(page, Not(testing::ContainsRegex("src=|href=|@import")));
}

TEST(Page, stays_below_two_megabytes) {
  EXPECT_LT(run_page(synthetic_page()).size(), 2u << 20);
}

TEST(Page, is_written_for_a_look_at_it) {
  const std::filesystem::path folder = std::filesystem::path(CADRE_BINARY_DIR) / "pages";
  std::filesystem::create_directories(folder);
  EXPECT_TRUE(base::write_file_atomically(folder / "report.html", run_page(synthetic_page())).empty());
}

TEST(Page, text_of_users_cannot_become_markup) {
  PageInput input = synthetic_page();
  const std::string evil = "</script><script>alert(1)</script><b x='\"'>&";
  input.title = input.subtitle = input.replay_command = input.currency = evil;
  input.notes = input.warnings = {evil};
  input.plugins = {{evil, evil, evil}};
  input.series.instruments[0] = evil;
  input.series.stages[0] = evil;
  input.result.counts.order_hash = evil;
  const std::string page = run_page(input);
  EXPECT_THAT(page, Not(HasSubstr("alert(1)</script>")));
  EXPECT_THAT(page, Not(HasSubstr("<b x=")));
  EXPECT_THAT(page, HasSubstr("&lt;/script&gt;&lt;script&gt;alert(1)"));
  const auto document = base::JsonDocument::parse("data", data_of(page));
  ASSERT_TRUE(document) << to_line(document.problems()[0]);
  EXPECT_EQ(document->root().at("stages").at(0).at("name").as_string(), evil);
}

TEST(Page, a_run_without_decisions_has_a_page_too) {
  PageInput input = synthetic_page();
  input.series.first_decision = input.series.dates.size();
  input.result = summarise(input.series, {}, 252.0);
  EXPECT_THAT(run_page(input), HasSubstr("No decision was made"));
  const PageInput nothing{.title = "empty"};
  EXPECT_THAT(run_page(nothing), HasSubstr("no data"));
  EXPECT_THAT(run_page(nothing), Not(HasSubstr("<canvas")));
}

TEST(Page, plots_begin_at_the_first_decision) {
  const RunSeries series = synthetic_series(50, 3);
  const auto document = base::JsonDocument::parse("data", plot_data(series));
  ASSERT_TRUE(document) << to_line(document.problems()[0]);
  const auto& root = document->root();
  EXPECT_EQ(root.at("dates").as_array().size(), 45u);
  EXPECT_EQ(root.at("dates").at(0).as_int64(), series.dates[5]);
  EXPECT_EQ(root.at("weights").as_array().size(), 4u) << "three names and cash, nothing other";
  EXPECT_TRUE(root.at("forecast").at(0).is_null());
  EXPECT_NEAR(root.at("forecast").at(1).as_double(), series.forecast_var[5], 1e-5)
      << "a forecast stands at the day it is for";
}

TEST(Page, the_largest_names_are_plotted_and_the_rest_is_other) {
  RunSeries series = synthetic_series(50, 12);
  EXPECT_EQ(largest_holdings(series, 3).size(), 3u);
  const auto document = base::JsonDocument::parse("data", plot_data(series));
  ASSERT_TRUE(document);
  const auto& weights = document->root().at("weights").as_array();
  ASSERT_EQ(weights.size(), 10u);
  EXPECT_EQ(weights[8].at("name").as_string(), "other");
  EXPECT_EQ(weights[9].at("name").as_string(), "cash");
  int64_t sum = 0;
  for (const auto& name : weights)
    sum += name.at("bp").at(44).to_number<int64_t>();
  EXPECT_NEAR(static_cast<double>(sum), 10'000.0, 5.0);
  for (auto& day : series.weights)
    day.assign(12, 0.0);
  EXPECT_TRUE(largest_holdings(series, 3).empty()) << "what was never held is not plotted";
}

TEST(Page, monthly_returns_chain_to_those_of_the_year) {
  RunSeries series;
  series.dates = {19971231, 19980105, 19980130, 19980202, 19981231, 19990104};
  series.equity = {90.0, 100.0, 110.0, 121.0, 121.0, 60.5};
  series.benchmark = {std::numeric_limits<double>::quiet_NaN(), 100.0, 100.0, 100.0, 150.0, 75.0};
  series.first_decision = 1;
  const auto years = monthly_returns(series);
  ASSERT_EQ(years.size(), 2u);
  EXPECT_EQ(years[0].year, 1998);
  EXPECT_NEAR(years[0].months[0], 0.1, 1e-12) << "from the first decision, not from the year before";
  EXPECT_NEAR(years[0].months[1], 0.1, 1e-12);
  EXPECT_TRUE(std::isnan(years[0].months[2]));
  EXPECT_NEAR(years[0].strategy, 0.21, 1e-12);
  EXPECT_NEAR(years[0].benchmark, 0.5, 1e-12);
  EXPECT_NEAR(years[1].months[0], -0.5, 1e-12);
  EXPECT_NEAR(years[1].strategy, -0.5, 1e-12);
}

TEST(Page, changes_of_stages_are_summed_by_month) {
  RunSeries series;
  series.dates = {19980105, 19980130, 19980202};
  series.stages = {"sizing", "risk"};
  series.stage_change = {{0.1, 0.2}, {}, {0.5, 0.25}};
  const MonthlyChanges changes = monthly_changes(series);
  EXPECT_EQ(changes.months, (std::vector<int32_t>{199801, 199802}));
  EXPECT_EQ(changes.by_stage[0], (std::vector<double>{0.1, 0.5}));
  EXPECT_EQ(changes.by_stage[1], (std::vector<double>{0.2, 0.25}));
}

}  // namespace

TEST(BySession, keeps_the_last_bar_of_each_and_adds_up_what_was_traded) {
  RunSeries bars;
  bars.dates = {20240307, 20240307, 20240308, 20240308};
  bars.equity = {100, 101, 102, 103};
  bars.cash = {1, 2, 3, 4};
  bars.benchmark = {10, 11, 12, 13};
  bars.forecast_var = bars.holding_return = {0, 0, 0, 0};
  bars.traded = {5, 6, 7, 8};
  bars.stages = {"sizer"};
  bars.stage_change = {{1.0}, {}, {0.25}, {0.5}};
  bars.first_decision = 2;
  const RunSeries sessions = by_session(bars);
  EXPECT_EQ(sessions.dates, (std::vector<int32_t>{20240307, 20240308}));
  EXPECT_EQ(sessions.equity, (std::vector<double>{101, 103}));
  EXPECT_EQ(sessions.traded, (std::vector<double>{11, 15}));
  EXPECT_EQ(sessions.stage_change[1], (std::vector<double>{0.75}));
  EXPECT_EQ(sessions.first_decision, 1u);
}
