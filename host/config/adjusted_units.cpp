#include "host/config/adjusted_units.hpp"

#include <boost/json.hpp>
#include <string>

#include "host/base/text.hpp"

namespace cadre::config {

namespace json = boost::json;

namespace {

constexpr const char* environment_config = "/execution_environment/config";

/// Visits the pointer and the value of each number above zero that is money per share.
template <class Visit>
void each_per_share(const json::value& value, const std::string& pointer, const Visit& visit) {
  if (const json::array* items = value.if_array()) {
    for (std::size_t k = 0; k < items->size(); ++k)
      each_per_share((*items)[k], pointer + '/' + std::to_string(k), visit);
    return;
  }
  const json::object* members = value.if_object();
  if (members == nullptr) return;
  for (const auto& [name, member] : *members) {
    const std::string at = pointer + '/' + base::pointer_token(name);
    const bool is_fee = std::string_view(name).ends_with("per_share") && member.is_number();
    if (is_fee && member.template to_number<double>() > 0)
      visit(at, member);
    else
      each_per_share(member, at, visit);
  }
}

}  // namespace

void check_per_share_fees(const base::JsonDocument& document, const PricesConfig& prices,
                          base::Problems& problems) {
  if (prices.adjustment == "raw" || prices.per_share_fees == "accept") return;
  const json::value* config = base::find(document.root(), environment_config);
  if (config == nullptr) return;
  each_per_share(*config, environment_config, [&](const std::string& at, const json::value& fee) {
    problems.error("CONFIG_ADJUSTED_FEES", document.place(at),
                   base::canonical(fee) + " of money a share, on prices whose adjustment is " +
                       base::quote(prices.adjustment) + ": their shares are not those that were traded",
                   R"(use basis points or raw prices, or say "per_share_fees": "accept" in /data/prices)");
  });
}

}  // namespace cadre::config
