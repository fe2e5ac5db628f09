#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "host/journal/journal.hpp"
#include "host/journal/records.hpp"
#include "host/market/price_history.hpp"
#include "host/market/signal_reader.hpp"
#include "host/model/bar.hpp"
#include "host/model/signal.hpp"

namespace cadre::book {

/// Where a loop's inputs come from: one of the three parts in which scenarios differ. Hands out one bar at
/// a time, with the signals that were known by its close, in the order in which they were.
class MarketSource {
 public:
  virtual ~MarketSource() = default;
  /// The instruments of every bar, sorted.
  virtual const std::vector<std::string>& instruments() const = 0;
  /// How many bars there will be; 0 when nobody knows.
  virtual std::size_t expected_bars() const = 0;
  /// The next bar, for all instruments(); false at the end. Valid until the next call.
  virtual bool next(model::Bar& bar, std::vector<model::ExternalSignal>& signals) = 0;
};

/// Bars of a price history, signals of a file.
class HistorySource final : public MarketSource {
 public:
  HistorySource(const market::PriceHistory& history, const std::vector<model::ExternalSignal>& signals)
      : history_(history), signals_(signals) {}
  const std::vector<std::string>& instruments() const override { return history_.instruments; }
  std::size_t expected_bars() const override { return history_.rows(); }
  bool next(model::Bar& bar, std::vector<model::ExternalSignal>& signals) override;

 private:
  const market::PriceHistory& history_;
  const std::vector<model::ExternalSignal>& signals_;
  std::size_t row_ = 0;
  std::size_t signal_ = 0;
};

/// Bars and signals as a journal recorded them: for replay.
class JournalSource final : public MarketSource {
 public:
  /// Reads all inputs of the journal. Errors: those of the reader; JOURNAL_BAD_RECORD.
  static base::Result<JournalSource> open(const std::filesystem::path& journal,
                                          std::vector<std::string> instruments);
  const std::vector<std::string>& instruments() const override { return instruments_; }
  std::size_t expected_bars() const override { return bars_.size(); }
  bool next(model::Bar& bar, std::vector<model::ExternalSignal>& signals) override;

 private:
  std::vector<std::string> instruments_;
  std::vector<model::Bar> bars_;
  std::vector<std::vector<model::ExternalSignal>> signals_;  ///< per bar
  std::size_t row_ = 0;
};

}  // namespace cadre::book
