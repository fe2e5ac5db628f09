// One agent without the SDK's wrapper, built many ways: SUBJECT_FAULT says which single thing is wrong with
// it. Its role, id and version are given too; see CMakeLists.txt for the list.

#include <pthread.h>
#include <time.h>

#include <cmath>
#include <cstdlib>
#include <cstring>
#include <string_view>

#include "cadre/cadre.h"

extern "C" int cadre_test_needed(void);

template <class T>
struct [[gnu::visibility("default")]] SharedBySubjects {
  static inline T value{};  // unique across libraries, where the compiler is let
};

namespace {

enum class Fault {
  none,
  // seen by the audit
  no_entry,
  extra_export,
  unique_symbol,
  static_tls,
  thread_local_destructor,
  reads_clock,
  draws_rand,
  starts_thread,
  text_relocation,
  needs_library,
  flags_only,  ///< the linker's flags are what is wrong
  // seen when the library is loaded
  newer_abi,
  wrong_magic,
  small_descriptor,
  small_agent_descriptor,
  corporate_actions,
  short_stride,
  countless_agents,
  no_create,
  wrong_id,
  wrong_version,
  wrong_role,
  wrong_agent,
  // seen when an instance is made
  create_fails,
  no_destroy,
  small_agent,
  small_state_table,
  no_table,
  half_table,
  short_table,
  undeclared_state,
  no_state,
  init_refuses,
  init_fails_in_silence,
  init_warns,
  requirements_fail,
  requirements_ignore_unknown,
  // seen when it works
  throws,
  nan_output,
  above_bounds,
  negative_weights,
  says_why,
  misses_bars,
  vague_signals,
  reserved_reasons,
  priced_market_orders,
  bad_signals,
  short_signals,
  too_many_orders,
  short_orders,
  endless_state
};
constexpr Fault fault = Fault::SUBJECT_FAULT;
constexpr bool has_state = fault == Fault::undeclared_state || fault == Fault::endless_state ||
                           (SUBJECT_STATE != 0 && fault != Fault::no_state);

bool equal(cadre_string a, std::string_view b) {
  return std::string_view(a.data, a.length) == b;
}

struct LastWords {
  ~LastWords() { std::memset(text, 0, sizeof text); }
  char text[8] = "alive";
};

/// What the audit has to find; never called.
[[gnu::used]] std::uint64_t misdeed() {
  if constexpr (fault == Fault::unique_symbol) return ++SharedBySubjects<std::uint64_t>::value;
  if constexpr (fault == Fault::static_tls) {
    [[gnu::tls_model("initial-exec")]] static thread_local std::uint64_t calls;
    return ++calls;
  }
  if constexpr (fault == Fault::thread_local_destructor) {
    static thread_local LastWords words;
    return static_cast<std::uint64_t>(words.text[0]);
  }
  if constexpr (fault == Fault::reads_clock) {
    timespec now{};
    return static_cast<std::uint64_t>(clock_gettime(CLOCK_REALTIME, &now));
  }
  if constexpr (fault == Fault::draws_rand) return static_cast<std::uint64_t>(std::rand());
  if constexpr (fault == Fault::starts_thread) {
    pthread_t thread{};
    return static_cast<std::uint64_t>(pthread_create(
        &thread, nullptr, [](void* given) { return given; }, nullptr));
  }
  if constexpr (fault == Fault::needs_library) return static_cast<std::uint64_t>(cadre_test_needed());
  return 0;
}

#if SUBJECT_HAS_TEXT_RELOCATION
asm(".text\n.balign 8\n.quad abs");
#endif

#if SUBJECT_HAS_IFUNC
extern "C" {
static int one_of_two() {
  return 1;
}
[[gnu::used]] static int (*choose(void))() {
  return one_of_two;
}
[[gnu::visibility("hidden"), gnu::ifunc("choose")]] int chosen(void);
[[gnu::used]] static int (*const choice)() = chosen;
}
#endif

/// One of it per library, whatever the number of instances.
std::uint64_t created = 0;

struct Subject {
  cadre_agent raw{};
  const cadre_host* host = nullptr;
  std::uint64_t bars = 0;
};
const Subject& subject_of(const void* self) {
  return *static_cast<const Subject*>(self);
}

/// Equal shares of a quarter of the book, unless that is the fault.
double weight_of(std::uint32_t instruments) {
  if constexpr (fault == Fault::nan_output) return NAN;
  if constexpr (fault == Fault::above_bounds) return 3.0;
  return (fault == Fault::negative_weights ? -0.25 : 0.25) / instruments;
}

cadre_status propose([[maybe_unused]] const void* self, const cadre_execution_state* state,
                     cadre_targets* targets) {
  if constexpr (fault == Fault::throws) throw 42;
  if constexpr (fault == Fault::says_why)
    return cadre_refuse(subject_of(self).host, CADRE_REJECTED, "the \n moon\x1b[31m is full");
  for (std::uint32_t i = 0; i < state->instrument_count; ++i)
    targets->weight[i] = weight_of(state->instrument_count);
  if constexpr (fault == Fault::reserved_reasons) targets->reasons[1] = {500, 0, 0.5};
  return CADRE_OK;
}

cadre_status adjust([[maybe_unused]] const void* self, const cadre_execution_state*, cadre_targets*) {
  if constexpr (fault == Fault::throws) throw 42;
  if constexpr (fault == Fault::says_why)
    return cadre_refuse(subject_of(self).host, CADRE_REJECTED, "the \n moon\x1b[31m is full");
  return CADRE_OK;
}

cadre_status judge(const void*, const cadre_execution_state*, const double*, cadre_risk_report* out) {
  out->acceptable = CADRE_ACCEPTABLE;
  out->limit_count = 0;
  return CADRE_OK;
}
cadre_status cut(const void*, const cadre_execution_state*, const cadre_risk_report*, cadre_targets*) {
  return CADRE_OK;
}

cadre_status signal(const void*, const cadre_execution_state* state, cadre_signal_list* out) {
  out->needed = 1;
  if (out->capacity == 0) return CADRE_OK;
  const std::uint32_t instrument = fault == Fault::bad_signals ? state->instrument_count + 7 : 0;
  constexpr std::uint32_t size = fault == Fault::short_signals ? 8 : sizeof(cadre_signal);
  if constexpr (fault == Fault::vague_signals) {
    out->items[0] = {size, instrument, 1, 0, 1.0, 1.5, 21.0, state->time_ns, {"subject"}};
    return CADRE_OK;
  }
  out->items[0] = {size, instrument, 1, 0, 1.0, 1.0, 21.0, state->time_ns, {"subject"}};
  return CADRE_OK;
}

cadre_status order(const void*, const cadre_execution_state* state, const cadre_needs* needs,
                   cadre_action_list* out, cadre_reason*) {
  std::uint64_t count = 0;
  for (std::uint32_t i = 0; i < needs->instrument_count; ++i) {
    if (needs->quantity_e9[i] == 0) continue;
    std::int64_t quantity = std::abs(needs->quantity_e9[i]);
    if constexpr (fault == Fault::too_many_orders) quantity += cadre_instrument_at(state, i)->lot_e9;
    if (count < out->capacity) {
      cadre_action& next = out->items[count];
      next = {};
      next.size = fault == Fault::short_orders ? 0 : sizeof(cadre_action);
      next.kind = CADRE_ACTION_NEW;
      next.instrument = i;
      next.side = needs->quantity_e9[i] > 0 ? CADRE_SIDE_BUY : CADRE_SIDE_SELL;
      next.type = CADRE_ORDER_MARKET;
      next.time_in_force = CADRE_TIF_DAY;
      next.quantity_e9 = quantity;
      if constexpr (fault == Fault::priced_market_orders) next.limit_price_e9 = 1'000'000'000;
    }
    ++count;
  }
  out->needed = count;
  return CADRE_OK;
}

cadre_status publish(const void*, const cadre_execution_state*, cadre_string, cadre_service_output* out) {
  out->observations = 0;
  return CADRE_OK;
}

/// State is two numbers: bars observed, and instances made by this library so far.
cadre_status save(const void* self, cadre_buffer* out) {
  const std::uint64_t numbers[2] = {subject_of(self).bars, created};
  out->needed = fault == Fault::endless_state ? out->capacity + 1 : sizeof numbers;
  if (out->needed <= out->capacity) std::memcpy(out->data, numbers, sizeof numbers);
  return CADRE_OK;
}
cadre_status load(void* self, std::uint32_t, std::uint32_t, const std::uint8_t* data, std::uint64_t length) {
  std::uint64_t numbers[2] = {};
  if (length != sizeof numbers) return CADRE_REJECTED;
  std::memcpy(numbers, data, sizeof numbers);
  if (numbers[0] > 1'000'000) return CADRE_REJECTED;
  static_cast<Subject*>(self)->bars = numbers[0];
  return CADRE_OK;
}

template <class Table>
constexpr std::uint32_t size_of() {
  return fault == Fault::short_table ? 8 : sizeof(Table);
}
constexpr cadre_position_sizer sizer{size_of<cadre_position_sizer>(), 0, &propose};
constexpr cadre_trade_adjuster adjuster{size_of<cadre_trade_adjuster>(), 0, &adjust};
constexpr cadre_risk_manager risk{size_of<cadre_risk_manager>(), 0, &judge,
                                  fault == Fault::half_table ? nullptr : &cut};
constexpr cadre_signal_source source{size_of<cadre_signal_source>(), 0, &signal};
constexpr cadre_execution_rules rules{size_of<cadre_execution_rules>(), 0, &order};
constexpr cadre_service_provider provider{size_of<cadre_service_provider>(), 0, &publish};
constexpr cadre_state_table state_table{
    fault == Fault::small_state_table ? 8 : std::uint32_t{sizeof(cadre_state_table)}, 0, &save, &load};

const void* get_interface(const void*, cadre_string id) {
  if (has_state && equal(id, CADRE_EXT_STATE)) return &state_table;
  if (fault == Fault::no_table || !equal(id, SUBJECT_ROLE)) return nullptr;
  if (equal(id, CADRE_ROLE_POSITION_SIZER)) return &sizer;
  if (equal(id, CADRE_ROLE_RISK_MANAGER)) return &risk;
  if (equal(id, CADRE_ROLE_SIGNAL_SOURCE)) return &source;
  if (equal(id, CADRE_ROLE_EXECUTION_RULES)) return &rules;
  if (equal(id, CADRE_ROLE_COVARIANCE_ESTIMATOR)) return &provider;
  return equal(id, CADRE_ROLE_TRADE_ADJUSTER) ? &adjuster : nullptr;
}

cadre_status init(void* self, cadre_string) {
  if constexpr (fault == Fault::init_fails_in_silence) return CADRE_ERROR;
  if constexpr (fault == Fault::init_refuses) {
    return cadre_refuse(subject_of(self).host, CADRE_REJECTED, "the moon has to be full");
  }
  if constexpr (fault == Fault::init_warns) {
    const cadre_host* host = subject_of(self).host;
    const auto* log = static_cast<const cadre_log*>(host->get_extension(host, CADRE_TEXT(CADRE_EXT_LOG)));
    log->write(host, CADRE_LOG_WARNING, CADRE_TEXT("the moon is not full"));
  }
  return CADRE_OK;
}

cadre_status requirements(const void*, cadre_requirements* out) {
  out->sessions.returns = 1;
  if (fault == Fault::requirements_ignore_unknown) out->ignores = 6;
  return fault == Fault::requirements_fail ? CADRE_ERROR : CADRE_OK;
}

cadre_status observe(void* self, const cadre_event*, const cadre_execution_state*) {
  if constexpr (fault == Fault::misses_bars)
    return cadre_refuse(subject_of(self).host, CADRE_ERROR, "no room for another bar");
  ++static_cast<Subject*>(self)->bars;
  return CADRE_OK;
}

void destroy(void* self) {
  delete static_cast<Subject*>(self);
}

cadre_status create(const cadre_host* host, cadre_string id, const cadre_agent** out) {
  *out = nullptr;
  if (fault == Fault::create_fails) return CADRE_ERROR;
  if (!equal(id, SUBJECT_ID)) return CADRE_UNSUPPORTED;
  static Subject immortal;  // what nobody can destroy
  Subject* subject = fault == Fault::no_destroy ? &immortal : new Subject();
  ++created;
  subject->host = host;
  subject->raw = {fault == Fault::small_agent ? 56 : std::uint32_t{sizeof(cadre_agent)},
                  0,
                  subject,
                  &init,
                  &requirements,
                  nullptr,
                  nullptr,
                  fault == Fault::no_destroy ? nullptr : &destroy,
                  &observe,
                  &get_interface};
  *out = &subject->raw;
  return CADRE_OK;
}

constexpr cadre_agent_descriptor agents[] = {
    {fault == Fault::small_agent_descriptor ? 8 : std::uint32_t{sizeof(cadre_agent_descriptor)},
     fault == Fault::corporate_actions ? std::uint32_t{CADRE_EVENT_BAR} | CADRE_EVENT_CORPORATE_ACTION
                                       : std::uint32_t{CADRE_EVENT_BAR},
     fault == Fault::wrong_agent ? CADRE_TEXT("test.somebody_else") : CADRE_TEXT(SUBJECT_ID),
     {fault == Fault::wrong_role ? CADRE_TEXT(CADRE_ROLE_SIGNAL_AGGREGATOR) : CADRE_TEXT(SUBJECT_ROLE)},
     SUBJECT_STATE,
     0}};

constexpr std::uint32_t abi(std::uint32_t minor) {
  return CADRE_ABI_MAJOR << 16 | minor;
}
constexpr cadre_plugin_descriptor descriptor{
    fault == Fault::wrong_magic ? UINT64_C(0x4e4947554c504e4f) : CADRE_PLUGIN_MAGIC,
    fault == Fault::small_descriptor ? 24 : std::uint32_t{sizeof(cadre_plugin_descriptor)},
    fault == Fault::newer_abi ? abi(CADRE_ABI_MINOR + 1) : CADRE_ABI_VERSION,
    fault == Fault::newer_abi ? abi(CADRE_ABI_MINOR + 2) : CADRE_ABI_VERSION,
    fault == Fault::countless_agents ? 1'000'000 : 1,
    fault == Fault::wrong_id ? CADRE_TEXT("test.somebody_else") : CADRE_TEXT(SUBJECT_ID),
    fault == Fault::wrong_version ? CADRE_TEXT("9.9.9") : CADRE_TEXT(SUBJECT_VERSION),
    agents,
    fault == Fault::short_stride ? 40 : sizeof agents[0],
    fault == Fault::no_create ? nullptr : &create};

}  // namespace

#if SUBJECT_EXPORTS_MORE
CADRE_EXPORT int surplus_function(void) {
  return 1;
}
#endif

#if SUBJECT_HAS_NO_ENTRY
CADRE_EXPORT const cadre_plugin_descriptor* cadre_plug(void) {
#else
const cadre_plugin_descriptor* cadre_plugin(void) {
#endif
  return &descriptor;
}
