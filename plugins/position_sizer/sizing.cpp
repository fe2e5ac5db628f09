#include "sizing.hpp"

#include <algorithm>
#include <cmath>

namespace cadre::position_sizer {

namespace {

// The part of the whole that an instrument asks for before any bound: 1, or 1/sigma; 0 when it is not to be
// held.
double claim(double score, double sigma, const Settings& settings, const Bounds& bounds, Size& out) {
  if (std::isnan(score)) {
    out = {0.0, Why::no_view, 0.0};
    return 0.0;
  }
  if (score == 0.0) {
    out = {0.0, Why::signal, 0.0};
    return 0.0;
  }
  if (std::isnan(sigma)) {
    out = {0.0, Why::too_young, 0.0};
    return 0.0;
  }
  const bool needs_sigma = settings.method == Method::inverse_volatility;
  if (needs_sigma && !(std::isfinite(sigma) && sigma > 0.0)) {
    out = {0.0, Why::no_volatility, 0.0};
    return 0.0;
  }
  const double size = needs_sigma ? 1.0 / sigma : 1.0;
  out.why = score < 0.0 && bounds.long_only ? Why::long_only : Why::signal;
  return std::copysign(size, score);
}

// Long weights less short ones keep the bound: the heavier side shrinks to the lighter one and the bound
// together. The lighter side stays: to enlarge it would be a view of nobody.
double keep_net_exposure(const Bounds& bounds, std::span<Size> out) {
  double longs = 0.0;
  double shorts = 0.0;
  for (const Size& size : out)
    (size.weight > 0.0 ? longs : shorts) += std::fabs(size.weight);
  if (std::fabs(longs - shorts) <= bounds.max_net_exposure) return 1.0;
  const double heavier = std::max(longs, shorts);
  const double factor = (std::min(longs, shorts) + bounds.max_net_exposure) / heavier;
  for (Size& size : out) {
    if (size.weight == 0.0 || (size.weight > 0.0) != (longs > shorts)) continue;
    size = {size.weight * factor, Why::net_exposure, factor};
  }
  return factor;
}

}  // namespace

Outcome size_positions(std::span<const double> score, std::span<const double> sigma,
                       std::span<const double> current, const Settings& settings, const Bounds& bounds,
                       std::span<Size> out) {
  Outcome outcome;
  const double cap = std::min(settings.max_position, bounds.max_weight);
  const quant::WeightBounds limits{cap, settings.min_position, bounds.long_only};
  double total = 0.0;
  for (std::size_t i = 0; i < out.size(); ++i) {
    out[i].weight = claim(score[i], sigma[i], settings, bounds, out[i]);
    if (out[i].weight == 0.0 || out[i].why == Why::long_only) continue;
    total += std::fabs(out[i].weight);
    ++outcome.selected;
  }

  double gross = 0.0;
  for (std::size_t i = 0; i < out.size(); ++i) {
    Size& size = out[i];
    if (size.weight == 0.0) continue;
    if (size.why == Why::long_only) {
      // What it would have got beside those that are selected.
      const double refused = size.weight / (total + std::fabs(size.weight));
      size = {0.0, Why::long_only, std::clamp(refused, -cap, cap)};
      continue;
    }
    const double raw = size.weight / total;
    size.weight = quant::bounded_weight(raw, limits);
    if (size.weight == 0.0) {
      size = {0.0, Why::min_position, settings.min_position};
    } else if (std::fabs(raw) >= cap) {
      size.why = Why::max_position;
      size.value = cap;
      const bool drifted_above = current[i] * raw > 0.0 && std::fabs(current[i]) > cap;
      if (settings.on_drift == OnDrift::hold && drifted_above) {
        size.weight = std::clamp(current[i], -bounds.max_weight, bounds.max_weight);
      }
    } else {
      size.value = score[i];
    }
    outcome.held += size.weight != 0.0;
    gross += std::fabs(size.weight);
  }

  if (gross > bounds.max_gross_exposure) {
    outcome.gross_factor = bounds.max_gross_exposure / gross;
    for (Size& size : out)
      size.weight *= outcome.gross_factor;
  }
  outcome.net_factor = keep_net_exposure(bounds, out);
  return outcome;
}

}  // namespace cadre::position_sizer
