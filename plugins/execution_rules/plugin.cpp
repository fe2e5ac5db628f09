#include <algorithm>
#include <cmath>
#include <string>

#include "cadre/cpp/plugin.hpp"
#include "order_parts.hpp"
#include "order_rules.hpp"
#include "settings.hpp"

namespace cadre::execution_rules {
namespace {

constexpr std::uint32_t impact_rows = 20;  // sessions that volatility and volume are the means of

class Agent final : public sdk::ExecutionRules {
 public:
  void configure(const sdk::Config& config) override { set_ = read_settings(config); }
  void require(cadre_requirements& needs) const override {
    if (set_.on_impact == OnImpact::off) return;
    needs.sessions.returns = needs.sessions.volumes = impact_rows;
  }

  void apply_rules(const sdk::State& state, const cadre_needs& needs, Output& out,
                   cadre_reason* reasons) const override {
    hold_what_moved(state, needs, out, reasons);
    for (const bool selling : {true, false}) {
      for (std::uint32_t i = 0; i < needs.instrument_count; ++i) {
        const std::int64_t need = needs.quantity_e9[i];
        if (need == 0 || (need < 0) != selling) continue;
        reasons[i] = consider(state, needs, i, out);
      }
    }
  }

 private:
  static const cadre_open_order& open_at(const cadre_needs& needs, std::uint64_t k) {
    return *reinterpret_cast<const cadre_open_order*>(reinterpret_cast<const char*>(needs.orders) +
                                                      k * needs.order_stride);
  }

  /// Open orders whose instrument has a newer price that lies beyond the threshold from the one they were
  /// decided at: they are taken back, and the next decision makes new ones, if it still needs them.
  void hold_what_moved(const sdk::State& state, const cadre_needs& needs, Output& out,
                       cadre_reason* reasons) const {
    for (std::uint64_t k = 0; k < needs.order_count; ++k) {
      const cadre_open_order& open = open_at(needs, k);
      const std::uint32_t i = open.instrument;
      const bool is_asked =
          open.status == CADRE_ORDER_PENDING_CANCEL || open.status == CADRE_ORDER_PENDING_REPLACE;
      const bool is_new_price =
          state.raw().close.valid[i] != 0 && open.decision_time_ns < state.raw().time_ns;
      if (is_asked || !is_new_price || open.decision_price_e9 <= 0) continue;
      const double move =
          state.raw().close.values[i] / (static_cast<double>(open.decision_price_e9) * 1e-9) - 1.0;
      if (!(std::fabs(move) > set_.price_threshold)) continue;
      cadre_action cancel{};
      cancel.size = sizeof cancel;
      cancel.kind = CADRE_ACTION_CANCEL;
      cancel.instrument = i;
      cancel.client_id = open.client_id;
      out.add(cancel);
      reasons[i] = {CADRE_REASON_PRICE_THRESHOLD, 0, move};
    }
  }

  /// Adds the order of instrument i, or says why there is none.
  cadre_reason consider(const sdk::State& state, const cadre_needs& needs, std::uint32_t i,
                        Output& out) const {
    const cadre_instrument& instrument = state.instrument(i);
    const std::int64_t position = state.raw().quantity_e9[i];
    const std::int64_t reference = needs.reference_price_e9[i];
    std::int64_t need = needs.quantity_e9[i];
    const double last = state.price()[i];
    if (reference <= 0 || !state.has_price(i) || !(last > 0.0)) return {CADRE_REASON_NO_PRICE, 0, 0.0};

    const double move = last / (static_cast<double>(reference) * 1e-9) - 1.0;
    if (std::fabs(move) > set_.price_threshold) return {CADRE_REASON_PRICE_THRESHOLD, 0, move};

    if (is_restricted(sdk::view_of(instrument.id))) {
      need = reducing_part(position, need, instrument.lot_e9);
      if (need == 0) return {CADRE_REASON_RESTRICTED, 0, 0.0};
    }
    const bool closes = need == -position;
    if (!closes && is_below_value(need, reference, instrument.multiplier_e9, set_.min_order_value_e6)) {
      const double change =
          static_cast<double>(need) * 1e-9 * last * (static_cast<double>(instrument.multiplier_e9) * 1e-9);
      return {CADRE_REASON_RESIZE_THRESHOLD, 0, state.raw().equity > 0.0 ? change / state.raw().equity : 0.0};
    }
    return add_order(state, i, need, reference, out);
  }

  cadre_reason add_order(const sdk::State& state, std::uint32_t i, std::int64_t need, std::int64_t reference,
                         Output& out) const {
    const cadre_instrument& instrument = state.instrument(i);
    const bool buys = need > 0;
    cadre_action order = sdk::new_order(i, need, set_.type, set_.time_in_force);
    const std::int64_t threshold = std::llround(set_.price_threshold * 1e9);
    if (set_.type == CADRE_ORDER_LIMIT || set_.type == CADRE_ORDER_STOP_LIMIT) {
      order.limit_price_e9 =
          limit_price(reference, set_.limit_offset_e9, threshold, instrument.tick_e9, buys);
      if (order.limit_price_e9 == 0) return {CADRE_REASON_NO_PRICE, 0, 0.0};
    }
    if (set_.type == CADRE_ORDER_STOP || set_.type == CADRE_ORDER_STOP_LIMIT) {
      order.stop_price_e9 = limit_price(reference, set_.stop_offset_e9, threshold, instrument.tick_e9, buys);
      if (order.stop_price_e9 == 0) return {CADRE_REASON_NO_PRICE, 0, 0.0};
    }
    cadre_reason reason{};
    std::int64_t parts = set_.schedule == Schedule::none ? 1 : set_.slices;
    if (set_.on_impact != OnImpact::off) {
      const auto [sigma, volume] = market_of(state, i);
      const std::int64_t most = largest_within_impact(set_.impact_limit, sigma, volume);
      const double impact = expected_impact(order.quantity_e9, sigma, volume);
      if (order.quantity_e9 > most && set_.on_impact == OnImpact::shrink) {
        order.quantity_e9 = most - most % instrument.lot_e9;
        reason = {reason_impact, 0, impact};
        if (order.quantity_e9 == 0) return reason;
      } else if (order.quantity_e9 > most) {
        parts = std::max(parts, parts_within(order.quantity_e9, instrument.lot_e9, most));
      }
    }
    parts = part_count(order.quantity_e9, instrument.lot_e9, parts);
    if (parts > 1) add_slices(order, state.raw().time_ns, instrument.lot_e9, parts, out);
    out.add(order);
    return reason;
  }

  /// By the curve where there is one for so many parts; else equal ones, with what does not divide in the
  /// last.
  void add_slices(cadre_action& order, std::int64_t time_ns, std::int64_t lot_e9, std::int64_t parts,
                  Output& out) const {
    const bool has_curve = static_cast<std::int64_t>(set_.curve.size()) == parts;
    const std::int64_t each = order.quantity_e9 / lot_e9 / parts * lot_e9;
    std::int64_t sent = 0;
    for (std::int64_t k = 0; k < parts; ++k) {
      const std::int64_t due =
          has_curve ? due_by_share(order.quantity_e9, lot_e9, set_.curve[static_cast<std::size_t>(k)])
                    : (k + 1) * each;
      cadre_slice slice{};
      slice.size = sizeof slice;
      slice.time_ns = time_ns + k * set_.interval_ns;
      slice.quantity_e9 = (k + 1 == parts ? order.quantity_e9 : due) - sent;
      slice.max_share_of_volume = set_.max_share;
      if (slice.quantity_e9 == 0) continue;
      sent += slice.quantity_e9;
      const std::uint64_t place = out.add(slice);
      if (order.slice_count++ == 0) order.first_slice = place;
    }
  }

  struct Market {
    double sigma = 0, volume = 0;  ///< of a session; NaN: not known
  };
  /// Volatility and mean volume of the sessions before, of those that have a number.
  Market market_of(const sdk::State& state, std::uint32_t i) const {
    const cadre_window& returns = state.raw().sessions.returns;
    const cadre_window& volumes = state.raw().sessions.volumes;
    double sum = 0, squares = 0, volume = 0;
    std::uint32_t count = 0, days = 0;
    for (std::uint32_t row = returns.rows - std::min(returns.rows, impact_rows); row < returns.rows; ++row) {
      const double r = returns.values[row * returns.stride + i];
      if (r != r) continue;
      sum += r;
      squares += r * r;
      ++count;
    }
    for (std::uint32_t row = volumes.rows - std::min(volumes.rows, impact_rows); row < volumes.rows; ++row) {
      const double v = volumes.values[row * volumes.stride + i];
      if (v != v) continue;
      volume += v;
      ++days;
    }
    Market market{std::nan(""), state.instrument(i).average_daily_volume};
    if (count > 1) market.sigma = std::sqrt(std::max(squares - sum * sum / count, 0.0) / (count - 1));
    if (days > 0 && !(market.volume > 0)) market.volume = volume / days;
    return market;
  }

  bool is_restricted(std::string_view id) const {
    return std::find(set_.restricted.begin(), set_.restricted.end(), id) != set_.restricted.end();
  }

  static constexpr std::uint32_t reason_impact = CADRE_REASON_FIRST_PLUGIN;

  Settings set_;
};

constexpr sdk::AgentEntry agents[] = {
    sdk::agent_entry<Agent>(CADRE_TEXT("cadre.execution_rules"), CADRE_TEXT(CADRE_ROLE_EXECUTION_RULES))};

}  // namespace
}  // namespace cadre::execution_rules

CADRE_DEFINE_PLUGIN("cadre.execution_rules", "0.9.0", cadre::execution_rules::agents)
