#include <algorithm>
#include <optional>
#include <vector>

#include "cadre/cpp/plugin.hpp"
#include "window_covariance.hpp"

namespace cadre::sample_covariance {
namespace {

class Agent final : public sdk::ServiceProvider {
 public:
  void configure(const sdk::Config& config) override {
    window_ = config.integer("/window");
    const std::int64_t min_observations = config.integer("/min_observations");
    if (min_observations > window_) {
      throw sdk::Refusal("/min_observations: " + std::to_string(min_observations) +
                         " is above /window, which is " + std::to_string(window_));
    }
    covariance_.emplace(window_, min_observations);
  }

  // One row more than the window: the row that leaves it has to be seen once more.
  void require(cadre_requirements& out) const override {
    out.sessions.returns = static_cast<std::uint32_t>(window_ + 1);
  }

  void observe(const cadre_event& event, const sdk::State& state) override {
    const History history = history_of(state);
    if (event.kind == CADRE_EVENT_UNIVERSE || covariance_->instruments() != state.size()) {
      covariance_->rebuild(state.size(), history);
    } else if (event.kind == CADRE_EVENT_BAR) {
      covariance_->step(history);
    }
  }

  void publish(const sdk::State& state, std::string_view service, cadre_service_output& out) const override {
    if (service != CADRE_SERVICE_COVARIANCE)
      throw sdk::Refusal("publishes " CADRE_SERVICE_COVARIANCE " only");
    out.observations = 0;
    if (covariance_->instruments() != state.size()) return;
    if (covariance_->observations() == 0) return;
    out.lent = covariance_->matrix(history_of(state));
    if (out.lent == nullptr) return;
    out.observations = static_cast<std::uint32_t>(covariance_->observations());
    out.stride = static_cast<std::uint64_t>(covariance_->leading_dimension());
  }

  bool has_state() const override { return true; }

  void save(sdk::StateWriter& out) const override {
    const quant::RollingCovariance& sums = covariance_->sums();
    const std::int64_t instruments = covariance_->instruments();
    out.put(static_cast<std::uint32_t>(window_));
    out.put(static_cast<std::uint32_t>(instruments));
    if (instruments == 0) return;
    std::vector<double> numbers(static_cast<std::size_t>(sums.saved_size()));
    sums.save(numbers);
    out.put_numbers(numbers.data(), numbers.size());
    for (const std::uint32_t count : covariance_->valid_counts())
      out.put(count);
  }

  void load(sdk::StateReader& in, std::uint32_t schema_version, std::uint32_t instrument_count) override {
    if (schema_version != 1) throw sdk::Refusal("reads state of schema 1 only");
    const auto window = in.get<std::uint32_t>();
    const auto instruments = in.get<std::uint32_t>();
    if (window != window_) {
      throw sdk::Refusal("the saved covariance has a window of " + std::to_string(window) + ", this one of " +
                         std::to_string(window_));
    }
    if (instruments == 0) {
      in.finish();
      covariance_->rebuild(0, History{});
      return;
    }
    if (instruments != instrument_count) throw sdk::Refusal("the saved covariance is of another universe");
    const std::uint64_t n = instruments;
    const std::uint64_t size = 5 + n + n * (n + 1) / 2;
    if (in.left() != size * sizeof(double) + n * sizeof(std::uint32_t))
      throw sdk::Refusal("saved state has a wrong length");
    std::vector<double> numbers(size);
    in.get_numbers(numbers.data(), numbers.size());
    std::vector<std::uint32_t> counts(n);
    for (std::uint32_t& count : counts)
      count = in.get<std::uint32_t>();
    in.finish();
    if (!covariance_->restore(instruments, numbers, counts))
      throw sdk::Refusal("the saved covariance is not valid");
  }

 private:
  static History history_of(const sdk::State& state) {
    const cadre_window& returns = state.raw().sessions.returns;
    return {returns.values, returns.valid, returns.rows, static_cast<std::int64_t>(returns.stride)};
  }

  std::int64_t window_ = 0;
  std::optional<WindowCovariance> covariance_;
};

constexpr sdk::AgentEntry agents[] = {sdk::agent_entry<Agent>(CADRE_TEXT("cadre.sample_covariance"),
                                                              CADRE_TEXT(CADRE_ROLE_COVARIANCE_ESTIMATOR),
                                                              CADRE_EVENT_BAR | CADRE_EVENT_UNIVERSE, 1)};

}  // namespace
}  // namespace cadre::sample_covariance

CADRE_DEFINE_PLUGIN("cadre.sample_covariance", "0.9.0", cadre::sample_covariance::agents)
