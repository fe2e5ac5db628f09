#pragma once

#include <Eigen/Core>
#include <cstdint>
#include <span>
#include <vector>

#include "cadre/quant/covariance.hpp"
#include "host/config/scenario_config.hpp"
#include "host/execution/pre_trade_gate.hpp"
#include "host/journal/records.hpp"
#include "host/model/bar.hpp"
#include "host/model/portfolio.hpp"

namespace cadre::bench {

/// The demo chain as one would write it for itself: no plugins, no chain, no state for others to read, no
/// record of why; the mathematics of cadre::quant on plain vectors.
///
/// Every check that the host makes of a decision is in it: finite numbers and portfolio constraints after
/// sizing and after the correlation step; risk in the loop, again after correlation, and again on whole lots;
/// no increase beyond max(limit, what is held); room in the exposure limits; the pre-trade checks (the host's
/// own gate); the books in fixed point, with both identities after every bar that traded. Not in it, because
/// nobody would read them: reports of limits, components of risk per name, correlations of pairs, reasons.
class HardWired {
 public:
  HardWired(const config::ScenarioConfig& config, const model::Universe& universe);

  /// Takes over a bar: marks, windows, covariance.
  void take_market(const model::Bar& bar);
  void decide();
  /// Fills the orders of the decision at its prices: only the booking.
  void fill();

  const model::Portfolio& portfolio() const { return portfolio_; }
  std::size_t orders() const { return orders_.size(); }

 private:
  struct Figures {
    double volatility, value_at_risk, highest_position;
  };
  void size();
  Figures analyze(std::span<const double> weight);
  bool is_inside(const Figures& figures) const;
  bool is_inside_or_no_worse(std::span<const double> weight);
  void shrink(std::vector<double>& weight);
  void keep_limits(std::vector<double>& weight);
  void uncorrelate();
  void skip_small_resizes();
  bool is_above_limit();
  void trim_for_exposure();
  void trim_for_risk();
  enum class Standing { inside, no_worse, above };
  bool changes_whole();
  Standing stands_after(double factor, bool sales_up);
  void round_to_lots(bool sales_up);
  bool keeps_constraints(std::span<const double> weight) const;
  bool has_room() const;
  void make_orders();

  const config::ScenarioConfig& config_;
  const model::Universe& universe_;
  std::size_t n_;
  model::Portfolio portfolio_;
  execution::PreTradeGate gate_;
  quant::RollingCovariance covariance_;
  std::vector<double> closes_, returns_;  ///< mirrored rings of window_ + 1 rows
  std::size_t rows_ = 0;
  std::vector<double> current_, target_, desired_, wanted_, rounded_, row_;
  std::vector<std::int64_t> need_e9_, price_e9_;
  std::vector<std::uint8_t> traded_, above_;
  std::vector<std::size_t> drifts_;
  std::int32_t date_ = 0;
  Eigen::VectorXd score_, factors_, gathered_weight_, component_, series_;
  std::vector<std::int64_t> held_;
  std::vector<double> held_covariance_, sorted_, workspace_;
  std::vector<cadre_order> orders_;
};

}  // namespace cadre::bench
