#include "host/agent/services.hpp"

#include <algorithm>
#include <boost/json.hpp>

#include "cadre/ext/config_reader.h"
#include "cadre/ext/log.h"
#include "cadre/ext/random.h"
#include "cadre/ext/timer.h"
#include "host/base/hash.hpp"
#include "host/base/json.hpp"
#include "host/base/log.hpp"
#include "host/base/text.hpp"
#include "host/base/version.hpp"

namespace cadre::agent {

namespace {

std::string_view view(cadre_string text) {
  return {text.data, text.length};
}

const HostServices& services_of(const cadre_host* host) {
  return *static_cast<const HostServices*>(host->context);
}

bool is_power_of_ten(std::uint64_t number) {
  while (number > 1 && number % 10 == 0)
    number /= 10;
  return number == 1;
}

void write_log(const cadre_host* host, std::uint32_t level, cadre_string message) noexcept {
  const HostServices& services = services_of(host);
  if (level == CADRE_LOG_WARNING && services.keeps_warnings()) {
    services.kept_warnings().emplace_back(view(message));
    return;
  }
  constexpr base::LogLevel levels[] = {base::LogLevel::debug, base::LogLevel::debug, base::LogLevel::info,
                                       base::LogLevel::warn, base::LogLevel::error};
  const base::LogLevel as = levels[std::min<std::uint32_t>(level, 4)];
  const std::uint64_t times = level >= CADRE_LOG_WARNING ? services.count_message(view(message)) : 1;
  if (times == 1) {
    base::log_event(as, "agent_message",
                    {{"agent", services.instance()}, {"message", std::string(view(message))}});
  } else if (is_power_of_ten(times)) {
    base::log_event(as, "agent_message",
                    {{"agent", services.instance()},
                     {"message", std::string(view(message))},
                     {"times", std::to_string(times)}});
  }
}

const boost::json::value* value_at(const cadre_host* host, cadre_string config, cadre_string pointer) {
  return base::find(services_of(host).parsed(view(config)), view(pointer));
}

cadre_status read_number(const cadre_host* host, cadre_string config, cadre_string pointer,
                         double* out) noexcept {
  try {
    const boost::json::value* value = value_at(host, config, pointer);
    if (value == nullptr || value->is_null()) return CADRE_DISCARD;
    if (value->is_bool()) {
      *out = value->as_bool() ? 1 : 0;
    } else if (value->is_number()) {
      *out = value->to_number<double>();
    } else {
      return CADRE_REJECTED;
    }
    return CADRE_OK;
  } catch (...) {
    return CADRE_REJECTED;
  }
}

cadre_status read_text(const cadre_host* host, cadre_string config, cadre_string pointer,
                       cadre_buffer* out) noexcept {
  try {
    const boost::json::value* value = value_at(host, config, pointer);
    if (value == nullptr || value->is_null()) return CADRE_DISCARD;
    const std::string text = value->is_string() ? std::string(value->as_string()) : base::canonical(*value);
    out->needed = text.size();
    std::copy_n(text.data(), std::min<std::uint64_t>(text.size(), out->capacity), out->data);
    return CADRE_OK;
  } catch (...) {
    return CADRE_REJECTED;
  }
}

cadre_status read_count(const cadre_host* host, cadre_string config, cadre_string pointer,
                        std::uint64_t* out) noexcept {
  try {
    const boost::json::value* value = value_at(host, config, pointer);
    if (value == nullptr || value->is_null()) return CADRE_DISCARD;
    if (value->is_array())
      *out = value->as_array().size();
    else if (value->is_object())
      *out = value->as_object().size();
    else
      return CADRE_REJECTED;
    return CADRE_OK;
  } catch (...) {
    return CADRE_REJECTED;
  }
}

/// SplitMix64's finaliser: a bijection of 64 bits that mixes well (Steele, Lea & Flood 2014).
std::uint64_t mix(std::uint64_t x) {
  x += 0x9e3779b97f4a7c15ull;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ull;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebull;
  return x ^ (x >> 31);
}

std::uint64_t random_bits(const cadre_host* host, std::uint64_t sequence, std::uint64_t draw) noexcept {
  return mix(mix(services_of(host).random_key() ^ mix(sequence)) ^ draw);
}

constexpr cadre_log log_table{sizeof(cadre_log), 0, &write_log};
constexpr cadre_config_reader config_table{sizeof(cadre_config_reader), 0, &read_number, &read_text,
                                           &read_count};
constexpr cadre_random random_table{sizeof(cadre_random), 0, &random_bits};

thread_local LastReason* reason_elsewhere = nullptr;

void say_reason(const cadre_host* host, cadre_string sentence) noexcept {
  LastReason& to = reason_elsewhere != nullptr ? *reason_elsewhere : services_of(host).reason();
  to.say(view(sentence));
}

constexpr cadre_reason_table reason_table{sizeof(cadre_reason_table), 0, &say_reason};

/// Empty when it may be asked for; else why not.
std::string_view refused_timer(const TimerRequests& timers, std::int64_t period_ns) {
  if (!timers.is_open()) return "timers are armed and disarmed within observe alone";
  if (!timers.hears_timers()) return "observes lacks CADRE_EVENT_TIMER";
  if (period_ns != 0 && period_ns < CADRE_TIMER_PERIOD_MIN) return "a timer's period is one second or more";
  return {};
}

cadre_status ask_timer(const cadre_host* host, const TimerRequest& request) noexcept {
  try {
    TimerRequests& timers = services_of(host).timers();
    const std::string_view refused = refused_timer(timers, request.period_ns);
    if (refused.empty()) {
      timers.add(request);
      return CADRE_OK;
    }
    say_reason(host, {refused.data(), refused.size()});
    return CADRE_REJECTED;
  } catch (...) {
    return CADRE_ERROR;
  }
}

cadre_status arm_timer(const cadre_host* host, std::uint64_t id, std::int64_t time_ns,
                       std::int64_t period_ns) noexcept {
  return ask_timer(host, {1, 0, id, time_ns, period_ns});
}
cadre_status disarm_timer(const cadre_host* host, std::uint64_t id) noexcept {
  return ask_timer(host, {0, 0, id, 0, 0});
}

constexpr cadre_timer_table timer_table{sizeof(cadre_timer_table), 0, &arm_timer, &disarm_timer};

const void* get_extension(const cadre_host*, cadre_string id) noexcept {
  const std::string_view name = view(id);
  if (name == CADRE_EXT_LOG) return &log_table;
  if (name == CADRE_EXT_CONFIG_READER) return &config_table;
  if (name == CADRE_EXT_RANDOM) return &random_table;
  if (name == CADRE_EXT_REASON) return &reason_table;
  if (name == CADRE_EXT_TIMER) return &timer_table;
  return nullptr;
}

}  // namespace

ReasonElsewhere::ReasonElsewhere(LastReason& to) {
  reason_elsewhere = &to;
}

ReasonElsewhere::~ReasonElsewhere() {
  reason_elsewhere = nullptr;
}

HostServices::HostServices(std::string instance, std::uint64_t seed, std::string_view key)
    : instance_(std::move(instance)), random_key_(mix(seed) ^ base::checksum64(key.data(), key.size())) {
  static constexpr std::string_view name = "cadre";
  const std::string_view version = base::version();
  host_ = {sizeof(cadre_host),
           CADRE_ABI_VERSION,
           this,
           {name.data(), name.size()},
           {version.data(), version.size()},
           &get_extension};
}

std::uint64_t HostServices::count_message(std::string_view text) const {
  constexpr std::size_t most_texts = 256;  // what comes after is counted as one
  const std::lock_guard guard(messages_lock_);
  auto found = messages_.find(text);
  if (found == messages_.end())
    found = messages_.emplace(messages_.size() < most_texts ? std::string(text) : std::string(), 0).first;
  return ++found->second;
}

const boost::json::value& HostServices::parsed(std::string_view text) const {
  if (text != parsed_text_) {
    parsed_ = boost::json::parse(text);
    parsed_text_ = text;
  }
  return parsed_;
}

}  // namespace cadre::agent
