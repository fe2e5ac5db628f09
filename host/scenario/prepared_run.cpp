#include "host/scenario/prepared_run.hpp"

#include <gnu/libc-version.h>
#include <unistd.h>

#include <algorithm>
#include <boost/json.hpp>
#include <cstdlib>
#include <fstream>

#include "host/base/text.hpp"
#include "host/base/version.hpp"
#include "host/market/price_reader.hpp"

namespace cadre::scenario {

namespace fs = std::filesystem;

market::PriceOptions price_options(const config::DataConfig& data) {
  market::PriceOptions options;
  options.file = data.prices;
  options.adjustment = data.adjustment == "raw"     ? market::Adjustment::raw
                       : data.adjustment == "split" ? market::Adjustment::split
                                                    : market::Adjustment::total_return;
  options.volume = data.volume == "shares" ? market::VolumeDeclared::shares : market::VolumeDeclared::none;
  options.missing = data.missing == "refuse"  ? market::MissingPolicy::refuse
                    : data.missing == "carry" ? market::MissingPolicy::carry
                                              : market::MissingPolicy::leave;
  options.instruments = data.instruments;
  options.from = data.from;
  options.to = data.to;
  options.suspect_move = data.suspect_move;
  return options;
}

namespace {

void check_names(const config::ScenarioConfig& config, const std::vector<std::string>& known,
                 base::Problems& problems) {
  const auto check = [&](const std::string& id, const std::string& pointer) {
    if (std::binary_search(known.begin(), known.end(), id)) return;
    problems.error("INSTRUMENT_UNKNOWN", config.document.place(pointer),
                   "the data have no instrument " + base::quote(id) + base::did_you_mean(id, known));
  };
  for (const config::UniverseChange& change : config.universe) {
    for (std::size_t i = 0; i < change.instruments.size(); ++i)
      check(change.instruments[i], change.pointer + "/instruments/" + std::to_string(i));
  }
  for (std::size_t i = 0; i < config.pre_trade_checks.restricted.size(); ++i) {
    check(config.pre_trade_checks.restricted[i], "/pre_trade_checks/restricted/" + std::to_string(i));
  }
  for (const auto& [instrument, group] : config.instruments.groups)
    check(instrument, "/instruments/groups/" + base::pointer_token(instrument));
}

std::string processor_name() {
  std::ifstream info("/proc/cpuinfo");
  for (std::string line; std::getline(info, line);) {
    if (line.rfind("model name", 0) == 0) return line.substr(line.find(':') + 2);
  }
  return "unknown";
}

}  // namespace

base::Result<PreparedRun> prepare_run(const BacktestOptions& options) {
  auto loaded = config::load_scenario(options.config, options.overrides);
  if (!loaded) return loaded.problems();
  PreparedRun run;
  run.folder = fs::absolute(options.config).parent_path();
  run.config = std::make_unique<config::ScenarioConfig>(std::move(loaded).take());
  base::Problems problems;

  auto prices = market::read_prices(price_options(run.config->data));
  problems.append(base::asked_for_at(prices.problems(), run.config->document.place("/data/prices/file")));
  if (prices) {
    run.prices = std::move(prices).take();
    check_names(*run.config, run.prices.instruments, problems);
    if (!run.config->data.signals.empty()) {
      auto signals = market::read_signals(run.config->data.signals, run.prices.instruments);
      problems.append(
          base::asked_for_at(signals.problems(), run.config->document.place("/data/signals/file")));
      if (signals) run.signals = std::move(signals).take();
    }
  }

  run.catalog = agent::Catalog::discover(options.agent_folders);
  auto revisions = plan_revisions(*run.config, run.folder, run.catalog);
  problems.append(revisions.problems());
  // A manifest that cannot be used is a warning as long as nobody needs it.
  for (base::Problem problem : run.catalog.problems()) {
    if (revisions) problem.severity = base::Severity::warning;
    problems.add(std::move(problem));
  }
  if (problems.has_errors()) return problems;
  run.revisions = std::move(revisions).take();
  run.warnings = problems;
  return run;
}

std::string head_text(const config::ScenarioConfig& config, const fs::path& folder,
                      const std::vector<std::string>& ids,
                      const std::vector<std::shared_ptr<const agent::Manifest>>& used) {
  boost::json::array plugins;
  for (const auto& manifest : used) {
    plugins.push_back(
        {{"id", manifest->id}, {"version", manifest->version.to_string()}, {"sha256", manifest->sha256}});
  }
  boost::json::array instruments(ids.begin(), ids.end());
  const boost::json::object head{{"config", config.document.root()},
                                 {"folder", fs::absolute(folder).string()},
                                 {"instruments", instruments},
                                 {"plugins", plugins},
                                 {"seed", config.seed},
                                 {"host_version", std::string(base::version())},
                                 {"processor", processor_name()},
                                 {"c_library", std::string("glibc ") + gnu_get_libc_version()}};
  return base::canonical(head);
}

TemporaryFolder::TemporaryFolder() {
  std::string name = (fs::temp_directory_path() / "cadre-XXXXXX").string();
  if (mkdtemp(name.data()) != nullptr) path_ = name;
}

TemporaryFolder::~TemporaryFolder() {
  std::error_code ignored;
  if (!path_.empty()) fs::remove_all(path_, ignored);
}

}  // namespace cadre::scenario
