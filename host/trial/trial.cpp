#include "host/trial/trial.hpp"

#include <sodium.h>

#include <algorithm>
#include <boost/json.hpp>
#include <cmath>

#include "cadre/cadre.h"
#include "host/base/date.hpp"
#include "host/chain/outputs.hpp"
#include "host/chain/waterfall.hpp"
#include "host/model/order.hpp"
#include "host/model/output_buffer.hpp"
#include "host/model/quantity.hpp"
#include "host/trial/trial_book.hpp"

namespace cadre::trial {

namespace json = boost::json;
using model::ColumnId;
using model::IntegerColumnId;

namespace {

json::value number(double value) {
  return std::isfinite(value) ? json::value(value) : json::value(nullptr);
}

json::array numbers(std::span<const double> values) {
  json::array array;
  for (const double value : values)
    array.push_back(number(value));
  return array;
}

std::string base64(const std::string& bytes) {
  std::string text(sodium_base64_encoded_len(bytes.size(), sodium_base64_VARIANT_ORIGINAL), '\0');
  sodium_bin2base64(text.data(), text.size(), reinterpret_cast<const unsigned char*>(bytes.data()),
                    bytes.size(), sodium_base64_VARIANT_ORIGINAL);
  text.pop_back();  // the terminator
  return text;
}

/// Asks the agent what its role is asked, and writes down what it says.
class Trial final : public TrialBook {
 public:
  using TrialBook::TrialBook;

  base::Result<json::object> run() {
    prepare();
    if (problems_.has_errors()) return problems_;
    json::object out;
    const auto known = saved();
    const cadre_status status = decide(out);
    out["status"] = agent::status_name(status);
    if (status == CADRE_OK && !unusable_.empty()) out["unusable"] = unusable_;
    if (const std::string why = subject_->reason().take(); status != CADRE_OK && !why.empty())
      out["reason"] = why;
    if (status != CADRE_FATAL) save_state(known, out);
    retire();
    if (problems_.has_errors()) return problems_;
    return {std::move(out), problems_};
  }

 private:
  cadre_status decide(json::object& out);
  cadre_status generate_signals(json::object& out);
  cadre_status aggregate_signals(json::object& out);
  cadre_status decide_risk(json::object& out);
  cadre_status decide_correlation(json::object& out);
  cadre_status decide_rules(json::object& out);
  cadre_status execute(json::object& out);
  cadre_status publish_subject(json::object& out);

  /// A host would not use an answer with a fault; the first one counts. What it said is shown all the same.
  void judge(std::string fault) {
    if (unusable_.empty()) unusable_ = std::move(fault);
  }
  void judge_targets() {
    cadre_targets targets{sizeof(cadre_targets), n(), target_.data(), reasons_.data()};
    const cadre_constraints& bounds = *raw().constraints;
    judge(chain::fault_of_targets(raw(), targets, arena().column(ColumnId::weight),
                                  {.long_only = state_.long_only,
                                   .max_gross_exposure = bounds.max_gross_exposure,
                                   .max_net_exposure = bounds.max_net_exposure,
                                   .max_weight = bounds.max_weight}));
  }

  void write_targets(json::object& out) {
    out["target_weight"] = numbers(target_);
    json::array reasons;
    for (std::uint32_t i = 0; i < n(); ++i) {
      if (reasons_[i].code == 0) continue;
      reasons.push_back({{"instrument", state_.universe.instruments[i].id},
                         {"code", reasons_[i].code},
                         {"reason", chain::reason_name(reasons_[i].code)},
                         {"value", number(reasons_[i].value)}});
    }
    out["reasons"] = reasons;
  }

  /// What the subject knows; nothing, with a problem or without a state.
  std::optional<agent::SavedState> saved() {
    if (!subject_->has_state()) return std::nullopt;
    std::vector<std::string> ids;
    for (const model::Instrument& i : state_.universe.instruments)
      ids.push_back(i.id);
    auto state = subject_->save_state(1, ids);
    problems_.append(state.problems());
    if (!state) return std::nullopt;
    return std::move(state).take();
  }

  /// What it knows now, which is what it knew before it decided, and what a second instance would know by it.
  void save_state(const std::optional<agent::SavedState>& known, json::object& out) {
    const auto now = saved();
    if (!now) return;
    out["agent_state"] = base64(now->bytes);
    const bool is_environment = subject_->declaration().role == CADRE_ROLE_EXECUTION_ENVIRONMENT;
    if (known && known->bytes != now->bytes && !is_environment)
      refuse("PROBE_LEARNS_WHILE_DECIDING", agent::learned_while_deciding);
    else if (const std::string how = forgets(*subject_, *now); !how.empty())
      refuse("STATE_MIGRATED_WRONGLY", how);
  }
  void refuse(const char* code, const std::string& what) {
    problems_.error(code, base::Place::of(subject_->manifest().library), tried_text(*subject_) + what,
                    "mend the agent");
  }

  std::vector<double> target_;
  std::vector<cadre_reason> reasons_;
  std::string unusable_;  ///< why a host would not use the answer
};

cadre_status Trial::decide(json::object& out) {
  struct Way {
    agent::RoleId role;
    cadre_status (Trial::*decide)(json::object& out);
  };
  static constexpr Way ways[] = {{agent::RoleId::service, &Trial::publish_subject},
                                 {agent::RoleId::signal_source, &Trial::generate_signals},
                                 {agent::RoleId::signal_aggregator, &Trial::aggregate_signals},
                                 {agent::RoleId::risk_manager, &Trial::decide_risk},
                                 {agent::RoleId::correlation_adjuster, &Trial::decide_correlation},
                                 {agent::RoleId::execution_rules, &Trial::decide_rules},
                                 {agent::RoleId::execution_environment, &Trial::execute}};
  const agent::Role* role = agent::find_role(subject_->declaration().role);
  if (role == nullptr) return CADRE_UNSUPPORTED;
  const auto weight = arena().column(ColumnId::weight);
  target_.assign(weight.begin(), weight.end());
  if (state_.has_target) target_ = state_.target_weight;
  reasons_.assign(n(), {});
  for (const Way& way : ways) {
    if (way.role == role->number) return (this->*way.decide)(out);
  }
  cadre_targets targets{sizeof(cadre_targets), n(), target_.data(), reasons_.data()};
  const cadre_status status = subject_->change_targets(&raw(), &targets);
  if (status == CADRE_OK) judge_targets();
  write_targets(out);
  return status;
}

cadre_status Trial::generate_signals(json::object& out) {
  std::vector<cadre_signal> signals(16 * n() + 256);
  cadre_signal_list list{
      sizeof(cadre_signal_list), 0, signals.data(), sizeof(cadre_signal), signals.size(), 0};
  const cadre_status status =
      subject_->table<cadre_signal_source>().generate_signals(subject_->self(), &raw(), &list);
  const std::uint64_t needed = list.needed;
  if (status == CADRE_OK) judge(chain::fault_of_signals(raw(), signals, needed));
  json::array array;
  for (std::uint64_t k = 0; k < std::min<std::uint64_t>(needed, signals.size()) && status == CADRE_OK; ++k) {
    const cadre_signal& s = signals[k];
    array.push_back({{"strategy", std::string(model::id_text(s.strategy))},
                     {"instrument", s.instrument < n() ? state_.universe.instruments[s.instrument].id : "?"},
                     {"direction", s.direction},
                     {"strength", number(s.strength)},
                     {"confidence", number(s.confidence)},
                     {"horizon_days", number(s.horizon_days)},
                     {"time", base::format_time(s.time_ns)}});
  }
  out["signals"] = array;
  return status;
}

cadre_status Trial::aggregate_signals(json::object& out) {
  std::vector<double> score(n(), std::nan("")), confidence(n(), std::nan(""));
  std::vector<std::uint8_t> valid(n(), 0);
  cadre_views views{sizeof(cadre_views), n(), score.data(), confidence.data(), valid.data()};
  const cadre_status status =
      subject_->table<cadre_signal_aggregator>().aggregate_signals(subject_->self(), &raw(), &views);
  if (status == CADRE_OK) judge(chain::fault_of_views(raw(), views));
  for (std::uint32_t i = 0; i < n(); ++i) {
    if (valid[i] == 0) score[i] = confidence[i] = std::nan("");
  }
  out["views"] = json::object{{"score", numbers(score)}, {"confidence", numbers(confidence)}};
  return status;
}

cadre_status Trial::decide_risk(json::object& out) {
  const auto& table = subject_->table<cadre_risk_manager>();
  std::vector<double> component(n(), 0);
  std::vector<cadre_limit_use> limits(64);
  const double nan = std::nan("");
  cadre_risk_report report{sizeof(cadre_risk_report),
                           0,
                           nan,
                           nan,
                           nan,
                           component.data(),
                           limits.data(),
                           static_cast<std::uint32_t>(limits.size()),
                           0,
                           n(),
                           0,
                           0};
  cadre_status status = table.analyze_risk(subject_->self(), &raw(), target_.data(), &report);
  if (status != CADRE_OK) return status;
  judge(chain::fault_of_report(raw(), report));
  json::array uses;
  for (std::uint32_t k = 0; k < std::min(report.limit_count, report.limit_capacity); ++k) {
    const cadre_limit_use& use = limits[k];
    json::object row{{"limit", std::string(model::id_text(use.name))},
                     {"value", number(use.value)},
                     {"maximum", number(use.limit)},
                     {"hard", (use.flags & CADRE_LIMIT_HARD) != 0}};
    if (use.instrument < n()) row["instrument"] = state_.universe.instruments[use.instrument].id;
    uses.push_back(row);
  }
  out["report"] = json::object{{"acceptable", report.acceptable == CADRE_ACCEPTABLE},
                               {"volatility", number(report.volatility)},
                               {"value_at_risk", number(report.value_at_risk)},
                               {"expected_shortfall", number(report.expected_shortfall)},
                               {"component_risk", numbers(component)},
                               {"limits", uses}};
  cadre_targets targets{sizeof(cadre_targets), n(), target_.data(), reasons_.data()};
  if (report.acceptable != CADRE_ACCEPTABLE)
    status = table.adjust_trades(subject_->self(), &raw(), &report, &targets);
  if (status == CADRE_OK) judge_targets();
  write_targets(out);
  return status;
}

cadre_status Trial::decide_correlation(json::object& out) {
  const auto& table = subject_->table<cadre_correlation_adjuster>();
  std::vector<cadre_pair> pairs(std::size_t{n()} * n() / 2 + 1);
  cadre_correlation_report report{
      sizeof(cadre_correlation_report),         0, std::nan(""), std::nan(""), pairs.data(),
      static_cast<std::uint32_t>(pairs.size()), 0};
  cadre_status status = table.analyze_correlations(subject_->self(), &raw(), target_.data(), &report);
  if (status != CADRE_OK) return status;
  json::array rows;
  for (std::uint32_t k = 0; k < std::min(report.pair_count, report.pair_capacity); ++k) {
    rows.push_back({{"first", state_.universe.instruments[pairs[k].first].id},
                    {"second", state_.universe.instruments[pairs[k].second].id},
                    {"correlation", number(pairs[k].correlation)}});
  }
  out["report"] = json::object{{"acceptable", report.acceptable == CADRE_ACCEPTABLE},
                               {"mean_correlation", number(report.mean_correlation)},
                               {"highest_correlation", number(report.highest_correlation)},
                               {"pairs", rows}};
  cadre_targets targets{sizeof(cadre_targets), n(), target_.data(), reasons_.data()};
  if (report.acceptable != CADRE_ACCEPTABLE)
    status = table.adjust_trades(subject_->self(), &raw(), &report, &targets);
  if (status == CADRE_OK) judge_targets();
  write_targets(out);
  return status;
}

cadre_status Trial::decide_rules(json::object& out) {
  std::vector<std::int64_t> need(n(), 0), price(n(), 0);
  const auto equity = base::Money::from_double(raw().equity).value_or(base::Money{});
  for (std::uint32_t i = 0; i < n(); ++i) {
    price[i] = portfolio_.price(i).raw();
    const std::int64_t working = arena().integers(IntegerColumnId::working_buy)[i] -
                                 arena().integers(IntegerColumnId::working_sell)[i];
    const auto held = base::Quantity::from_raw(state_.quantity_e9[i] + working);
    need[i] =
        model::target_quantity(target_[i], equity, portfolio_.price(i), state_.universe.instruments[i], held)
            .value_or(held)
            .raw() -
        held.raw();
  }
  std::vector<cadre_open_order> open;
  for (const TrialState::OpenOrder& each : state_.open_orders)
    open.push_back(execution::shown_order({.order = each.order}));
  std::vector<cadre_action> actions(2 * std::size_t{n()} + 16, model::empty_slot<cadre_action>());
  const std::vector<std::uint8_t> for_limit(n(), 0);
  const cadre_needs needs{
      sizeof(cadre_needs),      n(),         need.data(),     price.data(), target_.data(), open.data(),
      sizeof(cadre_open_order), open.size(), for_limit.data()};
  cadre_action_list list{};
  list.size = sizeof list;
  list.items = actions.data();
  list.stride = sizeof(cadre_action);
  list.capacity = actions.size();
  std::vector<cadre_slice> slices(4096, model::empty_slot<cadre_slice>());
  list.slices = slices.data();
  list.slice_stride = sizeof(cadre_slice);
  list.slice_capacity = slices.size();
  const cadre_status status = subject_->table<cadre_execution_rules>().apply_rules(
      subject_->self(), &raw(), &needs, &list, reasons_.data());
  const std::uint64_t count = list.needed;
  std::vector<std::int64_t> added(n(), 0);
  if (status == CADRE_OK)
    judge(chain::fault_of_actions(raw(), actions, slices, list, {need, open, true, added}, reasons_));
  json::array rows;
  for (std::uint64_t k = 0; k < std::min<std::uint64_t>(count, actions.size()) && status == CADRE_OK; ++k) {
    const cadre_action& o = actions[k];
    json::object row{{"instrument", o.instrument < n() ? state_.universe.instruments[o.instrument].id : "?"},
                     {"side", std::string(model::side_name(o.side))},
                     {"type", std::string(model::order_type_name(o.type))},
                     {"time_in_force", std::string(model::time_in_force_name(o.time_in_force))},
                     {"quantity", base::Quantity::from_raw(o.quantity_e9).to_double()}};
    if (o.kind == CADRE_ACTION_REPLACE) row["replaces"] = std::string(model::id_text(o.client_id));
    if (o.kind == CADRE_ACTION_CANCEL) row["cancels"] = std::string(model::id_text(o.client_id));
    if (o.limit_price_e9 != 0) row["limit_price"] = base::Price::from_raw(o.limit_price_e9).to_double();
    if (o.stop_price_e9 != 0) row["stop_price"] = base::Price::from_raw(o.stop_price_e9).to_double();
    if (o.slice_count != 0) row["slices"] = o.slice_count;
    rows.push_back(row);
  }
  write_targets(out);
  out["orders"] = rows;
  return status;
}

cadre_status Trial::execute(json::object& out) {
  const auto& table = subject_->table<cadre_execution_environment>();
  json::array reports;
  const auto add = [&](const cadre_id& id, std::uint32_t status, std::int64_t quantity, std::int64_t price,
                       std::int64_t fees, std::uint32_t reason) {
    reports.push_back({{"order", std::string(model::id_text(id))},
                       {"status", std::string(model::order_status_name(status))},
                       {"quantity", base::Quantity::from_raw(quantity).to_double()},
                       {"price", base::Price::from_raw(price).to_double()},
                       {"fees", base::Money::from_raw(fees).to_double()},
                       {"reason", reason}});
  };
  cadre_status status = CADRE_OK;
  for (const TrialState::OpenOrder& open : state_.open_orders) {
    cadre_trade_result result{};
    result.size = sizeof result;
    status = table.execute_trade(subject_->self(), &open.order, &result);
    if (status != CADRE_OK) return status;
    add(open.order.client_id, result.status, result.filled_quantity_e9, result.average_price_e9,
        result.fees_e6, result.reason);
  }
  // The bar of the state is the one after the orders.
  const cadre_event event{sizeof(cadre_event), CADRE_EVENT_BAR, raw().sequence, raw().time_ns, nullptr};
  show(*subject_, event);
  for (;;) {
    cadre_execution_report report{};
    report.size = sizeof report;
    if (table.next_report(subject_->self(), &report) != CADRE_OK) break;
    add(report.client_id, report.status, report.quantity_e9, report.price_e9, report.fees_e6, report.reason);
  }
  out["reports"] = reports;
  return status;
}

cadre_status Trial::publish_subject(json::object& out) {
  const auto& provides = subject_->declaration().provides;
  if (provides.empty()) return CADRE_UNSUPPORTED;
  std::vector<double> room(std::size_t{n()} * n(), 0);
  cadre_service_output output{sizeof(cadre_service_output), n(), n(), 0, room.data(), n(), nullptr};
  const cadre_status status = subject_->table<cadre_service_provider>().publish(
      subject_->self(), &raw(), {provides[0].data(), provides[0].size()}, &output);
  if (status != CADRE_OK) return status;
  const double* values = output.lent != nullptr ? output.lent : room.data();
  json::array matrix;
  for (std::uint32_t r = 0; r < n(); ++r) {
    json::array row;
    for (std::uint32_t c = 0; c < n(); ++c)
      row.push_back(number(values[std::min(r, c) * output.stride + std::max(r, c)]));  // the lower triangle
    matrix.push_back(row);
  }
  out["matrix"] = matrix;
  out["observations"] = output.observations;
  return status;
}

}  // namespace

base::Result<json::object> try_agent(const TrialOptions& options) {
  auto state = read_trial_state(options.state);
  if (!state) return state.problems();
  return Trial(options, std::move(state).take()).run();
}

}  // namespace cadre::trial
