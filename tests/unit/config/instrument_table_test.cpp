#include "host/config/instrument_table.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <boost/json.hpp>
#include <fstream>

#include "host/base/temporary_folder.hpp"
#include "host/config/host_config.hpp"

namespace cadre::config {
namespace {

namespace fs = std::filesystem;

/// A folder with a scenario whose table of instruments is a file.
class Tables : public testing::Test {
 protected:
  void write(const std::string& name, const std::string& text) {
    std::ofstream(folder_.path() / name, std::ios::binary) << text;
  }
  void write_scenario(const std::string& instruments) {
    write("scenario.json", R"({"scenario": "backtest", "chain": {
  "signal_sources": [{"agent": "a"}], "signal_aggregator": {"agent": "a"}, "position_sizer": {"agent": "a"},
  "risk_managers": [{"agent": "a"}], "execution_rules": {"agent": "a"}},
 "data": {"prices": {"file": "p.csv", "adjustment": "raw", "volume": "none"}, "periods_per_year": 252},
 "execution_environment": {"agent": "a"},
 "instruments": )" + instruments +
                               "}");
  }
  base::Result<ScenarioConfig> with_table(const std::string& csv, const std::string& defaults = "") {
    write("table.csv", csv);
    write_scenario(R"({"file": "table.csv")" + defaults + "}");
    return load_scenario(file("scenario.json"), {});
  }
  /// The problems of a table, each as line:column, code.
  std::vector<std::string> faults(const std::string& csv, const std::string& defaults = "") {
    const auto config = with_table(csv, defaults);
    std::vector<std::string> all;
    for (const base::Problem& problem : config.problems())
      all.push_back(std::to_string(problem.place.line) + ":" + std::to_string(problem.place.column) + " " +
                    problem.code);
    return all;
  }
  fs::path file(const std::string& name) const { return folder_.path() / name; }

  base::TemporaryFolder folder_;
};

using Texts = std::vector<std::string>;

TEST_F(Tables, say_of_each_instrument_what_it_is) {
  const auto config = with_table(
      "id,kind,currency,tick,lot,multiplier,minimum_notional,groups,calendar,average_daily_volume,borrow_"
      "rate,"
      "margin_rate,listed_from,listed_to\n"
      "COIN,crypto_spot,USD,0.1,0.001,1,10,coins;large,24/7,1e6,0.02,0.5,2013-01-02,2030-12-31\n"
      "SHARE,,,0:0.0001 1:0.01,,,,,,,,,,\n",
      R"(, "lot": 5, "groups": {"SHARE": "tech"})");
  ASSERT_TRUE(config) << base::to_line(config.problems()[0]);
  const model::Instrument coin = describe_instrument(config->instruments, "COIN");
  EXPECT_EQ(coin.kind, std::uint32_t{CADRE_KIND_CRYPTO_SPOT});
  EXPECT_EQ(coin.tick.to_string(), "0.1");
  EXPECT_EQ(coin.lot.to_string(), "0.001");
  EXPECT_EQ(coin.minimum_notional.to_string(), "10");
  EXPECT_EQ(coin.groups, (Texts{"coins", "large"}));
  EXPECT_EQ(coin.group, "coins");
  EXPECT_EQ(coin.calendar, "24/7");
  EXPECT_EQ(coin.average_daily_volume, 1e6);
  EXPECT_EQ(coin.borrow_rate, 0.02);
  EXPECT_EQ(coin.margin_rate, 0.5);
  EXPECT_EQ(coin.listed_from, 20130102);
  EXPECT_EQ(coin.listed_to, 20301231);
  const model::Instrument share = describe_instrument(config->instruments, "SHARE");
  EXPECT_EQ(share.kind, std::uint32_t{CADRE_KIND_EQUITY});
  EXPECT_EQ(share.lot.to_string(), "5");  // the defaults fill what a row leaves out
  EXPECT_EQ(share.group, "tech");
  EXPECT_EQ(share.tick_at(*base::Price::parse("0.5")).to_string(), "0.0001");
  EXPECT_EQ(share.tick_at(*base::Price::parse("2")).to_string(), "0.01");
}

TEST_F(Tables, become_part_of_the_document_which_is_read_without_the_file) {
  auto config = with_table("id,lot\nAA,10\n");
  ASSERT_TRUE(config);
  const boost::json::value root = config->document.root();
  EXPECT_EQ(base::find(root, "/instruments/file"), nullptr);
  EXPECT_EQ(*base::find(root, "/instruments/table"), boost::json::parse(R"([{"id": "AA", "lot": 10}])"));
  fs::remove(file("table.csv"));
  const auto again = read_scenario(base::JsonDocument::of("record", root), folder_.path());
  ASSERT_TRUE(again);
  EXPECT_EQ(describe_instrument(again->instruments, "AA").lot.to_string(), "10");
}

TEST_F(Tables, are_the_same_in_csv_json_and_the_scenario_itself) {
  const std::string rows =
      R"([{"id": "AA", "lot": 10, "tick": [{"from": 0, "tick": 0.01}], "groups": ["x"]}])";
  write("table.json", rows);
  const auto csv = with_table("id,lot,tick,groups\nAA,10,0:0.01,x\n");
  write_scenario(R"({"file": "table.json"})");
  const auto json = load_scenario(file("scenario.json"), {});
  write_scenario(R"({"table": )" + rows + "}");
  const auto inside = load_scenario(file("scenario.json"), {});
  ASSERT_TRUE(csv && json && inside);
  EXPECT_EQ(base::canonical(csv->document.root()), base::canonical(json->document.root()));
  EXPECT_EQ(base::canonical(csv->document.root()), base::canonical(inside->document.root()));
}

TEST_F(Tables, are_read_as_programs_for_tables_write_them) {
  const auto config =
      with_table("\xEF\xBB\xBFid , lot,groups\r\n\"BRK,B\",\"10\",\"a; b\"\r\nAA,,\r\n,,\r\n");
  ASSERT_TRUE(config) << base::to_line(config.problems()[0]);
  EXPECT_EQ(config->instruments.table->rows.size(), 2u);
  EXPECT_EQ(describe_instrument(config->instruments, "BRK,B").lot.to_string(), "10");
  EXPECT_EQ(describe_instrument(config->instruments, "BRK,B").groups, (Texts{"a", "b"}));
}

TEST_F(Tables, have_comments_in_lines_of_their_own) {
  const auto config = with_table("# of the desk, by hand\nid,lot\n\n# round lots, always\nAA,10\n");
  ASSERT_TRUE(config) << base::to_line(config.problems()[0]);
  EXPECT_EQ(config->instruments.table->rows.size(), 1u);
  EXPECT_EQ(config->document.place("/instruments/table/0/lot").line, 5u);
  EXPECT_EQ(faults("# nothing else\n"), Texts{"0:0 INSTRUMENT_TABLE_EMPTY"});
}

TEST_F(Tables, have_all_their_faults_told_at_once_with_line_and_column) {
  EXPECT_EQ(faults("id,lot,kind\nAA,-1,equity\nBB,ten,equity\n,1,equity\nDD,1,share\n"),
            (Texts{"2:4 CONFIG_OUT_OF_RANGE", "3:4 CONFIG_WRONG_TYPE", "4:1 CONFIG_MISSING_KEY",
                   "5:6 CONFIG_UNKNOWN_WORD"}));
  EXPECT_EQ(
      faults("id,currency,listed_from,listed_to\nAA,EUR,,\nBB,,2024-13-01,\nCC,,2024-02-01,2024-01-01\n"),
      (Texts{"2:4 CONFIG_CURRENCY", "3:5 CONFIG_BAD_DATE", "4:16 INSTRUMENT_DATES"}));
  EXPECT_EQ(faults("id,lot\nAA,1\nBB,0\nAA,1\n"), (Texts{"3:4 CONFIG_OUT_OF_RANGE", "4:1 INSTRUMENT_TWICE"}));
  EXPECT_EQ(faults("id,tick\nAA,1:0.01\nBB,0:0.01 1:0.015\nCC,0:0.01 0:0.02\nDD,0:0.01 1\n"),
            (Texts{"5:4 CONFIG_MISSING_KEY"}));
  EXPECT_EQ(faults("id,tick\nAA,1:0.01\nBB,0:0.01 1:0.015\nCC,0:0.01 0:0.02\n"),
            (Texts{"2:4 INSTRUMENT_TICKS", "3:4 INSTRUMENT_TICKS", "4:4 INSTRUMENT_TICKS"}));
}

TEST_F(Tables, that_are_none_are_refused) {
  EXPECT_EQ(faults("id,lott\nAA,1\n"), Texts{"1:4 INSTRUMENT_COLUMN"});
  EXPECT_EQ(faults("name,lot\nAA,1\n"), Texts{"1:1 INSTRUMENT_COLUMN"});
  EXPECT_EQ(faults("lot\n1\n"), Texts{"1:1 INSTRUMENT_COLUMN"});
  EXPECT_EQ(faults("id;lot\nAA;1\n"), Texts{"1:1 CSV_HEADER"});
  EXPECT_EQ(faults("id,lot,lot\nAA,1,1\n"), Texts{"1:8 CSV_HEADER"});
  EXPECT_EQ(faults("id,lot\nAA,1,5\nBB\n"), (Texts{"2:1 CSV_RAGGED_ROW", "3:1 CSV_RAGGED_ROW"}));
  EXPECT_EQ(faults(""), Texts{"0:0 CSV_EMPTY"});
  EXPECT_EQ(faults("id,lot\n"), Texts{"0:0 INSTRUMENT_TABLE_EMPTY"});
  const Texts twice = faults("id\nAA\n", R"(, "table": [{"id": "AA"}])");
  ASSERT_EQ(twice.size(), 1u);
  EXPECT_TRUE(twice[0].ends_with(" CONFIG_CONTRADICTION"));
}

TEST_F(Tables, may_have_twenty_thousand_rows) {
  std::string csv = "id,lot,groups\n";
  for (int i = 0; i < 20000; ++i)
    csv += "I" + std::to_string(i) + "," + std::to_string(1 + i % 7) + ",g\n";
  const auto config = with_table(csv);
  ASSERT_TRUE(config);
  EXPECT_EQ(describe_instrument(config->instruments, "I19998").lot.to_string(), "7");
}

TEST_F(Tables, that_lack_an_instrument_of_the_data_say_which) {
  auto config = with_table("id\nAAPL\nIBM\n");
  ASSERT_TRUE(config);
  const base::Problems lacking = check_listed(*config, {"AAPL", "APPL", "XYZ"});
  ASSERT_EQ(lacking.size(), 2u);
  EXPECT_EQ(lacking[0].code, "INSTRUMENT_NOT_IN_TABLE");
  EXPECT_NE(lacking[0].message.find("did you mean \"AAPL\"?"), std::string::npos);
  EXPECT_EQ(lacking[1].code, "INSTRUMENT_NOT_IN_TABLE");
  config = with_table("id\nAAPL\n", R"(, "unlisted": "defaults", "lot": 3)");
  ASSERT_TRUE(config);
  EXPECT_TRUE(check_listed(*config, {"AAPL", "XYZ"}).empty());
  EXPECT_EQ(describe_instrument(config->instruments, "XYZ").lot.to_string(), "3");
}

TEST_F(Tables, leave_indices_out_of_what_is_traded) {
  const auto config = with_table("id,kind\nAA,equity\nSPX,index\nFF,fund\n");
  ASSERT_TRUE(config);
  EXPECT_EQ(traded_instruments(config->instruments, {"AA", "FF", "SPX"}), (Texts{"AA", "FF"}));
  Texts kinds;
  for (const KindInUse& use : kinds_in_use(*config))
    kinds.emplace_back(use.kind->name);
  EXPECT_EQ(kinds, (Texts{"equity", "fund"}));
}

TEST_F(Tables, are_files_that_the_watch_of_a_host_looks_at) {
  ASSERT_TRUE(with_table("id\nAA\n"));
  const std::vector<fs::path> files = named_files(file("scenario.json"));
  EXPECT_NE(std::find(files.begin(), files.end(), file("table.csv")), files.end());
}

}  // namespace
}  // namespace cadre::config
