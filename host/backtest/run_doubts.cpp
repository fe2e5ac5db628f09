#include "host/backtest/run_doubts.hpp"

#include <algorithm>
#include <map>
#include <set>

#include "host/base/date.hpp"
#include "host/base/text.hpp"
#include "host/book/state_commands.hpp"
#include "host/execution/pre_trade_gate.hpp"
#include "host/report/table.hpp"

namespace cadre::backtest {

namespace {

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
  std::erase_if(times, [](const auto& entry) {
    return entry.first.first == book::trading_state_command || entry.first.first == book::prices_ended;
  });
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
    {execution::TradingStates::prices_end, "RUN_HALTED", "/book/on_prices_end",
     "the run did not trade from then on: hold or settle such positions, or end the universe of the name "
     "before"},
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

void warn_of_fitted(const PreparedRun& run, const RunRecords& records, base::Problems& doubts) {
  std::vector<std::string> checks;
  for (const report::UnexecutedRow& row : records.opportunities.rows()) {
    if (execution::bounds_sizes(row.reason))
      checks.push_back(row.reason + " " + report::with_thousands(row.times) +
                       (row.times == 1 ? " time, " : " times, first ") + row.first_instrument +
                       (row.first.time_ns != 0 ? " at " : " on ") + report::to_text(row.first));
  }
  if (checks.empty()) return;
  doubts.warning(
      "RUN_ORDERS_FITTED", run.config->document.place("/pre_trade_checks"),
      "the pre-trade checks made orders smaller or kept them back: " + base::join(checks, "; "),
      "unexecuted.csv says what that cost, `cadre explain` what was wanted of an order; change the "
      "limits here or in /chain/constraints, or size smaller");
}

void warn_of_exposure(const PreparedRun& run, const book::RunRecorder& recorder, base::Problems& doubts) {
  const book::RunRecorder::Above& above = recorder.above();
  if (above.bars == 0) return;
  doubts.warning("RUN_EXPOSURE_ABOVE", run.config->document.place("/chain/constraints"),
                 "at the end of " + std::to_string(above.bars) + (above.bars == 1 ? " bar" : " bars") +
                     ", first " + (above.first.time_ns != 0 ? "at " : "on ") + report::to_text(above.first) +
                     ", the book held more than it may, at most " + above.worst +
                     ": purchases were filled and the sales beside them not, or prices moved",
                 "send market orders, or bound what fills may do on the way with interim_net");
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

/// Positions whose prices ended while they were held; their instruments.
std::set<std::string> warn_of_ended_prices(const PreparedRun& run, const book::RunRecorder& recorder,
                                           base::Problems& doubts) {
  std::set<std::string> told;
  for (const journal::CommandRecord& command : recorder.treated()) {
    if (command.kind != book::prices_ended) continue;
    told.insert(command.reason.substr(0, command.reason.find(' ')));
    doubts.warning("RUN_PRICES_END", run.config->document.place("/book/on_prices_end"),
                   "on " + base::format_date(command.date) + " " + command.reason,
                   "let its universe end before its prices do, or add the price it was settled at");
  }
  return told;
}

/// What is held at the end and has no price any more is worth what it last was, which may be long ago.
void warn_of_unpriced(const PreparedRun& run, const book::Ledger& ledger, const std::set<std::string>& told,
                      base::Problems& doubts) {
  const market::PriceHistory& prices = run.prices;
  const model::Portfolio& portfolio = ledger.portfolio();
  for (std::uint32_t i = 0; i < portfolio.size(); ++i) {
    const std::string& id = ledger.universe().instruments[i].id;
    const auto at = std::lower_bound(prices.instruments.begin(), prices.instruments.end(), id);
    if (portfolio.quantity(i).raw() == 0 || told.contains(id) || at == prices.instruments.end() || *at != id)
      continue;
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

}  // namespace

base::Problems doubts_about(const PreparedRun& run, const ScenarioRun& scenario_run,
                            const RunRecords& records) {
  const book::RunRecorder& recorder = records.run;
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
  warn_of_fitted(run, records, doubts);
  warn_of_exposure(run, recorder, doubts);
  warn_of_thin(run, recorder, doubts);
  const std::set<std::string> told = warn_of_ended_prices(run, recorder, doubts);
  warn_of_unpriced(run, scenario_run.book().ledger(), told, doubts);
  for (const auto& [instance, failed] : recorder.failed_events()) {
    doubts.warning("RUN_AGENT_MISSED_EVENTS", config::place_of_instance(*run.config, instance),
                   instance + " could not take in " + std::to_string(failed.decisions) +
                       (failed.decisions == 1 ? " event, on " : " events, first on ") +
                       base::format_date(failed.first_date) + because(failed.reason),
                   "what it knows may be wrong from then on");
  }
  return doubts;
}

}  // namespace cadre::backtest
