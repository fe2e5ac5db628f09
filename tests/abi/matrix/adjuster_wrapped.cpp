// The agent of the matrix in C++20 on the SDK's classes, of which a copy is kept in include/cadre/cpp: see
// README.md for what it computes.
#include <cmath>
#include <new>
#include <stdexcept>

#include "cadre/cadre.h"
#include "cadre/cpp/plugin.hpp"

namespace {

namespace sdk = cadre::sdk;

constexpr std::uint32_t hot_code = CADRE_REASON_FIRST_PLUGIN, falling_code = hot_code + 1;
constexpr Eigen::Index returns_asked = 21, closes_asked = 5;
constexpr std::int64_t day_ns = 86'400'000'000'000;

class Adjuster final : public sdk::TradeAdjuster {
 public:
  explicit Adjuster(const cadre_host* host) : host_(host) {}

  void configure(const sdk::Config& config) override {
    floor_ = config.number("/floor");
    hot_ = config.number("/hot");
    if (floor_ >= hot_) throw sdk::Refusal("floor has to be below hot");
  }
  void require(cadre_requirements& out) const override {
    out.sessions.returns = returns_asked;
    out.bars.closes = closes_asked;
  }
  void activate() override { log(CADRE_LOG_INFO, "the matrix is active"); }

  void observe(const cadre_event& event, const sdk::State& state) override {
    if (event.kind == CADRE_EVENT_BAR) {
      const sdk::Window returns = state.sessions().returns();
      if (returns.cols() > 0) {
        const double mean = mean_move(returns.col(returns.cols() - 1));
        if (!std::isnan(mean)) heat_ = 0.9 * heat_ + 0.1 * mean;
      }
      if (++bars_ == 1) arm_timer(7, state.raw().time_ns + 10 * day_ns, 30 * day_ns);
    } else if (event.kind == CADRE_EVENT_FILL) {
      const auto& report = *static_cast<const cadre_execution_report*>(event.payload);
      ++fills_;
      turnover_ +=
          static_cast<double>(report.quantity_e9) * 1e-9 * (static_cast<double>(report.price_e9) * 1e-9);
    } else if (event.kind == CADRE_EVENT_TIMER) {
      timers_ += static_cast<const cadre_timer*>(event.payload)->expirations;
      const auto* random =
          static_cast<const cadre_random*>(host_->get_extension(host_, CADRE_TEXT(CADRE_EXT_RANDOM)));
      if (random == nullptr) throw std::runtime_error("there are no random numbers");
      phase_ = random->bits(host_, event.sequence, timers_) & 3;
    }
  }

  void adjust_trades(const sdk::State& state, sdk::Targets& targets) const override {
    const cadre_execution_state& raw = state.raw();
    const bool many_orders =
        CADRE_HAS(&raw, execution) && raw.execution != nullptr && raw.execution->orders >= 100;
    const double limit = (many_orders ? hot_ : 2 * hot_) * heat_;
    for (Eigen::Index i = 0; i < targets.weight.size(); ++i) {
      const double weight = targets.weight[i];
      if (weight == 0 || state.instrument(i).kind != CADRE_KIND_EQUITY || state.weight()[i] > weight)
        continue;
      const double trend = trend_of(newest(state.bars().closes(), closes_asked), i);
      // NaN, of an instrument without returns, is not above the limit.
      if (mean_move(newest(state.sessions().returns(), returns_asked).row(i)) > limit) {
        targets.set(i, weight * floor_, hot_code, floor_);
      } else if ((static_cast<std::uint64_t>(i) + phase_) % 4 == 0 && trend < 1) {
        const double factor = std::max(trend - 0.1, floor_);
        targets.set(i, weight * factor, falling_code, factor);
      }
    }
  }

  bool has_state() const override { return true; }
  void save(sdk::StateWriter& to) const override {
    for (const std::uint64_t number : {bars_, fills_, timers_, phase_})
      to.put(number);
    to.put(heat_);
    to.put(turnover_);
  }
  void load(sdk::StateReader& from, std::uint32_t, std::uint32_t) override {
    Adjuster read(host_);
    for (std::uint64_t* number : {&read.bars_, &read.fills_, &read.timers_, &read.phase_})
      *number = from.get<std::uint64_t>();
    read.heat_ = from.get<double>();
    read.turnover_ = from.get<double>();
    from.finish();
    if (read.phase_ > 3 || !std::isfinite(read.heat_) || !std::isfinite(read.turnover_))
      throw sdk::Refusal("the saved state is damaged");
    bars_ = read.bars_, fills_ = read.fills_, timers_ = read.timers_, phase_ = read.phase_;
    heat_ = read.heat_, turnover_ = read.turnover_;
  }

 private:
  /// The rows that were asked for, in columns: a window may have more.
  static sdk::Window newest(const sdk::Window& window, Eigen::Index asked) {
    const Eigen::Index rows = std::min(window.cols(), asked);
    return {window.data() + (window.cols() - rows) * window.outerStride(), window.rows(), rows,
            Eigen::OuterStride<>(window.outerStride())};
  }
  /// Of the values that are there, in order; NaN without any.
  template <class Values>
  static double mean_move(const Values& values) {
    double sum = 0;
    int count = 0;
    for (Eigen::Index k = 0; k < values.size(); ++k) {
      if (std::isnan(values[k])) continue;
      sum += std::fabs(values[k]);
      ++count;
    }
    return sum / count;
  }
  /// The newest close over the oldest; NaN where one is missing.
  static double trend_of(const sdk::Window& closes, Eigen::Index i) {
    return closes.cols() == 0 ? 1 : closes(i, closes.cols() - 1) / closes(i, 0);
  }

  const cadre_host* host_;
  double floor_ = 0, hot_ = 0;
  std::uint64_t bars_ = 0, fills_ = 0, timers_ = 0, phase_ = 0;
  double heat_ = 0, turnover_ = 0;
};

// By hand, since an agent that draws random numbers needs the host, which the SDK's own create does not hand
// on.
cadre_status create(const cadre_host* host, cadre_string agent_id, const cadre_agent** out) {
  *out = nullptr;
  if (sdk::view_of(agent_id) != MATRIX_ID) return CADRE_UNSUPPORTED;
  return sdk::adopt_agent(new (std::nothrow) Adjuster(host), host, out);
}

constexpr cadre_agent_descriptor agents[] = {{sizeof(cadre_agent_descriptor),
                                              CADRE_EVENT_BAR | CADRE_EVENT_FILL | CADRE_EVENT_TIMER,
                                              CADRE_TEXT(MATRIX_ID),
                                              {CADRE_TEXT(CADRE_ROLE_TRADE_ADJUSTER)},
                                              1,
                                              0}};

}  // namespace

CADRE_EXPORT const cadre_plugin_descriptor* cadre_plugin(void) {
  static const cadre_plugin_descriptor plugin = {CADRE_PLUGIN_MAGIC,
                                                 sizeof(cadre_plugin_descriptor),
                                                 CADRE_ABI_OLDEST,
                                                 CADRE_ABI_VERSION,
                                                 1,
                                                 CADRE_TEXT(MATRIX_ID),
                                                 CADRE_TEXT("1.0.0"),
                                                 agents,
                                                 sizeof(cadre_agent_descriptor),
                                                 &create};
  return &plugin;
}
