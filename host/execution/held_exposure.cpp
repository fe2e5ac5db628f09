#include "host/execution/held_exposure.hpp"

#include <cmath>

#include "host/base/text.hpp"

namespace cadre::execution {

namespace {

std::string share(double value) {
  return base::format_double(std::round(value * 1000) / 10) + " %";
}

}  // namespace

HeldExposure held_exposure(const model::Portfolio& portfolio, const model::Universe& universe) {
  HeldExposure held;
  for (std::uint32_t i = 0; i < universe.size(); ++i) {
    const double value = portfolio.value(i).to_double();
    held.gross += std::fabs(value);
    held.net += value;
  }
  const double equity = portfolio.equity().to_double();
  const double unit = equity > 0 ? 1 / equity : std::nan("");
  return {held.gross * unit, held.net * unit};
}

std::string exposure_above(const HeldExposure& held, const config::ConstraintsConfig& bounds) {
  constexpr double most = 1 + exposure_drift;
  if (held.gross > bounds.max_gross_exposure * most)
    return "gross exposure " + share(held.gross) + " of at most " + share(bounds.max_gross_exposure);
  if (std::fabs(held.net) > bounds.max_net_exposure * most)
    return "net exposure " + share(held.net) + " of at most " + share(bounds.max_net_exposure);
  return {};
}

}  // namespace cadre::execution
