#pragma once

#include <string_view>
#include <vector>

#include "cadre/cpp/agent.hpp"

namespace cadre::identity {

/// Fills every order at once and whole, at the price its decision saw, without cost. The fill is in the
/// answer; no report follows. Knows the last 1,024 orders by their client ids.
class FillAtOnce final : public sdk::ExecutionEnvironment {
 public:
  void configure(const sdk::Config&) override { filled_.reserve(max_orders); }

  void capabilities(cadre_environment_capabilities& out) const override {
    out.order_types = out.times_in_force = ~std::uint64_t{0};  // it looks at neither
  }
  cadre_trade_result execute_trade(const cadre_order& order) override;
  bool cancel_order(std::string_view) override { return false; }
  bool query_order(std::string_view client_id, cadre_trade_result& out) const override;
  bool next_report(cadre_execution_report&) override { return false; }

  bool has_state() const override { return true; }
  void save(sdk::StateWriter& out) const override;
  void load(sdk::StateReader& in, std::uint32_t schema_version, std::uint32_t instrument_count) override;

 private:
  struct Filled {
    cadre_id client_id{};
    std::int64_t quantity_e9 = 0;
    std::int64_t price_e9 = 0;
  };
  static constexpr std::size_t max_orders = 1024;

  const Filled* find(std::string_view client_id) const;

  std::vector<Filled> filled_;  // a ring, once it is full
  std::size_t oldest_ = 0;
};

}  // namespace cadre::identity
