// One risk manager built many ways, for tests that replace agents while a host runs. It bounds every weight,
// and counts the bars it has seen: a count that is lost or doubled shows that a hand-over went wrong.
// RELOAD_VARIANT says which variant this is; README.md says what a host has to answer to each.

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <memory>
#include <stdexcept>
#include <type_traits>

#include "cadre/cpp/plugin.hpp"

/// Unique across libraries where the compiler is let: two versions would count on one counter.
template <class T>
struct [[gnu::visibility("default")]] SharedByVersions {
  static inline T instances{};
};

namespace {

namespace sdk = cadre::sdk;

enum class Variant {
  v1,
  v1b,
  v2,
  wrong_hash,
  newer_abi,
  unique_symbols,
  thread_local_destructor,
  state_refused,
  state_migrated_wrongly,
  throws_in_create,
  throws_in_init,
  nan_output,
  missing_function,
  wrong_role,
  floating_point,
  crash_isolated,
  hangs_in_destroy,
  takes_a_secret
};
constexpr Variant variant = Variant::RELOAD_VARIANT;
constexpr std::uint32_t state_schema = variant == Variant::v2 ? 2 : 1;
constexpr std::uint32_t abi = variant == Variant::newer_abi ? (1u << 16) | 7u : CADRE_ABI_VERSION;
/// Bars that the variant nan_output behaves for, from when it was made.
constexpr std::uint64_t bars_until_nan = 20;

/// Makes the bytes of every variant differ, and stays in the library.
[[gnu::used]] const char bytes_of_this_variant[] = "reload variant " RELOAD_VERSION;

struct LastWords {
  ~LastWords() { text = nullptr; }
  const char* text = "alive";
};

/// What the audit has to find.
[[gnu::used]] std::uint64_t misdeed() {
  if constexpr (variant == Variant::unique_symbols) return ++SharedByVersions<std::uint64_t>::instances;
  if constexpr (variant == Variant::thread_local_destructor) {
    static thread_local LastWords words;
    return words.text != nullptr ? 1 : 0;
  }
  return 0;
}

/// Flushes denormals to zero, as a library linked with -ffast-math does. Without the functions of <cfenv>,
/// which the audit would find.
struct ChangesFloatingPoint {
  ChangesFloatingPoint() {
#if defined(__x86_64__)
    std::uint32_t word = 0;
    asm volatile("stmxcsr %0" : "=m"(word));
    word |= 0x8040;
    asm volatile("ldmxcsr %0" : : "m"(word));
#elif defined(__aarch64__)
    std::uint64_t word = 0;
    asm volatile("mrs %0, fpcr" : "=r"(word));
    word |= std::uint64_t{1} << 24;
    asm volatile("msr fpcr, %0" : : "r"(word));
#endif
  }
};
struct ChangesNothing {};
[[maybe_unused]] const std::conditional_t<variant == Variant::floating_point, ChangesFloatingPoint,
                                          ChangesNothing>
    at_load;

std::uint64_t check_of(std::uint64_t bars, std::int64_t first_bar_ns) {
  return (bars + 1) * 0x9e3779b97f4a7c15u ^ static_cast<std::uint64_t>(first_bar_ns);
}

/// The audit sees what a library imports, not what its instructions do: the system is asked without the C
/// library.
[[maybe_unused]] void sleep_unseen(std::int64_t seconds) {
  const std::int64_t time[2] = {seconds, 0};
#if defined(__x86_64__)
  std::int64_t result = 35;  // nanosleep
  asm volatile("syscall" : "+a"(result) : "D"(time), "S"(nullptr) : "rcx", "r11", "memory");
#elif defined(__aarch64__)
  register std::int64_t number asm("x8") = 101;  // nanosleep
  register const std::int64_t* how_long asm("x0") = time;
  register void* rest asm("x1") = nullptr;
  asm volatile("svc 0" : "+r"(how_long) : "r"(number), "r"(rest) : "memory");
#endif
}

class CountingRisk final : public sdk::RiskManager {
 public:
  CountingRisk() {
    if constexpr (variant == Variant::throws_in_create) throw std::runtime_error("no instance today");
  }

  ~CountingRisk() override {
    if constexpr (variant == Variant::hangs_in_destroy) sleep_unseen(4);
  }

  void configure(const sdk::Config& config) override {
    if constexpr (variant == Variant::throws_in_init) throw std::runtime_error("no configuration suits me");
    max_weight_ = config.number("/max_weight");
    if constexpr (variant == Variant::takes_a_secret) {
      const std::string password = config.text("/password");
      if (!password.starts_with("open sesame ")) throw sdk::Refusal("the door stays shut for " + password);
    }
  }

  bool has_hot_config() const override { return true; }
  struct Limit : Prepared {
    explicit Limit(double limit) : max_weight(limit) {}
    double max_weight;
  };
  std::unique_ptr<Prepared> prepare(const sdk::Config& config) const override {
    return std::make_unique<Limit>(config.number("/max_weight"));
  }
  void commit(Prepared& prepared) noexcept override {
    max_weight_ = static_cast<Limit&>(prepared).max_weight;
  }

  void observe(const cadre_event& event, const sdk::State&) override {
    if (event.kind != CADRE_EVENT_BAR) return;
    if (bars_ == 0) first_bar_ns_ = event.time_ns;
    ++bars_;
    ++bars_here_;
    if (!lost_count_) check_ = check_of(bars_, state_schema == 2 ? first_bar_ns_ : 0);
  }

  void analyze_risk(const sdk::State&, const sdk::Weights& weight, cadre_risk_report& out) const override {
    if constexpr (variant == Variant::crash_isolated) *static_cast<volatile int*>(nullptr) = 0;
    const double largest = weight.size() == 0 ? 0 : weight.cwiseAbs().maxCoeff();
    const double nan = std::numeric_limits<double>::quiet_NaN();
    out.volatility = out.value_at_risk = out.expected_shortfall = nan;  // not computed
    out.acceptable = largest <= max_weight_ ? CADRE_ACCEPTABLE : CADRE_NOT_ACCEPTABLE;
    out.limit_count = 0;
    if (out.limit_capacity == 0) return;
    const double value = is_broken() ? nan : largest;
    out.limits[0] = {sdk::id_of("largest_weight"), value, max_weight_, CADRE_BOOK, CADRE_LIMIT_HARD};
    out.limit_count = 1;
  }

  void adjust_trades(const sdk::State&, const cadre_risk_report&, sdk::Targets& targets) const override {
    for (Eigen::Index i = 0; i < targets.weight.size(); ++i) {
      if (is_broken()) targets.weight[i] = std::numeric_limits<double>::quiet_NaN();
      if (std::fabs(targets.weight[i]) <= max_weight_) continue;
      targets.set(i, std::copysign(max_weight_, targets.weight[i]), CADRE_REASON_RISK_LIMIT, max_weight_);
    }
  }

  bool has_state() const override { return true; }
  void save(sdk::StateWriter& out) const override {
    out.put(bars_);
    if constexpr (state_schema == 2) out.put(first_bar_ns_);
    out.put(check_);
  }
  /// Schema 1 does not know when its first bar was: 0 then.
  void load(sdk::StateReader& in, std::uint32_t schema_version, std::uint32_t) override {
    if constexpr (variant == Variant::state_refused) throw sdk::Refusal("this variant reads no state");
    const auto bars = in.get<std::uint64_t>();
    const std::int64_t first_bar_ns = schema_version == 2 ? in.get<std::int64_t>() : 0;
    const auto check = in.get<std::uint64_t>();
    in.finish();
    if (check != check_of(bars, first_bar_ns)) throw sdk::Refusal("the saved count fails its check");
    first_bar_ns_ = first_bar_ns;
    lost_count_ = variant == Variant::state_migrated_wrongly;
    bars_ = lost_count_ ? 0 : bars;
    check_ = check;
  }

 private:
  bool is_broken() const { return variant == Variant::nan_output && bars_here_ > bars_until_nan; }

  double max_weight_ = 1;
  std::uint64_t bars_ = 0;
  std::int64_t first_bar_ns_ = 0;
  std::uint64_t check_ = check_of(0, 0);
  bool lost_count_ = false;      ///< what it saves from now on fails the check of every version
  std::uint64_t bars_here_ = 0;  ///< not saved: since this instance was made
};

/// Judges risk and cannot cut it.
class HalfRisk final : public sdk::Agent {
 public:
  void configure(const sdk::Config&) override {}
  bool has_hot_config() const override { return true; }
  bool has_state() const override { return true; }
  const void* role_table(std::string_view id) const override {
    static constexpr cadre_risk_manager table{
        sizeof table, 0,
        [](const void*, const cadre_execution_state*, const double*, cadre_risk_report* out) {
          out->acceptable = CADRE_ACCEPTABLE;
          return cadre_status{CADRE_OK};
        },
        nullptr};
    return id == CADRE_ROLE_RISK_MANAGER ? &table : nullptr;
  }
};

using ThisAgent = std::conditional_t<variant == Variant::missing_function, HalfRisk, CountingRisk>;

constexpr sdk::AgentEntry agents[] = {sdk::agent_entry<ThisAgent>(CADRE_TEXT("reload.counting_risk"),
                                                                  variant == Variant::wrong_role
                                                                      ? CADRE_TEXT(CADRE_ROLE_TRADE_ADJUSTER)
                                                                      : CADRE_TEXT(CADRE_ROLE_RISK_MANAGER),
                                                                  CADRE_EVENT_BAR, state_schema)};

}  // namespace

const cadre_plugin_descriptor* cadre_plugin(void) {
  static const cadre_plugin_descriptor descriptor = {
      CADRE_PLUGIN_MAGIC,
      sizeof(cadre_plugin_descriptor),
      abi,
      abi,
      1,
      CADRE_TEXT("reload.counting"),
      CADRE_TEXT(RELOAD_VERSION),
      &agents[0].descriptor,
      sizeof agents[0],
      [](const cadre_host* host, cadre_string id, const cadre_agent** out) {
        return sdk::create_from(agents, host, id, out);
      }};
  return &descriptor;
}
