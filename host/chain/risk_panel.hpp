#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "cadre/role/risk_manager.h"
#include "host/chain/agent_outputs.hpp"
#include "host/chain/stage.hpp"

namespace cadre::chain {

/// What all risk managers of a chain say of one book.
struct RiskJudgement {
  bool answered = false;    ///< false: some manager gave no valid answer, so nothing may increase
  bool acceptable = false;  ///< inside every limit, or no worse than the book that is held where that counts
  bool inside_limits = false;  ///< inside every limit
  cadre_limit_use binding{};   ///< the limit with the highest value / limit; limit 0: none was listed
};

/// Which limits the book that is held is above, open orders included.
struct CurrentExcess {
  bool of_book = false;                     ///< a limit of the whole book, or a manager that could not say
  std::vector<std::uint8_t> of_instrument;  ///< [n], 1 where a limit of that instrument is exceeded
};

/// Asks all risk managers, checks their answers, and combines them: every one has to agree. Keeps the last
/// reports. [decision-thread]
class RiskPanel {
 public:
  static constexpr std::uint32_t limit_capacity = 64;  ///< per manager; they list the binding ones first

  /// Sizes everything for a universe; nothing is allocated afterwards.
  /// `targets`: the rooms that the targets of adjust() lie in.
  void enter_universe(std::span<const Stage> managers, std::uint32_t instruments, AgentOutputs& targets);

  /// Forgets the decision before. `current`: the weights held, filled and working, of this one; stays.
  void begin_decision(std::span<const double> current);

  /// Judges weights [n] as the loop does: hard limits exactly, soft ones up to their ceilings.
  RiskJudgement analyze(model::StateView& view, std::span<const double> weight, double tolerance);
  /// Judges weights as the final check does: no figure above max(limit, what the book already uses), soft
  /// ones whose managers name a speed again up to their ceilings.
  RiskJudgement analyze_against_current(model::StateView& view, std::span<const double> weight,
                                        double tolerance);
  /// Which limits the book that is held is above. Asked for once per decision.
  const CurrentExcess& excess_of_current(model::StateView& view, double tolerance);
  /// Lets every manager move the targets, given its last report. False: one of them failed, and the targets
  /// are as they were.
  bool adjust(model::StateView& view, cadre_targets& targets);

  /// The last report of the first manager; blank when it gave no valid one.
  const cadre_risk_report& report() const { return latest_.front().report; }
  /// The first manager's report of the last analysis that all of them answered, which agents see: it stays as
  /// it is while the next analysis is written.
  const cadre_risk_report& shown_report() const { return shown_.report; }
  /// The limits that the last reports exceed, as the final check judges them; a manager that says no without
  /// one is told as "not_acceptable".
  void append_exceeded(std::vector<cadre_limit_use>& out, double tolerance) const;
  /// All limits of the last reports.
  void append_limits(std::vector<cadre_limit_use>& out) const;
  /// The stage that failed last, and how; nullptr when none did.
  const Stage* failed_stage() const { return failed_stage_; }
  cadre_status failed_status() const { return failed_status_; }
  /// What was wrong with its answer; empty when it refused by itself.
  const std::string& failed_reason() const { return failed_reason_; }

 private:
  struct Slot {
    cadre_risk_report report{};
    model::OutputBuffer<cadre_limit_use> limits;
    model::OutputBuffer<double> component_risk;

    bool intact() { return static_cast<int>(limits.intact()) & static_cast<int>(component_risk.intact()); }
  };

  void fail(const Stage& stage, cadre_status status, std::string fault);
  bool ask(model::StateView& view, std::span<const double> weight, std::vector<Slot>& slots);
  /// Asks about the weights whose reports are the latest, and shows what comes out.
  bool ask_latest(model::StateView& view, std::span<const double> weight);
  /// Asks about the book that is held, once per decision; false: no valid answer.
  bool ask_current(model::StateView& view);
  enum class Rule { limits, ceilings, no_worse };
  RiskJudgement judge(double tolerance, Rule rule) const;
  /// The largest value that a use of a limit of manager `m` may have.
  double allowed(std::size_t m, const cadre_limit_use& use, double tolerance, Rule rule) const;
  bool has_ceilings() const;

  std::span<const Stage> managers_;
  AgentOutputs* targets_ = nullptr;
  std::vector<Slot> latest_, current_;
  std::span<const double> current_weight_;
  enum class Asked { no, answered, failed } current_asked_ = Asked::no;
  CurrentExcess excess_;
  bool excess_is_known_ = false;
  Slot shown_;
  std::vector<double> before_;
  std::vector<cadre_reason> reasons_before_;
  const Stage* failed_stage_ = nullptr;
  cadre_status failed_status_ = CADRE_OK;
  std::string failed_reason_;
};

}  // namespace cadre::chain
