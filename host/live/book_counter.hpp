#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <deque>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "host/base/date.hpp"
#include "host/book/book.hpp"
#include "host/book/deadline_missed.hpp"
#include "host/book/journal_facts.hpp"
#include "host/book/listener.hpp"
#include "host/book/state_commands.hpp"
#include "host/chain/waterfall.hpp"
#include "host/live/book_snapshot.hpp"
#include "host/metrics/metrics.hpp"
#include "host/model/tally.hpp"

namespace cadre::live {

/// One decision, for those who look at it later.
struct DecisionSummary {
  std::uint64_t sequence = 0, revision = 0;
  std::int32_t date = 0;
  std::size_t orders = 0;
  std::uint32_t passes = 0;
  double cut_factor = 1, volatility = 0;
  std::vector<std::string> failed;   ///< stages without a usable answer
  std::vector<std::string> reasons;  ///< why, of each of them; may be empty
};

/// Counts what happens, and remembers the newest decisions.
class BookCounter final : public book::BookListener, public model::Tally {
 public:
  explicit BookCounter(metrics::BookMetrics& metrics) : metrics_(metrics) {}
  void on_decision(std::uint64_t sequence, const chain::Decision& decision) override {
    const journal::DecisionRecord& record = decision.record;
    refused_in_a_row_ = refuses_ ? refused_in_a_row_ + 1 : 0;
    refuses_ = false;
    count_decision();
    metrics_.decisions.add();
    DecisionSummary summary{sequence,
                            record.revision,
                            record.date,
                            decision.orders.size(),
                            record.passes,
                            record.cut_factor,
                            record.volatility,
                            {},
                            {}};
    revision_ = record.revision;
    count_time(decision);
    for (const cadre_limit_use& use : record.limits) {
      // Names are an agent's: there may be as many as anybody can look at.
      const std::string name = limit_name(use);
      if (limit_use.size() >= limits_shown_most && !limit_use.contains(name)) continue;
      double& most = limit_use[name];
      most = std::max(most, use.limit > 0 ? use.value / use.limit : 0);
    }
    for (const journal::StageFailure& failure : record.failures) {
      remember(failure.instance, record.date, "decide", failure.status, failure.reason);
      summary.failed.push_back(failure.instance);
      summary.reasons.push_back(failure.reason);
    }
    for (const cadre_limit_use& bound : record.bound_by)
      count_bound(bound);
    newest.push_back(std::move(summary));
    if (newest.size() > remembered_decisions) newest.pop_front();
    is_new = true;
  }
  void on_observe_failure(std::uint64_t, const chain::ObserveFailure& failure) override {
    // One that was replaced decides nothing: it is told of once, and its stage's failures are not its.
    if (failure.replaced && !replaced_told_.insert(failure.stage).second) return;
    if (!failure.replaced) remember(failure.stage, date_, "observe", failure.status, failure.reason);
    missed.push_back(failure);
  }
  void on_revision(std::uint64_t, const journal::RevisionRecord& record) override {
    revision_ = record.revision;
  }
  void on_bar(std::uint64_t, const model::Bar& bar) override {
    date_ = bar.date;
    ++bars;
  }
  void on_command(std::uint64_t, const journal::CommandRecord& command) override {
    if (command.kind == book::deadline_missed)
      ++deadline_misses[command.reason.substr(0, command.reason.find(':'))];
    if (command.kind == book::agent_quarantined)
      quarantined.push_back(command.reason.substr(0, command.reason.find(':')));
    if (command.kind == book::prices_ended) ended_prices.push_back(command.reason);
    if (const auto change = book::state_change_of(command); change && !change->code.empty())
      broken_limits.push_back(*change);
  }
  void on_order(std::uint64_t, const chain::DecidedOrder& decided) override {
    count_order(decided.verdict.accepted());
    if (!decided.verdict.accepted()) {
      for (const std::string& code : execution::failed_codes(decided.verdict))
        ++rejected[code];
      refuses_ = true;
      last_refused_for_ = execution::failed_codes(decided.verdict).front();
    }
    metrics_.order(decided.verdict.accepted() ? metrics::Judged::accepted : metrics::Judged::rejected).add();
  }
  void on_report(std::uint64_t, const cadre_execution_report& report) override {
    metrics_.input(metrics::Input::report).add();
    if (count_report(report.quantity_e9)) metrics_.fills.add();
  }

  void on_report_ignored(const cadre_execution_report& report) override {
    ++ignored_reports;
    ignored.push_back(report);
  }

  book::FailuresByStage failures;
  std::map<std::string, std::uint64_t> deadline_misses;  ///< by stage
  std::vector<chain::ObserveFailure> missed;             ///< of which nobody was told
  std::vector<std::string> ended_prices;  ///< sentences about positions whose prices ended, not told yet
  std::vector<execution::StateChange> broken_limits;  ///< of which nobody was told
  std::vector<std::string> quarantined;               ///< stages, of which nobody was told
  std::uint64_t ignored_reports = 0;            ///< that contradict their orders, since the host was started
  std::vector<cadre_execution_report> ignored;  ///< of which nobody was told
  /// That orders are refused again and again, in a sentence; empty: they are not.
  std::string refusals() const {
    constexpr std::uint64_t most = 2;  // a third decision in a row is no accident
    if (refused_in_a_row_ <= most) return {};
    return "orders were refused behind each of the last " + std::to_string(refused_in_a_row_) +
           " decisions, the last for " + last_refused_for_;
  }

  std::deque<DecisionSummary> newest;
  std::map<std::string, std::uint64_t, std::less<>> stage_ticks;  ///< of deciding calls, by stage
  std::map<std::string, std::uint64_t> rejected;                  ///< orders, by the check that failed
  std::map<std::string, std::uint64_t>
      fitted;  ///< decisions of instruments, or of all, by the limit that made orders smaller
  std::map<std::string, double> limit_use;  ///< the greatest share since it was cleared
  std::uint64_t bars = 0;
  bool is_new = false;  ///< a decision that nobody was told of

 private:
  /// A pre-trade check for which an order was made smaller, or all of a decision were.
  void count_bound(const cadre_limit_use& bound) {
    const std::string name = limit_name(bound);
    const bool is_shown = fitted.size() < limits_shown_most || fitted.contains(name);
    if (is_shown && execution::bounds_sizes(name)) ++fitted[name];
  }
  static std::string limit_name(const cadre_limit_use& use) {
    return {use.name.text, ::strnlen(use.name.text, sizeof use.name.text)};
  }
  void count_time(const chain::Decision& decision) {
    for (std::size_t k = 1; k < decision.stamps.size(); ++k) {
      const std::string_view stage = decision.stamped[k];
      if (stage.empty()) continue;
      auto found = stage_ticks.find(stage);
      if (found == stage_ticks.end()) found = stage_ticks.emplace(stage, 0).first;
      found->second += decision.stamps[k] - decision.stamps[k - 1];
    }
  }
  void remember(const std::string& stage, std::int32_t date, const char* call, cadre_status status,
                const std::string& reason) {
    book::count_failure(failures, stage, date, call, status, reason, revision_);
  }

  static constexpr std::size_t remembered_decisions = 256, limits_shown_most = 64;

  metrics::BookMetrics& metrics_;
  bool refuses_ = false;                ///< an order behind the newest decision
  std::uint64_t refused_in_a_row_ = 0;  ///< decisions, up to the one before, with a refused order
  std::string last_refused_for_;        ///< the check
  std::int32_t date_ = 0;               ///< of the last bar
  std::uint64_t revision_ = 0;          ///< that it runs under
  std::set<std::string> replaced_told_;
};

}  // namespace cadre::live
