// backtest, check and replay.

#include <array>
#include <boost/json.hpp>
#include <cstdio>

#include "host/agent/catalog.hpp"
#include "host/agent/manifest.hpp"
#include "host/agent/store.hpp"
#include "host/app/command.hpp"
#include "host/app/run_witness.hpp"
#include "host/backtest/backtest.hpp"
#include "host/backtest/experiment_run.hpp"
#include "host/backtest/prepared_run.hpp"
#include "host/backtest/replay.hpp"
#include "host/base/json.hpp"
#include "host/base/problem_json.hpp"
#include "host/base/temporary_folder.hpp"
#include "host/book/probe.hpp"
#include "host/chain/named_instruments.hpp"
#include "host/config/file_kind.hpp"
#include "host/config/host_config.hpp"
#include "host/config/market_data.hpp"
#include "host/report/performance.hpp"
#include "host/report/progress.hpp"
#include "host/report/table.hpp"
#include "host/revision/setup.hpp"

namespace cadre::app {

namespace {

base::Problems read_overrides(const std::vector<std::string>& texts,
                              std::vector<config::Override>& overrides) {
  base::Problems problems;
  for (const std::string& text : texts) {
    auto parsed = config::parse_override(text);
    problems.append(parsed.problems());
    if (parsed) overrides.push_back(*parsed);
  }
  return problems;
}

/// A progress bar for a run of a known length, on a terminal.
class RunProgress {
 public:
  explicit RunProgress(std::string label) : label_(std::move(label)) {}
  void operator()(std::size_t done, std::size_t total) {
    if (!bar_) bar_ = std::make_unique<report::Progress>(label_, total);
    bar_->update(done);
  }
  void finish() {
    if (bar_) bar_->finish();
  }

 private:
  std::string label_;
  std::unique_ptr<report::Progress> bar_;
};

/// Everything `cadre run` checks of a host file, and each agent made once in a process of its own, and let
/// go.
base::Problems check_host(const GlobalOptions& global, const std::filesystem::path& file,
                          std::optional<std::uint64_t> timeout_ms, const agent::Secrets& secrets) {
  auto host = config::load_host(file);
  if (!host) return host.problems();
  const auto catalog = agent::Catalog::discover(global.agent_folders);
  base::Problems problems = host.problems();
  std::vector<std::string> instruments, agents;
  bool is_all_known = true;  // what the books have
  for (const config::BookConfig& book : host->books) {
    const auto has = config::instruments_of(book.scenario);
    problems.append(has.problems());
    if (has) instruments.insert(instruments.end(), has->begin(), has->end());
    auto plan = chain::plan_chain(book.scenario, catalog);
    problems.append(plan.problems());
    is_all_known = is_all_known && has && plan;
    if (!plan) continue;
    revision::append_agents(agents, *plan);
    if (has) problems.append(chain::check_named_instruments(book.scenario, *plan, *has));
    const base::TemporaryFolder folder;
    agent::Store store(folder.path());
    store.give(secrets);
    const std::vector<std::string> all = book::new_stages(*plan, nullptr, nullptr).fresh;
    for (chain::PlannedStage& stage : plan->stages)
      stage.allow_weak_sandbox = host->trust.allow_weak_sandbox;
    const agent::ProbeTerms terms = agent::probe_terms(timeout_ms.value_or(host->probe_timeout_ms));
    problems.append(book::probe_chain(book.scenario, std::move(plan).take(), all, store, terms, {}));
  }
  if (is_all_known) problems.append(revision::check_host_limits(*host, instruments, agents));
  return problems;
}

/// A manifest with its library: its SHA-256 and the audit, and nothing of it is run.
base::Problems check_manifest(const std::filesystem::path& file) {
  auto manifest = agent::read_manifest(file);
  base::Problems problems;
  for (base::Problem problem : manifest.problems()) {
    const bool is_unstamped =
        problem.code == "CONFIG_MISSING_KEY" && problem.next_step.empty() &&
        (problem.message.starts_with("\"library\"") || problem.message.starts_with("\"abi\""));
    if (is_unstamped)
      problem.next_step = "the build writes it: check the manifest that lies beside the library";
    problems.add(std::move(problem));
  }
  if (!manifest) return problems;
  const base::TemporaryFolder folder;
  const bool is_isolated = manifest->isolation == "process";
  const auto list = is_isolated ? agent::ImportList::isolated : agent::ImportList::in_process;
  problems.append(agent::Store(folder.path()).adopt(*manifest, list).problems());
  return problems;
}

base::Problems check_file(const GlobalOptions& global, const std::filesystem::path& file,
                          std::optional<std::uint64_t> timeout_ms, const agent::Secrets& secrets) {
  using config::FileKind;
  base::Problems other =
      config::expect_kind(file, std::array{FileKind::scenario, FileKind::host, FileKind::chain,
                                           FileKind::experiment, FileKind::manifest});
  if (other.has_errors()) return other;
  auto document = base::JsonDocument::load(file);
  if (!document) return document.problems();
  switch (config::file_kind(document->root())) {
    case FileKind::manifest:
      return check_manifest(file);
    case FileKind::chain:
      return config::check_chain(*document);
    case FileKind::experiment:
      return backtest::check_experiment({file, global.agent_folders, {}});
    case FileKind::host:
      return check_host(global, file, timeout_ms, secrets);
    default:
      break;
  }
  return backtest::check_backtest({file, {}, global.agent_folders, {}},
                                  timeout_ms.value_or(agent::probe_timeout_ms_default));
}

}  // namespace

int run_backtest_command(const GlobalOptions& global, const BacktestArguments& arguments) {
  backtest::BacktestOptions options{arguments.config, {}, global.agent_folders, arguments.out};
  const base::Problems bad = read_overrides(arguments.set, options.overrides);
  if (bad.has_errors()) {
    print_refusal(bad, arguments.json);
    return exit_invalid_input;
  }
  if (!arguments.from.empty())
    options.overrides.push_back({"/data/from", base::quote(arguments.from), "--from"});
  if (!arguments.to.empty()) options.overrides.push_back({"/data/to", base::quote(arguments.to), "--to"});
  const RunWitness witness;
  RunProgress progress("backtest");
  auto outcome =
      backtest::run_backtest(options, [&](std::size_t done, std::size_t total) { progress(done, total); });
  progress.finish();
  if (!outcome) {
    print_refusal(outcome.problems(), arguments.json);
    return exit_invalid_input;
  }
  print_problems(outcome->warnings);
  if (arguments.json) {
    print_json(report::to_json(outcome->result));
    return exit_fine;
  }
  print_text(report::summary_table(outcome->result));
  if (!outcome->folder.empty()) {
    std::printf("\nReport:  %s\n", shown(outcome->folder / "report.html").c_str());
    std::printf("Explain: cadre explain %s ORDER   (orders are in %s)\n", shown(outcome->folder).c_str(),
                shown(outcome->folder / "orders.csv").c_str());
  }
  return exit_fine;
}

int run_check_command(const GlobalOptions& global, const CheckArguments& arguments) {
  base::Problems problems;
  const agent::Secrets secrets(secrets_folder(arguments.secrets));
  for (const auto& file : arguments.files)
    problems.append(check_file(global, file, arguments.probe_timeout_ms, secrets));
  if (arguments.json) {
    print_json(boost::json::serialize(base::to_json(problems)));
  } else {
    print_problems(problems);
    std::size_t errors = 0;
    for (const base::Problem& p : problems)
      errors += p.severity == base::Severity::error ? 1 : 0;
    const std::size_t warnings = problems.size() - errors;
    std::printf("%zu file%s checked: %zu error%s, %zu warning%s\n", arguments.files.size(),
                arguments.files.size() == 1 ? "" : "s", errors, errors == 1 ? "" : "s", warnings,
                warnings == 1 ? "" : "s");
  }
  return problems.has_errors() ? exit_invalid_input : exit_fine;
}

int run_replay_command(const GlobalOptions& global, const ReplayArguments& arguments) {
  backtest::ReplayOptions options{arguments.run, {}, {}};
  const base::Problems bad = read_overrides(arguments.set, options.overrides);
  if (bad.has_errors()) {
    print_refusal(bad, arguments.json);
    return exit_invalid_input;
  }
  options.agent_folders = global.agent_folders;
  const RunWitness witness;
  RunProgress progress("replay");
  auto outcome =
      backtest::replay_run(options, [&](std::size_t done, std::size_t total) { progress(done, total); });
  progress.finish();
  if (!outcome) {
    print_refusal(outcome.problems(), arguments.json);
    return exit_invalid_input;
  }
  print_problems(outcome.problems());
  if (arguments.json) {
    const boost::json::object object{{"identical", outcome->identical},
                                     {"orders", outcome->orders},
                                     {"recorded_orders", outcome->recorded_orders},
                                     {"order_hash", outcome->order_hash},
                                     {"recorded_hash", outcome->recorded_hash},
                                     {"hash_was_compared", outcome->hash_was_compared},
                                     {"first_difference", outcome->first_difference}};
    print_json(boost::json::serialize(object));
  } else if (outcome->identical) {
    std::printf("%s orders, identical to the bit\norder hash %s\n",
                report::with_thousands(outcome->orders).c_str(), outcome->order_hash.c_str());
    if (!outcome->recorded_hash.empty() && !outcome->hash_was_compared)
      std::printf("the run's own hash is that of journal format %u and was not compared\n",
                  outcome->recorded_format);
  } else {
    std::printf("different: %s\n%s orders now, %s in the run\n", outcome->first_difference.c_str(),
                report::with_thousands(outcome->orders).c_str(),
                report::with_thousands(outcome->recorded_orders).c_str());
  }
  return outcome->identical ? exit_fine : exit_difference;
}

}  // namespace cadre::app
