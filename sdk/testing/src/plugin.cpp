#include "cadre/testing/plugin.hpp"

#include <dlfcn.h>

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "cadre/cpp/config.hpp"

namespace cadre::testing {

Plugin Plugin::load(const std::string& library) {
  Plugin plugin;
  void* handle = dlopen(library.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (handle == nullptr) throw std::runtime_error(dlerror());
  plugin.handle_ = std::shared_ptr<void>(handle, [](void* opened) { dlclose(opened); });
  const auto entry =
      reinterpret_cast<const cadre_plugin_descriptor* (*)()>(dlsym(handle, CADRE_PLUGIN_SYMBOL));
  if (entry == nullptr) throw std::runtime_error(library + " does not export " CADRE_PLUGIN_SYMBOL);
  plugin.descriptor_ = entry();
  if (plugin.descriptor_ == nullptr || plugin.descriptor_->magic != CADRE_PLUGIN_MAGIC)
    throw std::runtime_error(library + " is no Cadre plugin");
  return plugin;
}

const cadre_agent_descriptor* Plugin::find(std::string_view agent_id) const {
  const char* at = reinterpret_cast<const char*>(descriptor_->agents);
  for (std::uint32_t i = 0; i < descriptor_->agent_count; ++i, at += descriptor_->agent_stride) {
    const auto* agent = reinterpret_cast<const cadre_agent_descriptor*>(at);
    if (sdk::view_of(agent->id) == agent_id) return agent;
  }
  return nullptr;
}

TestAgent::TestAgent(Plugin plugin, const FakeHost& host, std::string agent_id)
    : plugin_(std::move(plugin)), host_(host), id_(std::move(agent_id)) {
  const cadre_agent_descriptor* descriptor = plugin_.find(id_);
  if (descriptor == nullptr) throw std::runtime_error("the plugin has no agent " + id_);
  if (plugin_.descriptor().create(host.raw(), sdk::text_of(id_), &agent_) != CADRE_OK || agent_ == nullptr)
    throw std::runtime_error("create refused " + id_);
  schema_ = descriptor->state_schema;
  table_ = agent_->get_interface(agent_->self, descriptor->roles[0]);
  state_ =
      static_cast<const cadre_state_table*>(agent_->get_interface(agent_->self, CADRE_TEXT(CADRE_EXT_STATE)));
  if (table_ == nullptr) {
    agent_->destroy(agent_->self);
    throw std::runtime_error(id_ + " lacks the table of its role");
  }
}

TestAgent::~TestAgent() {
  if (active_ && agent_->deactivate != nullptr) agent_->deactivate(agent_->self);
  agent_->destroy(agent_->self);
}

cadre_status TestAgent::init(const std::string& config) {
  const cadre_status status = agent_->init(agent_->self, sdk::text_of(config));
  refusal_ = status == CADRE_OK ? std::string() : host_.reason();
  return status;
}

cadre_requirements TestAgent::requirements() const {
  cadre_requirements out{};
  out.size = sizeof out;
  if (agent_->requirements != nullptr) agent_->requirements(agent_->self, &out);
  return out;
}

cadre_status TestAgent::activate() {
  cadre_status status = CADRE_OK;
  if (agent_->activate != nullptr) status = agent_->activate(agent_->self);
  active_ = status == CADRE_OK;
  return status;
}

cadre_status TestAgent::observe(std::uint32_t kind, const FakeState& state, const void* payload) {
  if ((plugin_.find(id_)->observes & kind) == 0 || agent_->observe == nullptr) return CADRE_OK;
  const cadre_event event{sizeof event, kind, ++sequence_, state.raw().time_ns, payload};
  return agent_->observe(agent_->self, &event, &state.raw());
}

cadre_status TestAgent::change_universe(const FakeState& state, const std::vector<std::int32_t>& old_to_new) {
  std::vector<std::int32_t> new_to_old(state.raw().instrument_count, CADRE_GONE);
  for (std::size_t i = 0; i < old_to_new.size(); ++i) {
    if (old_to_new[i] != CADRE_GONE)
      new_to_old[static_cast<std::size_t>(old_to_new[i])] = static_cast<std::int32_t>(i);
  }
  const cadre_universe_change change{sizeof(cadre_universe_change),
                                     static_cast<std::uint32_t>(old_to_new.size()),
                                     state.raw().universe_epoch - 1, old_to_new.data(), new_to_old.data()};
  return observe(CADRE_EVENT_UNIVERSE, state, &change);
}

std::string TestAgent::save() const {
  if (state_ == nullptr) return {};
  std::string bytes;
  for (;;) {
    cadre_buffer buffer{reinterpret_cast<std::uint8_t*>(bytes.data()), bytes.size(), 0};
    if (state_->save_state(agent_->self, &buffer) != CADRE_OK)
      throw std::runtime_error(id_ + " cannot save its state");
    const bool fits = buffer.needed <= bytes.size();
    bytes.resize(buffer.needed);
    if (fits) return bytes;
  }
}

cadre_status TestAgent::load(std::string_view bytes, std::uint32_t instrument_count) {
  return load(bytes, instrument_count, schema_);
}

cadre_status TestAgent::load(std::string_view bytes, std::uint32_t instrument_count, std::uint32_t schema) {
  if (state_ == nullptr) return CADRE_UNSUPPORTED;
  return state_->load_state(agent_->self, schema, instrument_count,
                            reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
}

}  // namespace cadre::testing
