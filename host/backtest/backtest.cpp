#include "host/backtest/backtest.hpp"

#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <boost/json.hpp>
#include <cmath>

#include "host/backtest/prepared_run.hpp"
#include "host/base/date.hpp"
#include "host/base/file.hpp"
#include "host/base/temporary_folder.hpp"
#include "host/base/ticks.hpp"
#include "host/book/journal_listener.hpp"
#include "host/book/order_hash.hpp"
#include "host/book/order_recorder.hpp"
#include "host/book/run_head.hpp"
#include "host/book/run_recorder.hpp"
#include "host/book/state_commands.hpp"
#include "host/report/page.hpp"
#include "host/report/run_folder.hpp"

namespace cadre::backtest {

namespace fs = std::filesystem;

namespace {

/// What the benchmark pays: what the environment's settings call commission and half-spread, where it has
/// them.
double cost_rate(const config::ScenarioConfig& config) {
  double rate = 0;
  for (const char* key : {"commission_bp", "half_spread_bp"}) {
    const boost::json::value* value = config.execution_environment.config.as_object().if_contains(key);
    if (value != nullptr && value->is_number()) rate += value->to_number<double>() * 1e-4;
  }
  return rate;
}

/// The folder a run is written into: beside its final place, so that the old one stays until the new one is
/// whole. A lock on it keeps a second run away; that of a run that was killed is free again.
class RunFolder {
 public:
  base::Problems open(const fs::path& out) {
    base::Problems problems;
    std::error_code error;
    out_ = out.has_filename() ? out : out.parent_path();  // "runs/demo/" is runs/demo
    if (fs::exists(out_, error) && !fs::exists(out_ / "journal", error) &&
        !(fs::is_directory(out_, error) && fs::is_empty(out_, error))) {
      problems.error("OUT_NOT_A_RUN", base::Place::of(out), "exists and is not a run folder",
                     "name another --out, or remove it yourself");
      return problems;
    }
    fs::path partial = out_;
    partial += ".partial";
    fs::create_directories(partial, error);
    if (!error && !lock(partial)) {
      problems.error("OUT_IN_USE", base::Place::of(out), "another run is being written there",
                     "wait for it, or name another --out");
      return problems;
    }
    if (!error) {
      partial_ = partial;
      for (const fs::directory_entry& left : fs::directory_iterator(partial, error))
        fs::remove_all(left, error);
    }
    if (error)
      problems.error("OUT_NOT_WRITABLE", base::Place::of(partial),
                     "cannot make this folder: " + error.message());
    return problems;
  }
  base::Problems commit() {
    base::Problems problems;
    std::error_code error;
    // In one step where the file system can: whoever looks, also after a power cut, sees one run or the
    // other.
    const bool exchanged = fs::exists(out_, error) && renameat2(AT_FDCWD, partial_.c_str(), AT_FDCWD,
                                                                out_.c_str(), RENAME_EXCHANGE) == 0;
    if (exchanged) {
      fs::remove_all(partial_, error);
      error.clear();  // the new run is there; what is left of the old one goes with the next
    } else {
      fs::remove_all(out_, error);
      fs::rename(partial_, out_, error);
    }
    if (error)
      problems.error("OUT_NOT_WRITABLE", base::Place::of(out_),
                     "cannot replace this folder: " + error.message(), "the run is in " + partial_.string());
    partial_.clear();
    return problems;
  }
  RunFolder() = default;
  RunFolder(const RunFolder&) = delete;
  RunFolder& operator=(const RunFolder&) = delete;
  ~RunFolder() {
    std::error_code ignored;
    if (!partial_.empty()) fs::remove_all(partial_, ignored);
    if (lock_ >= 0) close(lock_);
  }
  const fs::path& path() const { return partial_; }

 private:
  bool lock(const fs::path& folder) {
    lock_ = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    struct stat locked {};
    struct stat there {};
    // The run that held the lock may have moved its folder into place meanwhile.
    return lock_ >= 0 && flock(lock_, LOCK_EX | LOCK_NB) == 0 && fstat(lock_, &locked) == 0 &&
           stat(folder.c_str(), &there) == 0 && locked.st_ino == there.st_ino;
  }

  fs::path out_;
  fs::path partial_;
  int lock_ = -1;
};

/// The confidence of the VaR that is shown, where a risk manager's settings have one; NaN otherwise.
double var_confidence(const book::RevisionPlan& revisions) {
  for (const chain::PlannedStage& stage : revisions.steps.front().plan.stages) {
    if (stage.instance->role != agent::RoleId::risk_manager) continue;
    const boost::json::value settings = boost::json::parse(stage.settings);
    const boost::json::value* confidence = base::find(settings, "/var_confidence");
    if (confidence != nullptr && confidence->is_number()) return confidence->to_number<double>();
  }
  return std::nan("");
}

std::vector<std::string> notes_of(const PreparedRun& run, const book::RunRecorder& recorder) {
  std::vector<std::string> notes;
  if (!run.config->description.empty()) notes.push_back(run.config->description);
  const config::DataConfig& data = run.config->data;
  notes.push_back("Prices: " + data.prices.file.filename().string() + ", adjustment declared as " +
                  data.prices.adjustment + ".");
  if (run.prices.closes_only())
    notes.push_back(
        "The data have closes only: orders decided at one close fill at the next one; limit fills are "
        "approximate.");
  if (!run.prices.has_volume())
    notes.push_back("Volume is declared as none: checks against volume do not apply.");
  notes.push_back("Cash earns no interest here; read the Sharpe ratio with that in mind.");
  notes.push_back(
      "The benchmark holds all instruments in equal weights from the first decision date on, with the same "
      "cash and costs, in fractions of shares.");
  if (data.timing.is_intraday())
    notes.push_back(
        "Bars are of " + market::format_period(data.timing.period_ns) + ": the figures are of bars, " +
        base::format_double(data.periods_per_year) +
        " a year, the plots of sessions; equity.csv has every bar. A value at risk is of sessions, and "
        "is not tested on bars.");
  if (recorder.cuts() > 0)
    notes.push_back("The final cut reduced increases in " + std::to_string(recorder.cuts()) + " decisions.");
  if (recorder.failures() > 0)
    notes.push_back("In " + std::to_string(recorder.failures()) +
                    " decisions an agent gave no usable answer and its policy applied; see the journal.");
  return notes;
}

base::Problems write_folder(const fs::path& folder, const fs::path& shown_as, const PreparedRun& run,
                            const ScenarioRun& scenario_run, const book::RunRecorder& recorder,
                            const book::OrderRecorder& orders, const report::RunResult& result,
                            const report::RunSeries& series, const base::Problems& warnings) {
  base::Problems problems;
  problems.append(report::write_result(folder, result));
  problems.append(report::write_orders(folder, orders.orders()));
  problems.append(report::write_parents(folder, orders.parents()));
  problems.append(report::write_fills(folder, recorder.fills()));
  problems.append(report::write_equity(folder, recorder.equity()));
  problems.append(report::write_positions(folder, recorder.positions()));
  report::PageInput page;
  page.title = run.config->name;
  page.result = result;
  page.series = series;
  page.var_confidence = var_confidence(run.revisions);
  page.currency = run.config->book.currency;
  page.notes = notes_of(run, recorder);
  for (const base::Problem& warning : warnings)
    page.warnings.push_back(base::to_line(warning));
  for (const auto& plugin : scenario_run.changes().plugins())
    page.plugins.push_back({plugin->id, plugin->version.to_string(), plugin->sha256});
  page.replay_command = "cadre replay " + shown_as.string();
  problems.append(base::write_file_atomically(folder / "report.html", report::run_page(page)));
  return problems;
}

/// ": the agent's own sentence", where it said one.
std::string because(const std::string& reason) {
  return reason.empty() ? std::string() : ": " + reason;
}

/// Agents that were reset or quarantined: once each, with the first time.
void warn_of_treated(const PreparedRun& run, const book::RunRecorder& recorder, base::Problems& doubts) {
  std::map<std::pair<std::string, std::string>, std::uint64_t> times;
  const auto key_of = [](const journal::CommandRecord& command) {
    return std::pair(command.kind, command.reason.substr(0, command.reason.find(':')));
  };
  for (const journal::CommandRecord& command : recorder.treated())
    ++times[key_of(command)];
  std::erase_if(times, [](const auto& entry) { return entry.first.first == book::trading_state_command; });
  for (const journal::CommandRecord& command : recorder.treated()) {
    const auto found = times.find(key_of(command));
    if (found == times.end()) continue;
    const bool reset = command.kind == "agent_reset";
    const std::string& stage = found->first.second;
    doubts.warning(
        reset ? "RUN_AGENT_RESET" : "RUN_AGENT_QUARANTINED", config::place_of_instance(*run.config, stage),
        command.reason + (reset ? "; a fresh instance took its place" : "; it was called no more") +
            (found->second > 1 ? ", the first of " + std::to_string(found->second) + " times" : ""),
        "mend the agent");
    times.erase(found);
  }
}

/// What is said of a limit that led into a trading state.
struct LimitDoubt {
  std::string_view limit;
  const char* code;
  const char* pointer;
  const char* next;
};

constexpr LimitDoubt limit_doubts[] = {
    {execution::TradingStates::daily_loss, "RUN_DAILY_LOSS", "/pre_trade_checks/max_daily_loss", ""},
    {execution::TradingStates::margin_breach, "RUN_MARGIN_BREACH", "/pre_trade_checks/on_margin_breach",
     "hold less, or leave more above the requirement with margin_buffer"},
    {execution::TradingStates::repeated_execution, "RUN_INSTRUMENT_LATCHED",
     "/pre_trade_checks/max_repeated_executions", "is that instrument traded in a loop?"},
    {execution::TradingStates::ruin, "RUN_RUINED", "/book",
     "the figures of the run say what was lost, and no ratio means anything"},
};

/// Limits that led into a trading state: once each, with the first time.
void warn_of_limits(const PreparedRun& run, const book::RunRecorder& recorder, base::Problems& doubts) {
  std::map<std::string, std::vector<const journal::CommandRecord*>> broken;
  for (const journal::CommandRecord& command : recorder.treated()) {
    const auto change = book::state_change_of(command);
    if (change && !change->code.empty() && change->state != execution::TradingState::active)
      broken[change->code + change->scope.instrument].push_back(&command);
  }
  for (const auto& [what, commands] : broken) {
    const auto change = book::state_change_of(*commands.front());
    const auto* doubt = std::find_if(std::begin(limit_doubts), std::end(limit_doubts),
                                     [&](const LimitDoubt& each) { return each.limit == change->code; });
    if (doubt == std::end(limit_doubts)) continue;
    doubts.warning(doubt->code, run.config->document.place(doubt->pointer),
                   change->code + " on " + base::format_date(commands.front()->date) + ": " + change->reason +
                       (commands.size() > 1 ? ", the first of " + std::to_string(commands.size()) + " times"
                                            : std::string()),
                   doubt->next);
  }
}

void warn_of_filled(const PreparedRun& run, const book::RunRecorder& recorder, base::Problems& doubts) {
  const book::RunRecorder::Filled& filled = recorder.filled();
  if (filled.decisions == 0) return;
  doubts.warning("RUN_RETURNS_FILLED", run.config->document.place("/data/prices"),
                 "the value at risk of " + std::to_string(filled.decisions) + " of " +
                     std::to_string(recorder.counts().decisions) +
                     " decisions rests in part on days without a price, first on " +
                     base::format_date(filled.first_date) + ", at most on " +
                     base::format_double(filled.most) + " of " + base::format_double(filled.of) +
                     " returns: they count as the mean of their group on that day",
                 "");
}

void warn_of_fitted(const PreparedRun& run, const book::RunRecorder& recorder, base::Problems& doubts) {
  const book::RunRecorder::Fitted& fitted = recorder.fitted();
  if (fitted.orders == 0) return;
  doubts.warning("RUN_ORDERS_FITTED", run.config->document.place("/pre_trade_checks"),
                 std::to_string(fitted.orders) + (fitted.orders == 1 ? " order was" : " orders were") +
                     " made smaller or not sent, first of " + fitted.first_instrument + " on " +
                     base::format_date(fitted.first_date) + ": the pre-trade checks accept no more",
                 "`cadre explain` says of an order what was wanted; change the limits here or in "
                 "/chain/constraints, or size smaller");
}

void warn_of_thin(const PreparedRun& run, const book::RunRecorder& recorder, base::Problems& doubts) {
  const book::RunRecorder::Thin& thin = recorder.thin();
  if (thin.bars == 0) return;
  doubts.warning("RUN_BARS_THIN", run.config->document.place("/data/prices/min_coverage"),
                 std::to_string(thin.bars) + (thin.bars == 1 ? " bar has" : " bars have") +
                     " prices of too few instruments, first " +
                     (thin.first.time_ns != 0 ? "at " + base::format_time(thin.first.time_ns)
                                              : "on " + base::format_date(thin.first.date)) +
                     ": their decisions only reduced positions",
                 "");
}

/// What is held at the end and has no price any more is worth what it last was, which may be long ago.
void warn_of_unpriced(const PreparedRun& run, const book::Ledger& ledger, base::Problems& doubts) {
  const market::PriceHistory& prices = run.prices;
  const model::Portfolio& portfolio = ledger.portfolio();
  for (std::uint32_t i = 0; i < portfolio.size(); ++i) {
    const std::string& id = ledger.universe().instruments[i].id;
    const auto at = std::lower_bound(prices.instruments.begin(), prices.instruments.end(), id);
    if (portfolio.quantity(i).raw() == 0 || at == prices.instruments.end() || *at != id) continue;
    const auto column = static_cast<std::size_t>(at - prices.instruments.begin());
    std::size_t rows = prices.rows();
    while (rows != 0 && prices.valid[(rows - 1) * prices.columns() + column] == 0)
      --rows;
    if (rows == 0 || rows == prices.rows()) continue;
    doubts.warning("RUN_PRICES_END", run.config->document.place("/data/prices/file"),
                   id + " has no price in the last " + std::to_string(prices.rows() - rows) +
                       " bars, the last one on " + base::format_date(prices.dates[rows - 1]) +
                       ", and is held: its " + portfolio.quantity(i).to_string() + " units count as " +
                       portfolio.value(i).to_string() + " of an equity of " + portfolio.equity().to_string(),
                   "let its universe end before its prices do, or add the price it was settled at");
  }
}

/// What of a run that came to its end is worth a second look.
base::Problems doubts_about(const PreparedRun& run, const ScenarioRun& scenario_run,
                            const book::RunRecorder& recorder) {
  const report::RunCounts& counts = recorder.counts();
  base::Problems doubts;
  if (counts.decisions == 0) {
    doubts.warning("RUN_WITHOUT_DECISIONS", run.config->document.place("/data"),
                   "no decision was made: the agents need more history than there is",
                   "use a longer period or shorter look-backs");
  }
  if (counts.decisions != 0 && counts.orders == counts.rejected_orders) {
    const bool none = counts.orders == 0;
    doubts.warning("RUN_WITHOUT_TRADES", run.config->document.place("/chain"),
                   none ? "no decision led to an order" : "the pre-trade checks rejected every order",
                   none ? "look for the stage that holds the targets back: signals, limits, lots, cash"
                        : "the column reason of orders.csv names the checks");
  }
  if (scenario_run.changes_left() != 0) {
    doubts.warning(
        "RUN_CHANGES_LEFT", run.config->document.place(""),
        std::to_string(scenario_run.changes_left()) +
            " dated changes of the chain or the universe are after the last bar and were not applied");
  }
  if (scenario_run.book().dropped_signals() != 0) {
    doubts.warning("RUN_SIGNALS_DROPPED", run.config->document.place("/data/signals"),
                   std::to_string(scenario_run.book().dropped_signals()) +
                       " signals came for instruments that were not in the universe then");
  }
  for (const auto& [instance, failed] : recorder.failed()) {
    doubts.warning("RUN_AGENT_FAILED", config::place_of_instance(*run.config, instance),
                   instance + " gave no usable answer in " + std::to_string(failed.decisions) + " of " +
                       std::to_string(counts.decisions) + " decisions, first on " +
                       base::format_date(failed.first_date) + because(failed.reason) + "; the policy " +
                       failed.policy + " applied",
                   "");
  }
  warn_of_treated(run, recorder, doubts);
  warn_of_limits(run, recorder, doubts);
  warn_of_filled(run, recorder, doubts);
  warn_of_fitted(run, recorder, doubts);
  warn_of_thin(run, recorder, doubts);
  warn_of_unpriced(run, scenario_run.book().ledger(), doubts);
  for (const auto& [instance, failed] : recorder.failed_events()) {
    doubts.warning("RUN_AGENT_MISSED_EVENTS", config::place_of_instance(*run.config, instance),
                   instance + " could not take in " + std::to_string(failed.decisions) +
                       (failed.decisions == 1 ? " event, on " : " events, first on ") +
                       base::format_date(failed.first_date) + because(failed.reason),
                   "what it knows may be wrong from then on");
  }
  return doubts;
}

}  // namespace

base::Result<BacktestOutcome> run_backtest(const BacktestOptions& options, const ProgressReport& progress) {
  auto prepared = prepare_run(options);
  if (!prepared) return prepared.problems();
  PreparedRun& run = *prepared;
  base::Problems problems = run.warnings;

  const bool writes = !options.out.empty();
  RunFolder folder;
  if (writes) {
    base::Problems refused = folder.open(options.out);
    if (refused.has_errors()) return refused;
  }
  base::TemporaryFolder temporary;
  const agent::Store store(writes ? folder.path() / "plugins" : temporary.path());

  book::HistorySource source(run.prices, run.signals);
  ScenarioRun scenario_run(*run.config, run.revisions, store, source);
  book::RunRecorder recorder(scenario_run.book(), run.prices.instruments, run.config->instruments,
                             cost_rate(*run.config));
  book::OrderHash hash;
  scenario_run.book().listen(&recorder);
  book::OrderRecorder orders(scenario_run.book());
  scenario_run.book().listen(&orders);
  scenario_run.book().listen(&hash);
  std::unique_ptr<journal::JournalWriter> journal;
  std::unique_ptr<book::JournalListener> journal_listener;
  if (writes) {
    auto created = journal::JournalWriter::create(folder.path() / "journal");
    if (!created) return created.problems();
    journal = std::move(created).take();
    journal_listener = std::make_unique<book::JournalListener>(*journal);
    scenario_run.book().listen(journal_listener.get());
    journal_listener->write(
        journal::RecordType::head, 0,
        journal::HeadRecord{book::head_text(*run.config, run.folder, run.prices.instruments,
                                            scenario_run.changes().plugins())});
  }
  problems.append(scenario_run.start());
  if (problems.has_errors()) return problems;
  const std::int64_t start_ns = base::monotonic_ns();
  const std::size_t total = source.expected_bars();
  const base::Problems stopped = scenario_run.run([&](std::size_t done) {
    if (progress) progress(done, total);
  });
  if (stopped.has_errors()) return stopped;

  report::RunCounts& counts = recorder.counts();
  counts.wall_seconds = static_cast<double>(base::monotonic_ns() - start_ns) * 1e-9;
  counts.order_hash = hash.hex();
  problems.append(doubts_about(run, scenario_run, recorder));
  const report::RunResult result =
      report::summarise(recorder.series(), counts, run.config->data.periods_per_year);
  if (writes) {
    journal_listener->write(
        journal::RecordType::end, scenario_run.book().ledger().sequence(),
        journal::EndRecord{counts.decisions, counts.orders, counts.fills, counts.order_hash});
    problems.append(journal->close());
    problems.append(write_folder(folder.path(), options.out, run, scenario_run, recorder, orders, result,
                                 recorder.series(), problems));
    if (problems.has_errors()) return problems;
    problems.append(folder.commit());
    if (problems.has_errors()) return problems;
  }
  return BacktestOutcome{result, options.out, problems};
}

}  // namespace cadre::backtest
