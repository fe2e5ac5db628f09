#include "cadre/cpp/plugin.hpp"
#include "latest_signals.hpp"

namespace cadre::external_signals {
namespace {

class Agent final : public sdk::SignalSource {
 public:
  void configure(const sdk::Config&) override {}

  void observe(const cadre_event& event, const sdk::State& state) override {
    switch (event.kind) {
      case CADRE_EVENT_SIGNAL:
        latest_.take(*static_cast<const cadre_signal*>(event.payload),
                     static_cast<std::uint32_t>(state.size()));
        break;
      case CADRE_EVENT_BAR:
        latest_.age(event.time_ns, state.raw().periods_per_year);
        break;
      case CADRE_EVENT_UNIVERSE:
        latest_.change_universe(*static_cast<const cadre_universe_change*>(event.payload));
        break;
      default:
        break;
    }
  }

  void generate_signals(const sdk::State&, Output& out) const override {
    for (const LatestSignals::Entry& entry : latest_.entries())
      out.add(entry.signal);
  }

  bool has_state() const override { return true; }
  void save(sdk::StateWriter& out) const override { latest_.save(out); }
  void load(sdk::StateReader& in, std::uint32_t schema_version, std::uint32_t instrument_count) override {
    if (schema_version != 1 && schema_version != 2) throw sdk::Refusal("reads state of schema 1 and 2 only");
    latest_.load(in, schema_version, instrument_count);
  }

 private:
  LatestSignals latest_;
};

constexpr sdk::AgentEntry agents[] = {
    sdk::agent_entry<Agent>(CADRE_TEXT("cadre.external_signals"), CADRE_TEXT(CADRE_ROLE_SIGNAL_SOURCE),
                            CADRE_EVENT_SIGNAL | CADRE_EVENT_BAR | CADRE_EVENT_UNIVERSE, 2)};

}  // namespace
}  // namespace cadre::external_signals

CADRE_DEFINE_PLUGIN("cadre.external_signals", "0.9.0", cadre::external_signals::agents)
