#include "host/chain/risk_panel.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <utility>

#include "host/chain/outputs.hpp"
#include "host/model/order.hpp"

namespace cadre::chain {

namespace {

constexpr double rounding_slack =
    1e-9;  // relative: a figure that is the limit but for the error of doubles keeps it

bool is_hard(const cadre_limit_use& use) {
  return (use.flags & CADRE_LIMIT_HARD) != 0;
}

double with_tolerance(const cadre_limit_use& use, double tolerance) {
  return use.limit * (is_hard(use) ? 1 : 1 + tolerance);
}

bool same_limit(const cadre_limit_use& a, const cadre_limit_use& b) {
  return a.instrument == b.instrument && std::memcmp(&a.name, &b.name, sizeof a.name) == 0;
}

}  // namespace

void RiskPanel::enter_universe(std::span<const Stage> managers, std::uint32_t instruments,
                               AgentOutputs& targets) {
  managers_ = managers;
  targets_ = &targets;
  const auto size = [&](Slot& slot) {
    slot.limits.become(limit_capacity);
    slot.component_risk.become(instruments);
  };
  for (std::vector<Slot>* slots : {&latest_, &current_}) {
    slots->resize(managers.size());
    for (Slot& slot : *slots)
      size(slot);
  }
  size(shown_);
  excess_.of_instrument.assign(instruments, 0);
  before_.assign(instruments, 0);
  reasons_before_.assign(instruments, {});
  failed_stage_ = nullptr;
}

bool RiskPanel::ask(model::StateView& view, std::span<const double> weight, std::vector<Slot>& slots) {
  const double nan = std::nan("");
  for (std::size_t m = 0; m < managers_.size(); ++m) {
    const Stage& stage = managers_[m];
    Slot& slot = slots[m];
    const cadre_risk_report blank{sizeof(cadre_risk_report),
                                  0,
                                  nan,
                                  nan,
                                  nan,
                                  slot.component_risk.data(),
                                  slot.limits.data(),
                                  limit_capacity,
                                  0,
                                  view.raw.instrument_count,
                                  0,
                                  0};
    slot.report = blank;
    std::fill(slot.component_risk.begin(), slot.component_risk.end(), 0.0);
    const auto analyze = [&](const cadre_execution_state* shown) {
      return stage.table<cadre_risk_manager>().analyze_risk(stage.self(), shown, weight.data(), &slot.report);
    };
    const cadre_status status = chain::ask(stage, agent::Flight::analyze_risk, view, analyze);
    std::string fault = fault_of_room(slot.intact(), "risk report");
    if (status == CADRE_OK && fault.empty()) fault = fault_of_report(view.raw, slot.report);
    if (status == CADRE_OK && fault.empty()) continue;
    slot.report = blank;  // nothing of a bad answer is kept
    fail(stage, status, std::move(fault));
    return false;
  }
  return true;
}

void RiskPanel::fail(const Stage& stage, cadre_status status, std::string fault) {
  failed_stage_ = &stage;
  failed_status_ = status == CADRE_OK ? cadre_status{CADRE_REJECTED} : status;
  failed_reason_ = std::move(fault);
}

bool RiskPanel::ask_latest(model::StateView& view, std::span<const double> weight) {
  if (!ask(view, weight, latest_)) return false;
  const Slot& first = latest_.front();
  std::copy(first.component_risk.begin(), first.component_risk.end(), shown_.component_risk.begin());
  std::copy_n(first.limits.begin(), first.report.limit_count, shown_.limits.begin());
  shown_.report = first.report;
  shown_.report.component_risk = shown_.component_risk.data();
  shown_.report.limits = shown_.limits.data();
  return true;
}

void RiskPanel::begin_decision(std::span<const double> current) {
  current_weight_ = current;
  current_asked_ = Asked::no;
  excess_is_known_ = false;
}

bool RiskPanel::ask_current(model::StateView& view) {
  if (current_asked_ == Asked::no)
    current_asked_ = ask(view, current_weight_, current_) ? Asked::answered : Asked::failed;
  return current_asked_ == Asked::answered;
}

bool RiskPanel::has_ceilings() const {
  for (const Slot& slot : latest_) {
    if (!(slot.report.adjustment_speed > 0)) continue;
    for (std::uint32_t i = 0; i < slot.report.limit_count; ++i) {
      if (!is_hard(slot.report.limits[i])) return true;
    }
  }
  return false;
}

double RiskPanel::allowed(std::size_t m, const cadre_limit_use& use, double tolerance, Rule rule) const {
  const double limit = with_tolerance(use, tolerance);
  const double speed = is_hard(use) ? 0 : latest_[m].report.adjustment_speed;
  if (rule == Rule::limits || (rule == Rule::ceilings && speed == 0)) return limit;
  const cadre_risk_report& now = current_[m].report;
  for (std::uint32_t k = 0; k < now.limit_count; ++k) {
    if (!same_limit(now.limits[k], use)) continue;
    return std::max(limit, now.limits[k].value - speed * (now.limits[k].value - use.limit));
  }
  return limit;  // a manager lists what is above its limit first, so what it does not list is not
}

RiskJudgement RiskPanel::judge(double tolerance, Rule rule) const {
  RiskJudgement judgement;
  judgement.answered = true;
  judgement.acceptable = true;
  double highest = -1;
  for (std::size_t m = 0; m < latest_.size(); ++m) {
    const cadre_risk_report& report = latest_[m].report;
    bool names_a_reason = false;
    for (std::uint32_t i = 0; i < report.limit_count; ++i) {
      const cadre_limit_use& use = report.limits[i];
      if (use.value > allowed(m, use, tolerance, rule) * (1 + rounding_slack)) judgement.acceptable = false;
      names_a_reason = names_a_reason || use.value > use.limit;
      if (use.value / use.limit > highest) {
        highest = use.value / use.limit;
        judgement.binding = use;
      }
    }
    // A manager that says no while every figure it lists is inside its limit is believed.
    if (report.acceptable == CADRE_NOT_ACCEPTABLE && !names_a_reason) judgement.acceptable = false;
  }
  judgement.inside_limits = judgement.acceptable && rule != Rule::no_worse;
  return judgement;
}

RiskJudgement RiskPanel::analyze(model::StateView& view, std::span<const double> weight, double tolerance) {
  if (!ask_latest(view, weight)) return {};
  const RiskJudgement plain = judge(tolerance, Rule::limits);
  // Where nothing is known of the book that is held, there is no excess of it to be tolerated.
  if (plain.acceptable || !has_ceilings() || !ask_current(view)) return plain;
  return judge(tolerance, Rule::ceilings);
}

RiskJudgement RiskPanel::analyze_against_current(model::StateView& view, std::span<const double> weight,
                                                 double tolerance) {
  if (!ask_latest(view, weight)) return {};
  const RiskJudgement plain = judge(tolerance, Rule::limits);
  if (plain.acceptable) return plain;
  // Only a book that is above a limit needs to know how far above it already was.
  if (!ask_current(view)) return {};
  const RiskJudgement inside = judge(tolerance, Rule::ceilings);
  return inside.acceptable ? inside : judge(tolerance, Rule::no_worse);
}

const CurrentExcess& RiskPanel::excess_of_current(model::StateView& view, double tolerance) {
  if (excess_is_known_) return excess_;
  excess_is_known_ = true;
  std::fill(excess_.of_instrument.begin(), excess_.of_instrument.end(), std::uint8_t{0});
  excess_.of_book = !ask_current(view);
  for (std::size_t m = 0; m < current_.size() && !excess_.of_book; ++m) {
    const cadre_risk_report& report = current_[m].report;
    bool names_a_reason = false;
    for (std::uint32_t i = 0; i < report.limit_count; ++i) {
      const cadre_limit_use& use = report.limits[i];
      names_a_reason = names_a_reason || use.value > use.limit;
      if (!(use.value > with_tolerance(use, tolerance) * (1 + rounding_slack))) continue;
      if (use.instrument == CADRE_BOOK)
        excess_.of_book = true;
      else
        excess_.of_instrument[use.instrument] = 1;
    }
    if (report.acceptable == CADRE_NOT_ACCEPTABLE && !names_a_reason) excess_.of_book = true;
  }
  return excess_;
}

bool RiskPanel::adjust(model::StateView& view, cadre_targets& targets) {
  std::copy_n(targets.weight, before_.size(), before_.begin());
  std::copy_n(targets.reasons, before_.size(), reasons_before_.begin());
  for (std::size_t m = 0; m < managers_.size(); ++m) {
    const Stage& stage = managers_[m];
    if (latest_[m].report.acceptable == CADRE_ACCEPTABLE) continue;
    const auto adjust = [&](const cadre_execution_state* shown) {
      return stage.table<cadre_risk_manager>().adjust_trades(stage.self(), shown, &latest_[m].report,
                                                             &targets);
    };
    const cadre_status status = chain::ask(stage, agent::Flight::adjust_trades, view, adjust);
    std::string fault = fault_of_room(targets_->targets_intact(), "targets");
    const bool are_numbers = all_finite({targets.weight, before_.size()});
    if (status == CADRE_OK && fault.empty() && are_numbers) continue;
    if (status == CADRE_OK && fault.empty()) fault = "a target is no number after its cut";
    fail(stage, status, std::move(fault));
    std::copy(before_.begin(), before_.end(), targets.weight);
    std::copy(reasons_before_.begin(), reasons_before_.end(), targets.reasons);
    return false;
  }
  return true;
}

void RiskPanel::append_exceeded(std::vector<cadre_limit_use>& out, double tolerance) const {
  const Rule rule = current_asked_ == Asked::answered ? Rule::no_worse : Rule::limits;
  const auto tell = [&](const cadre_limit_use& use) {
    if (out.size() < out.capacity()) out.push_back(use);
  };
  for (std::size_t m = 0; m < latest_.size(); ++m) {
    const cadre_risk_report& report = latest_[m].report;
    bool names_a_reason = false;
    for (std::uint32_t i = 0; i < report.limit_count; ++i) {
      const cadre_limit_use& use = report.limits[i];
      names_a_reason = names_a_reason || use.value > use.limit;
      if (use.value > allowed(m, use, tolerance, rule) * (1 + rounding_slack)) tell(use);
    }
    if (report.acceptable == CADRE_NOT_ACCEPTABLE && !names_a_reason)
      tell({model::make_id("not_acceptable"), std::nan(""), std::nan(""), CADRE_BOOK, 0});
  }
}

void RiskPanel::append_limits(std::vector<cadre_limit_use>& out) const {
  for (const Slot& slot : latest_) {
    for (std::uint32_t i = 0; i < slot.report.limit_count && out.size() < out.capacity(); ++i)
      out.push_back(slot.limits[i]);
  }
}

}  // namespace cadre::chain
