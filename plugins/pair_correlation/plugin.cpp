#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "cadre/cpp/plugin.hpp"
#include "cadre/quant/covariance.hpp"
#include "held_pairs.hpp"
#include "update_schedule.hpp"

namespace cadre::pair_correlation {
namespace {

/// The lower triangle of a covariance, kept from one update to the next.
struct KeptCovariance {
  std::uint32_t instruments = 0;
  std::vector<double> values;  // instruments x instruments, column-major; what is above the diagonal is 0

  sdk::Matrix matrix() const {
    const auto n = static_cast<Eigen::Index>(instruments);
    return sdk::Matrix(values.data(), n, n, Eigen::OuterStride<>(n));
  }
};

class Agent final : public sdk::CorrelationAdjuster {
 public:
  void configure(const sdk::Config& config) override {
    limits_.max_correlation = config.number("/max_correlation");
    limits_.adjustment_factor = config.number("/adjustment_factor");
    limits_.min_pair_weight = config.number("/min_pair_weight");
    lookback_ = config.integer("/correlation_lookback");
    const std::string frequency = config.text("/update_frequency");
    frequency_ = frequency == "weekly"    ? Frequency::weekly
                 : frequency == "monthly" ? Frequency::monthly
                                          : Frequency::daily;
    if (frequency_ != Frequency::daily && lookback_ < 2) {
      throw sdk::Refusal("/correlation_lookback: " + std::to_string(lookback_) + " is too short for " +
                         frequency +
                         " updates, which are computed from that many returns; set it to 2 or more");
    }
  }

  // Daily updates read the bound covariance; others keep one of their own.
  void require(cadre_requirements& out) const override {
    if (frequency_ != Frequency::daily) out.sessions.returns = static_cast<std::uint32_t>(lookback_);
  }

  void observe(const cadre_event& event, const sdk::State& state) override {
    if (frequency_ == Frequency::daily) return;
    if (event.kind == CADRE_EVENT_UNIVERSE) {
      follow(*static_cast<const cadre_universe_change*>(event.payload),
             static_cast<std::uint32_t>(state.size()));
    } else if (event.kind == CADRE_EVENT_BAR) {
      const std::int32_t date = state.raw().session_date;
      due_ = due_ || begins_period(last_date_, date, frequency_);
      last_date_ = date;
      if (due_) keep(state);
    }
  }

  void analyze_correlations(const sdk::State& state, const sdk::Weights& weight,
                            cadre_correlation_report& out) const override {
    const sdk::Matrix covariance = matrix_for(state);
    fit(state);
    const Summary summary =
        summarise_pairs(covariance, weight, limits_, workspace_,
                        {pairs_.data(), std::min<std::size_t>(pairs_.size(), out.pair_capacity)});
    out.mean_correlation = summary.mean;
    out.highest_correlation = summary.highest;
    out.pair_count = summary.above;
    out.acceptable = summary.above == 0 ? CADRE_ACCEPTABLE : CADRE_NOT_ACCEPTABLE;
    for (std::size_t k = 0; k < std::min<std::size_t>({summary.above, pairs_.size(), out.pair_capacity}); ++k)
      out.pairs[k] = {pairs_[k].first, pairs_[k].second, pairs_[k].correlation};
  }

  void adjust_trades(const sdk::State& state, const cadre_correlation_report& report,
                     sdk::Targets& targets) const override {
    const sdk::Matrix covariance = matrix_for(state);
    fit(state);
    if (report.pair_count > 0 && report.pair_count <= report.pair_capacity) {
      // The report names them all.
      std::fill(factors_.begin(), factors_.end(), 1.0);
      for (std::uint32_t k = 0; k < report.pair_count; ++k) {
        const cadre_pair& pair = report.pairs[k];
        const double factor = quant::pair_factor(pair.correlation, limits_);
        factors_[pair.first] = std::min(factors_[pair.first], factor);
        factors_[pair.second] = std::min(factors_[pair.second], factor);
      }
    } else {
      quant::correlation_factors(covariance, targets.weight, limits_, workspace_, factors_);
    }
    for (Eigen::Index i = 0; i < state.size(); ++i) {
      if (factors_[i] < 1.0)
        targets.set(i, targets.weight[i] * factors_[i], CADRE_REASON_CORRELATION, factors_[i]);
    }
  }

  bool has_state() const override { return true; }

  void save(sdk::StateWriter& out) const override {
    out.put(last_date_);
    out.put(std::uint32_t{due_ ? 1U : 0U});
    out.put(kept_.instruments);
    out.put_numbers(kept_.values.data(), kept_.values.size());
  }

  void load(sdk::StateReader& in, std::uint32_t schema_version, std::uint32_t instrument_count) override {
    if (schema_version != 1) throw sdk::Refusal("reads state of schema 1 only");
    const auto date = in.get<std::int32_t>();
    const auto due = in.get<std::uint32_t>();
    KeptCovariance kept;
    kept.instruments = in.get<std::uint32_t>();
    const std::uint64_t cells = std::uint64_t{kept.instruments} * kept.instruments;
    if (due > 1 || date < 0 || (kept.instruments != 0 && kept.instruments != instrument_count) ||
        in.left() != cells * sizeof(double)) {
      throw sdk::Refusal("the saved correlations are not valid or of another universe");
    }
    kept.values.resize(cells);
    in.get_numbers(kept.values.data(), kept.values.size());
    in.finish();
    const std::size_t n = kept.instruments;
    for (std::size_t j = 0; j < n; ++j) {
      const double* column = kept.values.data() + j * n;
      bool valid = !(column[j] < 0.0);
      for (std::size_t i = 0; i < n; ++i)
        valid = valid && (i < j ? column[i] == 0.0 : !std::isinf(column[i]));
      if (!valid) throw sdk::Refusal("the saved covariance is not one");
    }
    last_date_ = date;
    due_ = due == 1;
    kept_ = std::move(kept);
  }

 private:
  /// The covariance this decision is made with.
  sdk::Matrix matrix_for(const sdk::State& state) const {
    const std::uint32_t n = static_cast<std::uint32_t>(state.size());
    if (n != 0 && kept_.instruments == n) return kept_.matrix();
    const sdk::Matrix covariance = state.service(0);
    if (covariance.rows() != state.size() || covariance.cols() != state.size()) {
      throw sdk::Refusal(CADRE_SERVICE_COVARIANCE
                         " is not bound or not ready; add a covariance estimator to services");
    }
    const std::uint32_t observations = cadre_service_at(&state.raw(), 0)->observations;
    if (lookback_ != 0 && observations != lookback_) {
      throw sdk::Refusal("/correlation_lookback is " + std::to_string(lookback_) +
                         ", but the bound covariance is estimated from " + std::to_string(observations) +
                         " periods; make them equal, or 0 to take what there is");
    }
    return covariance;
  }

  /// Computes the covariance of a period's first bar, as soon as there is the history. An instrument that
  /// lacks a return in it is in no pair.
  void keep(const sdk::State& state) {
    const cadre_window& returns = state.raw().sessions.returns;
    const Eigen::Index n = state.size();
    if (n == 0 || std::int64_t{returns.rows} < lookback_) return;
    const auto count = static_cast<std::size_t>(n);
    if (rolling_.instruments() != n || rolling_.window() != lookback_) {
      rolling_.reset(n, lookback_);
      rows_.assign(count * static_cast<std::size_t>(lookback_), 0.0);
    }
    complete_.assign(count, 1);
    for (std::int64_t t = 0; t < lookback_; ++t) {
      const double* row = returns.values + (returns.rows - lookback_ + t) * returns.stride;
      for (std::size_t i = 0; i < count; ++i) {
        const bool known = std::isfinite(row[i]);
        if (!known) complete_[i] = 0;
        rows_[static_cast<std::size_t>(t) * count + i] = known ? row[i] : 0.0;
      }
    }
    rolling_.refresh(rows_.data(), lookback_, n);
    const auto covariance = rolling_.matrix();
    kept_.instruments = static_cast<std::uint32_t>(n);
    kept_.values.assign(count * count, 0.0);
    for (std::size_t j = 0; j < count; ++j) {
      for (std::size_t i = j; i < count; ++i) {
        kept_.values[j * count + i] =
            complete_[i] != 0 && complete_[j] != 0
                ? covariance(static_cast<Eigen::Index>(i), static_cast<Eigen::Index>(j))
                : std::numeric_limits<double>::quiet_NaN();
      }
    }
    due_ = false;
  }

  /// The kept covariance in the new universe's order; newcomers are in no pair until the next update.
  void follow(const cadre_universe_change& change, std::uint32_t count) {
    if (kept_.instruments == 0 || kept_.instruments != change.old_count) {
      kept_ = KeptCovariance{};
      due_ = true;
      return;
    }
    const std::uint32_t old_count = change.old_count;
    std::vector<double> values(std::size_t{count} * count, 0.0);
    for (std::size_t i = 0; i < count; ++i)
      values[i * count + i] = std::numeric_limits<double>::quiet_NaN();
    for (std::uint32_t j = 0; j < old_count; ++j) {
      for (std::uint32_t i = j; i < old_count; ++i) {
        if (change.old_to_new[i] == CADRE_GONE || change.old_to_new[j] == CADRE_GONE) continue;
        const auto first = static_cast<std::size_t>(change.old_to_new[j]);
        const auto second = static_cast<std::size_t>(change.old_to_new[i]);
        values[std::min(first, second) * count + std::max(first, second)] =
            kept_.values[std::size_t{j} * old_count + i];
      }
    }
    kept_.instruments = count;
    kept_.values = std::move(values);
  }

  void fit(const sdk::State& state) const {
    const auto n = static_cast<std::size_t>(state.size());
    if (workspace_.size() == n) return;
    workspace_.resize(n);
    factors_.resize(state.size());
    pairs_.resize(n * (n - std::min<std::size_t>(n, 1)) / 2);
  }

  quant::CorrelationLimits limits_;
  std::int64_t lookback_ = 252;
  Frequency frequency_ = Frequency::daily;

  // What it learned: nothing with daily updates.
  KeptCovariance kept_;
  std::int32_t last_date_ = 0;
  bool due_ = false;

  // Workspaces, sized once per universe.
  quant::RollingCovariance rolling_;
  std::vector<double> rows_;
  std::vector<std::uint8_t> complete_;
  mutable std::vector<double> workspace_;
  mutable Eigen::VectorXd factors_;
  mutable std::vector<Pair> pairs_;
};

constexpr sdk::AgentEntry agents[] = {sdk::agent_entry<Agent>(CADRE_TEXT("cadre.pair_correlation"),
                                                              CADRE_TEXT(CADRE_ROLE_CORRELATION_ADJUSTER),
                                                              CADRE_EVENT_BAR | CADRE_EVENT_UNIVERSE, 1)};

}  // namespace
}  // namespace cadre::pair_correlation

CADRE_DEFINE_PLUGIN("cadre.pair_correlation", "0.9.0", cadre::pair_correlation::agents)
