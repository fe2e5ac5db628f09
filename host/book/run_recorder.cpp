#include "host/book/run_recorder.hpp"

#include <algorithm>
#include <cmath>

#include "host/book/moment.hpp"
#include "host/book/state_commands.hpp"
#include "host/chain/waterfall.hpp"
#include "host/config/instrument_table.hpp"
#include "host/execution/held_exposure.hpp"
#include "host/model/bar.hpp"
#include "host/model/order.hpp"

namespace cadre::book {

RunRecorder::RunRecorder(const Book& book, const std::vector<std::string>& data_instruments,
                         const config::InstrumentDefaults& instruments, double cost_rate)
    : book_(book), cost_rate_(cost_rate) {
  series_.instruments = data_instruments;
  counts_.initial_equity = book.ledger().portfolio().initial_cash();
  last_forecast_ = active_forecast_ = std::nan("");
  last_close_.assign(data_instruments.size(), std::nan(""));
  const std::vector<std::string> traded = config::traded_instruments(instruments, data_instruments);
  for (const std::string& id : data_instruments)
    is_traded_.push_back(std::binary_search(traded.begin(), traded.end(), id) ? 1 : 0);
}

void RunRecorder::on_revision(std::uint64_t, const journal::RevisionRecord& record) {
  counts_.revision = record.revision;
  for (const std::string& stage : record.stages) {
    if (std::find(series_.stages.begin(), series_.stages.end(), stage) == series_.stages.end())
      series_.stages.push_back(stage);
  }
}

void RunRecorder::on_bar(std::uint64_t, const model::Bar& bar) {
  // What was decided at the last bar executes in this one: from here on its forecast is the holdings'.
  is_intraday_ = bar.is_intraday();
  // A value at risk is of sessions: what happens in one bar is no test of it.
  active_forecast_ = is_intraday_ ? std::nan("") : last_forecast_;
  traded_ = 0;
  stage_change_.clear();
  for (std::size_t c = 0; c < last_close_.size(); ++c) {
    if (bar.valid[c] != 0) last_close_[c] = static_cast<double>(bar.close_e9[c]) * 1e-9;
  }
  if (!is_covered(book_.ledger(), bar) && thin_.bars++ == 0)
    thin_.first = {bar.date, is_intraday_ ? bar.time_ns : 0};
  follow_benchmark(bar);
}

void RunRecorder::follow_benchmark(const model::Bar& bar) {
  const bool decided = series_.first_decision < series_.dates.size() && counts_.decisions > 0;
  if (!decided || benchmark_bought_) return;
  // Bought at the first bar after the first decision, like the strategy's first orders, with the same costs;
  // fractions are allowed.
  benchmark_bought_ = true;
  double names = 0;
  for (std::size_t c = 0; c < is_traded_.size(); ++c)
    names += bar.valid[c] != 0 ? is_traded_[c] : 0;
  benchmark_units_.assign(last_close_.size(), 0);
  const double each = counts_.initial_equity.to_double() / names;
  for (std::size_t c = 0; c < last_close_.size(); ++c) {
    if (bar.valid[c] != 0 && is_traded_[c] != 0)
      benchmark_units_[c] = each / (last_close_[c] * (1 + cost_rate_));
  }
}

void RunRecorder::on_report(std::uint64_t, const cadre_execution_report& report) {
  if (report.status == CADRE_ORDER_EXPIRED) ++counts_.expired_orders;
  if (!counts_.count_report(report.quantity_e9)) return;
  const model::Instrument& about = book_.ledger().universe().instruments[report.instrument];
  const auto quantity = base::Quantity::from_raw(report.quantity_e9);
  const auto price = base::Price::from_raw(report.price_e9);
  traded_ += base::notional(price, quantity, about.multiplier).value_or(base::Money{}).to_double();
  fills_.push_back({moment_of(book_.ledger()), std::string(model::id_text(report.client_id)), about.id,
                    std::string(model::side_name(report.side)), quantity, price,
                    base::Money::from_raw(report.fees_e6), base::Money::from_raw(report.spread_cost_e6)});
}

void RunRecorder::on_observe_failure(std::uint64_t, const chain::ObserveFailure& failure) {
  Failed& failed = failed_events_[failure.stage];
  if (failed.decisions++ == 0) failed = {1, book_.ledger().date(), "", failure.reason};
}

void RunRecorder::on_command(std::uint64_t, const journal::CommandRecord& command) {
  treated_.push_back(command);
  const auto change = state_change_of(command);
  if (!change || change->state == execution::TradingState::active) return;
  if (change->code == execution::TradingStates::margin_breach && counts_.first_margin_breach == 0)
    counts_.first_margin_breach = command.date;
  if (change->code == execution::TradingStates::ruin && counts_.ruined_on == 0)
    counts_.ruined_on = command.date;
}

void RunRecorder::count_filled(const journal::DecisionRecord& record) {
  for (const cadre_limit_use& use : record.limits) {
    if (model::id_text(use.name) != journal::filled_returns) continue;
    if (filled_.decisions++ == 0) filled_.first_date = record.date;
    if (use.value / use.limit > filled_.most / filled_.of) {
      filled_.most = use.value;
      filled_.of = use.limit;
    }
    return;
  }
}

void RunRecorder::on_decision(std::uint64_t, const chain::Decision& decision) {
  counts_.count_decision();
  if (counts_.decisions == 1) series_.first_decision = series_.dates.size();
  const journal::DecisionRecord& record = decision.record;
  last_forecast_ = record.value_at_risk;
  failures_ += record.failures.empty() ? 0 : 1;
  for (const journal::StageFailure& failure : record.failures) {
    Failed& failed = failed_[failure.instance];
    if (failed.decisions++ == 0) failed = {1, record.date, failure.policy, failure.reason};
  }
  cuts_ += record.cut_factor < 1 ? 1 : 0;
  count_filled(record);

  const double equity = record.equity.to_double();
  const auto names = chain::effect_names(book_.chain());
  stage_change_.assign(series_.stages.size(), 0);
  std::vector<double> before(record.price_e9.size());
  for (std::size_t i = 0; i < before.size(); ++i) {
    const double units = static_cast<double>(record.position_e9[i] + record.working_e9[i]) * 1e-9;
    before[i] = units * static_cast<double>(record.price_e9[i]) * 1e-9 *
                book_.ledger().universe().instruments[i].multiplier.to_double() / equity;
  }
  for (std::size_t k = 0; k < record.stages.size(); ++k) {
    double change = 0;
    for (std::size_t i = 0; i < before.size(); ++i) {
      change += std::fabs(record.stages[k].target[i] - before[i]);
      before[i] = record.stages[k].target[i];
    }
    const auto column = std::find(series_.stages.begin(), series_.stages.end(), names[k]);
    stage_change_[static_cast<std::size_t>(column - series_.stages.begin())] += change;
  }
}

void RunRecorder::count_above() {
  const execution::HeldExposure held =
      execution::held_exposure(book_.ledger().portfolio(), book_.ledger().universe());
  const std::string told = execution::exposure_above(held, book_.chain().constraints);
  if (told.empty()) return;
  if (above_.bars++ == 0) above_.first = moment_of(book_.ledger());
  if (held.gross <= above_.most) return;
  above_.most = held.gross;
  above_.worst = told;
}

void RunRecorder::on_account(std::uint64_t, const journal::AccountRecord& account) {
  if (!series_.dates.empty()) {
    const double before = series_.equity.back();
    series_.holding_return.back() =
        before > 0 ? book_.ledger().last_mark_profit().to_double() / before : std::nan("");
  }
  series_.dates.push_back(account.date);
  series_.equity.push_back(account.equity.to_double());
  series_.cash.push_back(account.cash.to_double());
  series_.forecast_var.push_back(active_forecast_);
  series_.holding_return.push_back(std::nan(""));
  series_.traded.push_back(traded_);
  series_.stage_change.push_back(stage_change_);
  double benchmark = std::nan("");
  if (benchmark_bought_) {
    benchmark = 0;
    for (std::size_t c = 0; c < last_close_.size(); ++c) {
      if (benchmark_units_[c] != 0) benchmark += benchmark_units_[c] * last_close_[c];
    }
  } else if (counts_.decisions > 0) {
    benchmark = counts_.initial_equity.to_double();
  }
  series_.benchmark.push_back(benchmark);

  std::vector<double> weights(series_.instruments.size(), 0);
  const double equity = account.equity.to_double();
  for (std::uint32_t i = 0; i < book_.ledger().universe().size(); ++i) {
    const base::Quantity held = book_.ledger().portfolio().quantity(i);
    if (held.raw() == 0) continue;
    const std::string& id = book_.ledger().universe().instruments[i].id;
    const auto column = std::lower_bound(series_.instruments.begin(), series_.instruments.end(), id);
    weights[static_cast<std::size_t>(column - series_.instruments.begin())] =
        equity > 0 ? book_.ledger().portfolio().value(i).to_double() / equity : 0;
    positions_.push_back({moment_of(book_.ledger()), id, held, book_.ledger().portfolio().price(i),
                          book_.ledger().portfolio().value(i)});
  }
  series_.weights.push_back(std::move(weights));
  std::optional<base::Money> shown;
  if (std::isfinite(benchmark)) shown = base::Money::from_double(benchmark);
  equity_.push_back({moment_of(book_.ledger()), account.equity, account.cash, account.profit, account.costs,
                     shown, account.interest});
  count_above();
  counts_.final_equity = account.equity;
  counts_.costs = account.costs;
  counts_.interest = account.interest;
  counts_.borrow = book_.ledger().portfolio().borrow();
}

void RunRecorder::on_order(std::uint64_t, const chain::DecidedOrder& decided) {
  counts_.count_order(decided.verdict.accepted());
}

}  // namespace cadre::book
