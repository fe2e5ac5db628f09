#include "host/book/open_views.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "cadre/event.h"
#include "host/model/order.hpp"

namespace cadre::book {

namespace {

/// Longer horizons than these are followed for so long.
constexpr double bars_most = 100'000;
/// Rows of history that the forecast looks at.
constexpr std::size_t returns_most = 252;

/// The standard deviation of an instrument's newest returns, times the root of the bars.
double forecast(const History& history, std::size_t column, std::uint32_t bars) {
  const std::size_t first = history.rows() > returns_most ? history.rows() - returns_most : 0;
  double sum = 0, squares = 0;
  std::uint32_t count = 0;
  const auto each = [&](auto&& use) {
    for (std::size_t row = first; row < history.rows(); ++row) {
      const double value = history.returns(row)[column];
      if (!std::isnan(value)) use(value);
    }
  };
  each([&](double value) { sum += value, ++count; });
  if (count < CADRE_OUTCOME_RETURNS_MIN) return std::numeric_limits<double>::quiet_NaN();
  const double mean = sum / count;
  each([&](double value) { squares += (value - mean) * (value - mean); });
  const double risk = std::sqrt(squares / (count - 1) * bars);
  return risk > 0 ? risk : std::numeric_limits<double>::quiet_NaN();
}

std::uint32_t index_of(const Ledger& ledger, const std::string& id) {
  const auto& all = ledger.universe().instruments;
  const auto found =
      std::find_if(all.begin(), all.end(), [&](const model::Instrument& about) { return about.id == id; });
  return static_cast<std::uint32_t>(found - all.begin());
}

}  // namespace

bool OpenViews::follows(const cadre_signal& signal) const {
  const std::string_view strategy = model::id_text(signal.strategy);
  return std::any_of(views_.begin(), views_.end(), [&](const View& view) {
    return view.instrument == signal.instrument && view.record.strategy == strategy;
  });
}

const journal::ViewRecord& OpenViews::add(const Ledger& ledger, const cadre_signal& signal) {
  // A trading day is a session.
  const double horizon_bars = signal.horizon_days * bars_per_session(ledger);
  const auto bars = static_cast<std::uint32_t>(std::clamp(std::ceil(horizon_bars), 1.0, bars_most));
  View view;
  view.instrument = signal.instrument;
  view.record = {std::string(model::id_text(signal.strategy)),
                 ledger.universe().instruments[signal.instrument].id,
                 signal.direction * signal.strength,
                 bars,
                 ledger.portfolio().price(signal.instrument).raw(),
                 forecast(ledger.history(), ledger.data_columns()[signal.instrument], bars)};
  views_.push_back(std::move(view));
  return views_.back().record;
}

void OpenViews::retell(const Ledger& ledger, const journal::ViewRecord& record) {
  const std::uint32_t instrument = index_of(ledger, record.instrument);
  if (instrument < ledger.universe().size()) views_.push_back({record, instrument, 0, 0});
}

journal::OutcomeRecord OpenViews::outcome_of(const View& view, const Ledger& ledger) {
  journal::OutcomeRecord record;
  record.instrument = view.record.instrument;
  cadre_outcome& outcome = record.outcome;
  outcome.size = sizeof outcome;
  outcome.instrument = view.instrument;
  outcome.score = view.record.score;
  outcome.weight = view.bars == 0 ? 0 : view.weights / view.bars;
  outcome.realised_return = static_cast<double>(ledger.portfolio().price(view.instrument).raw()) /
                                static_cast<double>(view.record.price_e9) -
                            1;
  outcome.risk = view.record.risk;
  outcome.strategy = model::make_id(view.record.strategy);
  return record;
}

void OpenViews::enter_universe(const Ledger& ledger) {
  for (View& view : views_)
    view.instrument = index_of(ledger, view.record.instrument);
  std::erase_if(views_, [&](const View& view) { return view.instrument >= ledger.universe().size(); });
}

void OpenViews::save(base::Encoder& to) const {
  to.put_count(views_.size());
  for (const View& view : views_) {
    to.put_text(view.record.strategy);
    to.put_text(view.record.instrument);
    to.put(view.record.score);
    to.put(view.record.bars);
    to.put(view.record.price_e9);
    to.put(view.record.risk);
    to.put(view.instrument);
    to.put(view.bars);
    to.put(view.weights);
  }
}

bool OpenViews::load(base::Decoder& from, std::size_t instruments) {
  views_.clear();
  for (std::size_t left = from.get_count(40); left != 0 && from.ok(); --left) {
    View& view = views_.emplace_back();
    from.get_text(view.record.strategy);
    from.get_text(view.record.instrument);
    from.get(view.record.score);
    from.get(view.record.bars);
    from.get(view.record.price_e9);
    from.get(view.record.risk);
    from.get(view.instrument);
    from.get(view.bars);
    from.get(view.weights);
    if (view.instrument >= instruments) return false;
  }
  return from.ok();
}

}  // namespace cadre::book
