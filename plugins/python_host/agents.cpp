#include "agents.hpp"

#include <new>
#include <vector>

#include "cadre/cpp/config.hpp"
#include "cadre/ext/state.h"
#include "cadre/role/position_sizer.h"
#include "cadre/role/signal_source.h"
#include "cadre/role/trade_adjuster.h"
#include "events.hpp"
#include "instance.hpp"

namespace cadre::python_host {

namespace {

using sdk::text_of;
using sdk::view_of;

/// Filled by take_classes, then constant.
std::vector<cadre_agent_descriptor>& descriptors() {
  static std::vector<cadre_agent_descriptor> all;
  return all;
}

/// The agent as the host holds it.
struct Held {
  Held(const cadre_host* host, const Declared& which) : declared(which), instance(host, which) {}

  cadre_agent raw{};
  const Declared& declared;
  Instance instance;
};

Held& held(void* self) {
  return *static_cast<Held*>(self);
}
const Held& held(const void* self) {
  return *static_cast<const Held*>(self);
}

cadre_status init(void* self, cadre_string config) {
  return held(self).instance.configure(config);
}
cadre_status requirements(const void* self, cadre_requirements* out) {
  return held(self).instance.require(*out);
}
void destroy(void* self) {
  delete &held(self);
}
cadre_status observe(void* self, const cadre_event* event, const cadre_execution_state* state) {
  return held(self).instance.observe(*event, *state);
}
cadre_status save(const void* self, cadre_buffer* out) {
  return held(self).instance.save(*out);
}
/// The schema is the author's own: what older ones the manifest says it reads, it tells apart by its bytes.
cadre_status load_state(void* self, std::uint32_t, std::uint32_t, const std::uint8_t* data,
                        std::uint64_t length) {
  return held(self).instance.load(data, length);
}
cadre_status change_targets(const void* self, const cadre_execution_state* state, cadre_targets* targets) {
  return held(self).instance.change_targets(*state, *targets);
}
cadre_status generate_signals(const void* self, const cadre_execution_state* state, cadre_signal_list* out) {
  return held(self).instance.generate_signals(*state, *out);
}

const void* get_interface(const void* self, cadre_string id) {
  static constexpr cadre_state_table state{sizeof state, 0, &save, &load_state};
  static constexpr cadre_trade_adjuster adjuster{sizeof adjuster, 0, &change_targets};
  static constexpr cadre_position_sizer sizer{sizeof sizer, 0, &change_targets};
  static constexpr cadre_signal_source source{sizeof source, 0, &generate_signals};
  const Declared& declared = held(self).declared;
  if (view_of(id) == CADRE_EXT_STATE) return declared.state_schema != 0 ? &state : nullptr;
  if (view_of(id) != declared.role) return nullptr;
  if (declared.role == CADRE_ROLE_TRADE_ADJUSTER) return &adjuster;
  if (declared.role == CADRE_ROLE_POSITION_SIZER) return &sizer;
  return declared.role == CADRE_ROLE_SIGNAL_SOURCE ? &source : nullptr;
}

cadre_status create(const cadre_host* host, cadre_string id, const cadre_agent** out) {
  *out = nullptr;
  for (const Declared& declared : loaded().script->agents) {
    if (declared.id != view_of(id)) continue;
    auto* agent = new (std::nothrow) Held(host, declared);
    if (agent == nullptr) return CADRE_ERROR;
    agent->raw =
        cadre_agent{sizeof(cadre_agent), 0, agent, &init, &requirements, nullptr, nullptr, &destroy, &observe,
                    &get_interface};
    *out = &agent->raw;
    return CADRE_OK;
  }
  return CADRE_UNSUPPORTED;
}

/// The class of an agent; null with an exception pending.
Owned class_of(const Loaded& loaded, const Declared& declared) {
  const Owned id(
      PyUnicode_FromStringAndSize(declared.id.data(), static_cast<Py_ssize_t>(declared.id.size())));
  return Owned(id ? PyObject_GetItem(loaded.agents.get(), id.get()) : nullptr);
}

/// What is wrong with a class or its `observes` is said by configure.
std::uint32_t observed_by(const Loaded& loaded, const Declared& declared) {
  std::uint32_t events = 0;
  const Owned agent_class = class_of(loaded, declared);
  if (agent_class) events_of(agent_class.get(), events);
  PyErr_Clear();
  return events;
}

}  // namespace

void take_classes(const Loaded& loaded) {
  for (const Declared& declared : loaded.script->agents) {
    const std::uint32_t observes = loaded.agents ? observed_by(loaded, declared) : 0;
    descriptors().push_back({sizeof(cadre_agent_descriptor),
                             observes,
                             text_of(declared.id),
                             {text_of(declared.role)},
                             declared.state_schema,
                             0});
  }
}

const cadre_plugin_descriptor* descriptor() {
  const Script& script = *loaded().script;
  static const cadre_plugin_descriptor value = {CADRE_PLUGIN_MAGIC,
                                                sizeof(cadre_plugin_descriptor),
                                                CADRE_ABI_OLDEST,
                                                CADRE_ABI_VERSION,
                                                static_cast<std::uint32_t>(descriptors().size()),
                                                text_of(script.plugin_id),
                                                text_of(script.version),
                                                descriptors().data(),
                                                sizeof(cadre_agent_descriptor),
                                                &create};
  return &value;
}

}  // namespace cadre::python_host
