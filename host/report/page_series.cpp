#include "host/report/page_series.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "host/report/page_parts.hpp"

namespace cadre::report {
namespace {

constexpr double nan_value = std::numeric_limits<double>::quiet_NaN();

// The plots' first date: that of the first decision, or of all when there was none.
std::size_t first_plotted(const RunSeries& series) {
  return series.first_decision < series.dates.size() ? series.first_decision : 0;
}

// Shares of equity as whole hundredths of a percent: short, and finer than a pixel.
double as_basis_points(double share) {
  return std::round(share * 1e4) + 0.0;
}

void append_weights(std::string& text, const RunSeries& series) {
  const std::size_t first = first_plotted(series), end = series.dates.size();
  const std::vector<std::size_t> largest = largest_holdings(series, plotted_names_max);
  const auto add = [&](const std::string& name, const auto& weight) {
    text += text.back() == '[' ? "" : ",";
    text += "{\"name\":" + name + ",\"bp\":";
    append_array(text, first, end, 9, weight);
    text += '}';
  };
  const auto held = [&](std::size_t t, std::size_t i) { return series.weights[t][i]; };
  text += "\"weights\":[";
  for (const std::size_t i : largest)
    add(script_string(series.instruments[i]), [&](std::size_t t) { return as_basis_points(held(t, i)); });
  if (largest.size() == plotted_names_max && series.instruments.size() > plotted_names_max) {
    add("\"other\"", [&](std::size_t t) {
      double rest = std::accumulate(series.weights[t].begin(), series.weights[t].end(), 0.0);
      for (const std::size_t i : largest)
        rest -= held(t, i);
      return as_basis_points(rest);
    });
  }
  add("\"cash\"", [&](std::size_t t) { return as_basis_points(series.cash[t] / series.equity[t]); });
  text += ']';
}

void append_changes(std::string& text, const RunSeries& series) {
  const MonthlyChanges changes = monthly_changes(series);
  text += "\"months\":";
  append_array(text, 0, changes.months.size(), 6,
               [&](std::size_t m) { return static_cast<double>(changes.months[m]); });
  text += ",\"stages\":[";
  for (std::size_t s = 0; s < series.stages.size(); ++s) {
    text += (s == 0 ? "{\"name\":" : ",{\"name\":") + script_string(series.stages[s]) + ",\"change\":";
    append_array(text, 0, changes.months.size(), 4, [&](std::size_t m) { return changes.by_stage[s][m]; });
    text += '}';
  }
  text += ']';
}

}  // namespace

std::vector<std::size_t> largest_holdings(const RunSeries& series, std::size_t count) {
  std::vector<double> size(series.instruments.size(), 0.0);
  for (std::size_t t = first_plotted(series); t < series.weights.size(); ++t)
    for (std::size_t i = 0; i < size.size(); ++i)
      if (std::isfinite(series.weights[t][i])) size[i] += std::fabs(series.weights[t][i]);
  std::vector<std::size_t> order(size.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return size[a] > size[b]; });
  const auto held = std::find_if(order.begin(), order.end(), [&](std::size_t i) { return size[i] == 0.0; });
  order.resize(std::min(count, static_cast<std::size_t>(held - order.begin())));
  return order;
}

std::vector<YearReturns> monthly_returns(const RunSeries& series) {
  std::vector<YearReturns> years;
  if (series.first_decision >= series.dates.size()) return years;
  double year_start = series.equity[series.first_decision];
  double benchmark_start = series.benchmark[series.first_decision];
  double month_start = year_start;
  for (std::size_t t = series.first_decision; t < series.dates.size(); ++t) {
    const int32_t month = series.dates[t] / 100;
    if (years.empty() || years.back().year != month / 100) {
      years.push_back({.year = month / 100});
      years.back().months.fill(nan_value);
    }
    const bool is_last = t + 1 == series.dates.size();
    if (!is_last && series.dates[t + 1] / 100 == month) continue;
    years.back().months[static_cast<std::size_t>(month % 100 - 1)] = series.equity[t] / month_start - 1.0;
    month_start = series.equity[t];
    if (!is_last && series.dates[t + 1] / 10'000 == month / 100) continue;
    years.back().strategy = series.equity[t] / year_start - 1.0;
    years.back().benchmark = series.benchmark[t] / benchmark_start - 1.0;
    year_start = series.equity[t];
    benchmark_start = series.benchmark[t];
  }
  return years;
}

MonthlyChanges monthly_changes(const RunSeries& series) {
  MonthlyChanges changes;
  changes.by_stage.resize(series.stages.size());
  for (std::size_t t = first_plotted(series); t < series.dates.size(); ++t) {
    const int32_t month = series.dates[t] / 100;
    if (changes.months.empty() || changes.months.back() != month) {
      changes.months.push_back(month);
      for (auto& sums : changes.by_stage)
        sums.push_back(0.0);
    }
    if (t >= series.stage_change.size()) continue;
    const std::size_t stages = std::min(series.stages.size(), series.stage_change[t].size());
    for (std::size_t s = 0; s < stages; ++s)
      if (std::isfinite(series.stage_change[t][s])) changes.by_stage[s].back() += series.stage_change[t][s];
  }
  return changes;
}

RunSeries by_session(const RunSeries& series) {
  RunSeries sessions;
  sessions.instruments = series.instruments;
  sessions.stages = series.stages;
  double traded = 0;
  std::vector<double> change;
  std::size_t first = 0;
  for (std::size_t t = 0; t < series.dates.size(); ++t) {
    traded += series.traded[t];
    if (t < series.stage_change.size()) {
      change.resize(std::max(change.size(), series.stage_change[t].size()), 0.0);
      for (std::size_t s = 0; s < series.stage_change[t].size(); ++s)
        change[s] += series.stage_change[t][s];
    }
    if (t + 1 < series.dates.size() && series.dates[t + 1] == series.dates[t]) continue;
    if (t < series.first_decision) first = sessions.dates.size() + 1;
    sessions.dates.push_back(series.dates[t]);
    sessions.equity.push_back(series.equity[t]);
    sessions.cash.push_back(series.cash[t]);
    sessions.benchmark.push_back(series.benchmark[t]);
    sessions.forecast_var.push_back(series.forecast_var[t]);
    sessions.holding_return.push_back(series.holding_return[t]);
    if (t < series.weights.size()) sessions.weights.push_back(series.weights[t]);
    sessions.traded.push_back(traded);
    sessions.stage_change.push_back(change);
    traded = 0;
    change.clear();
  }
  sessions.first_decision = first;
  return sessions;
}

std::string plot_data(const RunSeries& series) {
  const std::size_t first = first_plotted(series), end = series.dates.size();
  // A forecast and the return it was for belong to the day on which that return was made.
  const auto a_day_later = [&](const std::vector<double>& column) {
    return [&](std::size_t t) { return t == first ? nan_value : column[t - 1]; };
  };
  std::string text = "{\"dates\":";
  append_array(text, first, end, 8, [&](std::size_t t) { return static_cast<double>(series.dates[t]); });
  text += ",\"equity\":";
  append_array(text, first, end, 9, [&](std::size_t t) { return series.equity[t]; });
  text += ",\"benchmark\":";
  append_array(text, first, end, 9, [&](std::size_t t) { return series.benchmark[t]; });
  text += ",\"forecast\":";
  append_array(text, first, end, 4, a_day_later(series.forecast_var));
  text += ",\"realised\":";
  append_array(text, first, end, 4, a_day_later(series.holding_return));
  text += ',';
  append_weights(text, series);
  text += ',';
  append_changes(text, series);
  return text + "}";
}

}  // namespace cadre::report
