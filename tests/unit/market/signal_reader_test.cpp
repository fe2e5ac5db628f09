#include <gtest/gtest.h>

#include "host/base/date.hpp"
#include "host/market/signal_reader.hpp"
#include "host/model/signal.hpp"
#include "tests/unit/market/temporary_file.hpp"

using namespace cadre::market;
using cadre::model::ExternalSignal;
namespace base = cadre::base;

namespace {

const std::vector<std::string> kKnown = {"MSFT", "AA"};

base::Result<std::vector<ExternalSignal>> read(const std::string& name, std::string_view text) {
  const TemporaryFile file(name, text);
  return read_signals(file.path(), kKnown);
}

std::string csv_problems(const std::string& rows) {
  return lines_of(
      read("s.csv", "time,strategy,instrument,direction,strength,confidence,horizon_days\n" + rows)
          .problems());
}

std::string json_problems(std::string_view text) {
  return lines_of(read("s.jsonl", text).problems());
}

void expect_two_signals(const base::Result<std::vector<ExternalSignal>>& signals) {
  ASSERT_TRUE(signals) << lines_of(signals.problems());
  ASSERT_EQ(signals->size(), 2u);
  const ExternalSignal& first = (*signals)[0];
  EXPECT_EQ(first.time_ns, base::close_time_ns(19910102));
  EXPECT_EQ(first.date, 19910102);
  EXPECT_EQ(first.strategy, "trend");
  EXPECT_EQ(first.instrument, "AA");
  EXPECT_EQ(first.direction, -1);
  EXPECT_EQ(first.strength, 1.5);
  EXPECT_EQ(first.confidence, 0.7);
  EXPECT_EQ(first.horizon_days, 20);
  EXPECT_EQ(base::format_time((*signals)[1].time_ns), "1991-01-03T09:30:00Z");
  EXPECT_EQ((*signals)[1].direction, 1);
}

}  // namespace

TEST(Signals, are_read_from_csv) {
  expect_two_signals(
      read("s.csv",
           "time,strategy,instrument,direction,strength,confidence,horizon_days\r\n"
           "1991-01-02,trend,AA,-1,1.5,0.7,20\r\n1991-01-03T09:30:00Z,value,MSFT,+1,0,1,0.5\r\n"));
}

TEST(Signals, are_read_from_json_lines) {
  expect_two_signals(read(
      "s.jsonl",
      R"({"time":"1991-01-02","strategy":"trend","instrument":"AA","direction":-1,"strength":1.5,)"
      R"("confidence":0.7,"horizon_days":20})"
      "\n\n"
      R"({"time":"1991-01-03T09:30:00Z","strategy":"value","instrument":"MSFT","direction":1.0,"strength":0,)"
      R"("confidence":1,"horizon_days":0.5,"x-note":"any"})"));
}

TEST(Signals, of_several_strategies_are_sorted_by_time_and_keep_their_order) {
  const auto signals = read("s.csv",
                            "time,strategy,instrument,direction,strength,confidence,horizon_days\n"
                            "1991-01-02,b,AA,1,1,1,1\n1991-01-03,b,AA,1,1,1,1\n"
                            "1991-01-02,a,AA,1,1,1,1\n1991-01-02,a,MSFT,1,1,1,1\n");
  ASSERT_TRUE(signals) << lines_of(signals.problems());
  std::string order;
  for (const auto& signal : *signals)
    order += signal.strategy + signal.instrument + " ";
  EXPECT_EQ(order, "bAA aAA aMSFT bAA ");
}

TEST(Signals, with_values_out_of_range_are_refused_at_their_place) {
  EXPECT_EQ(
      csv_problems("1991-01-02,a,MSTF,2,-1,1.5,0\n1991-02-30,,AA,x,nan,-0.1,inf\n"),
      "INSTRUMENT_UNKNOWN s.csv:2:14: \"MSTF\" is not an instrument of this universe; did you mean "
      "\"MSFT\"?\n"
      "SIGNAL_OUT_OF_RANGE s.csv:2:19: direction 2 is not one of -1, 0, 1\n"
      "SIGNAL_OUT_OF_RANGE s.csv:2:21: strength -1 is not a number of at least 0\n"
      "SIGNAL_OUT_OF_RANGE s.csv:2:24: confidence 1.5 is not a number from 0 to 1\n"
      "SIGNAL_OUT_OF_RANGE s.csv:2:28: horizon_days 0 is not a number above 0\n"
      "SIGNAL_BAD_VALUE s.csv:3:16: direction \"x\" is no number\n"
      "SIGNAL_BAD_VALUE s.csv:3:12: the strategy is empty\n"
      "SIGNAL_BAD_TIME s.csv:3:1: \"1991-02-30\" is no time, expected 1991-01-02 or 1991-01-02T21:00:00Z\n"
      "SIGNAL_OUT_OF_RANGE s.csv:3:18: strength nan is not a number of at least 0\n"
      "SIGNAL_OUT_OF_RANGE s.csv:3:22: confidence -0.1 is not a number from 0 to 1\n"
      "SIGNAL_OUT_OF_RANGE s.csv:3:27: horizon_days inf is not a number above 0\n");
}

TEST(Signals, whose_times_go_back_are_refused) {
  EXPECT_EQ(csv_problems("1991-01-03,a,AA,1,1,1,1\n1991-01-02,a,AA,1,1,1,1\n"),
            "SIGNAL_TIME_ORDER s.csv:3:1: the time 1991-01-02T21:00:00Z of a follows 1991-01-03T21:00:00Z; "
            "sort the "
            "signals by time\n");
}

TEST(Signals, in_csv_of_another_form_are_refused) {
  EXPECT_EQ(csv_problems("1991-01-03,a\n"),
            "CSV_RAGGED_ROW s.csv:2: the row has 2 fields, the header has 7\n");
  EXPECT_EQ(
      lines_of(
          read("s.csv", "time,strategy,instrument,direction,strength,confidnce,horizon_days\n").problems()),
      "CSV_HEADER s.csv:1:1: the column \"confidence\" is missing; expected "
      "time,strategy,instrument,direction,strength,confidence,horizon_days\n"
      "CSV_HEADER s.csv:1:45: unknown column \"confidnce\"; did you mean \"confidence\"?\n");
  EXPECT_EQ(lines_of(read("s.csv", "").problems()), "CSV_EMPTY s.csv: the file is empty\n");
  EXPECT_EQ(read_signals("/no/such.csv", kKnown).problems()[0].code, "FILE_NOT_FOUND");
}

TEST(Signals, in_json_lines_are_refused_with_line_and_column) {
  EXPECT_EQ(json_problems("{\"time\": 1}\n{\"a\": 1,}\n"),
            "CONFIG_WRONG_TYPE s.jsonl:1:10 /time: 1 is an integer, expected a string\n"
            "CONFIG_MISSING_KEY s.jsonl:1:1: \"strategy\" is missing\n"
            "CONFIG_MISSING_KEY s.jsonl:1:1: \"instrument\" is missing\n"
            "CONFIG_MISSING_KEY s.jsonl:1:1: \"direction\" is missing\n"
            "CONFIG_MISSING_KEY s.jsonl:1:1: \"strength\" is missing\n"
            "CONFIG_MISSING_KEY s.jsonl:1:1: \"confidence\" is missing\n"
            "CONFIG_MISSING_KEY s.jsonl:1:1: \"horizon_days\" is missing\n"
            "JSON_SYNTAX s.jsonl:2:9: not JSON: a comma before the closing bracket\n");
  EXPECT_EQ(
      json_problems(R"({"time":"1991-01-02","strategy":"t","instrument":"AB","direction":7,"strength":1,)"
                    R"("confidence":0.5,"horizon_days":-20})"),
      "INSTRUMENT_UNKNOWN s.jsonl:1:50 /instrument: \"AB\" is not an instrument of this universe; did you "
      "mean "
      "\"AA\"?\n"
      "SIGNAL_OUT_OF_RANGE s.jsonl:1:67 /direction: direction 7 is not one of -1, 0, 1\n"
      "SIGNAL_OUT_OF_RANGE s.jsonl:1:114 /horizon_days: horizon_days -20 is not a number above 0\n");
}

TEST(Signals, with_an_id_that_is_said_again_are_one) {
  const std::string header = "time,strategy,instrument,direction,strength,confidence,horizon_days,id\n";
  const auto signals = read("s.csv", header +
                                         "1991-01-02,m,AA,1,1,1,5,x\n1991-01-02,m,AA,1,1,1,5,x\n"
                                         "1991-01-02,m,AA,1,1,1,5,\n1991-01-02,m,AA,1,1,1,5,\n");
  ASSERT_TRUE(signals) << lines_of(signals.problems());
  ASSERT_EQ(signals->size(), 3u) << "those without one are each their own";
  EXPECT_EQ((*signals)[0].id, "x");
  EXPECT_EQ((*signals)[1].id, "");
}

TEST(Signals, with_an_id_of_another_signal_are_refused) {
  const auto line = [](const std::string& id, int strength) {
    return R"({"id":")" + id + R"(","time":"1991-01-02","strategy":"m","instrument":"AA","direction":1,)" +
           R"("strength":)" + std::to_string(strength) + R"(,"confidence":1,"horizon_days":5})" + "\n";
  };
  EXPECT_EQ(
      json_problems(line("x", 1) + line("x", 2)),
      "SIGNAL_ID_TAKEN s.jsonl:2:7 /id: the id \"x\" is that of another signal here; give each signal an "
      "id of its own\n");
  EXPECT_NE(json_problems(line(std::string(64, 'x'), 1)).find("has 64 bytes, a name has at most 63"),
            std::string::npos);
}

TEST(Signals, beyond_the_latest_date_are_refused_where_there_is_one) {
  const std::string text =
      R"({"time":"1991-01-03","strategy":"m","instrument":"AA","direction":1,"strength":1,"confidence":1,)"
      R"("horizon_days":5})";
  EXPECT_TRUE(parse_signals("signals", text, kKnown));
  EXPECT_TRUE(parse_signals("signals", text, kKnown, {19910103, 19910102}));
  EXPECT_EQ(
      lines_of(parse_signals("signals", text, kKnown, {19910102, 19910101}).problems()),
      "SIGNAL_FAR_AHEAD signals:1:9 /time: 1991-01-03 is still to come, today is 1991-01-01; is the time "
      "right, and the clock of this machine?\n");
}
