#pragma once

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include "cadre/cpp/agent.hpp"
#include "script.hpp"

namespace cadre::scripted {

/// An exchange that fills what its script says: at each bar so many units of the oldest open order of each
/// instrument, at the close. It replaces orders, names its executions, and answers requests at once, or with
/// the next bar, then after that bar's fills. Below 0, it reports a fill of more than the order has left.
class Exchange final : public sdk::ExecutionEnvironment {
 public:
  void configure(const sdk::Config& config) override {
    for (std::uint64_t row = 0, n = config.count("/fills"); row < n; ++row)
      fills_.push_back(numbers_at(config, "/fills/" + std::to_string(row)));
    answers_later_ = config.flag("/answers_later");
    for (std::uint64_t row = 0, n = config.count("/manual"); row < n; ++row)
      manual_.push_back(numbers_at(config, "/manual/" + std::to_string(row)));
    cash_e6_ = std::llround(config.number("/cash") * 1e6);
  }

  void observe(const cadre_event& event, const sdk::State& state) override {
    if (event.kind != CADRE_EVENT_BAR) return;
    const auto row = static_cast<std::size_t>(bar_++);
    for (std::uint32_t i = 0; row < fills_.size() && i < fills_[row].size(); ++i)
      fill(i, std::llround(fills_[row][i] * 1e9), std::llround(state.raw().close.values[i] * 1e9));
    names_.clear();
    for (Eigen::Index i = 0; i < state.size(); ++i)
      names_.emplace_back(state.id(i));
    held_.resize(names_.size());
    for (std::uint32_t i = 0; row < manual_.size() && i < manual_[row].size() && i < held_.size(); ++i)
      trade(i, std::llround(manual_[row][i] * 1e9), std::llround(state.raw().close.values[i] * 1e9));
    for (const cadre_replacement& asked : std::exchange(asked_, {}))
      answer(asked);
  }

  void capabilities(cadre_environment_capabilities& out) const override {
    out.flags = CADRE_ENVIRONMENT_REPLACES;
    if (!manual_.empty()) out.flags |= CADRE_ENVIRONMENT_KNOWS_ACCOUNT;
    out.order_types = out.times_in_force = ~std::uint64_t{0};
  }
  cadre_trade_result execute_trade(const cadre_order& order) override {
    open_.push_back({order, 0});
    cadre_trade_result result{};
    result.size = sizeof result;
    result.status = CADRE_ORDER_NEW;
    return result;
  }
  cadre_status replace_order(const cadre_replacement& asked) override {
    if (find(sdk::view_of(asked.client_id)) == open_.end()) return CADRE_REJECTED;
    ask(asked);
    return CADRE_OK;
  }
  bool cancel_order(std::string_view client_id) override {
    const auto found = find(client_id);
    if (found == open_.end()) return false;
    cadre_replacement asked{};
    asked.client_id = found->order.client_id;
    ask(asked);
    return true;
  }
  bool query_order(std::string_view client_id, cadre_trade_result& out) const override {
    const auto found = std::find_if(open_.begin(), open_.end(), [&](const Open& open) {
      return sdk::view_of(open.order.client_id) == client_id;
    });
    if (found == open_.end()) return false;
    out.status = CADRE_ORDER_NEW;
    out.filled_quantity_e9 = found->filled_e9;
    return true;
  }
  cadre_status account(cadre_venue_account& out) const override {
    out.has_cash = 1;
    out.cash_e6 = cash_e6_;
    out.positions_needed = out.orders_needed = 0;
    for (std::size_t i = 0; i < held_.size(); ++i) {
      if (held_[i] == 0) continue;
      const std::uint64_t at = out.positions_needed++;
      if (at >= out.position_capacity) continue;
      auto* position = reinterpret_cast<cadre_venue_position*>(reinterpret_cast<char*>(out.positions) +
                                                               at * out.position_stride);
      position->quantity_e9 = held_[i];
      position->instrument_id = sdk::id_of(names_[i]);
    }
    return CADRE_OK;
  }
  bool next_report(cadre_execution_report& out) override {
    if (reports_.empty()) return false;
    out = reports_.front();
    reports_.erase(reports_.begin());
    return true;
  }

 private:
  struct Open {
    cadre_order order{};
    std::int64_t filled_e9 = 0;
  };

  std::vector<Open>::iterator find(std::string_view client_id) {
    return std::find_if(open_.begin(), open_.end(),
                        [&](const Open& open) { return sdk::view_of(open.order.client_id) == client_id; });
  }
  void ask(const cadre_replacement& asked) {
    if (answers_later_)
      asked_.push_back(asked);
    else
      answer(asked);
  }
  /// A cancel is a replacement by nothing.
  void answer(const cadre_replacement& asked) {
    const auto found = find(sdk::view_of(asked.client_id));
    if (found == open_.end()) return;
    if (asked.quantity_e9 == 0) {
      report(*found, CADRE_ORDER_CANCELED, 0, 0);
      open_.erase(found);
      return;
    }
    if (asked.quantity_e9 < found->filled_e9) {  // too late
      report(*found, CADRE_ORDER_REJECTED, 0, 0);
      reports_.back().request_id = asked.request_id;
      return;
    }
    found->order.quantity_e9 = asked.quantity_e9;
    report(*found, CADRE_ORDER_REPLACED, 0, 0);
    reports_.back().request_id = asked.request_id;
    reports_.back().order_quantity_e9 = asked.quantity_e9;
    if (found->filled_e9 == asked.quantity_e9) open_.erase(found);
  }
  void fill(std::uint32_t instrument, std::int64_t units_e9, std::int64_t price_e9) {
    if (units_e9 < 0 && !open_.empty())
      report(open_.front(), CADRE_ORDER_PARTIALLY_FILLED, open_.front().order.quantity_e9 - units_e9,
             price_e9);
    for (std::size_t k = 0; k < open_.size() && units_e9 > 0; ++k) {
      Open& open = open_[k];
      if (open.order.instrument != instrument) continue;
      const std::int64_t filled = std::min(units_e9, open.order.quantity_e9 - open.filled_e9);
      units_e9 -= filled;
      open.filled_e9 += filled;
      trade(instrument, open.order.side == CADRE_SIDE_BUY ? filled : -filled, price_e9);
      const bool whole = open.filled_e9 == open.order.quantity_e9;
      report(open, whole ? CADRE_ORDER_FILLED : CADRE_ORDER_PARTIALLY_FILLED, filled, price_e9);
      if (whole) open_.erase(open_.begin() + static_cast<std::ptrdiff_t>(k--));
    }
  }
  /// Somebody trades by hand, or an order is filled.
  void trade(std::uint32_t instrument, std::int64_t units_e9, std::int64_t price_e9) {
    if (instrument >= held_.size()) held_.resize(instrument + 1);
    held_[instrument] += units_e9;
    cash_e6_ -= std::llround(static_cast<double>(units_e9) * 1e-9 * static_cast<double>(price_e9) * 1e-3);
  }
  void report(const Open& open, std::uint32_t status, std::int64_t quantity_e9, std::int64_t price_e9) {
    cadre_execution_report report{};
    report.size = sizeof report;
    report.status = status;
    report.instrument = open.order.instrument;
    report.side = open.order.side;
    report.quantity_e9 = quantity_e9;
    report.price_e9 = price_e9;
    report.client_id = open.order.client_id;
    report.execution_id = sdk::id_of("x" + std::to_string(++executions_));
    reports_.push_back(report);
  }

  std::vector<std::vector<double>> fills_;
  std::vector<Open> open_;
  std::vector<cadre_replacement> asked_;
  std::vector<cadre_execution_report> reports_;
  std::vector<std::vector<double>> manual_;  ///< a row a bar: what somebody else trades
  std::vector<std::int64_t> held_;
  std::vector<std::string> names_;
  std::int64_t cash_e6_ = 0;
  std::int64_t bar_ = 0, executions_ = 0;
  bool answers_later_ = false;
};

}  // namespace cadre::scripted
