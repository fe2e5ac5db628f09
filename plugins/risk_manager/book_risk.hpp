#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "cadre/quant/risk_measures.hpp"
#include "groups.hpp"

namespace cadre::risk_manager {

enum class VarMethod { historical, normal };
enum class PositionRisk { component, standalone, share_of_variance };

struct Settings {
  double max_portfolio_risk = 0.15;  ///< annualised volatility
  double max_position_risk = 0.05;   ///< in the unit of `position_risk`
  PositionRisk position_risk = PositionRisk::component;
  double var_limit = 0.02;  ///< share of equity
  double var_confidence = 0.95;
  double var_horizon = 1.0;  ///< periods
  std::int64_t var_lookback = 252;
  VarMethod var_method = VarMethod::historical;
  double adjustment_speed = 0.1;  ///< share of the held book's excess removed per decision, for soft limits
  bool hard = true;
};

struct Figures {
  double volatility = 0.0;  ///< annualised
  double value_at_risk = 0.0;
  double expected_shortfall = 0.0;
};

/// What the risk of a book is computed from. Row r of the returns is period r, the newest last.
struct Market {
  const double* covariance = nullptr;  ///< n x n, lower triangle, per period
  std::int64_t covariance_stride = 0;
  const double* returns = nullptr;  ///< rows x n
  std::int64_t returns_rows = 0;
  std::int64_t returns_stride = 0;
  double periods_per_year = 252.0;
  const Groups* groups = nullptr;
};

/// Means by group and of all.
class Means {
 public:
  void resize(std::size_t groups) {
    sum_.assign(groups, 0.0);
    count_.assign(groups, 0);
  }
  void clear();
  void add(std::int32_t group, double value) {
    if (group >= 0) {
      sum_[static_cast<std::size_t>(group)] += value;
      ++count_[static_cast<std::size_t>(group)];
    }
    sum_of_all_ += value;
    ++all_;
  }
  bool any() const { return all_ > 0; }
  /// Of the group where it has anything, else of all; there has to be one.
  double of(std::int32_t group) const;

 private:
  std::vector<double> sum_;
  std::vector<std::int64_t> count_;
  double sum_of_all_ = 0.0;
  std::int64_t all_ = 0;
};

/// The risk of one book of n instruments, of which only those that are held are looked at: what is not known
/// of an instrument with weight zero spoils no figure.
///
/// What is not known of one that is held comes from the others of its group, or, where they do not have it
/// either, from all: in a row of returns their mean, for a variance and a correlation the mean of those that
/// have one. A row in which nobody has a return is left out.
class BookRisk {
 public:
  /// Sizes everything for n instruments. Allocates when n or the look-back grows.
  void resize(std::int64_t instruments, std::int64_t var_lookback);

  enum class Gap { none, covariance, returns };
  /// Gathers what is held (weight not zero). A gap: nobody has a variance, or a return in the look-back.
  /// no-alloc
  Gap gather(const Market& market, std::span<const double> weight, const Settings& settings);

  /// The figures of the gathered book. A covariance that is put together from pairs may say that a book's
  /// variance is below zero; the volatility is then that of the series of returns, shared among the positions
  /// by their own variances. no-alloc
  Figures figures(const Settings& settings);

  /// How many returns of held positions were filled in, of how many that the figures rest on.
  std::int64_t filled_returns() const { return fills_; }
  std::int64_t all_returns() const { return held_ * periods_; }

  /// Of held position k, the risk that the settings speak of, never below zero; valid after figures. no-alloc
  double position_risk(std::int64_t k, const Settings& settings) const;
  /// Annualised, signed; the components of all positions add up to the volatility.
  double component(std::int64_t k) const { return component_[static_cast<std::size_t>(k)]; }
  std::int64_t held() const { return held_; }
  std::int64_t instrument(std::int64_t k) const { return index_[static_cast<std::size_t>(k)]; }

  /// What shrink aims at: the limits themselves. no-alloc
  void aim_at_limits(const Settings& settings);
  /// What shrink aims at, when the gathered book is the one that is held and the limits are soft: of what it
  /// has above a limit, the share `adjustment_speed` goes. Valid after figures. no-alloc
  void aim_at_ceilings(const Settings& settings, const Figures& held);

  /// Moves the weights of the gathered book down to what is aimed at, towards zero only: first single
  /// positions, then the whole book. Shares of variance add up to 1: with fewer than 1 / max_position_risk
  /// positions no book is inside that limit, and positions are not cut for it. no-alloc
  void shrink(const Settings& settings);
  /// The factor that shrink gave position k, in [0, 1].
  double factor(std::int64_t k) const {
    const auto i = static_cast<std::size_t>(k);
    return weight_[i] / original_[i];
  }

 private:
  bool cut_positions(const Settings& settings);
  double position_ceiling(std::int64_t k) const {
    return position_ceiling_[static_cast<std::size_t>(instrument(k))];
  }
  void scale_all(double factor);

  bool copy_covariance();
  bool fill_covariance();
  void compute_series();
  void fill_series();
  double return_or_mean(const double* row, std::int64_t instrument, double of_all);
  void take_volatility_of_series();

  Market market_;  // of the gathered book: lives as long as the call
  std::int64_t held_ = 0;
  std::int64_t lookback_ = 0;
  std::int64_t periods_ = 0;  // rows of the look-back in which anybody has a return
  std::int64_t fills_ = 0;
  double periods_per_year_ = 252.0;
  double volatility_ = 0.0;  // annualised
  std::vector<std::int64_t> index_;
  std::vector<double> weight_;
  std::vector<double> original_;
  std::vector<double> covariance_;  // held x held, lower triangle
  std::vector<double> component_;
  std::vector<double> series_;  // what the weights would have earned in every period
  bool series_is_current_ = false;
  std::vector<double> sorted_;
  Means variance_;
  Means correlation_;
  std::vector<double> inverse_sigma_;  // of every instrument; zero where it has no variance
  double volatility_ceiling_ = 0.0;
  double var_ceiling_ = 0.0;
  std::vector<double> position_ceiling_;  // [n]
};

}  // namespace cadre::risk_manager
