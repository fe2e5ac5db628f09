#pragma once

#include <bit>
#include <cinttypes>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <string>
#include <string_view>

#include "cadre/cadre.h"

/// All that an agent may read of a call, as text: a line per field, in the order of the SDK's headers.
/// Numbers with a point are given by their bits and never an address, so two texts are equal exactly when two
/// agents were shown the same.
namespace cadre::recorder {

// A field that a struct grows by has to be written below as well.
static_assert(sizeof(cadre_execution_state) == 720 && sizeof(cadre_instrument) == 136);
static_assert(sizeof(cadre_column) == 16 && sizeof(cadre_windows) == 120 && sizeof(cadre_signal) == 112);
static_assert(sizeof(cadre_constraints) == 32 && sizeof(cadre_service) == 96 && sizeof(cadre_matrix) == 24);
static_assert(sizeof(cadre_execution_metrics) == 40 && sizeof(cadre_risk_report) == 72);
static_assert(sizeof(cadre_limit_use) == 88 && sizeof(cadre_correlation_report) == 40);
static_assert(sizeof(cadre_pair) == 16 && sizeof(cadre_event) == 32 && sizeof(cadre_execution_report) == 264);
static_assert(sizeof(cadre_universe_change) == 32 && sizeof(cadre_needs) == 64 &&
              sizeof(cadre_open_order) == 136);

class StateText {
 public:
  /// Begins a call; what follows belongs to it.
  void call(std::string_view name) {
    text_ += "call ";
    text_ += name;
    text_ += '\n';
  }
  const std::string& text() const { return text_; }

  void state(const cadre_execution_state& s) {
    write("size", s.size);
    write("instrument_count", s.instrument_count);
    write("universe_epoch", s.universe_epoch);
    write("sequence", s.sequence);
    write("time_ns", s.time_ns);
    write("session_date", s.session_date);
    write("reserved", s.reserved);
    write("periods_per_year", s.periods_per_year);
    write("sessions_per_year", s.sessions_per_year);
    write("equity", s.equity);
    write("cash", s.cash);
    write("book", s.book);
    write("currency", s.currency);
    write("instrument_stride", s.instrument_stride);
    for (std::uint32_t i = 0; i < s.instrument_count; ++i)
      instrument(at("instruments", i), *cadre_instrument_at(&s, i));
    const std::uint32_t n = s.instrument_count;
    column("open", s.open, n);
    column("high", s.high, n);
    column("low", s.low, n);
    column("close", s.close, n);
    column("volume", s.volume, n);
    column("price", s.price, n);
    array("weight", s.weight, n);
    array("working_weight", s.working_weight, n);
    array("quantity_e9", s.quantity_e9, n);
    array("working_buy_e9", s.working_buy_e9, n);
    array("working_sell_e9", s.working_sell_e9, n);
    windows("sessions", s.sessions);
    windows("bars", s.bars);
    write("signal_stride", s.signal_stride);
    write("signal_count", s.signal_count);
    for (std::uint64_t k = 0; k < s.signal_count; ++k)
      signal(at("signals", k), *cadre_signal_at(&s, k));
    column("score", s.score, n);
    column("confidence", s.confidence, n);
    constraints(s.constraints);
    write("service_stride", s.service_stride);
    write("service_count", s.service_count);
    for (std::uint64_t k = 0; k < s.service_count; ++k)
      service(at("services", k), *cadre_service_at(&s, k));
    reports(s);
    execution(s.execution);
    write("budget_count", s.budget_count);
    write("has_volume_curve", static_cast<std::uint32_t>(s.volume_curve != nullptr));
    column("opening_bid", s.opening_bid, n);
    column("opening_ask", s.opening_ask, n);
    column("bid", s.bid, n);
    column("ask", s.ask, n);
    write("bar_period_ns", s.bar_period_ns);
    write("short_collateral", s.short_collateral);
  }

  /// The part of the state that a call which writes a report must not change under the agent's eyes.
  void reports(const cadre_execution_state& s) {
    if (is_there("risk", s.risk)) report("risk", *s.risk);
    if (is_there("correlation", s.correlation)) report("correlation", *s.correlation);
  }

  void event(const cadre_event& event, const cadre_execution_state& s) {
    write("event.size", event.size);
    write("event.kind", event.kind);
    write("event.sequence", event.sequence);
    write("event.time_ns", event.time_ns);
    if (!is_there("event.payload", event.payload)) return;
    if (event.kind == CADRE_EVENT_SIGNAL)
      signal("event.payload", *static_cast<const cadre_signal*>(event.payload));
    if (event.kind == CADRE_EVENT_FILL) fill(*static_cast<const cadre_execution_report*>(event.payload));
    if (event.kind == CADRE_EVENT_UNIVERSE)
      universe(*static_cast<const cadre_universe_change*>(event.payload), s.instrument_count);
  }

  void report(const std::string& name, const cadre_risk_report& r) {
    write(name + ".size", r.size);
    write(name + ".acceptable", r.acceptable);
    write(name + ".volatility", r.volatility);
    write(name + ".value_at_risk", r.value_at_risk);
    write(name + ".expected_shortfall", r.expected_shortfall);
    array(name + ".component_risk", r.component_risk, r.instrument_count);
    write(name + ".adjustment_speed", r.adjustment_speed);
    write(name + ".limit_capacity", r.limit_capacity);
    write(name + ".limit_count", r.limit_count);
    for (std::uint32_t k = 0; k < r.limit_count && k < r.limit_capacity; ++k) {
      const cadre_limit_use& use = r.limits[k];
      const std::string limit = at(name + ".limits", k);
      write(limit + ".name", use.name);
      write(limit + ".value", use.value);
      write(limit + ".limit", use.limit);
      write(limit + ".instrument", use.instrument);
      write(limit + ".flags", use.flags);
    }
    write(name + ".instrument_count", r.instrument_count);
    write(name + ".reserved", r.reserved);
  }

  void report(const std::string& name, const cadre_correlation_report& r) {
    write(name + ".size", r.size);
    write(name + ".acceptable", r.acceptable);
    write(name + ".mean_correlation", r.mean_correlation);
    write(name + ".highest_correlation", r.highest_correlation);
    write(name + ".pair_capacity", r.pair_capacity);
    write(name + ".pair_count", r.pair_count);
    for (std::uint32_t k = 0; k < r.pair_count && k < r.pair_capacity; ++k) {
      const std::string pair = at(name + ".pairs", k);
      write(pair + ".first", r.pairs[k].first);
      write(pair + ".second", r.pairs[k].second);
      write(pair + ".correlation", r.pairs[k].correlation);
    }
  }

  void needs(const cadre_needs& needs) {
    write("needs.size", needs.size);
    write("needs.instrument_count", needs.instrument_count);
    array("needs.quantity_e9", needs.quantity_e9, needs.instrument_count);
    array("needs.reference_price_e9", needs.reference_price_e9, needs.instrument_count);
    array("needs.target_weight", needs.target_weight, needs.instrument_count);
    write("needs.order_stride", needs.order_stride);
    write("needs.order_count", needs.order_count);
    for (std::uint64_t k = 0; k < needs.order_count; ++k)
      open_order(at("needs.orders", k), *cadre_open_order_at(&needs, k));
    for (std::uint32_t i = 0; i < needs.instrument_count; ++i)
      write(at("needs.for_limit", i), std::uint32_t{needs.for_limit[i]});
  }

  void open_order(const std::string& name, const cadre_open_order& o) {
    write(name + ".size", o.size);
    write(name + ".instrument", o.instrument);
    write(name + ".side", o.side);
    write(name + ".type", o.type);
    write(name + ".time_in_force", o.time_in_force);
    write(name + ".status", o.status);
    write(name + ".quantity_e9", o.quantity_e9);
    write(name + ".filled_e9", o.filled_e9);
    write(name + ".limit_price_e9", o.limit_price_e9);
    write(name + ".stop_price_e9", o.stop_price_e9);
    write(name + ".decision_price_e9", o.decision_price_e9);
    write(name + ".decision_time_ns", o.decision_time_ns);
    write(name + ".client_id", o.client_id);
  }

  template <class Number>
  void array(const std::string& name, const Number* values, std::uint64_t count) {
    if (!is_there(name, values)) return;
    for (std::uint64_t i = 0; i < count; ++i)
      write(at(name, i), values[i]);
  }

  void write(const std::string& name, double value) {
    char number[32];
    std::snprintf(number, sizeof number, "%016" PRIx64, std::bit_cast<std::uint64_t>(value));
    line(name, number);
  }
  void write(const std::string& name, std::uint64_t value) { line(name, std::to_string(value)); }
  void write(const std::string& name, std::uint32_t value) { line(name, std::to_string(value)); }
  void write(const std::string& name, std::uint8_t value) { line(name, std::to_string(value)); }
  void write(const std::string& name, std::int64_t value) { line(name, std::to_string(value)); }
  void write(const std::string& name, std::int32_t value) { line(name, std::to_string(value)); }
  void write(const std::string& name, cadre_string value) { bytes(name, {value.data, value.length}); }
  void write(const std::string& name, const cadre_id& value) { bytes(name, {value.text, sizeof value.text}); }

 private:
  static std::string at(const std::string& name, std::uint64_t place) {
    return name + '[' + std::to_string(place) + ']';
  }

  void line(const std::string& name, std::string_view value) {
    text_ += name;
    text_ += ' ';
    text_ += value;
    text_ += '\n';
  }

  /// What no line of text may hold is given by its number.
  void bytes(const std::string& name, std::string_view value) {
    std::string shown = std::to_string(value.size()) + " bytes: ";
    for (const char c : value) {
      if (c > ' ' && c < 127 && c != '\\') {
        shown += c;
      } else {
        char escaped[8];
        std::snprintf(escaped, sizeof escaped, "\\%02x",
                      static_cast<unsigned>(static_cast<unsigned char>(c)));
        shown += escaped;
      }
    }
    line(name, shown);
  }

  bool is_there(const std::string& name, const void* what) {
    if (what == nullptr) line(name, "NULL");
    return what != nullptr;
  }

  void instrument(const std::string& name, const cadre_instrument& i) {
    write(name + ".size", i.size);
    write(name + ".flags", i.flags);
    write(name + ".id", i.id);
    write(name + ".group", i.group);
    write(name + ".currency", i.currency);
    write(name + ".time_zone", i.time_zone);
    write(name + ".tick_e9", i.tick_e9);
    write(name + ".lot_e9", i.lot_e9);
    write(name + ".multiplier_e9", i.multiplier_e9);
    write(name + ".average_daily_volume", i.average_daily_volume);
    write(name + ".kind", i.kind);
    write(name + ".reserved", i.reserved);
    write(name + ".borrow_rate", i.borrow_rate);
    write(name + ".margin_rate", i.margin_rate);
    write(name + ".minimum_notional_e6", i.minimum_notional_e6);
  }

  void column(const std::string& name, const cadre_column& column, std::uint32_t count) {
    array(name + ".values", column.values, count);
    array(name + ".valid", column.valid, count);
  }

  void windows(const std::string& name, const cadre_windows& windows) {
    window(name + ".returns", windows.returns);
    window(name + ".closes", windows.closes);
    window(name + ".volumes", windows.volumes);
  }

  void window(const std::string& name, const cadre_window& window) {
    write(name + ".rows", window.rows);
    write(name + ".columns", window.columns);
    write(name + ".stride", window.stride);
    write(name + ".period", window.period);
    for (std::uint32_t row = 0; row < window.rows; ++row) {
      array(at(name + ".values", row), window.values + row * window.stride, window.columns);
      array(at(name + ".valid", row), window.valid + row * window.stride, window.columns);
    }
  }

  void signal(const std::string& name, const cadre_signal& s) {
    write(name + ".size", s.size);
    write(name + ".instrument", s.instrument);
    write(name + ".direction", s.direction);
    write(name + ".reserved", s.reserved);
    write(name + ".strength", s.strength);
    write(name + ".confidence", s.confidence);
    write(name + ".horizon_days", s.horizon_days);
    write(name + ".time_ns", s.time_ns);
    write(name + ".strategy", s.strategy);
  }

  void constraints(const cadre_constraints* c) {
    if (!is_there("constraints", c)) return;
    write("constraints.size", c->size);
    write("constraints.flags", c->flags);
    write("constraints.max_gross_exposure", c->max_gross_exposure);
    write("constraints.max_net_exposure", c->max_net_exposure);
    write("constraints.max_weight", c->max_weight);
  }

  /// The stride of a matrix is left out: lent memory has its provider's. Its upper triangle is not defined.
  void service(const std::string& name, const cadre_service& service) {
    write(name + ".id", service.id);
    write(name + ".matrix.rows", service.matrix.rows);
    write(name + ".matrix.columns", service.matrix.columns);
    write(name + ".observations", service.observations);
    write(name + ".reserved", service.reserved);
    if (!is_there(name + ".matrix.values", service.matrix.values) || service.observations == 0) return;
    for (std::uint32_t c = 0; c < service.matrix.columns; ++c)
      array(at(name + ".matrix.below_diagonal", c), service.matrix.values + c * service.matrix.stride + c,
            service.matrix.rows - c);
  }

  void execution(const cadre_execution_metrics* e) {
    if (!is_there("execution", e)) return;
    write("execution.size", e->size);
    write("execution.reserved", e->reserved);
    write("execution.orders", e->orders);
    write("execution.fills", e->fills);
    write("execution.mean_shortfall_bp", e->mean_shortfall_bp);
    write("execution.fees", e->fees);
  }

  void fill(const cadre_execution_report& r) {
    write("event.fill.size", r.size);
    write("event.fill.status", r.status);
    write("event.fill.instrument", r.instrument);
    write("event.fill.side", r.side);
    write("event.fill.quantity_e9", r.quantity_e9);
    write("event.fill.price_e9", r.price_e9);
    write("event.fill.fees_e6", r.fees_e6);
    write("event.fill.spread_cost_e6", r.spread_cost_e6);
    write("event.fill.time_ns", r.time_ns);
    write("event.fill.reason", r.reason);
    write("event.fill.reserved", r.reserved);
    write("event.fill.client_id", r.client_id);
  }

  void universe(const cadre_universe_change& change, std::uint32_t instruments) {
    write("event.universe.size", change.size);
    write("event.universe.old_count", change.old_count);
    write("event.universe.old_epoch", change.old_epoch);
    array("event.universe.old_to_new", change.old_to_new, change.old_count);
    array("event.universe.new_to_old", change.new_to_old, instruments);
  }

  std::string text_;
};

}  // namespace cadre::recorder
