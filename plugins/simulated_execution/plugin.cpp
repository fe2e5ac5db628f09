#include <cmath>
#include <optional>

#include "cadre/cpp/plugin.hpp"
#include "order_book.hpp"

namespace cadre::simulated_execution {
namespace {

std::int64_t share_from_bp(double basis_points) {
  return std::llround(basis_points * 1e5);
}

class Agent final : public sdk::ExecutionEnvironment {
 public:
  void configure(const sdk::Config& config) override {
    Settings settings;
    settings.fill_at = config.text("/fill_at") == "open" ? FillAt::open : FillAt::close;
    settings.commission.share_e9 = share_from_bp(config.number("/commission_bp"));
    settings.commission.per_order_e6 = std::llround(config.number("/commission_per_order") * 1e6);
    settings.half_spread_e9 = share_from_bp(config.number("/half_spread_bp"));
    book_.emplace(settings);
  }

  void observe(const cadre_event& event, const sdk::State& state) override {
    if (event.kind == CADRE_EVENT_BAR) {
      book_->process_bar(state, event.time_ns);
    } else if (event.kind == CADRE_EVENT_UNIVERSE) {
      book_->change_universe(*static_cast<const cadre_universe_change*>(event.payload),
                             static_cast<std::uint32_t>(state.size()), event.time_ns);
    }
  }

  void capabilities(cadre_environment_capabilities& out) const override {
    out.order_types = order_types_filled();
    out.times_in_force = CADRE_BIT_OF(CADRE_TIF_DAY) | CADRE_BIT_OF(CADRE_TIF_GTC);
  }
  cadre_trade_result execute_trade(const cadre_order& order) override { return book_->take(order); }
  bool cancel_order(std::string_view client_id) override { return book_->cancel(client_id); }
  bool query_order(std::string_view client_id, cadre_trade_result& out) const override {
    return book_->query(client_id, out);
  }
  bool next_report(cadre_execution_report& out) override { return book_->next_report(out); }

  bool has_state() const override { return true; }
  void save(sdk::StateWriter& out) const override { book_->save(out); }
  void load(sdk::StateReader& in, std::uint32_t schema_version, std::uint32_t instrument_count) override {
    if (schema_version != 1 && schema_version != 2) throw sdk::Refusal("reads state of schema 1 and 2 only");
    book_->load(in, schema_version, instrument_count);
  }

 private:
  std::optional<OrderBook> book_;
};

constexpr sdk::AgentEntry agents[] = {sdk::agent_entry<Agent>(CADRE_TEXT("cadre.simulated_execution"),
                                                              CADRE_TEXT(CADRE_ROLE_EXECUTION_ENVIRONMENT),
                                                              CADRE_EVENT_BAR | CADRE_EVENT_UNIVERSE, 2)};

}  // namespace
}  // namespace cadre::simulated_execution

CADRE_DEFINE_PLUGIN("cadre.simulated_execution", "0.9.0", cadre::simulated_execution::agents)
