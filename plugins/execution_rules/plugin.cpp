#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "cadre/cpp/plugin.hpp"
#include "order_rules.hpp"

namespace cadre::execution_rules {
namespace {

std::int64_t to_e9(double value) {
  return std::llround(value * 1e9);
}

class Agent final : public sdk::ExecutionRules {
 public:
  void configure(const sdk::Config& config) override {
    const std::string type = config.text("/default_order_type");
    type_ = type == "LIMIT"             ? CADRE_ORDER_LIMIT
            : type == "MARKET_ON_CLOSE" ? CADRE_ORDER_MARKET_ON_CLOSE
                                        : CADRE_ORDER_MARKET;
    offset_e9_ = to_e9(config.number("/limit_offset"));
    threshold_ = config.number("/price_threshold");
    if (offset_e9_ > to_e9(threshold_)) {
      throw sdk::Refusal("/limit_offset: " + std::to_string(config.number("/limit_offset")) +
                         " is above /price_threshold, which is " + std::to_string(threshold_) +
                         ": no limit price may be that far away");
    }
    min_order_value_e6_ = std::llround(config.number("/min_order_value") * 1e6);
    restricted_ = config.texts("/restricted");
  }

  void apply_rules(const sdk::State& state, const cadre_needs& needs, Output& out,
                   cadre_reason* reasons) const override {
    for (const bool selling : {true, false}) {
      for (std::uint32_t i = 0; i < needs.instrument_count; ++i) {
        const std::int64_t need = needs.quantity_e9[i];
        if (need == 0 || (need < 0) != selling) continue;
        reasons[i] = consider(state, needs, i, out);
      }
    }
  }

 private:
  /// Adds the order of instrument i, or says why there is none.
  cadre_reason consider(const sdk::State& state, const cadre_needs& needs, std::uint32_t i,
                        Output& out) const {
    const cadre_instrument& instrument = state.instrument(i);
    const std::int64_t position = state.raw().quantity_e9[i];
    const std::int64_t reference = needs.reference_price_e9[i];
    std::int64_t need = needs.quantity_e9[i];
    const double last = state.price()[i];
    if (reference <= 0 || !state.has_price(i) || !(last > 0.0)) return {CADRE_REASON_NO_PRICE, 0, 0.0};

    const double move = last / (static_cast<double>(reference) * 1e-9) - 1.0;
    if (std::fabs(move) > threshold_) return {CADRE_REASON_PRICE_THRESHOLD, 0, move};

    if (is_restricted(sdk::view_of(instrument.id))) {
      need = reducing_part(position, need, instrument.lot_e9);
      if (need == 0) return {CADRE_REASON_RESTRICTED, 0, 0.0};
    }
    const bool closes = need == -position;
    if (!closes && is_below_value(need, reference, instrument.multiplier_e9, min_order_value_e6_)) {
      const double change =
          static_cast<double>(need) * 1e-9 * last * (static_cast<double>(instrument.multiplier_e9) * 1e-9);
      return {CADRE_REASON_RESIZE_THRESHOLD, 0, state.raw().equity > 0.0 ? change / state.raw().equity : 0.0};
    }

    cadre_action order = sdk::new_order(i, need, type_, CADRE_TIF_DAY);
    if (type_ == CADRE_ORDER_LIMIT) {
      order.limit_price_e9 =
          limit_price(reference, offset_e9_, to_e9(threshold_), instrument.tick_e9, need > 0);
      if (order.limit_price_e9 == 0) return {CADRE_REASON_NO_PRICE, 0, 0.0};
    }
    out.add(order);
    return {};
  }

  bool is_restricted(std::string_view id) const {
    return std::find(restricted_.begin(), restricted_.end(), id) != restricted_.end();
  }

  std::uint32_t type_ = CADRE_ORDER_LIMIT;
  std::int64_t offset_e9_ = 0;
  double threshold_ = 0.01;
  std::int64_t min_order_value_e6_ = 0;
  std::vector<std::string> restricted_;
};

constexpr sdk::AgentEntry agents[] = {
    sdk::agent_entry<Agent>(CADRE_TEXT("cadre.execution_rules"), CADRE_TEXT(CADRE_ROLE_EXECUTION_RULES))};

}  // namespace
}  // namespace cadre::execution_rules

CADRE_DEFINE_PLUGIN("cadre.execution_rules", "0.9.0", cadre::execution_rules::agents)
