#include "host/book/market_source.hpp"

#include <algorithm>

#include "host/base/date.hpp"
#include "host/journal/signal_record.hpp"
#include "host/model/bar.hpp"
#include "host/model/signal.hpp"

namespace cadre::book {

namespace {

template <class T>
void copy_row(const std::vector<T>& matrix, std::size_t row, std::size_t columns, std::vector<T>& out) {
  if (matrix.empty()) {
    out.clear();
    return;
  }
  out.assign(matrix.begin() + static_cast<std::ptrdiff_t>(row * columns),
             matrix.begin() + static_cast<std::ptrdiff_t>((row + 1) * columns));
}

/// A bar without any quote has no columns of them, as one that is posted.
void copy_quotes(const std::vector<std::int64_t>& bids, const std::vector<std::int64_t>& asks,
                 std::size_t row, std::size_t columns, std::vector<std::int64_t>& bid,
                 std::vector<std::int64_t>& ask) {
  copy_row(bids, row, columns, bid);
  copy_row(asks, row, columns, ask);
  const auto is_quote = [](std::int64_t price_e9) { return price_e9 != 0; };
  if (std::any_of(bid.begin(), bid.end(), is_quote) || std::any_of(ask.begin(), ask.end(), is_quote)) return;
  bid.clear();
  ask.clear();
}

}  // namespace

bool HistorySource::next(model::Bar& bar, std::vector<model::ExternalSignal>& signals) {
  if (row_ == history_.rows()) return false;
  const std::size_t n = history_.columns();
  bar.date = history_.dates[row_];
  const bool has_times = !history_.times_ns.empty();
  bar.time_ns = has_times ? history_.times_ns[row_] : base::close_time_ns(bar.date);
  bar.ends_session = has_times && history_.ends_session[row_] != 0;
  bar.period_ns = history_.period_ns;
  bar.has_intraday = !history_.closes_only();
  bar.has_volume = history_.has_volume();
  copy_row(history_.open_e9, row_, n, bar.open_e9);
  copy_row(history_.high_e9, row_, n, bar.high_e9);
  copy_row(history_.low_e9, row_, n, bar.low_e9);
  copy_row(history_.close_e9, row_, n, bar.close_e9);
  copy_row(history_.volume, row_, n, bar.volume);
  copy_row(history_.valid, row_, n, bar.valid);
  copy_quotes(history_.bid_e9, history_.ask_e9, row_, n, bar.bid_e9, bar.ask_e9);
  copy_quotes(history_.opening_bid_e9, history_.opening_ask_e9, row_, n, bar.opening_bid_e9,
              bar.opening_ask_e9);
  ++row_;
  signals.clear();
  while (signal_ < signals_.size() && signals_[signal_].time_ns <= bar.time_ns)
    signals.push_back(signals_[signal_++]);
  return true;
}

base::Result<JournalSource> JournalSource::open(const std::filesystem::path& journal,
                                                std::vector<std::string> instruments) {
  auto reader = journal::JournalReader::open(journal);
  if (!reader) return reader.problems();
  JournalSource source;
  source.instruments_ = std::move(instruments);
  base::Problems problems;
  while (const auto record = reader->next()) {
    base::Decoder from(record->payload);
    if (record->type == journal::RecordType::bar) {
      model::Bar bar;
      if (!journal::decode(from, bar, record->format) || bar.close_e9.size() != source.instruments_.size()) {
        problems.error("JOURNAL_BAD_RECORD", base::Place::of(journal),
                       "the bar with sequence " + std::to_string(record->sequence) + " cannot be read", "");
        return problems;
      }
      source.bars_.push_back(std::move(bar));
      source.signals_.emplace_back();
    } else if (record->type == journal::RecordType::signal) {
      journal::SignalRecord signal;
      if (!decode(from, signal, record->format) || source.bars_.empty()) {
        problems.error("JOURNAL_BAD_RECORD", base::Place::of(journal),
                       "the signal with sequence " + std::to_string(record->sequence) + " cannot be read",
                       "");
        return problems;
      }
      source.signals_.back().push_back(journal::signal_of(signal));
    }
  }
  if (reader->problems().has_errors()) return reader->problems();
  return {std::move(source), reader->problems()};
}

bool JournalSource::next(model::Bar& bar, std::vector<model::ExternalSignal>& signals) {
  if (row_ == bars_.size()) return false;
  bar = bars_[row_];
  signals = signals_[row_];
  ++row_;
  return true;
}

}  // namespace cadre::book
