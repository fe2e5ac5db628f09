#include "host/report/run_folder.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include "host/base/file.hpp"

namespace {

using namespace cadre;
using namespace cadre::report;

class RunFolder : public testing::Test {
 protected:
  RunFolder() {
    folder_ = std::filesystem::path(testing::TempDir()) / ("cadre_run_folder_" + std::to_string(::getpid()));
    std::filesystem::create_directories(folder_);
  }
  ~RunFolder() override { std::filesystem::remove_all(folder_); }
  std::string content(const std::string& name) const { return *base::read_file(folder_ / name); }

  std::filesystem::path folder_;
};

TEST_F(RunFolder, orders_have_exact_decimals_and_empty_cells_where_nothing_is) {
  const OrderRow rows[] = {{.when = {.date = 19910103},
                            .client_id = "17-2-1",
                            .instrument = "ibm",
                            .side = "buy",
                            .type = "limit",
                            .time_in_force = "day",
                            .quantity = *base::Quantity::parse("300"),
                            .limit_price = base::Price::parse("12.34"),
                            .decision_price = *base::Price::parse("12.345678901"),
                            .status = "filled",
                            .filled_quantity = *base::Quantity::parse("300"),
                            .average_price = base::Price::parse("12.3"),
                            .fees = *base::Money::parse("0.15"),
                            .reason = ""},
                           {.when = {.date = 19910104},
                            .client_id = "18-2-1",
                            .instrument = "ibm",
                            .status = "rejected",
                            .reason = "too large, \"far\"",
                            .cut_reason = "fitted"}};
  EXPECT_TRUE(write_orders(folder_, rows).empty());
  EXPECT_EQ(content("orders.csv"),
            "date,client_id,instrument,side,type,time_in_force,quantity,limit_price,decision_price,status,"
            "filled_quantity,average_price,fees,reason,cut_reason\n"
            "1991-01-03,17-2-1,ibm,buy,limit,day,300,12.34,12.345678901,filled,300,12.3,0.15,,\n"
            "1991-01-04,18-2-1,ibm,,,,0,,0,rejected,0,,0,\"too large, \"\"far\"\"\",fitted\n");
}

TEST_F(RunFolder, orders_in_parts_are_written_with_what_was_never_sent) {
  const ParentRow rows[] = {{.when = {.date = 19910103},
                             .client_id = "main.17.2",
                             .instrument = "ibm",
                             .side = "buy",
                             .quantity = *base::Quantity::parse("300"),
                             .sent = *base::Quantity::parse("200"),
                             .filled = *base::Quantity::parse("150"),
                             .unsent = *base::Quantity::parse("100"),
                             .state = "ended",
                             .reasons = "volume_share session_end",
                             .arrival_price = *base::Price::parse("12.5"),
                             .average_price = base::Price::parse("12.6"),
                             .shortfall_bp = 79.999999},
                            {.when = {.date = 19910104}, .client_id = "main.18.2", .state = "scheduled"}};
  EXPECT_TRUE(write_parents(folder_, rows).empty());
  EXPECT_EQ(content("parents.csv"),
            "date,client_id,instrument,side,quantity,sent,filled,unsent,state,reasons,arrival_price,"
            "average_price,shortfall_bp\n"
            "1991-01-03,main.17.2,ibm,buy,300,200,150,100,ended,volume_share session_end,12.5,12.6,80\n"
            "1991-01-04,main.18.2,,,0,0,0,0,scheduled,,0,,\n");
}

TEST_F(RunFolder, fills_equity_and_positions_are_written) {
  const FillRow fills[] = {{.when = {.date = 19910103},
                            .client_id = "17-2-1",
                            .instrument = "ibm",
                            .side = "sell",
                            .quantity = *base::Quantity::parse("100"),
                            .price = *base::Price::parse("12.5"),
                            .fees = *base::Money::parse("0.625"),
                            .spread_cost = *base::Money::parse("0.000001")}};
  const EquityRow equity[] = {{.when = {.date = 19910103},
                               .equity = *base::Money::parse("1000000.5"),
                               .cash = {},
                               .profit = {},
                               .costs = {},
                               .benchmark = {}},
                              {.when = {.date = 19910104},
                               .equity = {},
                               .cash = *base::Money::parse("-1"),
                               .profit = {},
                               .costs = {},
                               .benchmark = base::Money::parse("2"),
                               .interest = *base::Money::parse("3.5")}};
  const PositionRow positions[] = {{.when = {.date = 19910103},
                                    .instrument = "ibm",
                                    .quantity = *base::Quantity::parse("-100"),
                                    .price = *base::Price::parse("12.5"),
                                    .value = *base::Money::parse("-1250")}};
  EXPECT_TRUE(write_fills(folder_, fills).empty());
  EXPECT_TRUE(write_equity(folder_, equity).empty());
  EXPECT_TRUE(write_positions(folder_, positions).empty());
  EXPECT_EQ(content("fills.csv"),
            "date,client_id,instrument,side,quantity,price,fees,spread_cost\n"
            "1991-01-03,17-2-1,ibm,sell,100,12.5,0.625,0.000001\n");
  EXPECT_EQ(content("equity.csv"),
            "date,equity,cash,profit,costs,benchmark,interest\n1991-01-03,1000000.5,0,0,0,,0\n"
            "1991-01-04,0,-1,0,0,2,3.5\n");
  EXPECT_EQ(content("positions.csv"),
            "date,instrument,quantity,price,value\n1991-01-03,ibm,-100,12.5,-1250\n");
}

TEST_F(RunFolder, what_was_not_traded_is_written_by_reason) {
  const UnexecutedRow rows[] = {{.reason = "resize_threshold",
                                 .times = 12,
                                 .first = {.date = 19910103},
                                 .first_instrument = "ibm",
                                 .opportunity_cost = -12.345},
                                {.reason = "price moved, and was not taken",
                                 .times = 1,
                                 .first = {.date = 19910103, .time_ns = 662'918'400'000'000'000},
                                 .first_instrument = "ko",
                                 .opportunity_cost = 7}};
  EXPECT_TRUE(write_unexecuted(folder_, rows).empty());
  EXPECT_EQ(content("unexecuted.csv"),
            "reason,times,first,first_instrument,opportunity_cost\n"
            "resize_threshold,12,1991-01-03,ibm,-12.35\n"
            "\"price moved, and was not taken\",1,1991-01-03T16:00:00Z,ko,7\n");
}

TEST_F(RunFolder, result_is_its_json) {
  const RunResult result = summarise({}, {{.decisions = 3}}, 252.0);
  EXPECT_TRUE(write_result(folder_, result).empty());
  EXPECT_EQ(content("result.json"), to_json(result));
}

TEST_F(RunFolder, a_missing_folder_is_a_problem) {
  const base::Problems problems = write_fills(folder_ / "none", {});
  ASSERT_TRUE(problems.has_errors());
  EXPECT_EQ(problems[0].code, "FILE_NOT_WRITABLE");
}

}  // namespace
