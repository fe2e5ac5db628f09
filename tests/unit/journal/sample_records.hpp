#pragma once

#include <cstddef>
#include <limits>
#include <vector>

#include "host/journal/records.hpp"
#include "host/model/bar.hpp"
#include "host/model/order.hpp"

/// One record of each kind, every field different from its default.
namespace sample {

using namespace cadre;

inline journal::HeadRecord head() {
  return {.text = R"({"seed":7,"processor":"x"})"};
}

inline model::Bar bar() {
  return {.date = 19910102,
          .time_ns = 662'850'000'000'000'000,
          .epoch = 3,
          .has_intraday = true,
          .has_volume = true,
          .open_e9 = {1, 2, 3},
          .high_e9 = {4, 5, 6},
          .low_e9 = {7, 8, 9},
          .close_e9 = {10, 11, std::numeric_limits<int64_t>::max()},
          .volume = {1.5, std::numeric_limits<double>::quiet_NaN(), 3.5},
          .valid = {1, 0, 1}};
}

inline journal::SignalRecord signal() {
  journal::SignalRecord record;
  record.signal = {.size = sizeof(cadre_signal),
                   .instrument = 4,
                   .direction = -1,
                   .reserved = 0,
                   .strength = 1.25,
                   .confidence = 0.5,
                   .horizon_days = 21,
                   .time_ns = 99,
                   .strategy = model::make_id("momentum")};
  record.instrument = "ibm";
  return record;
}

inline journal::UniverseRecord universe() {
  return {.epoch = 2, .date = 19970602, .instruments = {"aa", "ge", "ibm"}, .old_to_new = {0, -1, 2, 1}};
}

inline journal::RevisionRecord revision() {
  return {.revision = 41,
          .based_on = 40,
          .date = 19980105,
          .reason = "lower the VaR limit",
          .text = R"({"chain":{}})",
          .stages = {"sizing", "risk", "correlation"}};
}

inline cadre_limit_use limit_use(std::string_view name, double value) {
  return {.name = model::make_id(name),
          .value = value,
          .limit = 0.02,
          .instrument = CADRE_BOOK,
          .flags = CADRE_LIMIT_HARD};
}

inline journal::DecisionRecord decision(std::size_t instruments = 3, std::size_t stages = 4) {
  journal::DecisionRecord record;
  record.sequence = 17;
  record.time_ns = 18;
  record.date = 19990104;
  record.revision = 41;
  record.equity = base::Money::from_raw(1'000'000'123'456);
  record.cash = base::Money::from_raw(-5);
  for (std::size_t i = 0; i < instruments; ++i) {
    const auto number = static_cast<int64_t>(i);
    record.price_e9.push_back(100'000'000'000 + number);
    record.position_e9.push_back(-7 * number);
    record.working_e9.push_back(3 + number);
    record.score.push_back(0.25 * static_cast<double>(i) - 1.0);
    record.score_valid.push_back(static_cast<uint8_t>(i % 2));
  }
  for (std::size_t s = 0; s < stages; ++s) {
    journal::StageEffect effect;
    for (std::size_t i = 0; i < instruments; ++i) {
      effect.target.push_back(0.01 * static_cast<double>(s + 1) + 1e-3 * static_cast<double>(i));
      effect.reasons.push_back({.code = static_cast<uint32_t>(s + 1), .reserved = 0, .value = 0.5});
    }
    record.stages.push_back(std::move(effect));
  }
  record.passes = 3;
  record.outcome = 2;
  record.cut_factor = 0.75;
  record.volatility = 0.149;
  record.value_at_risk = 0.0199;
  record.limits = {limit_use("value_at_risk", 0.0199), limit_use("portfolio_volatility", 0.149)};
  record.failures = {{.instance = "news", .status = CADRE_ERROR, .policy = "bypass"}};
  return record;
}

inline journal::OrderRecord order() {
  journal::OrderRecord record;
  record.order = {.size = sizeof(cadre_order),
                  .instrument = 2,
                  .side = CADRE_SIDE_SELL,
                  .type = CADRE_ORDER_LIMIT,
                  .time_in_force = CADRE_TIF_DAY,
                  .flags = 0,
                  .quantity_e9 = 300'000'000'000,
                  .limit_price_e9 = 12'340'000'000,
                  .stop_price_e9 = 1,
                  .expire_time_ns = 2,
                  .decision_price_e9 = 12'350'000'000,
                  .decision_time_ns = 3,
                  .client_id = model::make_id("17-2-1")};
  record.failed_checks = {"PRICE_COLLAR", "ORDER_NOTIONAL"};
  record.reason = {16, 0, 500};
  return record;
}

inline journal::ReportRecord report() {
  journal::ReportRecord record;
  record.report = {.size = sizeof(cadre_execution_report),
                   .status = CADRE_ORDER_FILLED,
                   .instrument = 2,
                   .side = CADRE_SIDE_BUY,
                   .quantity_e9 = 100'000'000'000,
                   .price_e9 = 12'345'000'000,
                   .fees_e6 = 617'250,
                   .spread_cost_e6 = 250'000,
                   .time_ns = 5,
                   .reason = 6,
                   .reserved = 0,
                   .client_id = model::make_id("17-2-1"),
                   .execution_id = model::make_id("E-9"),
                   .request_id = model::make_id("17-2-1.r1"),
                   .order_quantity_e9 = 600000000000};
  return record;
}

inline journal::OrderRequestRecord order_request() {
  return {.action = "replace",
          .client_id = "17-2-1",
          .request_id = "main.18.r0",
          .quantity_e9 = 600'000'000'000,
          .limit_price_e9 = 12'340'000'000,
          .stop_price_e9 = 1,
          .reason = 24};
}

inline journal::ParentOrderRecord parent_order() {
  journal::ParentOrderRecord record;
  record.order = order().order;
  record.waits = "other_side";
  record.target_e9 = -200'000'000'000;
  record.date = 20240105;
  record.children = 3;
  record.reason = {19, 0, 100};
  record.waited_sessions = 2;
  record.slices = {{.time_ns = 7, .quantity_e9 = 100'000'000'000, .limit_price_e9 = 12'340'000'000},
                   {.time_ns = 8, .quantity_e9 = 200'000'000'000, .max_share = 0.1}};
  return record;
}

inline journal::AccountRecord account() {
  return {.date = 20011231,
          .equity = base::Money::from_raw(1),
          .cash = base::Money::from_raw(2),
          .profit = base::Money::from_raw(-3),
          .costs = base::Money::from_raw(4)};
}

inline journal::EndRecord end() {
  return {.decisions = 2300, .orders = 900, .fills = 890, .order_hash = "c0ffee"};
}

inline journal::CheckpointRecord checkpoint() {
  return {.revision = 41,
          .epoch = 3,
          .instruments = {"ge", "ibm"},
          .agents = {{.stage = "momentum",
                      .agent = "cadre.momentum",
                      .sha256 = "c0ffee",
                      .schema = 2,
                      .bytes = "state"}},
          .timers = {{.stage = "news", .id = 7, .due_ns = 8, .period_ns = 9}}};
}

inline journal::OutcomeRecord outcome() {
  return {.outcome = {.size = sizeof(cadre_outcome),
                      .instrument = 1,
                      .score = 0.5,
                      .weight = 0.25,
                      .realised_return = -0.01,
                      .risk = 0.1,
                      .strategy = model::make_id("momentum")},
          .instrument = "ibm"};
}

/// The payload of a record.
template <class Record>
std::vector<std::byte> payload_of(const Record& record) {
  base::Encoder encoder;
  journal::encode(encoder, record);
  return {encoder.bytes().begin(), encoder.bytes().end()};
}

}  // namespace sample
