// A candidate for a running host: a trade adjuster that changes nothing, and does one thing wrong in one
// function. Which is written into the bytes of its library (probe_cases_test.py), so that it can be done
// before there is a configuration. It asks the kernel by instructions of its own: what it would import for
// that is refused before anything runs.

#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <string_view>

#include "cadre/cadre.h"

namespace {

// "IT, FUNCTION": replaced in the file.
volatile char in_library[64] = "candidate: nothing, nowhere";
constexpr std::size_t label_bytes = sizeof("candidate: ") - 1;

long ask(long number, long a = 0, long b = 0, long c = 0, long d = 0, long e = 0) {
  long result = 0;
  register long r10 __asm__("r10") = d;
  register long r8 __asm__("r8") = e;
  register long r9 __asm__("r9") = 0;
  __asm__ volatile("syscall"
                   : "=a"(result)
                   : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
                   : "rcx", "r11", "memory");
  return result;
}
enum : long {
  mmap_call = 9,
  sigaction_call = 13,
  sleep_call = 35,
  clone_call = 56,
  fork_call = 57,
  close_call = 3,
  exit_call = 231
};

void wait_for_ever() {
  const long second[2] = {1, 0};
  for (;;)
    ask(sleep_call, reinterpret_cast<long>(&second));
}

void begin_thread() {
  alignas(16) static char stack[1 << 16];
  const long flags = 0x100 | 0x200 | 0x400 | 0x800 | 0x10000 | 0x40000;  // memory, files, signals, thread
  register long r10 __asm__("r10") = 0;
  register long r8 __asm__("r8") = 0;
  __asm__ volatile(
      "syscall\n\t"
      "test %%rax, %%rax\n\t"
      "jnz 1f\n\t"
      "call *%[run]\n"
      "1:"
      :
      : "a"(clone_call), "D"(flags), "S"(stack + sizeof stack), "d"(0), "r"(r10),
        "r"(r8), [run] "b"(&wait_for_ever)
      : "rcx", "r11", "memory");
}

void take_signal(int) {}

void change_handler() {
  struct {
    void (*handler)(int);
    unsigned long flags;
    void (*restorer)();
    unsigned long mask;
  } action{&take_signal, 0x04000000, nullptr, 0};
  constexpr long user_signal = 10;
  ask(sigaction_call, user_signal, reinterpret_cast<long>(&action), 0, sizeof action.mask);
}

/// Until there is no more; none of it is touched.
void eat_memory() {
  constexpr long chunk = 4L << 20;
  for (int step = 0; step < 4096; ++step) {
    const long at = ask(mmap_call, 0, chunk, 3, 0x22, -1);
    if (at < 0 && at > -4096) return;
  }
}

int* volatile nowhere = nullptr;

/// The functions of the contract, and before them the constructor of the library.
void misbehave_in(std::string_view function) {
  char text[sizeof in_library];
  for (std::size_t k = 0; k < sizeof text; ++k)
    text[k] = in_library[k];
  const std::string_view said(text + label_bytes);
  const std::size_t comma = said.find(", ");
  if (said.substr(comma + 2) != function) return;
  const std::string_view it = said.substr(0, comma);
  if (it == "aborts") std::abort();
  if (it == "faults") *nowhere = 1;
  if (it == "throws") throw 1;
  if (it == "hangs") wait_for_ever();
  if (it == "exits") ask(exit_call, 7);
  if (it == "forks") ask(fork_call);
  if (it == "eats memory") eat_memory();
  if (it == "starts a thread") begin_thread();
  if (it == "changes a signal handler") change_handler();
  if (it == "closes a descriptor") ask(close_call, 1);
  if (it == "changes the rounding") __builtin_ia32_ldmxcsr(__builtin_ia32_stmxcsr() | 0x6000);
}

bool does(std::string_view wanted, std::string_view function) {
  char text[sizeof in_library];
  for (std::size_t k = 0; k < sizeof text; ++k)
    text[k] = in_library[k];
  const std::string_view said(text + label_bytes);
  return said.substr(0, wanted.size()) == wanted && said.substr(said.find(", ") + 2) == function;
}

__attribute__((constructor)) void in_constructor() {
  misbehave_in("constructor");
}

struct Candidate {
  cadre_agent raw{};
  std::uint64_t bars = 0;
  mutable std::uint64_t decisions = 0;
  bool has_state = false;
};

cadre_status init(void*, cadre_string) {
  misbehave_in("init");
  return CADRE_OK;
}

cadre_status observe(void* self, const cadre_event*, const cadre_execution_state*) {
  misbehave_in("observe");
  ++static_cast<Candidate*>(self)->bars;
  return CADRE_OK;
}

cadre_status adjust_trades(const void* self, const cadre_execution_state*, cadre_targets* targets) {
  misbehave_in("decide");
  if (does("learns", "decide")) ++static_cast<const Candidate*>(self)->decisions;
  if (does("writes NaN", "decide")) targets->weight[0] = std::nan("");
  if (does("overruns its output", "decide")) targets->weight[targets->instrument_count] = 0.5;
  if (does("runs on behind it", "decide")) targets->weight[targets->instrument_count + 8] = 0.5;
  return CADRE_OK;
}

cadre_status save_state(const void* self, cadre_buffer* out) {
  misbehave_in("save");
  if (does("refuses to save", "save")) return CADRE_ERROR;
  const auto& candidate = *static_cast<const Candidate*>(self);
  const std::uint64_t state[2] = {candidate.bars, candidate.decisions};
  out->needed = sizeof state;
  if (out->capacity < sizeof state) return CADRE_OK;
  std::memcpy(out->data, state, sizeof state);
  if (does("overruns its output", "save")) out->data[out->capacity] = 1;
  if (does("runs on behind it", "save")) out->data[out->capacity + 64] = 1;
  return CADRE_OK;
}

cadre_status load_state(void* self, std::uint32_t, std::uint32_t, const std::uint8_t* data,
                        std::uint64_t length) {
  misbehave_in("load");
  if (does("refuses its state", "load") || length != 2 * sizeof(std::uint64_t)) return CADRE_REJECTED;
  if (does("forgets its state", "load")) return CADRE_OK;
  std::uint64_t state[2];
  std::memcpy(state, data, sizeof state);
  static_cast<Candidate*>(self)->bars = state[0];
  static_cast<Candidate*>(self)->decisions = state[1];
  return CADRE_OK;
}

void destroy(void* self) {
  misbehave_in("destroy");
  delete static_cast<Candidate*>(self);
}

// Other roles, which have no opinion, and no state; what they write may be no number.

cadre_status generate_signals(const void*, const cadre_execution_state*, cadre_signal_list* out) {
  if (!does("writes NaN", "decide")) return CADRE_DISCARD;
  out->items[0] = {sizeof(cadre_signal), 0, 1, 0, std::nan(""), 1, 1, 0, {}};
  out->needed = 1;
  return CADRE_OK;
}

cadre_status aggregate_signals(const void*, const cadre_execution_state*, cadre_views* out) {
  if (!does("writes NaN", "decide")) return CADRE_OK;
  out->valid[0] = 1;
  out->score[0] = std::nan("");
  return CADRE_OK;
}

cadre_status propose_trades(const void*, const cadre_execution_state*, cadre_targets* targets) {
  if (does("writes NaN", "decide")) targets->reasons[0] = {1000, 0, std::nan("")};
  return CADRE_OK;
}

cadre_status analyze_risk(const void*, const cadre_execution_state*, const double*, cadre_risk_report* out) {
  out->acceptable = CADRE_ACCEPTABLE;
  if (!does("writes NaN", "decide")) return CADRE_OK;
  out->limits[0].value = std::nan("");
  out->limits[0].limit = 1;
  out->limits[0].instrument = CADRE_BOOK;
  out->limit_count = 1;
  return CADRE_OK;
}

cadre_status keep_targets(const void*, const cadre_execution_state*, const cadre_risk_report*,
                          cadre_targets*) {
  return CADRE_OK;
}

const void* get_interface(const void* self, cadre_string id) {
  static const cadre_trade_adjuster adjuster = {sizeof adjuster, 0, adjust_trades};
  static const cadre_signal_source source = {sizeof source, 0, generate_signals};
  static const cadre_signal_aggregator aggregator = {sizeof aggregator, 0, aggregate_signals};
  static const cadre_position_sizer sizer = {sizeof sizer, 0, propose_trades};
  static const cadre_risk_manager risk = {sizeof risk, 0, analyze_risk, keep_targets};
  static const cadre_state_table state = {sizeof state, 0, save_state, load_state};
  if (cadre_text_is(id, CADRE_ROLE_TRADE_ADJUSTER)) return &adjuster;
  if (cadre_text_is(id, CADRE_ROLE_SIGNAL_SOURCE)) return &source;
  if (cadre_text_is(id, CADRE_ROLE_SIGNAL_AGGREGATOR)) return &aggregator;
  if (cadre_text_is(id, CADRE_ROLE_POSITION_SIZER)) return &sizer;
  if (cadre_text_is(id, CADRE_ROLE_RISK_MANAGER)) return &risk;
  const bool has_state = static_cast<const Candidate*>(self)->has_state;
  return has_state && cadre_text_is(id, CADRE_EXT_STATE) ? &state : nullptr;
}

cadre_status create(const cadre_host*, cadre_string id, const cadre_agent** out) {
  misbehave_in("create");
  auto* candidate = new Candidate;
  candidate->has_state = cadre_text_is(id, "walls.candidate");
  candidate->raw = {sizeof candidate->raw, 0, candidate, init, nullptr, nullptr, nullptr, destroy, observe,
                    get_interface};
  *out = &candidate->raw;
  return CADRE_OK;
}

}  // namespace

CADRE_EXPORT const cadre_plugin_descriptor* cadre_plugin(void) {
  misbehave_in("entry");
  constexpr std::uint32_t size = sizeof(cadre_agent_descriptor);
  static const cadre_agent_descriptor agents[] = {
      {size, CADRE_EVENT_BAR, CADRE_TEXT("walls.candidate"), {CADRE_TEXT(CADRE_ROLE_TRADE_ADJUSTER)}, 1, 0},
      {size, 0, CADRE_TEXT("walls.source"), {CADRE_TEXT(CADRE_ROLE_SIGNAL_SOURCE)}, 0, 0},
      {size, 0, CADRE_TEXT("walls.aggregator"), {CADRE_TEXT(CADRE_ROLE_SIGNAL_AGGREGATOR)}, 0, 0},
      {size, 0, CADRE_TEXT("walls.sizer"), {CADRE_TEXT(CADRE_ROLE_POSITION_SIZER)}, 0, 0},
      {size, 0, CADRE_TEXT("walls.risk"), {CADRE_TEXT(CADRE_ROLE_RISK_MANAGER)}, 0, 0}};
  static const cadre_plugin_descriptor plugin = {CADRE_PLUGIN_MAGIC,
                                                 sizeof(cadre_plugin_descriptor),
                                                 CADRE_ABI_OLDEST,
                                                 CADRE_ABI_VERSION,
                                                 5,
                                                 CADRE_TEXT("walls.candidate"),
                                                 CADRE_TEXT("1.0.0"),
                                                 agents,
                                                 sizeof(cadre_agent_descriptor),
                                                 create};
  return &plugin;
}
