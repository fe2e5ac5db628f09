#include "host/execution/trading_states.hpp"

#include <boost/json.hpp>
#include <cmath>

#include "cadre/order.h"
#include "host/base/date.hpp"
#include "host/base/json.hpp"
#include "host/base/text.hpp"
#include "host/model/order.hpp"

namespace cadre::execution {

namespace json = boost::json;

namespace {

constexpr std::string_view names[] = {"ACTIVE", "REDUCING", "HALTED", "KILLED"};

std::uint64_t number_at(const json::value& value, std::string_view pointer) {
  const json::value* found = base::find(value, pointer);
  return found != nullptr && found->is_number() ? found->to_number<std::uint64_t>() : 0;
}

std::vector<std::uint64_t> numbers_at(const json::value& value, std::string_view pointer) {
  std::vector<std::uint64_t> numbers;
  const json::value* found = base::find(value, pointer);
  if (found == nullptr || !found->is_array()) return numbers;
  for (const json::value& number : found->get_array())
    numbers.push_back(number.to_number<std::uint64_t>());
  return numbers;
}

}  // namespace

std::string_view state_name(TradingState state) {
  return names[static_cast<std::size_t>(state)];
}

std::optional<TradingState> state_named(std::string_view name) {
  const auto* found = std::find(std::begin(names), std::end(names), name);
  if (found == std::end(names)) return std::nullopt;
  return static_cast<TradingState>(found - std::begin(names));
}

void TradingStates::enter(const model::Universe& universe, std::vector<std::string> agents,
                          const config::PreTradeConfig& limits) {
  std::vector<Executions> executions(universe.size());
  std::vector<std::string> instruments;
  for (std::size_t i = 0; i < universe.size(); ++i) {
    instruments.push_back(universe.instruments[i].id);
    const auto known = std::find(instruments_.begin(), instruments_.end(), instruments.back());
    if (known != instruments_.end())
      executions[i] = std::move(executions_[static_cast<std::size_t>(known - instruments_.begin())]);
  }
  executions_ = std::move(executions);
  instruments_ = std::move(instruments);
  agents_ = std::move(agents);
  max_daily_loss_ = limits.max_daily_loss;
  repeated_ = limits.max_repeated_executions;
  turnover_sessions_ = limits.turnover_budget ? limits.turnover_budget->sessions : 0;
  if (turnover_sessions_ != 0 && traded_in_.empty()) traded_in_.emplace_back();  // of this session
  sum_traded();
  derive();
}

void TradingStates::take(const StateChange& change) {
  const auto is_same = [&](const StateChange& other) {
    return other.scope == change.scope && other.code == change.code;
  };
  StateChange next = change;
  const auto before = std::find_if(standing_.begin(), standing_.end(), is_same);
  if (before != standing_.end()) {
    next.state = state_after(before->state, change.state, change.rearms);
    if (next.state != change.state) return;
    standing_.erase(before);
  }
  if (next.state != TradingState::active) standing_.push_back(std::move(next));
  const bool resumes = change.state == TradingState::active && change.code.empty();
  if (resumes && change.scope.is_book())
    std::erase_if(standing_, [](const StateChange& other) { return other.code == prices_end; });
  if (resumes && !change.scope.instrument.empty()) {
    std::erase_if(standing_, [&](const StateChange& other) {
      return other.scope == change.scope && other.code == repeated_execution;
    });
    for (std::size_t i = 0; i < instruments_.size(); ++i) {
      if (instruments_[i] == change.scope.instrument) executions_[i] = {};
    }
  }
  derive();
}

bool TradingStates::concerns(const StateChange& change) const {
  return change.scope.agent.empty() ||
         std::find(agents_.begin(), agents_.end(), change.scope.agent) != agents_.end();
}

void TradingStates::derive() {
  book_ = TradingState::active;
  loses_ = lacks_margin_ = is_ruined_ = false;
  own_.assign(instruments_.size(), TradingState::active);
  latched_.assign(instruments_.size(), 0);
  for (const StateChange& change : standing_) {
    const StateScope& scope = change.scope;
    if (change.code == daily_loss)
      loses_ = true;
    else if (change.code == margin_breach)
      lacks_margin_ = true;
    else if (change.code == ruin)
      is_ruined_ = true;
    else if (scope.instrument.empty() && concerns(change))
      book_ = std::max(book_, change.state);
    if (scope.instrument.empty()) continue;
    for (std::size_t i = 0; i < instruments_.size(); ++i) {
      if (instruments_[i] != scope.instrument) continue;
      if (change.code == repeated_execution)
        latched_[i] = 1;
      else
        own_[i] = std::max(own_[i], change.state);
    }
  }
  all_active_ = whole() == TradingState::active;
  for (std::uint32_t i = 0; i < own_.size(); ++i)
    all_active_ = all_active_ && of(i) == TradingState::active;
}

TradingState TradingStates::ordered_of_book() const {
  for (const StateChange& change : standing_) {
    if (change.scope.is_book() && change.code.empty()) return change.state;
  }
  return TradingState::active;
}

void TradingStates::begin_bar(std::int32_t date, base::Money equity, bool is_covered) {
  if (std::exchange(lacks_cover_, !is_covered) == is_covered) derive();
  if (date == session_) return;
  session_ = date;
  session_equity_ = equity;
  if (turnover_sessions_ != 0) traded_in_.emplace_back();
  sum_traded();
  if (std::erase_if(standing_, [](const StateChange& change) { return change.code == daily_loss; }) != 0)
    derive();
}

void TradingStates::sum_traded() {
  const std::size_t most = turnover_sessions_;
  if (traded_in_.size() > most)
    traded_in_.erase(traded_in_.begin(), traded_in_.end() - static_cast<std::ptrdiff_t>(most));
  traded_ = {};
  for (const base::Money value : traded_in_)
    traded_ = checked_add(traded_, value).value_or(traded_);
}

void TradingStates::count_fill(std::uint32_t instrument, std::uint32_t side, base::Money value) {
  if (!traded_in_.empty()) {
    traded_in_.back() = checked_add(traded_in_.back(), value).value_or(traded_in_.back());
    sum_traded();
  }
  if (!repeated_) return;
  auto& at = side == CADRE_SIDE_BUY ? executions_[instrument].buys : executions_[instrument].sells;
  if (at.empty() || at.back() != decisions_) at.push_back(decisions_);
  std::erase_if(at, [&](std::uint64_t decision) { return decision + repeated_->decisions <= decisions_; });
}

/// What ends with the equity that ended it; no order does. Says nothing, and allocates nothing, while nothing
/// changes.
void TradingStates::watch_money(base::Money equity, base::Money margin,
                                std::vector<StateChange>& changes) const {
  const auto add = [&](TradingState state, std::string_view code, const std::string& reason) {
    changes.push_back({state, {}, std::string(code), "host", "the equity of " + equity.to_string() + reason});
  };
  const auto since = [&] { return ": only reductions since " + base::format_date(session_); };
  const bool lacks_margin = margin.raw() > 0 && equity.raw() <= margin.raw();
  if (lacks_margin && !lacks_margin_)
    add(TradingState::reducing, margin_breach,
        " is not above the margin requirement of " + margin.to_string() + since());
  if (!lacks_margin && lacks_margin_)
    add(TradingState::active, margin_breach, " is above the margin requirement again");
  const bool is_ruined = equity.raw() <= 0;
  if (is_ruined && !is_ruined_) add(TradingState::reducing, ruin, " is not above 0, it is ruined" + since());
  if (!is_ruined && is_ruined_) add(TradingState::active, ruin, " is above 0 again");
}

std::vector<StateChange> TradingStates::broken(base::Money equity, base::Money margin) const {
  std::vector<StateChange> changes;
  watch_money(equity, margin, changes);
  const double began = session_equity_.to_double();
  if (max_daily_loss_ && !loses_ && equity.to_double() < began * (1 - *max_daily_loss_))
    changes.push_back({TradingState::reducing,
                       {},
                       std::string(daily_loss),
                       "host",
                       "the equity of " + equity.to_string() + " is below that of the session's start, " +
                           session_equity_.to_string() + ", by more than a share of " +
                           base::format_double(*max_daily_loss_) +
                           ": only reductions until the next session"});
  for (std::size_t i = 0; repeated_ && i < executions_.size(); ++i) {
    if (latched_[i] != 0) continue;
    const std::size_t most = std::max(executions_[i].buys.size(), executions_[i].sells.size());
    if (most <= repeated_->count) continue;
    const bool buys = executions_[i].buys.size() == most;
    changes.push_back({TradingState::halted,
                       {instruments_[i], {}},
                       std::string(repeated_execution),
                       "host",
                       instruments_[i] + " was " + (buys ? "bought" : "sold") + " after " +
                           std::to_string(most) + " of the last " + std::to_string(repeated_->decisions) +
                           " decisions, more than " + std::to_string(repeated_->count) +
                           ": nothing of it is traded until an operator resumes it"});
  }
  return changes;
}

base::Quantity TradingStates::bounded(std::uint32_t instrument, base::Quantity held, base::Quantity planned,
                                      base::Quantity wanted) const {
  const TradingState state = of(instrument);
  if (state == TradingState::active) return wanted;
  if (state != TradingState::reducing) return planned;
  // What is sold, or bought back, is there: orders that work may not be filled.
  const std::int64_t position = held.raw(), base = planned.raw();
  const bool is_long = position > 0;
  const std::int64_t most = is_long ? std::min(position, base) : std::max(position, base);
  if (position == 0 || (most > 0) != is_long || most == 0) return planned;
  const std::int64_t least_left = base - most;
  return base::Quantity::from_raw(is_long ? std::clamp(wanted.raw(), least_left, base)
                                          : std::clamp(wanted.raw(), base, least_left));
}

double TradingStates::bounded(std::uint32_t instrument, double planned, double wanted) const {
  const TradingState state = of(instrument);
  if (state == TradingState::active) return wanted;
  if (state != TradingState::reducing) return planned;
  return planned > 0 ? std::clamp(wanted, 0.0, planned) : std::clamp(wanted, planned, 0.0);
}

std::string TradingStates::counted() const {
  json::object executions;
  for (std::size_t i = 0; i < executions_.size(); ++i) {
    const Executions& of = executions_[i];
    if (of.buys.empty() && of.sells.empty()) continue;
    executions[instruments_[i]] = {{"buys", json::value_from(of.buys)},
                                   {"sells", json::value_from(of.sells)}};
  }
  json::object all{{"session", session_},
                   {"session_equity", session_equity_.to_string()},
                   {"decisions", decisions_},
                   {"executions", std::move(executions)}};
  json::array traded;
  for (const base::Money value : traded_in_)
    traded.emplace_back(value.to_string());
  if (!traded.empty()) all["traded"] = std::move(traded);
  return json::serialize(all);
}

void TradingStates::restore(std::string_view counted) {
  boost::system::error_code error;
  const json::value said = json::parse(counted, error);
  if (error) return;
  session_ = static_cast<std::int32_t>(number_at(said, "/session"));
  decisions_ = number_at(said, "/decisions");
  if (const json::value* equity = base::find(said, "/session_equity");
      equity != nullptr && equity->is_string())
    session_equity_ = base::Money::parse(std::string_view(equity->get_string())).value_or(base::Money{});
  traded_in_.clear();
  if (const json::value* traded = base::find(said, "/traded"); traded != nullptr && traded->is_array()) {
    for (const json::value& value : traded->get_array())
      traded_in_.push_back(
          value.is_string() ? base::Money::parse(std::string_view(value.get_string())).value_or(base::Money{})
                            : base::Money{});
  }
  sum_traded();
  const json::value* executions = base::find(said, "/executions");
  if (executions == nullptr || !executions->is_object()) return;
  for (std::size_t i = 0; i < instruments_.size(); ++i) {
    const json::value* of = executions->get_object().if_contains(instruments_[i]);
    if (of != nullptr) executions_[i] = {numbers_at(*of, "/buys"), numbers_at(*of, "/sells")};
  }
}

}  // namespace cadre::execution
