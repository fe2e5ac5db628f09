#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "cadre/cadre.h"
#include "cadre/testing/fake_host.hpp"
#include "cadre/testing/fake_state.hpp"

namespace cadre::testing {

/// An empty struct for an agent to fill, as the host lends it: zero, but for its size.
template <class Struct>
Struct lent() {
  Struct empty{};
  empty.size = sizeof(Struct);
  return empty;
}

/// A plugin's library, loaded as the host loads it; closed with the last copy.
class Plugin {
 public:
  /// Throws std::runtime_error when it cannot be loaded or its entry point is not what it should be.
  static Plugin load(const std::string& library);

  const cadre_plugin_descriptor& descriptor() const { return *descriptor_; }
  const cadre_agent_descriptor* find(std::string_view agent_id) const;

 private:
  std::shared_ptr<void> handle_;
  const cadre_plugin_descriptor* descriptor_ = nullptr;
};

/// One instance of an agent, driven as the host drives it.
class TestAgent {
 public:
  /// create. Throws std::runtime_error when the plugin refuses.
  TestAgent(Plugin plugin, const FakeHost& host, std::string agent_id);
  ~TestAgent();
  TestAgent(const TestAgent&) = delete;
  TestAgent& operator=(const TestAgent&) = delete;

  /// `config` as the host hands it over: complete. The agent's sentence is in `refusal` afterwards.
  cadre_status init(const std::string& config);
  const std::string& refusal() const { return refusal_; }
  cadre_requirements requirements() const;
  cadre_status activate();

  cadre_status observe(std::uint32_t kind, const FakeState& state, const void* payload = nullptr);
  cadre_status observe_bar(const FakeState& state) { return observe(CADRE_EVENT_BAR, state); }
  /// old_to_new: where each instrument of the old universe is now, CADRE_GONE for one that left.
  cadre_status change_universe(const FakeState& state, const std::vector<std::int32_t>& old_to_new);

  void* self() const { return agent_->self; }
  /// The function table of the agent's role, of the type that belongs to it.
  template <class Table>
  const Table& table() const {
    return *static_cast<const Table*>(table_);
  }
  bool has_state() const { return state_ != nullptr; }
  /// Throws std::runtime_error when saving fails.
  std::string save() const;
  /// Bytes of its own schema, or of an older one.
  cadre_status load(std::string_view bytes, std::uint32_t instrument_count);
  cadre_status load(std::string_view bytes, std::uint32_t instrument_count, std::uint32_t schema);

 private:
  Plugin plugin_;
  const FakeHost& host_;
  std::string id_;
  const cadre_agent* agent_ = nullptr;
  const void* table_ = nullptr;
  const cadre_state_table* state_ = nullptr;
  std::uint32_t schema_ = 0;
  std::uint64_t sequence_ = 0;
  bool active_ = false;
  std::string refusal_;
};

/// Targets with room for reasons, filled with weights.
class TestTargets {
 public:
  explicit TestTargets(Numbers weights) : weight(std::move(weights)), reasons(weight.size()) {}
  cadre_targets* raw() {
    raw_ = {sizeof raw_, static_cast<std::uint32_t>(weight.size()), weight.data(), reasons.data()};
    return &raw_;
  }

  Numbers weight;
  std::vector<cadre_reason> reasons;

 private:
  cadre_targets raw_{};
};

}  // namespace cadre::testing
