#include "host/execution/venue_breaks.hpp"

#include <algorithm>
#include <boost/json.hpp>

#include "host/base/json.hpp"

namespace cadre::execution {

namespace json = boost::json;

namespace {

json::object sides(const std::string& ours, const std::string& venues) {
  return {{"ours", ours}, {"venue", venues}};
}

template <class Number>
std::optional<Number> number_at(const json::value& value, std::string_view pointer) {
  const json::value* found = base::find(value, pointer);
  if (found == nullptr || !found->is_string()) return std::nullopt;
  return Number::parse(std::string_view(found->get_string()));
}

}  // namespace

void VenueBreaks::enter(const model::Universe& universe) {
  instruments_.clear();
  for (const model::Instrument& instrument : universe.instruments)
    instruments_.push_back(instrument.id);
  derive();
}

std::string VenueBreaks::compared(const VenueAccount& account, const model::Universe& universe,
                                  const model::Portfolio& portfolio) {
  std::map<std::string, json::object> positions;
  for (const auto& [instrument, quantity] : account.positions) {
    if (quantity.raw() != 0) positions[instrument] = sides("0", quantity.to_string());
  }
  for (std::uint32_t i = 0; i < universe.size(); ++i) {
    const std::string& id = universe.instruments[i].id;
    const auto found = account.positions.find(id);
    const base::Quantity venues = found == account.positions.end() ? base::Quantity{} : found->second;
    positions.erase(id);
    if (venues != portfolio.quantity(i))
      positions[id] = sides(portfolio.quantity(i).to_string(), venues.to_string());
  }
  json::object breaks;
  for (auto& [instrument, quantities] : positions)
    breaks[instrument] = std::move(quantities);
  json::object said{{"positions", std::move(breaks)}};
  if (account.cash && *account.cash != portfolio.cash())
    said["cash"] = sides(portfolio.cash().to_string(), account.cash->to_string());
  return json::serialize(said);
}

bool VenueBreaks::take(std::string_view text) {
  boost::system::error_code error;
  const json::value said = json::parse(text, error);
  const json::value* positions = error ? nullptr : base::find(said, "/positions");
  if (positions == nullptr || !positions->is_object()) return false;
  std::vector<VenueBreak> breaks;
  for (const auto& [instrument, quantities] : positions->get_object()) {
    const auto ours = number_at<base::Quantity>(quantities, "/ours");
    const auto venues = number_at<base::Quantity>(quantities, "/venue");
    if (!ours || !venues) return false;
    breaks.push_back({std::string(instrument), *ours, *venues});
  }
  const auto ours = number_at<base::Money>(said, "/cash/ours");
  const auto venues = number_at<base::Money>(said, "/cash/venue");
  cash_difference_ =
      ours && venues ? checked_subtract(*venues, *ours).value_or(base::Money{}) : base::Money{};
  breaks_ = std::move(breaks);
  text_ = text;
  derive();
  return true;
}

void VenueBreaks::derive() {
  external_e9_.assign(instruments_.size(), 0);
  for (const VenueBreak& each : breaks_) {
    const auto found = std::find(instruments_.begin(), instruments_.end(), each.instrument);
    if (found == instruments_.end()) continue;
    external_e9_[static_cast<std::size_t>(found - instruments_.begin())] =
        checked_subtract(each.venues, each.ours).value_or(base::Quantity{}).raw();
  }
}

std::string VenueBreaks::to_string() const {
  std::string text;
  for (const VenueBreak& each : breaks_)
    text += (text.empty() ? "" : "; ") + each.instrument + " ours " + each.ours.to_string() +
            ", the venue's " + each.venues.to_string();
  if (cash_difference_.raw() != 0)
    text += (text.empty() ? "" : "; ") + std::string("cash differs by ") + cash_difference_.to_string();
  return text;
}

}  // namespace cadre::execution
