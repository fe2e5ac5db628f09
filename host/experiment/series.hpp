#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "host/base/result.hpp"

namespace cadre::experiment {

enum class SeriesKind {
  equity,  ///< in money, above zero; the first date only starts the first return
  returns  ///< simple, per period, above -1, the period ending at the date
};

/// What one arm of an experiment was worth, one number a date.
struct Series {
  SeriesKind kind = SeriesKind::equity;
  std::string name;            ///< its file, as problems show it
  std::vector<int32_t> dates;  ///< yyyymmdd, each later than the one before
  std::vector<double> values;
  std::vector<uint32_t> lines{};  ///< where in the file each date stands; empty without a file
};

/// The number of a date, behind the others or in the place of one of the same date: of several bars in a
/// session the last one counts.
void note(Series& series, int32_t date, double value);

/// Reads CSV with the columns date and equity, as equity.csv of a run folder, or date and return; other
/// columns are ignored, but beside a column time a date may stand again, and its last row counts. All
/// problems at once, at most 50 in full. Codes: FILE_..., CSV_..., SERIES_BAD_DATE, SERIES_DATE_ORDER,
/// SERIES_BAD_VALUE, SERIES_OUT_OF_RANGE. Warning: SERIES_LOOKS_LIKE_PERCENT.
base::Result<Series> read_series(const std::filesystem::path& path);

}  // namespace cadre::experiment
