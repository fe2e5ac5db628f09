// What only a book that outlives its process needs: checkpoints, commands, and events as a journal tells
// them.

#include <algorithm>
#include <cstdlib>
#include <utility>

#include "cadre/cadre.h"
#include "host/book/book.hpp"
#include "host/model/order.hpp"

namespace cadre::book {

base::Result<journal::CheckpointRecord> Book::checkpoint() const {
  journal::CheckpointRecord record;
  record.revision = chain_->revision;
  record.epoch = universe_.epoch;
  record.instruments = instrument_ids();
  base::Problems problems;
  std::as_const(*chain_).each_stage([&](const chain::Stage& stage) {
    if (!stage.agent->has_state()) return;
    auto saved = stage.agent->save_state(universe_.epoch, record.instruments);
    problems.append(saved.problems());
    if (!saved) return;
    record.agents.push_back({stage.name, saved->agent_id, stage.agent->manifest().sha256, saved->schema,
                             std::move(saved->bytes)});
  });
  if (problems.has_errors()) return problems;
  return record;
}

base::Problems Book::load_checkpoint(const journal::CheckpointRecord& record) {
  base::Problems problems;
  chain_->each_stage([&](chain::Stage& stage) {
    if (!stage.agent->has_state()) return;
    for (const journal::CheckpointRecord::Agent& saved : record.agents) {
      if (saved.stage != stage.name || saved.agent != stage.agent->declaration().id) continue;
      problems.append(stage.agent->load_state(
          {saved.agent, saved.schema, record.epoch, record.instruments, saved.bytes}));
    }
  });
  return problems;
}

base::Problems Book::enter_beside(const Book& other, const journal::CheckpointRecord& learned,
                                  std::shared_ptr<chain::Chain> chain,
                                  const journal::RevisionRecord& revision) {
  universe_ = other.universe_;
  data_of_ = other.data_of_;
  history_ = other.history_;
  portfolio_ = other.portfolio_;
  sequence_ = other.sequence_;
  time_ns_ = other.time_ns_;
  date_ = other.date_;
  bars_ = other.bars_;
  intraday_ = other.intraday_;
  volume_ = other.volume_;
  shortfall_sum_ = other.shortfall_sum_;
  enter(std::move(chain), revision);
  arena_->head().execution = other.arena_->head().execution;
  gate_->inherit_counters(*other.gate_);
  for (const execution::TrackedOrder& tracked : other.tracker_.recent()) {
    if (tracked.open()) tracker_.adopt(tracked);
  }
  columns_are_stale_ = true;
  refresh_columns();
  base::Problems problems = load_checkpoint(learned);
  if (problems.has_errors()) return problems;
  const cadre_event now{sizeof(cadre_event), CADRE_EVENT_BAR, sequence_, time_ns_, nullptr};
  chain_->each_stage([&](chain::Stage& stage) {
    const bool knows = std::any_of(learned.agents.begin(), learned.agents.end(), [&](const auto& saved) {
      return saved.stage == stage.name && saved.agent == stage.agent->declaration().id;
    });
    if (!knows) stage.agent->observe(now, view_->raw);
  });
  problems.append(activate());
  if (problems.has_errors()) return problems;
  // An environment that did not learn of them from the other one gets the open orders now.
  const auto& environment = chain_->environment;
  const auto& table = environment.table<cadre_execution_environment>();
  for (const execution::TrackedOrder& tracked : tracker_.recent()) {
    cadre_trade_result result{};
    result.size = sizeof result;
    if (!tracked.open() ||
        table.query_order(environment.self(), tracked.order.client_id, &result) == CADRE_OK)
      continue;
    (void)table.execute_trade(environment.self(), &tracked.order, &result);
  }
  return problems;
}

void Book::take_command(const journal::CommandRecord& command) {
  ++sequence_;
  for (BookListener* listener : listeners_)
    listener->on_command(sequence_, command);
}

void Book::cancel_all() {
  const auto& environment = chain_->environment;
  const auto& table = environment.table<cadre_execution_environment>();
  const auto& orders = tracker_.orders();
  for (std::size_t place = orders.size() - tracker_.recent().size(); place < orders.size(); ++place) {
    if (orders[place].open()) (void)table.cancel_order(environment.self(), orders[place].order.client_id);
  }
  take_fills();
}

void Book::flatten() {
  const auto traded = arena_->valid(model::ColumnId::close);
  std::vector<std::int64_t> price(universe_.size());
  for (std::uint32_t i = 0; i < universe_.size(); ++i)
    price[i] = portfolio_.price(i).raw();
  gate_->begin_decision(sequence_, date_, portfolio_, {price, traded, {}}, {});
  const std::size_t first = tracker_.orders().size();
  for (std::uint32_t i = 0; i < universe_.size(); ++i) {
    const std::int64_t left =
        portfolio_.quantity(i).raw() + tracker_.working_buy_e9(i) - tracker_.working_sell_e9(i);
    if (left == 0) continue;
    cadre_order order{};
    order.size = sizeof order;
    order.instrument = i;
    order.side = left > 0 ? CADRE_SIDE_SELL : CADRE_SIDE_BUY;
    order.type = CADRE_ORDER_MARKET;
    order.time_in_force = CADRE_TIF_DAY;
    order.quantity_e9 = std::llabs(left);
    order.decision_price_e9 = price[i];
    order.decision_time_ns = time_ns_;
    order.client_id =
        model::make_id(config_.book + ".flatten." + std::to_string(sequence_) + '.' + std::to_string(i));
    record_order({order, gate_->check(order)});
  }
  const std::size_t last = tracker_.orders().size();
  if (last == first) return;
  const bool ready = ready_to_send();
  for (std::size_t place = first; place < last; ++place) {
    if (ready)
      send(place);
    else
      tracker_.reject(place, 0);
  }
  refresh_columns();
}

void Book::recover_order(const cadre_order& order, std::uint64_t failed_checks, std::int32_t date) {
  const bool accepted = failed_checks == 0;
  columns_are_stale_ = true;
  tracker_.add(order, accepted ? CADRE_ORDER_NEW : CADRE_ORDER_REJECTED, failed_checks);
  if (!accepted) return;
  ++arena_->head().execution.orders;
  gate_->count_recovered(date);
}

void Book::send_again(const cadre_order& order) {
  const auto& orders = tracker_.orders();
  for (std::size_t place = orders.size() - tracker_.recent().size(); place < orders.size(); ++place) {
    if (model::id_text(orders[place].order.client_id) == model::id_text(order.client_id)) return send(place);
  }
}

}  // namespace cadre::book
