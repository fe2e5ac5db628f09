#include "host/config/known_names.hpp"

#include <algorithm>

#include "host/base/json.hpp"
#include "host/base/text.hpp"
#include "host/config/instrument_table.hpp"

namespace cadre::config {

namespace {

/// Groups that a bound names and no instrument is in.
void check_groups(const ScenarioConfig& config, const std::vector<std::string>& instruments,
                  base::Problems& problems) {
  std::vector<std::string> known;
  for (const std::string& id : instruments) {
    const model::Instrument about = describe_instrument(config.instruments, id);
    known.insert(known.end(), about.groups.begin(), about.groups.end());
  }
  std::sort(known.begin(), known.end());
  known.erase(std::unique(known.begin(), known.end()), known.end());
  for (std::size_t i = 0; i < config.chain.constraints.max_group_weight.size(); ++i) {
    const std::string& group = config.chain.constraints.max_group_weight[i].group;
    if (group == "*" || std::binary_search(known.begin(), known.end(), group)) continue;
    problems.error(
        "GROUP_UNKNOWN",
        config.document.place("/chain/constraints/max_group_weight/" + std::to_string(i) + "/group"),
        "no instrument is in a group " + base::quote(group) + base::did_you_mean(group, known),
        "name groups in /instruments/groups or in the table of instruments");
  }
}

}  // namespace

base::Problems check_names(const ScenarioConfig& config, const std::vector<std::string>& known) {
  base::Problems problems;
  const auto check = [&](const std::string& id, const std::string& pointer) {
    if (std::binary_search(known.begin(), known.end(), id)) return;
    problems.error("INSTRUMENT_UNKNOWN", config.document.place(pointer),
                   "the data have no instrument " + base::quote(id) + base::did_you_mean(id, known));
  };
  for (const UniverseChange& change : config.universe) {
    for (std::size_t i = 0; i < change.instruments.size(); ++i)
      check(change.instruments[i], change.pointer + "/instruments/" + std::to_string(i));
  }
  for (std::size_t i = 0; i < config.pre_trade_checks.restricted.size(); ++i) {
    check(config.pre_trade_checks.restricted[i], "/pre_trade_checks/restricted/" + std::to_string(i));
  }
  for (std::size_t i = 0; i < config.pre_trade_checks.no_trade_windows.size(); ++i) {
    const auto& named = config.pre_trade_checks.no_trade_windows[i].instruments;
    for (std::size_t k = 0; k < named.size(); ++k)
      check(named[k],
            "/pre_trade_checks/no_trade_windows/" + std::to_string(i) + "/instruments/" + std::to_string(k));
  }
  for (std::size_t i = 0; i < config.pre_trade_checks.limits.size(); ++i) {
    const std::string at = "/pre_trade_checks/limits/" + std::to_string(i) + "/instrument";
    const std::string& named = config.pre_trade_checks.limits[i].instrument;
    if (!named.empty() && base::find(config.document.root(), at) != nullptr) check(named, at);
  }
  check_groups(config, known, problems);
  for (const auto& [instrument, group] : config.instruments.groups)
    check(instrument, "/instruments/groups/" + base::pointer_token(instrument));
  return problems;
}

}  // namespace cadre::config
