// Experiments of a running host: see shadow_experiments.hpp.

#include <boost/json.hpp>

#include "host/live/live_host.hpp"
#include "host/live/shadow_experiments.hpp"

namespace cadre::live {

Answer LiveHost::start_experiment(const Mandate&, const std::string&, const std::string&, std::string_view) {
  return {Outcome::unknown, {}, {}};
}
Answer LiveHost::stop_experiment(const Mandate&, std::string_view) {
  return {Outcome::unknown, {}, {}};
}
Answer LiveHost::experiments() const {
  return {Outcome::done, boost::json::array{}, {}};
}
Answer LiveHost::experiment_results(std::string_view) const {
  return {Outcome::unknown, {}, {}};
}

}  // namespace cadre::live
