// A trade adjuster that does what it is told: arms timers, learns from outcomes, fails. What it has seen is
// its state. See pupil.json.

#include <limits>
#include <stdexcept>
#include <string>

#include "cadre/cpp/plugin.hpp"

namespace cadre::pupil {
namespace {

/// Instances of this process, so that one that takes another's place knows it.
std::uint64_t made = 0;

class Pupil final : public sdk::TradeAdjuster {
 public:
  Pupil() : number_(++made) {}

  void configure(const sdk::Config& config) override {
    fails_ = config.text("/fails");
    with_ = config.text("/with");
    at_bar_ = config.integer("/at_bar");
    heals_ = config.flag("/heals");
    timers_ = config.integer("/timers");
    period_ns_ = config.integer("/period_seconds") * 1'000'000'000;
    scale_ = config.number("/scale");
  }

  void observe(const cadre_event& event, const sdk::State&) override {
    if (event.kind == CADRE_EVENT_TIMER) {
      const auto& timer = *static_cast<const cadre_timer*>(event.payload);
      fired_ += timer.expirations;
      if (period_ns_ == 0) arm_timer(timer.id, timer.due_ns + day_ns);
    }
    if (event.kind == CADRE_EVENT_OUTCOME) ++outcomes_;
    if (event.kind != CADRE_EVENT_BAR) return;
    ++bars_;
    if (bars_ == 1) {
      for (std::int64_t k = 1; k <= timers_; ++k)
        arm_timer(static_cast<std::uint64_t>(k), event.time_ns + k * hour_ns, period_ns_);
    }
    if (fails_ == "observe") fail();
  }

  void adjust_trades(const sdk::State& state, sdk::Targets& targets) const override {
    if (fails_ == "decide") fail();
    for (Eigen::Index i = 0; i < state.size(); ++i)
      targets.set(i, scale_ * targets.weight[i], 1000, scale_);
  }

  bool has_state() const override { return true; }
  void save(sdk::StateWriter& out) const override {
    out.put(bars_);
    out.put(fired_);
    out.put(outcomes_);
  }
  void load(sdk::StateReader& in, std::uint32_t, std::uint32_t) override {
    const auto bars = in.get<std::int64_t>();
    const auto fired = in.get<std::uint64_t>();
    const auto outcomes = in.get<std::uint64_t>();
    in.finish();
    bars_ = bars;
    fired_ = fired;
    outcomes_ = outcomes;
  }

 private:
  static constexpr std::int64_t hour_ns = 3'600'000'000'000;
  static constexpr std::int64_t day_ns = 24 * hour_ns;

  void fail() const {
    if (bars_ < at_bar_ || (heals_ && number_ > 1)) return;
    if (with_ == "refusal") throw sdk::Refusal("the pupil does not want to");
    throw std::runtime_error("the pupil lost the thread");
  }

  std::uint64_t number_;
  std::string fails_, with_;
  std::int64_t at_bar_ = 0, timers_ = 0, period_ns_ = 0;
  bool heals_ = false;
  double scale_ = 1;
  std::int64_t bars_ = 0;
  std::uint64_t fired_ = 0, outcomes_ = 0;
};

/// Gives up for good.
class Fatalist final : public sdk::PortfolioOptimizer {
 public:
  void configure(const sdk::Config& config) override { at_bar_ = config.integer("/at_bar"); }
  void observe(const cadre_event&, const sdk::State&) override { ++bars_; }
  cadre_status optimize_targets(const sdk::State&, sdk::Targets&) const override {
    if (bars_ < at_bar_) return CADRE_OK;
    say_reason("the model is gone");
    return CADRE_FATAL;
  }

 private:
  std::int64_t at_bar_ = 0, bars_ = 0;
};

constexpr sdk::AgentEntry agents[] = {
    sdk::agent_entry<Pupil>(CADRE_TEXT("test.pupil"), CADRE_TEXT(CADRE_ROLE_TRADE_ADJUSTER),
                            CADRE_EVENT_BAR | CADRE_EVENT_TIMER | CADRE_EVENT_OUTCOME, 1),
    sdk::agent_entry<Pupil>(CADRE_TEXT("test.deaf_pupil"), CADRE_TEXT(CADRE_ROLE_TRADE_ADJUSTER),
                            CADRE_EVENT_BAR, 1),
    sdk::agent_entry<Fatalist>(CADRE_TEXT("test.fatalist"), CADRE_TEXT(CADRE_ROLE_PORTFOLIO_OPTIMIZER),
                               CADRE_EVENT_BAR)};

}  // namespace
}  // namespace cadre::pupil

CADRE_DEFINE_PLUGIN("test.pupil", "1.0.0", cadre::pupil::agents)
