#include "host/chain/orchestrator.hpp"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <cstring>

#include "cadre/cadre.h"
#include "host/base/invariant.hpp"
#include "host/base/ticks.hpp"
#include "host/chain/outputs.hpp"
#include "host/model/order.hpp"

namespace cadre::chain {

using agent::RoleId;
using config::Step;
using model::ColumnId;

namespace {

/// Signals that a source is offered room for before it asks for more: one of each instrument, and some.
constexpr std::uint64_t signals_at_first(std::uint64_t instruments) {
  return instruments + 16;
}

}  // namespace

const Decision& TradeExecutionOrchestrator::execute_trades() {
  begin();                                      // the state as of this event: prices, positions, open orders
  publish_services();                           // covariance and other data, once, in topological order
  collect_signals();                            // StrategySignal* of all sources
  aggregate_signals();                          // one score and confidence per instrument
  propose_trades();                             // target weights
  adjust_trades(Step::position_sizer);          // optional, here and below: any other agents
  change_targets(RoleId::portfolio_optimizer);  // optional: better ones
  adjust_trades(Step::portfolio_optimizer);
  run_risk_feedback();  // analyze, adjust, analyze again
  adjust_trades(Step::risk_feedback);
  adjust_for_correlation();  // optional: pairs that are one bet
  adjust_trades(Step::correlation_adjuster);
  skip_small_resizes();   // what is not worth its costs
  keep_trading_states();  // what REDUCING and HALTED leave
  take_final_step();      // orders, as large as every limit allows: rounded, restricted, fitted, then judged
  check_orders();         // the host's own gate: nothing gets past it
  CADRE_INVARIANT(effect_ == decision_.record.stages.size(), "orchestrator.stages_in_order",
                  "every stage that changes targets records its effect once");
  return decision_;
}

void TradeExecutionOrchestrator::enter(std::shared_ptr<Chain> chain, const BookState& book) {
  chain_ = std::move(chain);
  book_ = book;
  const std::uint32_t n = book_.arena->size();
  const bool has_services = !chain_->services.empty();
  outputs_.size(n, book_.arena->signals().size(), has_services ? n * book_.arena->service_stride() : 0);
  target_ = outputs_.weight.span();
  reasons_ = outputs_.reasons.span();
  panel_.enter_universe(chain_->all(RoleId::risk_manager), n, outputs_);
  targets_ = {sizeof(cadre_targets), n, target_.data(), reasons_.data()};
  for (auto* column : {&current_, &before_, &rounded_weight_, &sure_weight_, &desired_})
    column->assign(n, 0);
  open_.assign(n, {});
  groups_.enter(*book_.universe, chain_->constraints.max_group_weight);
  group_factor_.assign(groups_.size(), 1);
  group_wanted_.assign(groups_.size(), 0);
  group_bound_.clear();
  for (std::size_t group = 0; group < groups_.size(); ++group)
    group_bound_.push_back(model::make_id("CREDIT_GROUP_LIMIT " + groups_.name(group)));
  reduced_by_loop_.assign(n, 0);
  small_resizes_.clear();
  small_resizes_.reserve(n);
  reference_price_e9_.assign(n, 0);

  journal::DecisionRecord& record = decision_.record;
  record = {};
  record.revision = chain_->revision;
  for (auto* column : {&record.price_e9, &record.position_e9, &record.working_e9})
    column->assign(n, 0);
  record.score.assign(n, 0);
  record.score_valid.assign(n, 0);
  record.stages.assign(effect_names(*chain_).size(), {});
  for (journal::StageEffect& effect : record.stages) {
    effect.target.assign(n, 0);
    effect.reasons.assign(n, {});
  }
  record.limits.reserve(chain_->all(RoleId::risk_manager).size() * RiskPanel::limit_capacity);
  record.failures.reserve(16);
  record.bound_by.reserve(2 * std::size_t{n} + RiskPanel::limit_capacity);
  decision_.orders.clear();
  decision_.orders.reserve(n);
  decision_.need_e9.assign(n, 0);
  decision_.sent_e9.assign(n, 0);
  for (auto* column : {&asked_e9_, &taken_back_e9_, &added_e9_})
    column->assign(n, 0);
  order_count_.assign(n, 0);
  stands_ = true;
  waits_.assign(n, 0);
  for_limit_.assign(n, 0);
  const auto& optimizers = chain_->all(RoleId::portfolio_optimizer);
  const auto& adjusters = chain_->all(RoleId::trade_adjuster);
  wanted_effect_ = optimizers.empty()
                       ? 0
                       : optimizers.size() + static_cast<std::size_t>(std::count_if(
                                                 adjusters.begin(), adjusters.end(), [](const Stage& stage) {
                                                   return stage.after == Step::position_sizer;
                                                 }));
  left_out_.assign(n, {});
  may_rest_.assign(n, 0);
  flip_refused_.assign(n, 0);
  fitted_for_.assign(n, {});
  kept_reasons_.assign(n, {});
  open_orders_.reserve(2 * std::size_t{n} + 16);
  decision_.stamps.reserve(1024);
  decision_.stamped.reserve(1024);
}

void TradeExecutionOrchestrator::begin() {
  const model::ArenaHead& head = book_.arena->head();
  const std::uint32_t n = book_.arena->size();
  journal::DecisionRecord& record = decision_.record;
  record.sequence = head.sequence;
  record.time_ns = head.time_ns;
  record.date = head.session_date;
  record.equity = book_.portfolio->equity();
  record.cash = book_.portfolio->cash();
  record.failures.clear();
  record.limits.clear();
  record.bound_by.clear();
  record.passes = 0;
  record.cut_factor = 1;
  decision_.orders.clear();
  decision_.requests.clear();
  decision_.shortened.clear();
  decision_.slices.clear();
  decision_.held = false;
  decision_.stamps.clear();
  decision_.stamped.clear();
  stamp({});
  effect_ = 0;
  risk_failed_ = false;
  const auto weight = book_.arena->column(ColumnId::weight);
  const auto working = book_.arena->column(ColumnId::working_weight);
  for (std::uint32_t i = 0; i < n; ++i) {
    record.price_e9[i] = book_.portfolio->price(i).raw();
    record.position_e9[i] = book_.portfolio->quantity(i).raw();
    record.working_e9[i] = book_.tracker->working_buy_e9(i) - book_.tracker->working_sell_e9(i);
    reference_price_e9_[i] = record.price_e9[i];
    current_[i] = weight[i] + working[i];
    reduced_by_loop_[i] = 0;
    target_[i] = current_[i];
  }
  take_open_orders();
  panel_.begin_decision(current_);
  book_.view->forget_decision(book_.arena->head());
}

/// As many as there is room for: a decision allocates nothing.
void TradeExecutionOrchestrator::stamp(std::string_view stage) {
  if (decision_.stamps.size() == decision_.stamps.capacity()) return;
  decision_.stamps.push_back(base::ticks());
  decision_.stamped.push_back(stage);
}

void TradeExecutionOrchestrator::publish_services() {
  model::Arena& arena = *book_.arena;
  const std::uint32_t n = arena.size();
  for (std::size_t place = 0; place < chain_->services.size(); ++place) {
    const ServiceSlot& slot = chain_->services[place];
    const Stage& provider = chain_->stages[slot.provider];
    double* room = arena.service(static_cast<std::uint32_t>(place));
    cadre_service_output out{sizeof(cadre_service_output), n,      n, 0, outputs_.values.data(),
                             arena.service_stride(),       nullptr};
    const cadre_status status = call(provider, [&](const cadre_execution_state* state) {
      return provider.table<cadre_service_provider>().publish(provider.self(), state,
                                                              {slot.id.data(), slot.id.size()}, &out);
    });
    std::string fault = fault_of_room(outputs_.values.intact(), "service");
    if (status != CADRE_OK || !fault.empty()) {
      note_failure(provider, status, std::move(fault));
      out.observations = 0;
      out.lent = nullptr;
    }
    const double* values = out.lent != nullptr ? out.lent : arena.memory().shown(room);
    if (out.lent == nullptr || slot.read_isolated) {
      // What was not lent goes where others read it, when there is something.
      const double* from = out.lent != nullptr ? out.lent : outputs_.values.data();
      const std::uint64_t stride = out.lent != nullptr ? out.stride : arena.service_stride();
      for (std::uint32_t c = 0; c < n && out.observations != 0; ++c)
        std::memcpy(room + c * arena.service_stride(), from + c * stride, n * sizeof(double));
      values = arena.memory().shown(room);
      out.stride = arena.service_stride();
    }
    chain_->each_stage([&](Stage& reader) {
      for (std::size_t k = 0; k < reader.service_places.size(); ++k) {
        if (reader.service_places[k] != static_cast<std::int32_t>(place)) continue;
        reader.services[k].matrix = {values, n, n, out.stride};
        reader.services[k].observations = out.observations;
      }
    });
  }
}

cadre_status TradeExecutionOrchestrator::ask_for_signals(const Stage& source, std::uint64_t capacity,
                                                         cadre_signal_list& list) {
  std::fill_n(outputs_.signals.data(), capacity, model::empty_slot<cadre_signal>());
  list = {sizeof(cadre_signal_list), 0, outputs_.signals.data(), sizeof(cadre_signal), capacity, 0};
  return call(source, [&](const cadre_execution_state* state) {
    return source.table<cadre_signal_source>().generate_signals(source.self(), state, &list);
  });
}

void TradeExecutionOrchestrator::collect_signals() {
  const auto space = book_.arena->signals();
  std::uint64_t count = 0;
  for (const Stage& source : chain_->all(RoleId::signal_source)) {
    const std::uint64_t room = space.size() - count;
    cadre_signal_list list{};
    cadre_status status = ask_for_signals(source, std::min(room, signals_at_first(target_.size())), list);
    // One that has more to say says so, and is asked again with the room it needs.
    if (status == CADRE_OK && list.needed > list.capacity && list.needed <= room)
      status = ask_for_signals(source, list.needed, list);
    std::string fault = fault_of_room(outputs_.signals.intact(), "signals");
    if (status == CADRE_DISCARD && fault.empty()) continue;
    if (status == CADRE_OK && fault.empty()) {
      const std::uint64_t offered = list.needed > list.capacity ? room : list.capacity;
      fault = fault_of_signals(book_.view->raw, {outputs_.signals.data(), offered}, list.needed);
    }
    if (status == CADRE_OK && fault.empty()) {
      std::copy_n(outputs_.signals.data(), list.needed, space.data() + count);
      count += list.needed;
      continue;
    }
    note_failure(source, status, std::move(fault));
    if (source.on_failure == config::OnFailure::hold) decision_.held = true;
  }
  book_.arena->head().signal_count = count;
  book_.view->raw.signal_count = count;
}

void TradeExecutionOrchestrator::aggregate_signals() {
  model::Arena& arena = *book_.arena;
  const auto score = arena.column(ColumnId::score);
  const auto valid = arena.valid(ColumnId::score);
  const auto confidence = arena.column(ColumnId::confidence);
  std::fill(outputs_.valid.begin(), outputs_.valid.end(), std::uint8_t{0});
  cadre_views views{sizeof(cadre_views), arena.size(), outputs_.score.data(), outputs_.confidence.data(),
                    outputs_.valid.data()};
  const Stage& stage = chain_->one(RoleId::signal_aggregator);
  const cadre_status status = call(stage, [&](const cadre_execution_state* state) {
    return stage.table<cadre_signal_aggregator>().aggregate_signals(stage.self(), state, &views);
  });
  std::string fault = fault_of_room(outputs_.views_intact(), "views");
  if (status == CADRE_OK && fault.empty()) fault = fault_of_views(book_.view->raw, views);
  if (status != CADRE_OK || !fault.empty()) {
    note_failure(stage, status, std::move(fault));
    std::fill(outputs_.valid.begin(), outputs_.valid.end(), std::uint8_t{0});
    decision_.held = true;  // without a view the sizer would close everything
  }
  std::copy(outputs_.score.begin(), outputs_.score.end(), score.begin());
  std::copy(outputs_.confidence.begin(), outputs_.confidence.end(), confidence.begin());
  std::copy(outputs_.valid.begin(), outputs_.valid.end(), valid.begin());
  for (std::uint32_t i = 0; i < arena.size(); ++i) {
    if (valid[i] == 0) score[i] = confidence[i] = std::nan("");
    decision_.record.score[i] = score[i];
    decision_.record.score_valid[i] = valid[i];
  }
  arena.head().has_views = 1;
  book_.view->refresh();
}

void TradeExecutionOrchestrator::propose_trades() {
  if (!decision_.held) return change_targets(RoleId::position_sizer);
  open_targets();
  hold_everything();
  record_effect();
}

void TradeExecutionOrchestrator::change_targets(RoleId role) {
  for (const Stage& stage : chain_->all(role))
    change_targets(stage);
}

void TradeExecutionOrchestrator::adjust_trades(Step step) {
  for (const Stage& stage : chain_->all(RoleId::trade_adjuster)) {
    if (stage.after == step) change_targets(stage);
  }
}

void TradeExecutionOrchestrator::change_targets(const Stage& stage) {
  cadre_targets& targets = open_targets();
  close_targets(stage, call(stage, [&](const cadre_execution_state* state) {
                  return stage.agent->change_targets(state, &targets);
                }));
}

void TradeExecutionOrchestrator::run_risk_feedback() {
  cadre_targets& targets = open_targets();
  loop_ = RiskFeedbackLoop(panel_, chain_->risk_feedback).run(*book_.view, targets);
  stamp({});
  if (loop_.outcome == LoopOutcome::failed) {
    note_failure(*panel_.failed_stage(), panel_.failed_status(), panel_.failed_reason());
    risk_failed_ = true;
  }
  tell_loop();
  for (std::size_t i = 0; i < target_.size(); ++i)
    reduced_by_loop_[i] = std::fabs(target_[i]) < std::fabs(before_[i]);
  decision_.record.passes = loop_.passes;
  decision_.record.outcome = static_cast<std::uint32_t>(loop_.outcome);
  if (!risk_failed_) book_.view->raw.risk = &panel_.shown_report();
  record_effect();
}

void TradeExecutionOrchestrator::adjust_for_correlation() {
  if (chain_->all(RoleId::correlation_adjuster).empty()) return;
  const Stage& stage = chain_->one(RoleId::correlation_adjuster);
  cadre_targets& targets = open_targets();
  const auto& table = stage.table<cadre_correlation_adjuster>();
  cadre_correlation_report& report = correlation_;
  report = {sizeof(cadre_correlation_report),          0, std::nan(""), std::nan(""), pairs_.data(),
            static_cast<std::uint32_t>(pairs_.size()), 0};
  close_targets(stage, call(stage, [&](const cadre_execution_state* state) {
                  const cadre_status status =
                      table.analyze_correlations(stage.self(), state, targets.weight, &report);
                  if (!pairs_.intact()) {
                    stage.agent->reason().say(fault_of_room(false, "pairs"));
                    return cadre_status{CADRE_REJECTED};
                  }
                  if (status != CADRE_OK) return status;
                  if (report.acceptable != 0) show_correlation();
                  if (report.acceptable == CADRE_ACCEPTABLE) return status;
                  return table.adjust_trades(stage.self(), state, &report, &targets);
                }));
}

/// What later stages and the next decision may read: a copy, which the next analysis does not write over.
void TradeExecutionOrchestrator::show_correlation() {
  const std::uint32_t listed = std::min(correlation_.pair_count, correlation_.pair_capacity);
  std::copy_n(pairs_.begin(), listed, shown_pairs_.begin());
  shown_correlation_ = correlation_;
  shown_correlation_.pairs = shown_pairs_.data();
  book_.view->raw.correlation = &shown_correlation_;
}

cadre_targets& TradeExecutionOrchestrator::open_targets() {
  std::copy(target_.begin(), target_.end(), before_.begin());
  std::fill(reasons_.begin(), reasons_.end(), cadre_reason{});
  return targets_;
}

void TradeExecutionOrchestrator::close_targets(const Stage& stage, cadre_status status) {
  std::string fault = fault_of_room(outputs_.targets_intact(), "targets");
  if (status == CADRE_OK && fault.empty())
    fault = fault_of_targets(book_.view->raw, targets_, current_, chain_->constraints);
  const bool kept = status == CADRE_OK && fault.empty();
  const bool discarded = status == CADRE_DISCARD && fault.empty();
  if (!kept) {  // nothing of it is kept, reasons neither
    std::copy(before_.begin(), before_.end(), target_.begin());
    std::fill(reasons_.begin(), reasons_.end(), cadre_reason{});
  }
  if (!kept && !discarded) {
    note_failure(stage, status, std::move(fault));
    if (stage.on_failure == config::OnFailure::hold) hold_everything();
  }
  record_effect();
}

void TradeExecutionOrchestrator::record_effect() {
  CADRE_INVARIANT(effect_ < decision_.record.stages.size(), "orchestrator.stages_in_order",
                  "every stage that changes targets records its effect once");
  journal::StageEffect& effect = decision_.record.stages[effect_++];
  std::copy(target_.begin(), target_.end(), effect.target.begin());
  std::copy(reasons_.begin(), reasons_.end(), effect.reasons.begin());
}

void TradeExecutionOrchestrator::hold_everything() {
  std::copy(current_.begin(), current_.end(), target_.begin());
  std::fill(reasons_.begin(), reasons_.end(), cadre_reason{CADRE_REASON_HELD, 0, 0});
}

void TradeExecutionOrchestrator::note_failure(const Stage& stage, cadre_status status, std::string fault) {
  std::string said = stage.agent->reason().take();
  if (!fault.empty()) said = std::move(fault);
  auto& failures = decision_.record.failures;
  if (failures.size() == failures.capacity()) return;
  const bool closed = agent::role(stage.role).fails_closed;
  failures.push_back({stage.name, status == CADRE_OK ? cadre_status{CADRE_REJECTED} : status,
                      closed                                        ? "fail_closed"
                      : stage.on_failure == config::OnFailure::hold ? "hold"
                                                                    : "bypass",
                      std::move(said)});
}

}  // namespace cadre::chain
