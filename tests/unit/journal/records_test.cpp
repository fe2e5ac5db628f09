#include "host/journal/records.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "host/base/invariant.hpp"
#include "host/journal/fields.hpp"
#include "host/journal/journal.hpp"
#include "sample_records.hpp"

namespace {

using namespace cadre;
using namespace cadre::journal;
using cadre::base::Decoder;
using cadre::base::Encoder;

template <class Record>
bool decode_now(Decoder& from, Record& record) {
  return decode(from, record, format_version);
}

template <class Record>
Record round_trip(const Record& record) {
  const auto payload = sample::payload_of(record);
  Record back;
  Decoder decoder(payload);
  EXPECT_TRUE(decode_now(decoder, back));
  EXPECT_EQ(sample::payload_of(back), payload);
  return back;
}

TEST(Records, head_comes_back) {
  EXPECT_EQ(round_trip(sample::head()).text, sample::head().text);
}

TEST(Records, bar_comes_back) {
  const cadre::model::Bar bar = sample::bar(), back = round_trip(bar);
  EXPECT_EQ(back.date, bar.date);
  EXPECT_EQ(back.time_ns, bar.time_ns);
  EXPECT_EQ(back.epoch, bar.epoch);
  EXPECT_TRUE(back.has_intraday && back.has_volume);
  EXPECT_EQ(back.open_e9, bar.open_e9);
  EXPECT_EQ(back.high_e9, bar.high_e9);
  EXPECT_EQ(back.low_e9, bar.low_e9);
  EXPECT_EQ(back.close_e9, bar.close_e9);
  EXPECT_EQ(back.valid, bar.valid);
  EXPECT_EQ(back.volume[2], bar.volume[2]);
  EXPECT_TRUE(std::isnan(back.volume[1]));
}

TEST(Records, bar_without_intraday_and_volume_comes_back) {
  cadre::model::Bar bar = sample::bar();
  bar.has_intraday = bar.has_volume = false;
  bar.open_e9 = bar.high_e9 = bar.low_e9 = {};
  bar.volume = {};
  EXPECT_EQ(round_trip(bar).close_e9, bar.close_e9);
}

TEST(Records, bar_with_a_column_too_short_is_refused) {
  Encoder encoder;
  encoder.put(int32_t{1});
  encoder.put(int64_t{1});
  encoder.put(uint64_t{1});
  encoder.put(false);
  encoder.put(false);
  for (int column = 0; column < 3; ++column)
    encoder.put_array(std::vector<int64_t>{});
  encoder.put_array(std::vector<int64_t>{1, 2});
  encoder.put_array(std::vector<double>{});
  encoder.put_array(std::vector<uint8_t>{1});
  cadre::model::Bar bar;
  Decoder decoder(encoder.bytes());
  EXPECT_FALSE(decode(decoder, bar, last_plain_format));
  bar = sample::bar();
  auto payload = sample::payload_of(bar);
  std::byte& count = payload[payload.size() - 12];  // of the last column that has something
  ASSERT_EQ(count, std::byte{3});
  count = std::byte{1};
  Decoder now(payload);
  EXPECT_FALSE(decode_now(now, bar));
}

TEST(Records, bar_of_a_minute_with_quotes_comes_back) {
  cadre::model::Bar bar = sample::bar();
  bar.period_ns = 60'000'000'000;
  bar.ends_session = true;
  bar.completion = 3;
  bar.bid_e9 = {1, 0, 3};
  bar.ask_e9 = {2, 0, std::numeric_limits<int64_t>::max()};
  bar.opening_bid_e9 = bar.opening_ask_e9 = {4, 5, 6};
  const cadre::model::Bar back = round_trip(bar);
  EXPECT_EQ(back.period_ns, bar.period_ns);
  EXPECT_TRUE(back.ends_session);
  EXPECT_EQ(back.completion, 3);
  EXPECT_EQ(back.bid_e9, bar.bid_e9);
  EXPECT_EQ(back.ask_e9, bar.ask_e9);
  EXPECT_EQ(back.opening_bid_e9, bar.opening_bid_e9);
  EXPECT_EQ(back.opening_ask_e9, bar.opening_ask_e9);
  bar.ask_e9 = {2};
  EXPECT_THROW(sample::payload_of(bar), cadre::base::InvariantBroken);
}

TEST(Records, signal_comes_back) {
  const SignalRecord signal = sample::signal(), back = round_trip(signal);
  // NOLINTNEXTLINE(bugprone-suspicious-memory-comparison): to the bit is what is meant, for doubles too
  EXPECT_EQ(std::memcmp(&back.signal, &signal.signal, sizeof signal.signal), 0);
  EXPECT_EQ(back.instrument, signal.instrument);
}

TEST(Records, universe_comes_back) {
  const UniverseRecord universe = sample::universe(), back = round_trip(universe);
  EXPECT_EQ(back.epoch, universe.epoch);
  EXPECT_EQ(back.date, universe.date);
  EXPECT_EQ(back.instruments, universe.instruments);
  EXPECT_EQ(back.old_to_new, universe.old_to_new);
}

TEST(Records, revision_comes_back) {
  const RevisionRecord revision = sample::revision(), back = round_trip(revision);
  EXPECT_EQ(back.revision, revision.revision);
  EXPECT_EQ(back.based_on, revision.based_on);
  EXPECT_EQ(back.date, revision.date);
  EXPECT_EQ(back.reason, revision.reason);
  EXPECT_EQ(back.text, revision.text);
  EXPECT_EQ(back.stages, revision.stages);
}

TEST(Records, decision_comes_back) {
  const DecisionRecord decision = sample::decision(), back = round_trip(decision);
  EXPECT_EQ(back.sequence, decision.sequence);
  EXPECT_EQ(back.time_ns, decision.time_ns);
  EXPECT_EQ(back.date, decision.date);
  EXPECT_EQ(back.revision, decision.revision);
  EXPECT_EQ(back.equity, decision.equity);
  EXPECT_EQ(back.cash, decision.cash);
  EXPECT_EQ(back.price_e9, decision.price_e9);
  EXPECT_EQ(back.position_e9, decision.position_e9);
  EXPECT_EQ(back.working_e9, decision.working_e9);
  EXPECT_EQ(back.score, decision.score);
  EXPECT_EQ(back.score_valid, decision.score_valid);
  ASSERT_EQ(back.stages.size(), decision.stages.size());
  EXPECT_EQ(back.stages[3].target, decision.stages[3].target);
  EXPECT_EQ(back.stages[3].reasons[2].code, 4u);
  EXPECT_EQ(back.stages[3].reasons[2].value, 0.5);
  EXPECT_EQ(back.passes, decision.passes);
  EXPECT_EQ(back.outcome, decision.outcome);
  EXPECT_EQ(back.cut_factor, decision.cut_factor);
  EXPECT_EQ(back.volatility, decision.volatility);
  EXPECT_EQ(back.value_at_risk, decision.value_at_risk);
  EXPECT_TRUE(std::isnan(back.expected_shortfall));
  ASSERT_EQ(back.limits.size(), 2u);
  EXPECT_EQ(model::id_text(back.limits[1].name), "portfolio_volatility");
  EXPECT_EQ(back.limits[1].value, 0.149);
  ASSERT_EQ(back.failures.size(), 1u);
  EXPECT_EQ(back.failures[0].instance, "news");
  EXPECT_EQ(back.failures[0].status, static_cast<uint32_t>(CADRE_ERROR));
  EXPECT_EQ(back.failures[0].policy, "bypass");
}

TEST(Records, decision_of_a_smaller_universe_replaces_one_of_a_larger) {
  const DecisionRecord small = sample::decision(2, 1);
  DecisionRecord reused = sample::decision(9, 5);
  const auto payload = sample::payload_of(small);
  Decoder decoder(payload);
  ASSERT_TRUE(decode(decoder, reused, format_version));
  EXPECT_EQ(sample::payload_of(reused), payload);
}

TEST(Records, order_comes_back) {
  const OrderRecord order = sample::order(), back = round_trip(order);
  EXPECT_EQ(std::memcmp(&back.order, &order.order, sizeof order.order), 0);
  EXPECT_EQ(back.failed_checks, order.failed_checks);
}

// As a host of 0.9 wrote it.
std::vector<std::byte> order_of_format_1(const OrderRecord& order, uint32_t verdict) {
  Encoder encoder;
  encoder.put_struct(order.order);
  encoder.put(verdict);
  encoder.put_texts(order.failed_checks);
  return {encoder.bytes().begin(), encoder.bytes().end()};
}

TEST(Records, an_order_of_format_1_is_read_without_its_row_number) {
  OrderRecord order = sample::order();
  order.reason = {};  // came later
  const auto payload = order_of_format_1(order, 9);
  OrderRecord back;
  Decoder decoder(payload);
  ASSERT_TRUE(decode(decoder, back, 1));
  EXPECT_EQ(sample::payload_of(back), sample::payload_of(order));
}

TEST(Records, an_order_read_as_one_of_another_format_is_refused) {
  const OrderRecord order = sample::order();
  const auto of_1 = order_of_format_1(order, 9), of_2 = sample::payload_of(order);
  OrderRecord back;
  Decoder as_2(of_1), as_1(of_2);
  EXPECT_FALSE(decode(as_2, back, 2));
  EXPECT_FALSE(decode(as_1, back, 1));
}

TEST(Records, report_comes_back) {
  const ReportRecord report = sample::report(), back = round_trip(report);
  EXPECT_EQ(std::memcmp(&back.report, &report.report, sizeof report.report), 0);
}

TEST(Records, account_comes_back) {
  const AccountRecord account = sample::account(), back = round_trip(account);
  EXPECT_EQ(back.date, account.date);
  EXPECT_EQ(back.equity, account.equity);
  EXPECT_EQ(back.cash, account.cash);
  EXPECT_EQ(back.profit, account.profit);
  EXPECT_EQ(back.costs, account.costs);
}

TEST(Records, end_comes_back) {
  const EndRecord end = sample::end(), back = round_trip(end);
  EXPECT_EQ(back.decisions, end.decisions);
  EXPECT_EQ(back.orders, end.orders);
  EXPECT_EQ(back.fills, end.fills);
  EXPECT_EQ(back.order_hash, end.order_hash);
}

// Whatever is decoded is one of the records there are: encoded again it is the same record.
template <class Record>
bool survives(const std::vector<std::byte>& payload) {
  Record record, again;
  Decoder decoder(payload);
  if (!decode_now(decoder, record)) return false;
  const auto written = sample::payload_of(record);
  Decoder of_written(written);
  EXPECT_TRUE(decode_now(of_written, again));
  EXPECT_EQ(sample::payload_of(again), written);
  return true;
}

template <class Record>
void expect_refused_when_cut(const Record& record) {
  const auto original = sample::payload_of(record);
  for (std::size_t length = 0; length < original.size(); ++length) {
    Record back;
    const std::vector<std::byte> cut(original.begin(),
                                     original.begin() + static_cast<std::ptrdiff_t>(length));
    Decoder decoder(cut);
    EXPECT_FALSE(decode_now(decoder, back)) << "cut to " << length << " of " << original.size();
  }
}

TEST(Records, cut_anywhere_are_refused) {
  expect_refused_when_cut(sample::head());
  expect_refused_when_cut(sample::bar());
  expect_refused_when_cut(sample::signal());
  expect_refused_when_cut(sample::universe());
  expect_refused_when_cut(sample::revision());
  expect_refused_when_cut(sample::decision());
  expect_refused_when_cut(sample::order());
  expect_refused_when_cut(sample::report());
  expect_refused_when_cut(sample::account());
  expect_refused_when_cut(sample::end());
  expect_refused_when_cut(sample::checkpoint());
  expect_refused_when_cut(sample::outcome());
  expect_refused_when_cut(sample::order_request());
  expect_refused_when_cut(sample::parent_order());
}

template <class Record>
void mutate(const Record& record, std::mt19937_64& random, int count) {
  const auto original = sample::payload_of(record);
  for (int i = 0; i < count; ++i) {
    auto payload = original;
    const auto somewhere = [&] { return random() % payload.size(); };
    switch (random() % 4) {
      case 0:
        payload[somewhere()] ^= static_cast<std::byte>(1u << random() % 8);
        break;
      case 1:
        payload.resize(somewhere());
        break;
      case 2:
        payload.resize(payload.size() + 1 + random() % 64, static_cast<std::byte>(random()));
        break;
      case 3: {
        // A count or size of anything.
        const auto number = static_cast<uint32_t>(random() >> random() % 64);
        if (payload.size() >= sizeof number)
          std::memcpy(payload.data() + random() % (payload.size() - sizeof number + 1), &number,
                      sizeof number);
        break;
      }
    }
    const bool decoded = survives<Record>(payload);
    if (payload.size() < original.size()) {
      EXPECT_FALSE(decoded) << "truncated";
    }
  }
}

TEST(Records, ten_thousand_mutated_payloads_of_each_kind_do_no_harm) {
  const uint64_t seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937_64 random(seed);
  const int count = 10'000;
  mutate(sample::head(), random, count);
  mutate(sample::bar(), random, count);
  mutate(sample::signal(), random, count);
  mutate(sample::universe(), random, count);
  mutate(sample::revision(), random, count);
  mutate(sample::decision(), random, count);
  mutate(sample::order(), random, count);
  mutate(sample::report(), random, count);
  mutate(sample::account(), random, count);
  mutate(sample::end(), random, count);
  mutate(sample::checkpoint(), random, count);
  mutate(sample::outcome(), random, count);
  mutate(sample::order_request(), random, count);
  mutate(sample::parent_order(), random, count);
}

/// As formats up to 4 have it: field by field, as it lies in memory.
std::vector<std::byte> decision_of_format_4(const DecisionRecord& decision) {
  Encoder to;
  to.put(decision.sequence);
  to.put(decision.time_ns);
  to.put(decision.date);
  to.put(decision.revision);
  to.put(decision.equity.raw());
  to.put(decision.cash.raw());
  to.put_array(decision.price_e9);
  to.put_array(decision.position_e9);
  to.put_array(decision.working_e9);
  to.put_array(decision.score);
  to.put_array(decision.score_valid);
  to.put_count(decision.stages.size());
  for (const StageEffect& stage : decision.stages) {
    to.put_array(stage.target);
    to.put_structs(stage.reasons);
  }
  to.put(decision.passes);
  to.put(decision.outcome);
  to.put(decision.cut_factor);
  to.put(decision.volatility);
  to.put(decision.value_at_risk);
  to.put(decision.expected_shortfall);
  to.put_structs(decision.limits);
  to.put_count(decision.failures.size());
  for (const StageFailure& failure : decision.failures) {
    to.put_text(failure.instance);
    to.put(failure.status);
    to.put_text(failure.policy);
    to.put_text(failure.reason);
  }
  return {to.bytes().begin(), to.bytes().end()};
}

TEST(Records, a_decision_of_format_4_is_the_same_one_and_twice_as_large) {
  const DecisionRecord decision = sample::decision(30, 5);
  const auto before = decision_of_format_4(decision), now = sample::payload_of(decision);
  DecisionRecord back;
  Decoder decoder(before);
  ASSERT_TRUE(decode(decoder, back, 4));
  EXPECT_EQ(sample::payload_of(back), now);
  EXPECT_LE(2 * now.size(), before.size());
}

}  // namespace
