#include "host/journal/records.hpp"
#include "host/model/bar.hpp"

#include <cassert>

namespace cadre::journal {
namespace {

void put_money(base::Encoder& to, base::Money money) {
  to.put(money.raw());
}

void get_money(base::Decoder& from, base::Money& money) {
  money = base::Money::from_raw(from.get<int64_t>());
}

// A column is absent or has one number per instrument.
template <class... Column>
bool columns_fit(std::size_t instruments, const Column&... column) {
  return ((column.empty() || column.size() == instruments) && ...);
}

bool columns_fit(const model::Bar& bar) {
  const std::size_t count = bar.close_e9.size();
  const std::size_t intraday = bar.has_intraday ? count : 0;
  return bar.valid.size() == count && bar.volume.size() == (bar.has_volume ? count : 0) &&
         bar.open_e9.size() == intraday && bar.high_e9.size() == intraday && bar.low_e9.size() == intraday;
}

bool columns_fit(const DecisionRecord& decision) {
  const std::size_t count = decision.price_e9.size();
  bool fit =
      columns_fit(count, decision.position_e9, decision.working_e9, decision.score, decision.score_valid);
  for (const StageEffect& stage : decision.stages)
    fit = fit && columns_fit(count, stage.target, stage.reasons);
  return fit;
}

// Counts of a StageEffect and a StageFailure without content.
constexpr std::size_t stage_effect_bytes_min = 12;
constexpr std::size_t stage_failure_bytes_min = 12;

}  // namespace

void encode(base::Encoder& to, const HeadRecord& record) {
  to.put_text(record.text);
}

bool decode(base::Decoder& from, HeadRecord& record) {
  from.get_text(record.text);
  return from.finished();
}

void encode(base::Encoder& to, const model::Bar& record) {
  assert(columns_fit(record));
  to.put(record.date);
  to.put(record.time_ns);
  to.put(record.epoch);
  to.put(record.has_intraday);
  to.put(record.has_volume);
  to.put_array(record.open_e9);
  to.put_array(record.high_e9);
  to.put_array(record.low_e9);
  to.put_array(record.close_e9);
  to.put_array(record.volume);
  to.put_array(record.valid);
}

bool decode(base::Decoder& from, model::Bar& record) {
  from.get(record.date);
  from.get(record.time_ns);
  from.get(record.epoch);
  from.get(record.has_intraday);
  from.get(record.has_volume);
  from.get_array(record.open_e9);
  from.get_array(record.high_e9);
  from.get_array(record.low_e9);
  from.get_array(record.close_e9);
  from.get_array(record.volume);
  from.get_array(record.valid);
  return from.finished() && columns_fit(record);
}

void encode(base::Encoder& to, const SignalRecord& record) {
  to.put_struct(record.signal);
  to.put_text(record.instrument);
}

bool decode(base::Decoder& from, SignalRecord& record) {
  from.get_struct(record.signal);
  from.get_text(record.instrument);
  return from.finished();
}

void encode(base::Encoder& to, const UniverseRecord& record) {
  to.put(record.epoch);
  to.put(record.date);
  to.put_texts(record.instruments);
  to.put_array(record.old_to_new);
}

bool decode(base::Decoder& from, UniverseRecord& record) {
  from.get(record.epoch);
  from.get(record.date);
  from.get_texts(record.instruments);
  from.get_array(record.old_to_new);
  return from.finished();
}

void encode(base::Encoder& to, const RevisionRecord& record) {
  to.put(record.revision);
  to.put(record.based_on);
  to.put(record.date);
  to.put_text(record.actor);
  to.put_text(record.reason);
  to.put_text(record.text);
  to.put_texts(record.stages);
}

bool decode(base::Decoder& from, RevisionRecord& record) {
  from.get(record.revision);
  from.get(record.based_on);
  from.get(record.date);
  from.get_text(record.actor);
  from.get_text(record.reason);
  from.get_text(record.text);
  from.get_texts(record.stages);
  return from.finished();
}

void encode(base::Encoder& to, const DecisionRecord& record) {
  assert(columns_fit(record));
  to.put(record.sequence);
  to.put(record.time_ns);
  to.put(record.date);
  to.put(record.revision);
  put_money(to, record.equity);
  put_money(to, record.cash);
  to.put_array(record.price_e9);
  to.put_array(record.position_e9);
  to.put_array(record.working_e9);
  to.put_array(record.score);
  to.put_array(record.score_valid);
  to.put_count(record.stages.size());
  for (const StageEffect& stage : record.stages) {
    to.put_array(stage.target);
    to.put_structs(stage.reasons);
  }
  to.put(record.passes);
  to.put(record.outcome);
  to.put(record.cut_factor);
  to.put(record.volatility);
  to.put(record.value_at_risk);
  to.put(record.expected_shortfall);
  to.put_structs(record.limits);
  to.put_count(record.failures.size());
  for (const StageFailure& failure : record.failures) {
    to.put_text(failure.instance);
    to.put(failure.status);
    to.put_text(failure.policy);
  }
}

bool decode(base::Decoder& from, DecisionRecord& record) {
  from.get(record.sequence);
  from.get(record.time_ns);
  from.get(record.date);
  from.get(record.revision);
  get_money(from, record.equity);
  get_money(from, record.cash);
  from.get_array(record.price_e9);
  from.get_array(record.position_e9);
  from.get_array(record.working_e9);
  from.get_array(record.score);
  from.get_array(record.score_valid);
  record.stages.resize(from.get_count(stage_effect_bytes_min));
  for (StageEffect& stage : record.stages) {
    from.get_array(stage.target);
    from.get_structs(stage.reasons);
  }
  from.get(record.passes);
  from.get(record.outcome);
  from.get(record.cut_factor);
  from.get(record.volatility);
  from.get(record.value_at_risk);
  from.get(record.expected_shortfall);
  from.get_structs(record.limits);
  record.failures.resize(from.get_count(stage_failure_bytes_min));
  for (StageFailure& failure : record.failures) {
    from.get_text(failure.instance);
    from.get(failure.status);
    from.get_text(failure.policy);
  }
  return from.finished() && columns_fit(record);
}

void encode(base::Encoder& to, const OrderRecord& record) {
  to.put_struct(record.order);
  to.put(record.verdict);
  to.put_texts(record.failed_checks);
}

bool decode(base::Decoder& from, OrderRecord& record) {
  from.get_struct(record.order);
  from.get(record.verdict);
  from.get_texts(record.failed_checks);
  return from.finished();
}

void encode(base::Encoder& to, const ReportRecord& record) {
  to.put_struct(record.report);
}

bool decode(base::Decoder& from, ReportRecord& record) {
  from.get_struct(record.report);
  return from.finished();
}

void encode(base::Encoder& to, const AccountRecord& record) {
  to.put(record.date);
  put_money(to, record.equity);
  put_money(to, record.cash);
  put_money(to, record.profit);
  put_money(to, record.costs);
}

bool decode(base::Decoder& from, AccountRecord& record) {
  from.get(record.date);
  get_money(from, record.equity);
  get_money(from, record.cash);
  get_money(from, record.profit);
  get_money(from, record.costs);
  return from.finished();
}

void encode(base::Encoder& to, const CommandRecord& record) {
  to.put_text(record.kind);
  to.put(record.date);
  to.put_text(record.actor);
  to.put_text(record.reason);
  to.put_text(record.text);
}

bool decode(base::Decoder& from, CommandRecord& record) {
  from.get_text(record.kind);
  from.get(record.date);
  from.get_text(record.actor);
  from.get_text(record.reason);
  from.get_text(record.text);
  return from.finished();
}

void encode(base::Encoder& to, const CheckpointRecord& record) {
  to.put(record.revision);
  to.put(record.epoch);
  to.put_texts(record.instruments);
  to.put_count(record.agents.size());
  for (const CheckpointRecord::Agent& agent : record.agents) {
    to.put_text(agent.stage);
    to.put_text(agent.agent);
    to.put_text(agent.sha256);
    to.put(agent.schema);
    to.put_text(agent.bytes);
  }
}

bool decode(base::Decoder& from, CheckpointRecord& record) {
  constexpr std::size_t agent_bytes_min = 5 * sizeof(uint32_t);
  from.get(record.revision);
  from.get(record.epoch);
  from.get_texts(record.instruments);
  record.agents.resize(from.get_count(agent_bytes_min));
  for (CheckpointRecord::Agent& agent : record.agents) {
    from.get_text(agent.stage);
    from.get_text(agent.agent);
    from.get_text(agent.sha256);
    from.get(agent.schema);
    from.get_text(agent.bytes);
  }
  return from.finished();
}

void encode(base::Encoder& to, const EndRecord& record) {
  to.put(record.decisions);
  to.put(record.orders);
  to.put(record.fills);
  to.put_text(record.order_hash);
}

bool decode(base::Decoder& from, EndRecord& record) {
  from.get(record.decisions);
  from.get(record.orders);
  from.get(record.fills);
  from.get_text(record.order_hash);
  return from.finished();
}

}  // namespace cadre::journal
