// The agent of the matrix in C++ on the bare ABI, as C++17 and as C++20: see README.md for what it computes.
#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "cadre/cadre.h"

namespace {

constexpr std::uint32_t hot_code = CADRE_REASON_FIRST_PLUGIN, falling_code = hot_code + 1;
constexpr std::uint32_t returns_asked = 21, closes_asked = 5;
constexpr std::int64_t day_ns = 86'400'000'000'000;

std::string_view view_of(cadre_string text) {
  return {text.data, text.length};
}

struct Learned {
  std::uint64_t bars = 0;
  std::uint64_t fills = 0;
  std::uint64_t timers = 0;
  std::uint64_t phase = 0;  // 0 .. 3: which instruments are looked at for their trend
  double heat = 0;          // smoothed mean of absolute returns
  double turnover = 0;
};
static_assert(sizeof(Learned) == 48);

/// The valid values among those `pick` names, in order.
template <class Pick>
std::vector<double> valid_values(const cadre_window& window, std::uint32_t count, Pick&& pick) {
  std::vector<double> values;
  for (std::uint32_t k = 0; k < count; ++k) {
    const std::uint64_t at = pick(k);
    if (window.valid[at] != 0) values.push_back(window.values[at]);
  }
  return values;
}

/// Where the rows begin that were asked for: a window may have more.
std::uint32_t first_row(const cadre_window& window, std::uint32_t asked) {
  return window.rows - std::min(window.rows, asked);
}

double mean_move(const std::vector<double>& returns) {
  double sum = 0;
  for (const double r : returns)
    sum += std::fabs(r);
  return returns.empty() ? 0 : sum / static_cast<double>(returns.size());
}

class Adjuster {
 public:
  explicit Adjuster(const cadre_host* host) : host_(host) {}

  void init(cadre_string config) {
    floor_ = number(config, "/floor");
    hot_ = number(config, "/hot");
    if (floor_ >= hot_) throw std::invalid_argument("floor has to be below hot");
  }

  void activate() {
    if (const auto* log = extension<cadre_log>(CADRE_EXT_LOG))
      log->write(host_, CADRE_LOG_INFO, CADRE_TEXT("the matrix is active"));
  }

  cadre_status observe(const cadre_event& event, const cadre_execution_state& state) {
    switch (event.kind) {
      case CADRE_EVENT_BAR:
        return observe_bar(state);
      case CADRE_EVENT_FILL: {
        const auto& report = *static_cast<const cadre_execution_report*>(event.payload);
        ++state_.fills;
        state_.turnover +=
            static_cast<double>(report.quantity_e9) * 1e-9 * (static_cast<double>(report.price_e9) * 1e-9);
        break;
      }
      case CADRE_EVENT_TIMER:
        state_.timers += static_cast<const cadre_timer*>(event.payload)->expirations;
        state_.phase = needed<cadre_random>(CADRE_EXT_RANDOM).bits(host_, event.sequence, state_.timers) & 3;
        break;
      default:
        break;
    }
    return CADRE_OK;
  }

  void adjust_trades(const cadre_execution_state& state, cadre_targets& targets) const {
    const bool many_orders =
        CADRE_HAS(&state, execution) && state.execution != nullptr && state.execution->orders >= 100;
    const double limit = (many_orders ? hot_ : 2 * hot_) * state_.heat;
    const cadre_window &returns = state.sessions.returns, &closes = state.bars.closes;
    for (std::uint32_t i = 0; i < targets.instrument_count; ++i) {
      const double weight = targets.weight[i];
      if (weight == 0 || cadre_instrument_at(&state, i)->kind != CADRE_KIND_EQUITY ||
          state.weight[i] > weight)
        continue;
      const std::uint32_t first = first_row(returns, returns_asked);
      const double move = mean_move(valid_values(
          returns, returns.rows - first, [&](std::uint32_t r) { return (first + r) * returns.stride + i; }));
      double factor = floor_;
      std::uint32_t code = hot_code;
      if (!(move > limit)) {
        if ((i + state_.phase) % 4 != 0 || !(trend(closes, i) < 1)) continue;
        factor = std::max(floor_, trend(closes, i) - 0.1);
        code = falling_code;
      }
      targets.weight[i] = weight * factor;
      targets.reasons[i] = {code, 0, factor};
    }
  }

  void save(cadre_buffer& out) const {
    out.needed = sizeof state_;
    std::memcpy(out.data, &state_, std::min<std::uint64_t>(out.capacity, sizeof state_));
  }

  void load(std::uint32_t schema_version, const std::uint8_t* data, std::uint64_t length) {
    Learned state;
    if (schema_version != 1 || length != sizeof state)
      throw std::invalid_argument("the saved state is not the matrix's");
    std::memcpy(&state, data, sizeof state);
    if (state.phase > 3 || !std::isfinite(state.heat) || !std::isfinite(state.turnover))
      throw std::invalid_argument("the saved state is damaged");
    state_ = state;
  }

  /// Runs a call; what it throws becomes a status with its sentence.
  template <class Body>
  static cadre_status guarded(const void* self, Body&& body) noexcept {
    const auto& agent = *static_cast<const Adjuster*>(self);
    try {
      return body();
    } catch (const std::invalid_argument& refusal) {
      return cadre_refuse(agent.host_, CADRE_REJECTED, refusal.what());
    } catch (const std::exception& error) {
      return cadre_refuse(agent.host_, CADRE_ERROR, error.what());
    }
  }

  cadre_agent raw{};

 private:
  template <class Table>
  const Table* extension(const char* id) const {
    return static_cast<const Table*>(host_->get_extension(host_, cadre_text(id)));
  }
  template <class Table>
  const Table& needed(const char* id) const {
    const Table* table = extension<Table>(id);
    if (table == nullptr) throw std::runtime_error(std::string("this host does not offer ") + id);
    return *table;
  }
  double number(cadre_string config, const char* pointer) const {
    double value = 0;
    if (cadre_config_number(host_, config, pointer, &value) != CADRE_OK)
      throw std::invalid_argument(std::string(pointer) + " has to be a number");
    return value;
  }

  cadre_status observe_bar(const cadre_execution_state& state) {
    const cadre_window& returns = state.sessions.returns;
    if (returns.rows > 0) {
      const auto values = valid_values(
          returns, returns.columns, [&](std::uint32_t i) { return (returns.rows - 1) * returns.stride + i; });
      if (!values.empty()) state_.heat = 0.9 * state_.heat + 0.1 * mean_move(values);
    }
    if (++state_.bars != 1) return CADRE_OK;
    return needed<cadre_timer_table>(CADRE_EXT_TIMER).arm(host_, 7, state.time_ns + 10 * day_ns, 30 * day_ns);
  }

  /// The newest close over the oldest; 1 where one is missing.
  static double trend(const cadre_window& closes, std::uint32_t i) {
    if (closes.rows == 0) return 1;
    const std::uint64_t first = first_row(closes, closes_asked) * closes.stride + i;
    const std::uint64_t last = (closes.rows - 1) * closes.stride + i;
    if (closes.valid[first] == 0 || closes.valid[last] == 0) return 1;
    return closes.values[last] / closes.values[first];
  }

  const cadre_host* host_;
  double floor_ = 0;
  double hot_ = 0;
  Learned state_;
};

Adjuster& of(void* self) {
  return *static_cast<Adjuster*>(self);
}
const Adjuster& of(const void* self) {
  return *static_cast<const Adjuster*>(self);
}

template <class Body>
cadre_status done(const void* self, Body&& body) noexcept {
  return Adjuster::guarded(self, [&] {
    body();
    return cadre_status{CADRE_OK};
  });
}

cadre_status init(void* self, cadre_string config) {
  return done(self, [&] { of(self).init(config); });
}
cadre_status requirements(const void*, cadre_requirements* out) {
  out->sessions.returns = returns_asked;
  out->bars.closes = closes_asked;
  return CADRE_OK;
}
cadre_status activate(void* self) {
  return done(self, [&] { of(self).activate(); });
}
void deactivate(void*) {}
void destroy(void* self) {
  delete &of(self);
}
cadre_status observe(void* self, const cadre_event* event, const cadre_execution_state* state) {
  return Adjuster::guarded(self, [&] { return of(self).observe(*event, *state); });
}
cadre_status adjust_trades(const void* self, const cadre_execution_state* state, cadre_targets* targets) {
  return done(self, [&] { of(self).adjust_trades(*state, *targets); });
}
cadre_status save_state(const void* self, cadre_buffer* out) {
  return done(self, [&] { of(self).save(*out); });
}
cadre_status load_state(void* self, std::uint32_t schema, std::uint32_t, const std::uint8_t* data,
                        std::uint64_t length) {
  return done(self, [&] { of(self).load(schema, data, length); });
}

const void* get_interface(const void*, cadre_string id) {
  static constexpr cadre_trade_adjuster role{sizeof role, 0, &adjust_trades};
  static constexpr cadre_state_table state{sizeof state, 0, &save_state, &load_state};
  if (view_of(id) == CADRE_ROLE_TRADE_ADJUSTER) return &role;
  return view_of(id) == CADRE_EXT_STATE ? &state : nullptr;
}

cadre_status create(const cadre_host* host, cadre_string agent_id, const cadre_agent** out) {
  *out = nullptr;
  if (view_of(agent_id) != MATRIX_ID) return CADRE_UNSUPPORTED;
  auto agent = std::make_unique<Adjuster>(host);
  agent->raw = {sizeof(cadre_agent), 0,           agent.get(), &init,    &requirements,
                &activate,           &deactivate, &destroy,    &observe, &get_interface};
  *out = &agent.release()->raw;
  return CADRE_OK;
}

}  // namespace

CADRE_EXPORT const cadre_plugin_descriptor* cadre_plugin(void) {
  static const std::array<cadre_agent_descriptor, 1> agents{
      {{sizeof(cadre_agent_descriptor),
        CADRE_EVENT_BAR | CADRE_EVENT_FILL | CADRE_EVENT_TIMER,
        CADRE_TEXT(MATRIX_ID),
        {CADRE_TEXT(CADRE_ROLE_TRADE_ADJUSTER), {}, {}, {}},
        1,
        0}}};
  static const cadre_plugin_descriptor plugin{CADRE_PLUGIN_MAGIC,
                                              sizeof(cadre_plugin_descriptor),
                                              CADRE_ABI_OLDEST,
                                              CADRE_ABI_VERSION,
                                              1,
                                              CADRE_TEXT(MATRIX_ID),
                                              CADRE_TEXT("1.0.0"),
                                              agents.data(),
                                              sizeof(cadre_agent_descriptor),
                                              &create};
  return &plugin;
}
