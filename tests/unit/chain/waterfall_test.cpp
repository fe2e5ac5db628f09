#include <gtest/gtest.h>

#include "host/backtest/backtest.hpp"
#include "host/backtest/prepared_run.hpp"
#include "host/base/temporary_folder.hpp"
#include "host/chain/waterfall.hpp"
#include "host/journal/journal.hpp"

namespace cadre::chain {
namespace {

TEST(Waterfall, tells_what_each_stage_did_in_whole_lots_by_hand) {
  // 100,000 of equity at 30: 0.1 is 333 units, 0.06 is 200, 0.05 is 166. 50 are held.
  journal::DecisionRecord record;
  record.equity = *base::Money::parse("100000");
  record.price_e9 = {30'000'000'000};
  record.position_e9 = {40'000'000'000};
  record.working_e9 = {10'000'000'000};
  record.stages = {{{0.1}, {{CADRE_REASON_SIGNAL, 0, 1}}},
                   {{0.06}, {{CADRE_REASON_RISK_LIMIT, 0, 0.6}}},
                   {{0.05}, {{0, 0, 0}}}};
  const auto steps = waterfall(record, {"sizer", "risk_feedback", "final_cut"}, 0, {}, 100'000'000'000);
  ASSERT_EQ(steps.size(), 4u);
  const std::int64_t quantities[] = {333, 200, 166, 150};
  const std::int64_t changes[] = {283, -133, -34, -16};
  for (std::size_t k = 0; k < 4; ++k) {
    EXPECT_EQ(steps[k].quantity_e9, quantities[k] * 1'000'000'000) << k;
    EXPECT_EQ(steps[k].change_e9, changes[k] * 1'000'000'000) << k;
  }
  EXPECT_EQ(steps[3].stage, "execution_rules");
  EXPECT_EQ(steps[1].reason.code, std::uint32_t{CADRE_REASON_RISK_LIMIT});
}

TEST(Waterfall, without_a_price_nothing_changes) {
  journal::DecisionRecord record;
  record.equity = *base::Money::parse("100000");
  record.price_e9 = {0};
  record.position_e9 = {0};
  record.working_e9 = {0};
  record.stages = {{{0.1}, {{}}}};
  const auto steps = waterfall(record, {"sizer"}, 0, {}, 0);
  EXPECT_EQ(steps[0].change_e9, 0);
}

TEST(Waterfall, reasons_have_words_and_a_plugin_s_own_keep_their_number) {
  EXPECT_EQ(reason_name(CADRE_REASON_FINAL_CUT), "final_cut");
  EXPECT_EQ(reason_name(CADRE_REASON_LOT), "lot");
  EXPECT_EQ(reason_name(0), "");
  EXPECT_EQ(reason_name(1001), "plugin reason 1001");
  EXPECT_EQ(reason_name(99), "reason 99");
}

TEST(Waterfall, adds_up_to_the_order_exactly_for_every_order_of_the_demo) {
  base::TemporaryFolder folder;
  const auto run = backtest::run_backtest({CADRE_SOURCE_DIR "/manifests/scenarios/demo.json",
                                           {},
                                           {CADRE_BINARY_DIR "/agents"},
                                           folder.path() / "run"},
                                          {});
  ASSERT_TRUE(run);
  auto reader = journal::JournalReader::open(folder.path() / "run" / "journal");
  ASSERT_TRUE(reader);
  journal::RevisionRecord revision;
  journal::DecisionRecord decision;
  std::size_t orders = 0, increases = 0;
  while (const auto record = reader->next()) {
    base::Decoder from(record->payload);
    ASSERT_TRUE(record->type != journal::RecordType::revision || decode(from, revision, record->format));
    ASSERT_TRUE(record->type != journal::RecordType::decision || decode(from, decision, record->format));
    if (record->type != journal::RecordType::order) continue;
    journal::OrderRecord order;
    ASSERT_TRUE(decode(from, order, record->format));
    if (!order.failed_checks.empty()) continue;
    const std::int64_t sent = order.order.quantity_e9 * (order.order.side == CADRE_SIDE_BUY ? 1 : -1);
    const auto steps = waterfall(decision, revision.stages, order.order.instrument, {}, sent);
    std::int64_t total = 0;
    for (const WaterfallStep& step : steps)
      total += step.change_e9;
    ASSERT_EQ(total, sent) << order.order.client_id.text;
    // The demo sends market orders for all that is needed: nothing is left for the rules to explain.
    ASSERT_EQ(steps.back().change_e9, 0) << order.order.client_id.text;
    ++orders;
    increases += sent > 0;
  }
  EXPECT_EQ(orders, run->result.counts.orders - run->result.counts.rejected_orders);
  EXPECT_GT(orders, 1000u);
  EXPECT_GT(increases, 100u);
}

}  // namespace
}  // namespace cadre::chain
