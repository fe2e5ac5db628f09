#include "host/model/quantity.hpp"

#include <cmath>
#include <cstdlib>

namespace cadre::model {

std::optional<base::Quantity> whole_lots(double weight, base::Money equity, base::Price price,
                                         const Instrument& instrument, base::Quantity current) {
  const double unit_value = price.to_double() * instrument.multiplier.to_double();
  if (!std::isfinite(weight) || !(unit_value > 0)) return std::nullopt;
  const double lot = instrument.lot.to_double();
  const auto most = static_cast<double>(position_units_most);
  // As far as it goes without growing beyond the largest position, in lots.
  const double held = current.to_double();
  const double wanted = std::fmin(std::fmax(weight * equity.to_double() / unit_value, std::fmin(-most, held)),
                                  std::fmax(most, held));
  const double change_in_lots = (wanted - held) / lot;
  // A change that is a whole number of lots but for the error of doubles is that number of lots.
  const double nearest = std::nearbyint(change_in_lots);
  const double tolerance = 1e-9 * std::fmax(1.0, std::fabs(held / lot));
  const double lots = std::fabs(change_in_lots - nearest) <= tolerance ? nearest : std::trunc(change_in_lots);
  const auto change = base::Quantity::from_raw(static_cast<std::int64_t>(lots) * instrument.lot.raw());
  return checked_add(current, change);
}

std::optional<base::Quantity> target_quantity(double weight, base::Money equity, base::Price price,
                                              const Instrument& instrument, base::Quantity current) {
  const auto target = whole_lots(weight, equity, price, instrument, current);
  if (target && is_below_minimum(*target, current, price, instrument)) return current;
  return target;
}

bool is_below_minimum(base::Quantity target, base::Quantity current, base::Price price,
                      const Instrument& instrument) {
  if (instrument.minimum_notional.raw() == 0 || target == current || target.raw() == 0) return false;
  const double change = std::fabs(target.to_double() - current.to_double());
  const double value = change * price.to_double() * instrument.multiplier.to_double();
  return value < instrument.minimum_notional.to_double();
}

base::Quantity one_lot_less(base::Quantity quantity, base::Quantity lot) {
  const std::int64_t held = quantity.raw();
  if (std::abs(held) < lot.raw()) return quantity;
  return base::Quantity::from_raw(held > 0 ? held - lot.raw() : held + lot.raw());
}

base::Price round_to_tick(base::Price price, base::Price tick, bool up) {
  const std::int64_t remainder = price.raw() % tick.raw();
  if (remainder == 0) return price;
  const std::int64_t down = price.raw() - remainder - (remainder < 0 ? tick.raw() : 0);
  return base::Price::from_raw(up ? down + tick.raw() : down);
}

double weight_of(base::Money value, base::Money equity) {
  return equity.raw() > 0 ? static_cast<double>(value.raw()) / static_cast<double>(equity.raw()) : 0;
}

}  // namespace cadre::model
