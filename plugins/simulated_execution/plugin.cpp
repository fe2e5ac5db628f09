#include <optional>

#include "cadre/cpp/plugin.hpp"
#include "order_book.hpp"

namespace cadre::simulated_execution {
namespace {

class Agent final : public sdk::ExecutionEnvironment {
 public:
  void configure(const sdk::Config& config) override {
    const Settings settings = read_settings(config);
    book_.emplace(settings, Chance(*this, settings.seed));
  }

  void observe(const cadre_event& event, const sdk::State& state) override {
    if (event.kind == CADRE_EVENT_BAR) {
      book_->process_bar(state, event);
    } else if (event.kind == CADRE_EVENT_UNIVERSE) {
      book_->change_universe(*static_cast<const cadre_universe_change*>(event.payload), state, event.time_ns);
    }
  }

  void capabilities(cadre_environment_capabilities& out) const override {
    out.order_types = order_types_filled();
    out.times_in_force = times_in_force();
    out.flags = CADRE_ENVIRONMENT_REPLACES;
  }
  cadre_trade_result execute_trade(const cadre_order& order) override { return book_->take(order); }
  cadre_status replace_order(const cadre_replacement& replacement) override {
    return book_->replace(replacement);
  }
  bool cancel_order(std::string_view client_id) override { return book_->cancel(client_id); }
  bool query_order(std::string_view client_id, cadre_trade_result& out) const override {
    return book_->query(client_id, out);
  }
  bool next_report(cadre_execution_report& out) override { return book_->next_report(out); }

  bool has_state() const override { return true; }
  void save(sdk::StateWriter& out) const override { book_->save(out); }
  void load(sdk::StateReader& in, std::uint32_t schema_version, std::uint32_t instrument_count) override {
    if (schema_version < 1 || schema_version > 4) throw sdk::Refusal("reads state of schema 1 to 4 only");
    book_->load(in, schema_version, instrument_count);
  }

 private:
  std::optional<OrderBook> book_;
};

constexpr sdk::AgentEntry agents[] = {sdk::agent_entry<Agent>(CADRE_TEXT("cadre.simulated_execution"),
                                                              CADRE_TEXT(CADRE_ROLE_EXECUTION_ENVIRONMENT),
                                                              CADRE_EVENT_BAR | CADRE_EVENT_UNIVERSE, 4)};

}  // namespace
}  // namespace cadre::simulated_execution

CADRE_DEFINE_PLUGIN("cadre.simulated_execution", "0.9.0", cadre::simulated_execution::agents)
