#include "observed.hpp"

#include <algorithm>
#include <set>
#include <unordered_map>

namespace cadre::execution_rules {

namespace {

constexpr std::uint64_t magic = 0x3153454c55524543;  // "CERULES1"
constexpr std::size_t bars_most = 100'000;           // of a session

/// Days since 1970-01-01 (Hinnant).
std::int64_t days_of(std::int32_t yyyymmdd) {
  const std::int64_t month = yyyymmdd / 100 % 100, day = yyyymmdd % 100;
  const std::int64_t year = yyyymmdd / 10000 - (month <= 2 ? 1 : 0);
  const std::int64_t of_era = year % 400;
  const std::int64_t of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
  return year / 400 * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

/// The number of the period that a session is in.
std::int64_t period_of(OrderPeriod period, std::int32_t date) {
  switch (period) {
    case OrderPeriod::week:
      return (days_of(date) + 3) / 7;  // weeks begin on Mondays
    case OrderPeriod::month:
      return date / 100;
    default:
      return date;
  }
}

std::int32_t side_of(std::int64_t quantity_e9) {
  return quantity_e9 == 0 ? 0 : quantity_e9 > 0 ? 1 : -1;
}

/// Per instrument of now: its place before, or -1.
std::vector<std::ptrdiff_t> places_before(const std::vector<std::string>& before,
                                          const std::vector<std::string>& now) {
  std::unordered_map<std::string, std::ptrdiff_t> place;
  for (std::size_t i = 0; i < before.size(); ++i)
    place.emplace(before[i], static_cast<std::ptrdiff_t>(i));
  std::vector<std::ptrdiff_t> places;
  places.reserve(now.size());
  for (const std::string& id : now) {
    const auto found = place.find(id);
    places.push_back(found == place.end() ? -1 : found->second);
  }
  return places;
}

template <class Value>
void follow(std::vector<Value>& column, const std::vector<std::ptrdiff_t>& places) {
  std::vector<Value> moved(places.size(), Value{});
  for (std::size_t i = 0; i < places.size(); ++i) {
    if (places[i] >= 0) moved[i] = column[static_cast<std::size_t>(places[i])];
  }
  column = std::move(moved);
}

void follow(Volumes& volumes, const std::vector<std::ptrdiff_t>& places) {
  std::vector<double> moved(volumes.offsets.size() * places.size(), 0);
  for (std::size_t t = 0; t < volumes.offsets.size(); ++t) {
    for (std::size_t i = 0; i < places.size(); ++i) {
      if (places[i] >= 0) moved[t * places.size() + i] = volumes.at(t, static_cast<std::size_t>(places[i]));
    }
  }
  volumes.units = std::move(moved);
  volumes.instruments = places.size();
}

}  // namespace

bool Observed::take(const sdk::State& state, const Settings& settings, bool is_bar) {
  enter_universe(state, settings);
  if (!is_bar) return false;
  const cadre_execution_state& now = state.raw();
  const bool begins_session = now.session_date != date_;
  const std::uint64_t step = settings.min_holding_in == HoldingUnit::bar || begins_session ? 1 : 0;
  for (std::uint32_t i = 0; i < now.instrument_count; ++i) {
    const std::int32_t side = side_of(now.quantity_e9[i]);
    held_[i] = side == 0 ? 0 : (side == side_[i] ? held_[i] : 0) + step;
    side_[i] = side;
  }
  const std::int64_t period = period_of(settings.order_period, now.session_date);
  if (period != period_ || settings.order_period == OrderPeriod::decision)
    orders_before_ = now.execution->orders;
  period_ = period;
  if (begins_session) first_ns_ = now.time_ns;
  date_ = now.session_date;
  return settings.learns() && now.volume.values != nullptr && take_volumes(state, begins_session, settings);
}

std::uint64_t Observed::held(std::uint32_t i, std::int64_t quantity_e9) const {
  return i < side_.size() && side_[i] == side_of(quantity_e9) ? held_[i] : 0;
}

void Observed::enter_universe(const sdk::State& state, const Settings& settings) {
  if (epoch_ == state.raw().universe_epoch) return;
  epoch_ = state.raw().universe_epoch;
  std::vector<std::string> now;
  for (std::uint32_t i = 0; i < state.size(); ++i)
    now.emplace_back(sdk::view_of(state.instrument(i).id));
  const std::vector<std::ptrdiff_t> places = places_before(ids_, now);
  follow(side_, places);
  follow(held_, places);
  for (Session& session : sessions_)
    follow(session.volumes, places);
  ids_ = std::move(now);
  if (!settings.file.empty()) from_file_ = VolumeCurve::of(settings.file.volumes(ids_));
  if (settings.learns()) learn(settings);
}

/// Adds a bar to the session that goes on, or begins the next one.
bool Observed::take_volumes(const sdk::State& state, bool begins_session, const Settings& settings) {
  const cadre_execution_state& now = state.raw();
  bool is_learned = false;
  if (begins_session || sessions_.empty()) {
    // The first one that is seen may be the rest of one.
    if (sessions_.size() == 1 && !is_first_whole_) {
      sessions_.clear();
      is_first_whole_ = true;
    }
    const std::size_t known = sessions();
    sessions_.push_back({now.session_date, {}});
    sessions_.back().volumes.instruments = ids_.size();
    if (sessions() > settings.curve_sessions) sessions_.erase(sessions_.begin());
    learn(settings);
    is_learned = known < settings.curve_sessions && sessions() == settings.curve_sessions;
  }
  Volumes& volumes = sessions_.back().volumes;
  const std::int64_t offset = now.time_ns - first_ns_;
  const bool fits = volumes.offsets.size() < bars_most &&
                    (volumes.offsets.empty() ? offset >= 0 : offset > volumes.offsets.back());
  if (!fits) return is_learned;
  volumes.offsets.push_back(offset);
  for (std::uint32_t i = 0; i < now.instrument_count; ++i) {
    const double units = now.volume.valid[i] != 0 ? now.volume.values[i] : 0;
    volumes.units.push_back(units > 0 ? units : 0);
  }
  return is_learned;
}

/// The mean of the sessions that are over, once there are enough.
void Observed::learn(const Settings& settings) {
  learned_ = {};
  if (sessions() < settings.curve_sessions) return;
  std::set<std::int64_t> times;
  for (std::size_t s = 0; s < sessions(); ++s)
    times.insert(sessions_[s].volumes.offsets.begin(), sessions_[s].volumes.offsets.end());
  Volumes sum;
  sum.instruments = ids_.size();
  sum.offsets.assign(times.begin(), times.end());
  sum.units.assign(sum.offsets.size() * sum.instruments, 0);
  for (std::size_t s = 0; s < sessions(); ++s) {
    const Volumes& session = sessions_[s].volumes;
    std::size_t at = 0;
    for (std::size_t t = 0; t < session.offsets.size(); ++t) {
      while (sum.offsets[at] != session.offsets[t])
        ++at;
      for (std::size_t i = 0; i < sum.instruments; ++i)
        sum.units[at * sum.instruments + i] += session.at(t, i);
    }
  }
  learned_ = VolumeCurve::of(sum);
}

void Observed::save(sdk::StateWriter& out) const {
  out.put(magic);
  out.put(static_cast<std::uint32_t>(ids_.size()));
  for (const std::string& id : ids_)
    out.put_id(sdk::id_of(id));
  for (std::size_t i = 0; i < ids_.size(); ++i) {
    out.put(side_[i]);
    out.put(held_[i]);
  }
  out.put(date_);
  out.put(first_ns_);
  out.put(period_);
  out.put(orders_before_);
  out.put(std::uint8_t{is_first_whole_});
  out.put(static_cast<std::uint32_t>(sessions_.size()));
  for (const Session& session : sessions_) {
    out.put(session.date);
    out.put(static_cast<std::uint32_t>(session.volumes.offsets.size()));
    for (const std::int64_t offset : session.volumes.offsets)
      out.put(offset);
    out.put_numbers(session.volumes.units.data(), session.volumes.units.size());
  }
}

Observed Observed::load(sdk::StateReader& in, const Settings& settings) {
  Observed read;
  const auto need = [](bool holds) {
    if (!holds) throw sdk::Refusal("the saved state of the rules is not valid");
  };
  need(in.get<std::uint64_t>() == magic);
  const std::size_t n = in.get<std::uint32_t>();
  need(n <= in.left() / sizeof(cadre_id));
  for (std::size_t i = 0; i < n; ++i)
    read.ids_.emplace_back(sdk::view_of(in.get_id()));
  for (std::size_t i = 0; i < n; ++i) {
    read.side_.push_back(in.get<std::int32_t>());
    read.held_.push_back(in.get<std::uint64_t>());
    need(read.side_.back() >= -1 && read.side_.back() <= 1);
  }
  read.date_ = in.get<std::int32_t>();
  read.first_ns_ = in.get<std::int64_t>();
  read.period_ = in.get<std::int64_t>();
  read.orders_before_ = in.get<std::uint64_t>();
  const auto whole = in.get<std::uint8_t>();
  need(whole <= 1);
  read.is_first_whole_ = whole != 0;
  for (std::size_t left = in.get<std::uint32_t>(); left != 0; --left) {
    Session session;
    session.date = in.get<std::int32_t>();
    session.volumes.instruments = n;
    const std::size_t bars = in.get<std::uint32_t>();
    need(bars <= bars_most && bars <= in.left() / (sizeof(std::int64_t) + n * sizeof(double)));
    for (std::size_t t = 0; t < bars; ++t) {
      session.volumes.offsets.push_back(in.get<std::int64_t>());
      need(t == 0 ? session.volumes.offsets[0] >= 0
                  : session.volumes.offsets[t] > session.volumes.offsets[t - 1]);
    }
    session.volumes.units.resize(bars * n);
    in.get_numbers(session.volumes.units.data(), session.volumes.units.size());
    for (const double units : session.volumes.units)
      need(units >= 0 && units < 1e300);
    read.sessions_.push_back(std::move(session));
  }
  in.finish();
  // Another number of sessions than it was saved with: the newest ones.
  while (read.sessions() > settings.curve_sessions && settings.learns())
    read.sessions_.erase(read.sessions_.begin());
  if (settings.learns()) read.learn(settings);
  if (!settings.file.empty()) read.from_file_ = VolumeCurve::of(settings.file.volumes(read.ids_));
  return read;
}

}  // namespace cadre::execution_rules
