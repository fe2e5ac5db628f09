// One trade adjuster that changes nothing and misbehaves on one day, as its settings say.
// MISBEHAVING_VERSION: 2.0.0 is mended and never does.

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <string>

#include "cadre/cpp/plugin.hpp"

namespace {

namespace sdk = cadre::sdk;

constexpr bool is_mended = MISBEHAVING_VERSION[0] == '2';

/// Looked at by a loop that the compiler must not remove.
volatile bool forever = true;
volatile int zero = 0;
int* volatile nowhere = nullptr;

/// A few seconds of any processor, without a clock, which an agent may not have.
void spin_for_a_while() {
#if defined(__x86_64__)
  const std::uint64_t begun = __builtin_ia32_rdtsc();
  while (__builtin_ia32_rdtsc() - begun < 8'000'000'000u && forever)
    asm volatile("" ::: "memory");
#else
  for (std::uint64_t turn = 0; turn < 8'000'000'000u && forever; ++turn)
    asm volatile("" ::: "memory");
#endif
}

/// About half a second.
void dawdle() {
#if defined(__x86_64__)
  const std::uint64_t begun = __builtin_ia32_rdtsc();
  while (__builtin_ia32_rdtsc() - begun < 1'500'000'000u && forever)
    asm volatile("" ::: "memory");
#else
  for (std::uint64_t turn = 0; turn < 1'000'000'000u && forever; ++turn)
    asm volatile("" ::: "memory");
#endif
}

/// By hand: the functions that do it are not let in.
void round_towards_zero() {
#if defined(__x86_64__)
  __builtin_ia32_ldmxcsr(__builtin_ia32_stmxcsr() | 0x6000);
#endif
}

class Misbehaving final : public sdk::TradeAdjuster {
 public:
  void configure(const sdk::Config& config) override {
    does_ = config.text("/does");
    where_ = config.text("/where");
    date_ = static_cast<std::int32_t>(config.integer("/date"));
    if (where_ == "init") misbehave();
  }
  void observe(const cadre_event& event, const sdk::State& state) override {
    if (event.kind != CADRE_EVENT_BAR) return;
    ++bars_;
    if (where_ == "observe" && state.raw().session_date == date_) misbehave(&state);
  }
  void adjust_trades(const sdk::State& state, sdk::Targets& targets) const override {
    if (does_ == "dawdle" && !is_mended && state.raw().session_date >= date_) dawdle();
    if (where_ != "decide" || state.raw().session_date != date_) return;
    misbehave(&state);
    if constexpr (is_mended) return;
    double* end = targets.weight.data() + targets.weight.size();
    if (does_ == "overrun") std::fill_n(end, 64, 0.5);
    if (does_ == "run_wild") std::fill_n(end, 4096, 0.5);
  }

  bool has_state() const override { return true; }
  void save(sdk::StateWriter& out) const override { out.put(bars_); }
  void load(sdk::StateReader& in, std::uint32_t, std::uint32_t) override { bars_ = in.get<std::uint64_t>(); }

 private:
  void misbehave(const sdk::State* state = nullptr) const {
    if constexpr (is_mended) return;
    if (does_ == "write") const_cast<double*>(state->raw().price.values)[0] = 1;
    if (does_ == "write_table") const_cast<cadre_instrument*>(state->raw().instruments)->lot_e9 = 1;
    if (does_ == "round") round_towards_zero();
    if (does_ == "hang") {
      while (forever)
        asm volatile("" ::: "memory");
    }
    if (does_ == "linger") spin_for_a_while();
    if (does_ == "fault") *nowhere = 1;
    if (does_ == "abort") std::abort();
    if (does_ == "divide") zero = 100 / zero;
    if (does_ == "overflow") overflow(1);
  }
  // NOLINTNEXTLINE(misc-no-recursion): that is what is wrong with it
  static int overflow(int depth) {
    volatile char room[4096];
    std::memset(const_cast<char*>(room), depth, sizeof room);
    return forever ? overflow(depth + room[0]) + room[1] : 0;
  }

  std::string does_, where_;
  std::int32_t date_ = 0;
  std::uint64_t bars_ = 0;
};

constexpr sdk::AgentEntry agents[] = {sdk::agent_entry<Misbehaving>(
    CADRE_TEXT("walls.misbehaving"), CADRE_TEXT(CADRE_ROLE_TRADE_ADJUSTER), CADRE_EVENT_BAR, 1)};

}  // namespace

CADRE_DEFINE_PLUGIN("walls.misbehaving", MISBEHAVING_VERSION, agents)
