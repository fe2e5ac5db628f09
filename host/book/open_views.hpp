#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "cadre/state.h"
#include "host/book/ledger.hpp"
#include "host/journal/records.hpp"

namespace cadre::book {

/// The views of strategies that are followed until their horizon closes, so that agents can learn from what
/// became of them: one at a time of a strategy on an instrument. [decision-thread]
class OpenViews {
 public:
  /// Begins to follow the views of the decision that was just made, which are told to `began` in the order of
  /// its signals. An instrument without a price has no views.
  template <class Began>
  void begin(const Ledger& ledger, const cadre_execution_state& state, Began&& began) {
    for (std::uint64_t k = 0; k < state.signal_count; ++k) {
      const cadre_signal& signal = *cadre_signal_at(&state, k);
      if (follows(signal) || ledger.portfolio().price(signal.instrument).raw() <= 0) continue;
      began(add(ledger, signal));
    }
  }
  /// One that a journal says was begun.
  void retell(const Ledger& ledger, const journal::ViewRecord& record);

  /// A bar is over: the weights of the book count. What closed with it is told to `closed`, in the order in
  /// which the views were begun.
  template <class Closed>
  void take_bar(const Ledger& ledger, const cadre_execution_state& state, Closed&& closed) {
    for (View& view : views_) {
      view.weights += state.weight[view.instrument];
      ++view.bars;
    }
    close([](const View& view) { return view.bars >= view.record.bars; }, ledger, closed);
  }
  /// An instrument is about to leave the universe.
  template <class Closed>
  void leave(const Ledger& ledger, std::uint32_t instrument, Closed&& closed) {
    close([&](const View& view) { return view.instrument == instrument; }, ledger, closed);
  }
  /// Indices of another universe.
  void enter_universe(const Ledger& ledger);

  bool empty() const { return views_.empty(); }
  void save(base::Encoder& to) const;
  /// False: that is not what save() gave of a universe of so many instruments.
  [[nodiscard]] bool load(base::Decoder& from, std::size_t instruments);

 private:
  struct View {
    journal::ViewRecord record;
    std::uint32_t instrument = 0;
    std::uint32_t bars = 0;
    double weights = 0;  ///< their sum
  };

  template <class IsClosed, class Closed>
  void close(IsClosed&& is_closed, const Ledger& ledger, Closed&& closed) {
    for (std::size_t k = 0; k < views_.size();) {
      if (!is_closed(views_[k])) {
        ++k;
        continue;
      }
      const journal::OutcomeRecord record = outcome_of(views_[k], ledger);
      views_.erase(views_.begin() + static_cast<std::ptrdiff_t>(k));
      closed(record);
    }
  }

  bool follows(const cadre_signal& signal) const;
  const journal::ViewRecord& add(const Ledger& ledger, const cadre_signal& signal);
  static journal::OutcomeRecord outcome_of(const View& view, const Ledger& ledger);

  std::vector<View> views_;
};

}  // namespace cadre::book
