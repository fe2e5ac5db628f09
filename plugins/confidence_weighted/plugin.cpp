#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

#include "cadre/cpp/plugin.hpp"

namespace cadre::confidence_weighted {
namespace {

class Agent final : public sdk::SignalAggregator {
 public:
  void configure(const sdk::Config&) override {}

  void aggregate_signals(const sdk::State& state, cadre_views& out) const override {
    const auto n = static_cast<std::size_t>(state.size());
    if (count_.size() != n) count_.resize(n);
    std::fill(count_.begin(), count_.end(), 0U);
    std::fill_n(out.score, n, 0.0);
    std::fill_n(out.confidence, n, 0.0);
    for (std::uint64_t k = 0; k < state.raw().signal_count; ++k) {
      const cadre_signal& signal = *cadre_signal_at(&state.raw(), k);
      // One bad signal says nothing about the others.
      if (signal.instrument >= n || !std::isfinite(signal.strength) || !(signal.confidence >= 0.0) ||
          !std::isfinite(signal.confidence)) {
        continue;
      }
      out.score[signal.instrument] += signal.confidence * signal.direction * signal.strength;
      out.confidence[signal.instrument] += signal.confidence;
      ++count_[signal.instrument];
    }
    for (std::size_t i = 0; i < n; ++i) {
      const double total = out.confidence[i];
      out.valid[i] = total > 0.0 ? 1 : 0;
      out.score[i] = total > 0.0 ? out.score[i] / total : 0.0;
      out.confidence[i] = total > 0.0 ? total / count_[i] : 0.0;
    }
  }

 private:
  mutable std::vector<std::uint32_t> count_;  // a workspace, sized once per universe
};

constexpr sdk::AgentEntry agents[] = {sdk::agent_entry<Agent>(CADRE_TEXT("cadre.confidence_weighted"),
                                                              CADRE_TEXT(CADRE_ROLE_SIGNAL_AGGREGATOR))};

}  // namespace
}  // namespace cadre::confidence_weighted

CADRE_DEFINE_PLUGIN("cadre.confidence_weighted", "0.9.0", cadre::confidence_weighted::agents)
