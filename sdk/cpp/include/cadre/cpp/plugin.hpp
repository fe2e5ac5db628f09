#pragma once

#include <new>
#include <string_view>

#include "cadre/cpp/agent.hpp"
#include "cadre/plugin.h"

namespace cadre::sdk {

/// One row of a plugin's table of agents.
struct AgentEntry {
  cadre_agent_descriptor descriptor;
  Agent* (*make)();
};

/// `observes`: CADRE_EVENT_* or-ed. `state_schema`: 0 when it has no state.
template <class A>
constexpr AgentEntry agent_entry(cadre_string id, cadre_string role, std::uint32_t observes = 0,
                                 std::uint32_t state_schema = 0) {
  return AgentEntry{
      cadre_agent_descriptor{sizeof(cadre_agent_descriptor), observes, id, {role}, state_schema, 0},
      []() -> Agent* { return new (std::nothrow) A(); }};
}

template <std::size_t Count>
cadre_status create_from(const AgentEntry (&entries)[Count], const cadre_host* host, cadre_string id,
                         const cadre_agent** out) noexcept {
  *out = nullptr;
  for (const AgentEntry& entry : entries) {
    if (view_of(entry.descriptor.id) != view_of(id)) continue;
    try {
      return adopt_agent(entry.make(), host, out);
    } catch (...) {
      return CADRE_ERROR;
    }
  }
  return CADRE_UNSUPPORTED;
}

}  // namespace cadre::sdk

/// Defines the plugin's one export from a table of agents:
///
///   static constexpr cadre::sdk::AgentEntry agents[] = {
///       cadre::sdk::agent_entry<Momentum>(CADRE_TEXT("cadre.momentum"),
///       CADRE_TEXT(CADRE_ROLE_SIGNAL_SOURCE))};
///   CADRE_DEFINE_PLUGIN("cadre.momentum", "0.10.0", agents)
#define CADRE_DEFINE_PLUGIN(plugin_id, plugin_version, entries)                                \
  static cadre_status cadre_plugin_create(const cadre_host* host, cadre_string id,             \
                                          const cadre_agent** out) {                           \
    return cadre::sdk::create_from((entries), host, id, out);                                  \
  }                                                                                            \
  const cadre_plugin_descriptor* cadre_plugin(void) {                                          \
    static const cadre_plugin_descriptor descriptor = {CADRE_PLUGIN_MAGIC,                     \
                                                       sizeof(cadre_plugin_descriptor),        \
                                                       CADRE_ABI_OLDEST,                       \
                                                       CADRE_ABI_VERSION,                      \
                                                       sizeof(entries) / sizeof((entries)[0]), \
                                                       CADRE_TEXT(plugin_id),                  \
                                                       CADRE_TEXT(plugin_version),             \
                                                       &(entries)[0].descriptor,               \
                                                       sizeof((entries)[0]),                   \
                                                       cadre_plugin_create};                   \
    return &descriptor;                                                                        \
  }
