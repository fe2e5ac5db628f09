#include "host/market/feed_lines.hpp"

#include <gtest/gtest.h>

namespace {

using namespace cadre;
using market::FeedLines;

/// "LINE JSON" of each input, one a line.
std::string shown(std::vector<market::FeedLine> lines) {
  std::string text;
  for (const market::FeedLine& line : lines)
    text += std::to_string(line.line) + " " + line.json + "\n";
  return text;
}

std::string whole(std::string_view text) {
  FeedLines lines("f");
  lines.push(text);
  lines.finish();
  std::string all = shown(lines.take());
  for (const base::Problem& problem : lines.problems())
    all += problem.code + " " + std::to_string(problem.place.line) + ":" +
           std::to_string(problem.place.column) + "\n";
  return all;
}

constexpr std::string_view wide = "date,AA,BB\n2024-01-02,1.50,\n\n2024-01-03,2,3\n";
constexpr std::string_view wide_bars = R"(2 {"date":"2024-01-02","bars":{"AA":1.50}})"
                                       "\n"
                                       R"(4 {"date":"2024-01-03","bars":{"AA":2,"BB":3}})"
                                       "\n";

TEST(FeedLines, a_row_for_a_day_is_a_bar_of_what_has_a_price) {
  EXPECT_EQ(whole(wide), wide_bars);
  EXPECT_EQ(whole("\xEF\xBB\xBF"
                  "date,AA,BB\r\n2024-01-02,1.50,\r\n\r\n2024-01-03,2,3\r\n"),
            wide_bars)
      << "as Excel writes it";
}

TEST(FeedLines, come_out_the_same_wherever_the_bytes_are_cut) {
  for (std::size_t at = 0; at <= wide.size(); ++at) {
    FeedLines lines("f");
    lines.push(wide.substr(0, at));
    std::string all = shown(lines.take());
    lines.pause();
    lines.push(wide.substr(at));
    all += shown(lines.take());
    EXPECT_EQ(all, wide_bars) << "cut at " << at;
  }
}

TEST(FeedLines, a_day_of_rows_is_over_when_the_next_begins_or_nothing_comes) {
  FeedLines lines("f");
  lines.push("date,symbol,open,high,low,close\n2024-01-02,AA,1,2,1,2\n2024-01-02,BB,3,3,3,3\n");
  EXPECT_EQ(shown(lines.take()), "") << "a third row may come";
  lines.push("2024-01-03,AA,2,2,2,2\n");
  EXPECT_EQ(
      shown(lines.take()),
      R"(2 {"date":"2024-01-02","bars":{"AA":{"open":1,"high":2,"low":1,"close":2},"BB":{"open":3,"high":3,"low":3,"close":3}}})"
      "\n");
  lines.pause();
  EXPECT_EQ(shown(lines.take()),
            R"(4 {"date":"2024-01-03","bars":{"AA":{"open":2,"high":2,"low":2,"close":2}}})"
            "\n");
}

TEST(FeedLines, objects_are_passed_on_as_they_are_written) {
  const std::string text = R"({"date": "2024-01-02", "bars": {"AA": 1.5000000001}})";
  EXPECT_EQ(whole(text), "1 " + text + "\n") << "the last line needs no end";
}

TEST(FeedLines, a_signal_said_again_has_the_same_id_and_another_has_another) {
  const std::string csv = "time,strategy,instrument,direction,strength,confidence,horizon_days\n";
  FeedLines lines("f");
  lines.push(csv +
             "2024-01-02,m,AA,1,1.5,0.8,20\n2024-01-02,m,AA,1,1.5,0.8,20\n2024-01-02,m,BB,1,1.5,0.8,20\n");
  EXPECT_EQ(lines.kind(), FeedLines::Kind::signals);
  const auto signals = lines.take();
  ASSERT_EQ(signals.size(), 3u);
  EXPECT_TRUE(signals[0].json.starts_with(
      R"({"time":"2024-01-02","strategy":"m","instrument":"AA","direction":1,"strength":1.5,"confidence":0.8,"horizon_days":20,"id":"feed-)"))
      << signals[0].json;
  EXPECT_EQ(signals[0].json, signals[1].json);
  EXPECT_NE(signals[0].json.substr(signals[0].json.find("feed-")),
            signals[2].json.substr(signals[2].json.find("feed-")));
}

TEST(FeedLines, an_id_that_a_signal_has_stays) {
  const std::string text = R"({"strategy": "m", "id": "mine"})";
  EXPECT_EQ(whole(text), "1 " + text + "\n");
  EXPECT_EQ(whole("id,strategy,instrument\nmine,m,7\n"), R"(2 {"id":"mine","strategy":"m","instrument":"7"})"
                                                         "\n")
      << "an instrument is a text";
}

TEST(FeedLines, what_is_no_number_is_left_for_the_host_to_refuse) {
  EXPECT_EQ(whole("date,AA,BB,CC,DD\n2024-01-02,abc,1e5,007,-.5\n"),
            R"(2 {"date":"2024-01-02","bars":{"AA":"abc","BB":"1e5","CC":"007","DD":"-.5"}})"
            "\n");
}

TEST(FeedLines, a_source_that_is_none_is_refused_with_its_place) {
  EXPECT_EQ(whole(""), "CSV_EMPTY 0:0\n");
  EXPECT_EQ(whole("[{}]\n"), "FEED_NOT_LINES 1:1\n");
  EXPECT_EQ(whole("{\"date\": \n"), "JSON_TRUNCATED 1:10\n");
  EXPECT_EQ(whole("date;AA\n2024-01-02;1\n").substr(0, 11), "CSV_HEADER ");
  EXPECT_EQ(whole("date,AA\n2024-01-02,1\n2024-01-03,1,2\n"), R"(2 {"date":"2024-01-02","bars":{"AA":1}})"
                                                              "\nCSV_RAGGED_ROW 3:1\n")
      << "what was right comes first";
  EXPECT_EQ(whole("date,AA,BB,AA\n2024-01-02,1,2,3\n"), "CSV_HEADER 1:12\n");
  EXPECT_EQ(whole("date,AA\n2024-13-02,1\n2024-01-03,1\n"), "PRICE_BAD_DATE 2:1\n")
      << "and nothing behind it";
  EXPECT_EQ(whole(std::string("date,AA\n2024-01-02,\0\n", 21)), "CSV_BINARY 2:0\n");
  EXPECT_EQ(whole("date,AA\n2024-01-02,\xFF\n").substr(0, 13), "CSV_NOT_UTF8 ");
  EXPECT_EQ(whole(std::string(FeedLines::line_bytes_most + 1, 'x')), "CSV_LINE_LONG 1:0\n");
}

}  // namespace
