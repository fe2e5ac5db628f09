#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "host/base/date.hpp"
#include "host/experiment/series.hpp"

/// A series of n dates from 1991-01-02 on, one a day; value(i) for i = 0..n-1.
inline cadre::experiment::Series series_of(const std::string& name, cadre::experiment::SeriesKind kind, int n,
                                           const std::function<double(int)>& value) {
  cadre::experiment::Series series{kind, name, {}, {}, {}};
  for (int i = 0; i < n; ++i) {
    series.dates.push_back(cadre::base::date_of_days(cadre::base::days_since_epoch(19910102) + i));
    series.values.push_back(value(i));
  }
  return series;
}

/// -15 to 15, the same for the same i; nearly no autocorrelation.
inline double noise(int i) {
  const int64_t t = i + 1;
  return static_cast<double>((7 * t * t * t + 5 * t) % 31 - 15);
}
