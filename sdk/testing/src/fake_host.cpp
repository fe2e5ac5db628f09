#include "cadre/testing/fake_host.hpp"

#include <algorithm>
#include <boost/json.hpp>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string_view>

#include "cadre/ext/config_reader.h"
#include "cadre/ext/log.h"
#include "cadre/ext/random.h"
#include "cadre/ext/reason.h"
#include "cadre/ext/timer.h"

namespace cadre::testing {

namespace {

namespace json = boost::json;

std::string_view view(cadre_string text) {
  return {text.data, text.length};
}

/// Calls `use` with the value at the pointer; what it throws means "of another type".
template <class Use>
cadre_status read(cadre_string config, cadre_string pointer, Use&& use) noexcept {
  try {
    const json::value root = json::parse(json::string_view(config.data, config.length));
    boost::system::error_code missing;
    const json::value* value = root.find_pointer(json::string_view(pointer.data, pointer.length), missing);
    if (value == nullptr || value->is_null()) return CADRE_DISCARD;
    return use(*value);
  } catch (...) {
    return CADRE_REJECTED;
  }
}

cadre_status read_number(const cadre_host*, cadre_string config, cadre_string pointer, double* out) noexcept {
  return read(config, pointer, [&](const json::value& value) {
    if (!value.is_bool() && !value.is_number()) return cadre_status{CADRE_REJECTED};
    *out = value.is_bool() ? (value.as_bool() ? 1.0 : 0.0) : value.to_number<double>();
    return cadre_status{CADRE_OK};
  });
}

cadre_status read_text(const cadre_host*, cadre_string config, cadre_string pointer,
                       cadre_buffer* out) noexcept {
  return read(config, pointer, [&](const json::value& value) {
    const std::string text = value.is_string() ? std::string(value.as_string()) : json::serialize(value);
    out->needed = text.size();
    std::copy_n(text.data(), std::min<std::uint64_t>(text.size(), out->capacity), out->data);
    return cadre_status{CADRE_OK};
  });
}

cadre_status read_count(const cadre_host*, cadre_string config, cadre_string pointer,
                        std::uint64_t* out) noexcept {
  return read(config, pointer, [&](const json::value& value) {
    if (!value.is_array() && !value.is_object()) return cadre_status{CADRE_REJECTED};
    *out = value.is_array() ? value.as_array().size() : value.as_object().size();
    return cadre_status{CADRE_OK};
  });
}

// The finaliser of splitmix64 (Steele, Lea & Flood 2014).
std::uint64_t mixed(std::uint64_t x) {
  x += 0x9e3779b97f4a7c15;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
  x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
  return x ^ (x >> 31);
}

void fill_defaults(json::value& value, const json::object& schema) {
  const json::value* properties = schema.if_contains("properties");
  if (!value.is_object() || properties == nullptr) return;
  for (const auto& [key, property] : properties->as_object()) {
    const json::object& inner = property.as_object();
    json::object& object = value.as_object();
    const json::value* otherwise = inner.if_contains("default");
    if (!object.contains(key) && otherwise != nullptr) object[key] = *otherwise;
    if (json::value* member = object.if_contains(key)) fill_defaults(*member, inner);
  }
}

}  // namespace

struct FakeHostCalls {
  static const FakeHost& of(const cadre_host* host) { return *static_cast<const FakeHost*>(host->context); }

  static void write_log(const cadre_host* host, std::uint32_t level, cadre_string message) noexcept {
    of(host).log_.push_back({level, std::string(view(message))});
  }
  static void say_reason(const cadre_host* host, cadre_string sentence) noexcept {
    of(host).reason_ = view(sentence);
  }
  static std::uint64_t bits(const cadre_host* host, std::uint64_t sequence, std::uint64_t draw) noexcept {
    return mixed(mixed(mixed(of(host).seed()) ^ sequence) ^ draw);
  }
  static cadre_status disarm(const cadre_host* host, std::uint64_t id) noexcept {
    std::erase_if(of(host).timers_, [&](const FakeHost::Timer& timer) { return timer.id == id; });
    return CADRE_OK;
  }
  static cadre_status arm(const cadre_host* host, std::uint64_t id, std::int64_t time_ns,
                          std::int64_t period_ns) noexcept {
    disarm(host, id);
    auto& timers = of(host).timers_;
    const auto next = std::find_if(timers.begin(), timers.end(),
                                   [&](const FakeHost::Timer& timer) { return timer.id > id; });
    timers.insert(next, {id, time_ns, period_ns});
    return CADRE_OK;
  }
  static const void* get_extension(const cadre_host*, cadre_string id) noexcept {
    static constexpr cadre_log log{sizeof log, 0, &write_log};
    static constexpr cadre_reason_table reason{sizeof reason, 0, &say_reason};
    static constexpr cadre_random random{sizeof random, 0, &bits};
    static constexpr cadre_config_reader reader{sizeof reader, 0, &read_number, &read_text, &read_count};
    static constexpr cadre_timer_table timer{sizeof timer, 0, &arm, &disarm};
    if (view(id) == CADRE_EXT_TIMER) return &timer;
    if (view(id) == CADRE_EXT_LOG) return &log;
    if (view(id) == CADRE_EXT_RANDOM) return &random;
    if (view(id) == CADRE_EXT_CONFIG_READER) return &reader;
    if (view(id) == CADRE_EXT_REASON) return &reason;
    return nullptr;
  }
};

FakeHost::FakeHost(std::uint64_t seed) : seed_(seed) {
  raw_.size = sizeof raw_;
  raw_.abi_version = CADRE_ABI_VERSION;
  raw_.context = this;
  raw_.name = CADRE_TEXT("cadre");
  raw_.version = CADRE_TEXT("0.9.0-test");
  raw_.get_extension = &FakeHostCalls::get_extension;
}

std::string complete_config(const std::string& manifest_file, const std::string& agent_id,
                            const std::string& config) {
  std::ifstream file(manifest_file);
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  if (!file || text.empty()) throw std::runtime_error("cannot read " + manifest_file);
  const json::value manifest = json::parse(text);
  for (const json::value& agent : manifest.at("agents").as_array()) {
    if (agent.at("id").as_string() != agent_id) continue;
    json::value value = json::parse(config);
    fill_defaults(value, agent.at("config_schema").as_object());
    return json::serialize(value);
  }
  throw std::runtime_error(manifest_file + " describes no agent " + agent_id);
}

}  // namespace cadre::testing
