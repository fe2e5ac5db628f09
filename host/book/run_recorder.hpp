#pragma once

#include <map>
#include <string>
#include <vector>

#include "host/book/book.hpp"
#include "host/book/listener.hpp"
#include "host/model/bar.hpp"
#include "host/report/run_folder.hpp"
#include "host/report/run_series.hpp"

namespace cadre::book {

/// Collects what the report shows of a run.
class RunRecorder final : public BookListener {
 public:
  /// `cost_rate`: share of the notional that the benchmark pays for its purchase.
  RunRecorder(const Book& book, const std::vector<std::string>& data_instruments,
              const config::InstrumentDefaults& instruments, double cost_rate);

  void on_revision(std::uint64_t sequence, const journal::RevisionRecord& record) override;
  void on_bar(std::uint64_t sequence, const model::Bar& record) override;
  void on_report(std::uint64_t sequence, const cadre_execution_report& report) override;
  void on_observe_failure(std::uint64_t sequence, const chain::ObserveFailure& failure) override;
  void on_command(std::uint64_t sequence, const journal::CommandRecord& command) override;
  void on_decision(std::uint64_t sequence, const chain::Decision& decision) override;
  void on_order(std::uint64_t sequence, const chain::DecidedOrder& decided) override;
  void on_account(std::uint64_t sequence, const journal::AccountRecord& record) override;

  report::RunSeries& series() { return series_; }
  const report::RunSeries& series() const { return series_; }
  report::RunCounts& counts() { return counts_; }
  const report::RunCounts& counts() const { return counts_; }
  const std::vector<report::FillRow>& fills() const { return fills_; }
  const std::vector<report::EquityRow>& equity() const { return equity_; }
  const std::vector<report::PositionRow>& positions() const { return positions_; }
  /// Decisions in which some stage gave no usable answer.
  std::uint64_t failures() const { return failures_; }
  /// What became of one instance that gave no usable answer.
  struct Failed {
    std::uint64_t decisions = 0;
    std::int32_t first_date = 0;
    std::string policy;
    std::string reason;  ///< of the first time; may be empty
  };
  const std::map<std::string, Failed>& failed() const { return failed_; }
  /// Instances that could not take in events; `decisions` counts the events.
  const std::map<std::string, Failed>& failed_events() const { return failed_events_; }
  /// Agents that were reset or quarantined.
  const std::vector<journal::CommandRecord>& treated() const { return treated_; }
  std::uint64_t cuts() const { return cuts_; }
  /// Decisions whose value at risk rests on returns that were filled in, for there was no price.
  struct Filled {
    std::uint64_t decisions = 0;
    std::int32_t first_date = 0;
    double most = 0, of = 1;  ///< returns of the decision with the largest share, and all that it looked at
  };
  const Filled& filled() const { return filled_; }
  /// Bars with prices of too few instruments.
  struct Thin {
    std::uint64_t bars = 0;
    report::When first{};
  };
  const Thin& thin() const { return thin_; }
  /// Bars at whose end the book was far above an exposure that it may have.
  struct Above {
    std::uint64_t bars = 0;
    report::When first{};
    double most = 0;    ///< gross exposure
    std::string worst;  ///< in a sentence
  };
  const Above& above() const { return above_; }

 private:
  void follow_benchmark(const model::Bar& bar);
  void count_above();
  void count_filled(const journal::DecisionRecord& record);

  const Book& book_;
  double cost_rate_;
  report::RunSeries series_;
  report::RunCounts counts_;
  std::vector<report::FillRow> fills_;
  std::vector<report::EquityRow> equity_;
  std::vector<report::PositionRow> positions_;
  std::vector<double> benchmark_units_;
  std::vector<std::uint8_t> is_traded_;  ///< per instrument of the data; the benchmark buys no index
  std::vector<double> last_close_;
  bool is_intraday_ = false;  ///< bars are several a session
  bool benchmark_bought_ = false;
  double last_forecast_ = 0;    ///< of the last decision
  double active_forecast_ = 0;  ///< of the decision whose orders the holdings came from
  double traded_ = 0;
  std::vector<double> stage_change_;
  std::uint64_t failures_ = 0;
  std::map<std::string, Failed> failed_, failed_events_;  ///< by instance
  std::vector<journal::CommandRecord> treated_;
  std::uint64_t cuts_ = 0;
  Filled filled_;
  Thin thin_;
  Above above_;
};

}  // namespace cadre::book
