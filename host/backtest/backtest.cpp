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
#include "host/backtest/run_doubts.hpp"
#include "host/base/date.hpp"
#include "host/base/file.hpp"
#include "host/base/temporary_folder.hpp"
#include "host/base/ticks.hpp"
#include "host/book/journal_listener.hpp"
#include "host/book/order_hash.hpp"
#include "host/book/run_head.hpp"
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
  if (run.config->book.credit_rate == 0)
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
                            const ScenarioRun& scenario_run, const RunRecords& records,
                            const report::RunResult& result, const base::Problems& warnings) {
  const book::RunRecorder& recorder = records.run;
  base::Problems problems;
  problems.append(report::write_result(folder, result));
  problems.append(report::write_orders(folder, records.orders.orders()));
  problems.append(report::write_parents(folder, records.orders.parents()));
  problems.append(report::write_unexecuted(folder, records.opportunities.rows()));
  problems.append(report::write_fills(folder, recorder.fills()));
  problems.append(report::write_equity(folder, recorder.equity()));
  problems.append(report::write_positions(folder, recorder.positions()));
  report::PageInput page;
  page.title = run.config->name;
  page.result = result;
  page.series = recorder.series();
  page.unexecuted = records.opportunities.rows();
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
  RunRecords records{
      {scenario_run.book(), run.prices.instruments, run.config->instruments, cost_rate(*run.config)},
      book::OrderRecorder(scenario_run.book()),
      book::OpportunityRecorder(scenario_run.book())};
  book::OrderHash hash;
  scenario_run.book().listen(&records.run);
  scenario_run.book().listen(&records.orders);
  scenario_run.book().listen(&records.opportunities);
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

  report::RunCounts& counts = records.run.counts();
  counts.wall_seconds = static_cast<double>(base::monotonic_ns() - start_ns) * 1e-9;
  counts.order_hash = hash.hex();
  counts.credit_rate = run.config->book.credit_rate;
  for (const report::UnexecutedRow& row : records.opportunities.rows())
    counts.opportunity_cost += row.opportunity_cost;
  problems.append(doubts_about(run, scenario_run, records));
  const report::RunResult result =
      report::summarise(records.run.series(), counts, run.config->data.periods_per_year);
  if (writes) {
    journal_listener->write(
        journal::RecordType::end, scenario_run.book().ledger().sequence(),
        journal::EndRecord{counts.decisions, counts.orders, counts.fills, counts.order_hash});
    problems.append(journal->close());
    problems.append(write_folder(folder.path(), options.out, run, scenario_run, records, result, problems));
    if (problems.has_errors()) return problems;
    problems.append(folder.commit());
    if (problems.has_errors()) return problems;
  }
  return BacktestOutcome{result, options.out, problems};
}

}  // namespace cadre::backtest
