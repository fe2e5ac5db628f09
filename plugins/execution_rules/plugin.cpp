#include <algorithm>
#include <cmath>
#include <string>

#include "cadre/cpp/plugin.hpp"
#include "observed.hpp"
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
    if (set_.min_holding == 0) needs.ignores |= CADRE_IGNORES_FOR_LIMIT;
    if (set_.on_impact == OnImpact::off) return;
    needs.sessions.returns = needs.sessions.volumes = impact_rows;
  }

  void apply_rules(const sdk::State& state, const cadre_needs& needs, Output& out,
                   cadre_reason* reasons) const override {
    hold_what_moved(state, needs, out, reasons);
    planned_.clear();
    for (const bool selling : {true, false}) {
      for (std::uint32_t i = 0; i < needs.instrument_count; ++i) {
        const std::int64_t need = needs.quantity_e9[i];
        if (need == 0 || (need < 0) != selling) continue;
        const cadre_reason reason = consider(state, needs, i);
        // What is asked of an open order of the instrument keeps its reason where there is no other.
        if (reason.code != 0) reasons[i] = reason;
      }
    }
    if (set_.max_orders != 0) drop_what_exceeds(state, reasons);
    for (Planned& plan : planned_) {
      if (plan.parts > 1) add_slices(state, plan, out);
      out.add(plan.order);
    }
  }

  void observe(const cadre_event& event, const sdk::State& state) override {
    planned_.reserve(state.size());
    order_.reserve(state.size());
    if (!set_.observes()) {
      if (!seen_.empty()) seen_.clear();
      return;
    }
    const bool is_first = seen_.empty();
    const bool is_learned = seen_.take(state, set_, event.kind == CADRE_EVENT_BAR);
    if (!set_.learns()) return;
    const std::string all = std::to_string(set_.curve_sessions);
    if (is_learned)
      log(CADRE_LOG_INFO, "vwap goes by the volumes of the last " + all + " sessions from here on");
    if (is_first)
      log(CADRE_LOG_WARNING,
          "vwap knows the volumes of 0 of " + all + " sessions: until it knows them, orders go " +
              (set_.curve.empty() && set_.file.empty() ? "in equal parts"
                                                       : "by the curve of the configuration"));
  }

  bool has_state() const override { return true; }
  void save(sdk::StateWriter& out) const override { seen_.save(out); }
  void load(sdk::StateReader& in, std::uint32_t schema_version, std::uint32_t) override {
    if (schema_version != 1) throw sdk::Refusal("reads state of schema 1 only");
    seen_ = Observed::load(in, set_);
  }

 private:
  /// An order that passes all restrictions.
  struct Planned {
    cadre_action order{};
    std::int64_t parts = 1;
    double value = 0;  ///< what it is worth
    bool reduces = false, is_dropped = false;
  };

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

  /// Plans the order of instrument i, or says why there is none.
  cadre_reason consider(const sdk::State& state, const cadre_needs& needs, std::uint32_t i) const {
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
    if (const cadre_reason held = too_early(needs, i, position, need); held.code != 0) return held;
    const bool closes = need == -position;
    if (!closes && is_below_value(need, reference, instrument.multiplier_e9, set_.min_order_value_e6)) {
      const double change =
          static_cast<double>(need) * 1e-9 * last * (static_cast<double>(instrument.multiplier_e9) * 1e-9);
      return {CADRE_REASON_RESIZE_THRESHOLD, 0, state.raw().equity > 0.0 ? change / state.raw().equity : 0.0};
    }
    return plan_order(state, i, need, reference);
  }

  /// Whether a position has to be held longer, with what is left of that. A limit is never kept waiting.
  cadre_reason too_early(const cadre_needs& needs, std::uint32_t i, std::int64_t position,
                         std::int64_t need) const {
    const bool tells = CADRE_HAS(&needs, for_limit) && needs.for_limit != nullptr;
    const bool reduces = position != 0 && (position > 0) != (need > 0);
    if (set_.min_holding == 0 || !reduces || !tells || needs.for_limit[i] != 0) return {};
    const std::uint64_t held = seen_.held(i, position);
    if (held >= set_.min_holding) return {};
    return {reason_min_holding, 0, static_cast<double>(set_.min_holding - held)};
  }

  /// Of the orders that reduce no position as many as the period has left are kept, those of the largest
  /// value; of equal ones the first.
  void drop_what_exceeds(const sdk::State& state, cadre_reason* reasons) const {
    std::uint64_t used = seen_.empty() ? 0 : seen_.orders(state);
    for (const Planned& plan : planned_)
      used += plan.reduces ? static_cast<std::uint64_t>(plan.parts) : 0;
    const std::uint64_t left = set_.max_orders - std::min(set_.max_orders, used);
    order_.clear();
    for (std::size_t k = 0; k < planned_.size(); ++k) {
      if (!planned_[k].reduces) order_.push_back(k);
    }
    std::sort(order_.begin(), order_.end(), [&](std::size_t a, std::size_t b) {
      return planned_[a].value != planned_[b].value ? planned_[a].value > planned_[b].value : a < b;
    });
    std::uint64_t kept = 0;
    for (const std::size_t k : order_) {
      const auto parts = static_cast<std::uint64_t>(planned_[k].parts);
      planned_[k].is_dropped = kept + parts > left;
      if (!planned_[k].is_dropped) kept += parts;
      if (planned_[k].is_dropped)
        reasons[planned_[k].order.instrument] = {reason_max_orders, 0, static_cast<double>(set_.max_orders)};
    }
    std::erase_if(planned_, [](const Planned& plan) { return plan.is_dropped; });
  }

  cadre_reason plan_order(const sdk::State& state, std::uint32_t i, std::int64_t need,
                          std::int64_t reference) const {
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
    const bool lacks_curve = set_.learns() && parts > 1 && seen_.learned().empty();
    if (lacks_curve && reason.code == 0) reason = {reason_no_curve, 0, static_cast<double>(seen_.sessions())};
    // Parts of a session's curve may be empty, so that fewer lots than parts do not all go at first.
    if (curve_of_session() == nullptr) parts = part_count(order.quantity_e9, instrument.lot_e9, parts);
    const std::int64_t position = state.raw().quantity_e9[i];
    const bool reduces = position != 0 && (position > 0) != buys && std::abs(need) <= std::abs(position);
    const double value = static_cast<double>(order.quantity_e9) * 1e-9 * static_cast<double>(reference) *
                         1e-9 * (static_cast<double>(instrument.multiplier_e9) * 1e-9);
    planned_.push_back({order, parts, value, reduces, false});
    return reason;
  }

  /// Of the times of a session; null where there is none.
  const VolumeCurve* curve_of_session() const {
    if (set_.schedule != Schedule::vwap) return nullptr;
    if (!seen_.learned().empty()) return &seen_.learned();
    return seen_.from_file().empty() ? nullptr : &seen_.from_file();
  }

  /// By the curve of the session, or the one that is written down for so many parts; else equal ones, with
  /// what does not divide in the last.
  void add_slices(const sdk::State& state, Planned& plan, Output& out) const {
    cadre_action& order = plan.order;
    const std::int64_t parts = plan.parts, time_ns = state.raw().time_ns;
    const std::int64_t lot_e9 = state.instrument(order.instrument).lot_e9;
    const VolumeCurve* const curve = curve_of_session();
    const auto volume = [&](std::int64_t k) {
      const std::int64_t bar_ns =
          CADRE_HAS(&state.raw(), bar_period_ns) ? state.raw().bar_period_ns : std::int64_t{0};
      return curve->volume_of_period(order.instrument, seen_.offset_ns(state), k, set_.interval_ns, bar_ns);
    };
    double whole = 0, so_far = 0;
    for (std::int64_t k = 0; curve != nullptr && k < parts; ++k)
      whole += volume(k);
    const bool has_list = curve == nullptr && static_cast<std::int64_t>(set_.curve.size()) == parts;
    const std::int64_t each = order.quantity_e9 / lot_e9 / parts * lot_e9;
    std::int64_t sent = 0;
    for (std::int64_t k = 0; k < parts; ++k) {
      std::int64_t due = (k + 1) * each;
      if (whole > 0) {
        so_far += volume(k);
        due = due_by_share(order.quantity_e9, lot_e9, so_far / whole);
      } else if (has_list) {
        due = due_by_share(order.quantity_e9, lot_e9, set_.curve[static_cast<std::size_t>(k)]);
      }
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
  static constexpr std::uint32_t reason_min_holding = reason_impact + 1;
  static constexpr std::uint32_t reason_max_orders = reason_impact + 2;
  static constexpr std::uint32_t reason_no_curve = reason_impact + 3;

  Settings set_;
  Observed seen_;
  // Room for one call, so that it allocates nothing: deciding leaves nothing in it.
  mutable std::vector<Planned> planned_;
  mutable std::vector<std::size_t> order_;
};

constexpr sdk::AgentEntry agents[] = {sdk::agent_entry<Agent>(CADRE_TEXT("cadre.execution_rules"),
                                                              CADRE_TEXT(CADRE_ROLE_EXECUTION_RULES),
                                                              CADRE_EVENT_BAR | CADRE_EVENT_UNIVERSE, 1)};

}  // namespace
}  // namespace cadre::execution_rules

CADRE_DEFINE_PLUGIN("cadre.execution_rules", "0.9.0", cadre::execution_rules::agents)
