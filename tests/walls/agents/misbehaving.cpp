// One trade adjuster that changes nothing and misbehaves on one day, as its settings say.
// MISBEHAVING_VERSION: 2.0.0 is mended and never does.

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

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

/// To standard error, by hand as below.
void write_text(std::string_view text) {
#if defined(__x86_64__)
  constexpr long write_number = 1, errors = 2;
  long result = write_number;
  asm volatile("syscall"
               : "+a"(result)
               : "D"(errors), "S"(text.data()), "d"(text.size())
               : "rcx", "r11", "memory");
#else
  (void)text;
#endif
}

/// By hand: the functions that do it are not let in.
void round_towards_zero() {
#if defined(__x86_64__)
  __builtin_ia32_ldmxcsr(__builtin_ia32_stmxcsr() | 0x6000);
#endif
}

/// FNV-1a.
class Digest {
 public:
  explicit Digest(std::uint64_t before) : value_(before ^ 0xcbf29ce484222325u) {}
  void add(const void* from, std::size_t bytes) {
    for (std::size_t k = 0; k < bytes; ++k)
      value_ = (value_ ^ static_cast<const unsigned char*>(from)[k]) * 0x100000001b3u;
  }
  template <class Number>
  void add(Number number) {
    add(&number, sizeof number);
  }
  void add(const cadre_column& column, std::size_t size) {
    add(column.values != nullptr);
    for (std::size_t i = 0; column.values != nullptr && i < size; ++i) {
      add(column.valid[i]);
      if (column.valid[i] != 0) add(column.values[i]);
    }
  }
  void add(const cadre_window& window, std::size_t size) {
    add(window.rows);
    for (std::size_t row = 0; row < window.rows; ++row) {
      for (std::size_t i = 0; i < size; ++i) {
        const bool is_there = window.valid[row * window.stride + i] != 0;
        add(is_there);
        if (is_there) add(window.values[row * window.stride + i]);
      }
    }
  }
  std::uint64_t value() const { return value_; }

 private:
  std::uint64_t value_;
};

/// Of everything that a state shows, after what was shown before. Without the number of the event: a change
/// or a halt is an event too.
std::uint64_t digest_of(const cadre_execution_state& state, std::uint64_t before) {
  Digest digest(before);
  const std::size_t n = state.instrument_count;
  digest.add(state.universe_epoch);
  digest.add(state.time_ns);
  digest.add(state.equity);
  digest.add(state.cash);
  for (const cadre_column* column :
       {&state.open, &state.high, &state.low, &state.close, &state.volume, &state.price, &state.score})
    digest.add(*column, n);
  for (std::size_t i = 0; i < n; ++i) {
    digest.add(state.weight[i]);
    digest.add(state.working_weight[i]);
    digest.add(state.quantity_e9[i]);
    digest.add(state.working_buy_e9[i]);
    digest.add(state.working_sell_e9[i]);
  }
  for (const cadre_window* window : {&state.sessions.returns, &state.sessions.closes, &state.bars.volumes})
    digest.add(*window, n);
  digest.add(state.signal_count);
  digest.add(state.service_count);
  digest.add(state.risk != nullptr);
  digest.add(state.correlation != nullptr);
  digest.add(state.execution->orders);
  digest.add(state.execution->fills);
  digest.add(state.execution->fees);
  return digest.value();
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
    digest_ = digest_of(state.raw(), digest_);
    if (where_ == "observe" && state.raw().session_date == date_) misbehave(&state);
    constexpr std::size_t leak_bytes = 1 << 20;
    if (does_ == "leak" && !is_mended && state.raw().session_date >= date_)
      leaked_.emplace_back(leak_bytes, 'x');
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
  void save(sdk::StateWriter& out) const override {
    if (does_ == "save_nothing" && !is_mended && bars_ > 20) throw std::runtime_error("there is no room");
    out.put(bars_);
    out.put(digest_);
  }
  void load(sdk::StateReader& in, std::uint32_t, std::uint32_t) override {
    bars_ = in.get<std::uint64_t>();
    digest_ = in.get<std::uint64_t>();
  }

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
    if (does_ == "talk") write_text("one \x1b[2J line\nand another, with hunter2hunter2\n");
    if (does_ == "talk_and_abort") {
      write_text("a table of 7 rows is empty\nnothing to do\n");
      std::abort();
    }
    if (does_ == "flood") {
      for (int line = 0; line < 20000; ++line)
        write_text("again and again\n");
    }
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
  std::vector<std::string> leaked_;
  std::uint64_t digest_ = 0;  ///< of all that it was ever shown
};

constexpr sdk::AgentEntry agents[] = {sdk::agent_entry<Misbehaving>(
    CADRE_TEXT("walls.misbehaving"), CADRE_TEXT(CADRE_ROLE_TRADE_ADJUSTER), CADRE_EVENT_BAR, 1)};

}  // namespace

CADRE_DEFINE_PLUGIN("walls.misbehaving", MISBEHAVING_VERSION, agents)
