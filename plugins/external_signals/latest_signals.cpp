#include "latest_signals.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <string>
#include <utility>

namespace cadre::external_signals {

namespace {

constexpr std::size_t max_entries = 65536;
constexpr double trading_days_per_year = 252.0;

// By strategy, then instrument.
int compare(const cadre_signal& a, const cadre_signal& b) {
  const int order = sdk::view_of(a.strategy).compare(sdk::view_of(b.strategy));
  if (order != 0) return order;
  return a.instrument < b.instrument ? -1 : a.instrument > b.instrument;
}

bool is_before(const LatestSignals::Entry& a, const LatestSignals::Entry& b) {
  return compare(a.signal, b.signal) < 0;
}

bool is_valid(const cadre_signal& signal, std::uint32_t instrument_count) {
  const std::size_t length = sdk::view_of(signal.strategy).size();
  return length > 0 && length <= CADRE_ID_BYTES_MAX && signal.instrument < instrument_count &&
         signal.direction >= -1 && signal.direction <= 1 && std::isfinite(signal.strength) &&
         signal.strength >= 0.0 && signal.confidence >= 0.0 && signal.confidence <= 1.0 &&
         std::isfinite(signal.horizon_days) && signal.horizon_days > 0.0;
}

constexpr std::size_t entry_bytes = 4 + 4 + 3 * 8 + 8 + 4;  // without its strategy

}  // namespace

void LatestSignals::take(const cadre_signal& given, std::uint32_t instrument_count) {
  Entry entry;
  std::memcpy(&entry.signal, &given, std::min<std::size_t>(given.size, sizeof entry.signal));
  entry.signal.size = sizeof entry.signal;
  entry.signal.reserved = 0;
  if (!is_valid(entry.signal, instrument_count)) throw sdk::Refusal("a signal from outside makes no sense");
  entry.age = entry.signal.time_ns > last_bar_ns_ ? -1 : 0;
  const auto place = std::lower_bound(entries_.begin(), entries_.end(), entry, is_before);
  if (place != entries_.end() && compare(place->signal, entry.signal) == 0) {
    if (entry.signal.time_ns >= place->signal.time_ns) *place = entry;
    return;
  }
  if (entries_.size() == max_entries)
    throw sdk::Refusal("more than " + std::to_string(max_entries) + " signals are alive");
  entries_.insert(place, entry);
}

void LatestSignals::age(std::int64_t time_ns, double periods_per_year) {
  last_bar_ns_ = time_ns;
  const double bars_per_day = periods_per_year / trading_days_per_year;
  std::erase_if(entries_, [&](Entry& entry) {
    // A signal from the future keeps waiting for its first bar.
    if (entry.age < 0 && entry.signal.time_ns > time_ns) return false;
    ++entry.age;
    return entry.age >= entry.signal.horizon_days * bars_per_day;
  });
}

void LatestSignals::change_universe(const cadre_universe_change& change) {
  std::erase_if(entries_, [&](Entry& entry) {
    const std::uint32_t old = entry.signal.instrument;
    if (old >= change.old_count || change.old_to_new[old] == CADRE_GONE) return true;
    entry.signal.instrument = static_cast<std::uint32_t>(change.old_to_new[old]);
    return false;
  });
  std::sort(entries_.begin(), entries_.end(), is_before);
}

void LatestSignals::save(sdk::StateWriter& out) const {
  out.put(last_bar_ns_);
  out.put(static_cast<std::uint32_t>(entries_.size()));
  for (const Entry& entry : entries_) {
    out.put(entry.signal.instrument);
    out.put(entry.signal.direction);
    out.put(entry.signal.strength);
    out.put(entry.signal.confidence);
    out.put(entry.signal.horizon_days);
    out.put(entry.signal.time_ns);
    out.put_id(entry.signal.strategy);
    out.put(entry.age);
  }
}

void LatestSignals::load(sdk::StateReader& in, std::uint32_t schema, std::uint32_t instrument_count) {
  const std::size_t id_bytes = schema == 1 ? 32 : sizeof(cadre_id);
  LatestSignals loaded;
  loaded.last_bar_ns_ = in.get<std::int64_t>();
  const auto count = in.get<std::uint32_t>();
  if (count > max_entries || in.left() != count * (entry_bytes + id_bytes))
    throw sdk::Refusal("saved state has a wrong length");
  loaded.entries_.reserve(count);
  for (std::uint32_t k = 0; k < count; ++k) {
    Entry entry;
    entry.signal.size = sizeof entry.signal;
    entry.signal.instrument = in.get<std::uint32_t>();
    entry.signal.direction = in.get<std::int32_t>();
    entry.signal.strength = in.get<double>();
    entry.signal.confidence = in.get<double>();
    entry.signal.horizon_days = in.get<double>();
    entry.signal.time_ns = in.get<std::int64_t>();
    entry.signal.strategy = in.get_id(id_bytes);
    entry.age = in.get<std::int32_t>();
    const bool ordered = loaded.entries_.empty() || is_before(loaded.entries_.back(), entry);
    if (!is_valid(entry.signal, instrument_count) || entry.age < -1 || !ordered)
      throw sdk::Refusal("a saved signal is not valid");
    loaded.entries_.push_back(entry);
  }
  in.finish();
  *this = std::move(loaded);
}

}  // namespace cadre::external_signals
