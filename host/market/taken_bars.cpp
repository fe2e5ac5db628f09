#include "host/market/taken_bars.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

#include "host/base/codec.hpp"
#include "host/base/date.hpp"
#include "host/base/hash.hpp"
#include "host/model/bar.hpp"

namespace cadre::market {

TakenBars::Mark TakenBars::mark_of(const model::Bar& bar) {
  base::Encoder all;
  all.put(bar.time_ns);
  all.put(bar.has_intraday);
  all.put(bar.has_volume);
  for (const auto* prices : {&bar.open_e9, &bar.high_e9, &bar.low_e9, &bar.close_e9})
    all.put_array(*prices);
  all.put_array(bar.volume);
  all.put_array(bar.valid);
  for (const auto* quotes : {&bar.bid_e9, &bar.ask_e9, &bar.opening_bid_e9, &bar.opening_ask_e9}) {
    if (!quotes->empty()) all.put_array(*quotes);
  }
  return {bar.time_ns, bar.date, base::checksum64(all.bytes().data(), all.bytes().size()), bar.close_e9};
}

void TakenBars::add(Mark mark) {
  taken_[mark.time_ns] = {mark.date, mark.checksum};
  if (taken_.size() > remembered) taken_.erase(taken_.begin());
  closes_e9_.resize(std::max(closes_e9_.size(), mark.closes_e9.size()), 0);
  for (std::size_t i = 0; i < mark.closes_e9.size(); ++i) {
    if (mark.closes_e9[i] > 0) closes_e9_[i] = mark.closes_e9[i];
  }
  if (!mark.moves.empty()) {
    moves_ = std::move(mark.moves);
    bars_since_ = 0;
  } else if (++bars_since_ >= bars_shown) {
    moves_.clear();
  }
}

void TakenBars::add(const model::Bar& bar) {
  Mark mark = mark_of(bar);
  mark.moves = find_moves(closes_e9_, bar, suspect_move_);
  add(std::move(mark));
}

void TakenBars::forget(const model::Bar& bar, const model::Bar& last) {
  const bool was_newest = bar.time_ns == newest_ns();
  taken_.erase(bar.time_ns);
  if (!was_newest) return;
  closes_e9_ = last.close_e9;
  if (!moves_.empty() && moves_.front().date == bar.date) moves_.clear();
}

bool TakenBars::has(const model::Bar& bar) const {
  const auto found = taken_.find(bar.time_ns);
  return found != taken_.end() && found->second.checksum == mark_of(bar).checksum;
}

void TakenBars::save(base::Encoder& to, std::int64_t time_ns, std::span<const std::int64_t> closes_e9) const {
  const auto end = taken_.upper_bound(time_ns);
  to.put_count(static_cast<std::size_t>(std::distance(taken_.begin(), end)));
  for (auto at = taken_.begin(); at != end; ++at) {
    to.put(at->second.date);
    if (keeps_times_) to.put(at->first);
    to.put(at->second.checksum);
  }
  to.put_array(closes_e9);
  const std::int32_t date = end == taken_.begin() ? 0 : std::prev(end)->second.date;
  const bool are_shown = !moves_.empty() && moves_.front().date <= date;
  to.put_count(are_shown ? moves_.size() : 0);
  for (std::size_t k = 0; are_shown && k < moves_.size(); ++k) {
    to.put<std::uint64_t>(moves_[k].instrument);
    to.put(moves_[k].date);
    to.put_text(moves_[k].field);
    to.put(moves_[k].before_e9);
    to.put(moves_[k].after_e9);
  }
  to.put(std::int32_t{bars_since_});
}

bool TakenBars::load(base::Decoder& from) {
  for (std::size_t left = from.get_count(12); left != 0 && from.ok(); --left) {
    const auto date = from.get<std::int32_t>();
    const auto time_ns = keeps_times_ ? from.get<std::int64_t>() : 0;
    const auto checksum = from.get<std::uint64_t>();
    if (!from.ok() || !base::is_date(date)) return false;
    taken_[keeps_times_ ? time_ns : base::close_time_ns(date)] = {date, checksum};
  }
  from.get_array(closes_e9_);
  std::string field;
  for (std::size_t left = from.get_count(28); left != 0 && from.ok(); --left) {
    SuspectMove& move = moves_.emplace_back();
    move.instrument = from.get<std::uint64_t>();
    from.get(move.date);
    from.get_text(field);
    for (const char* known : {"close", "open", "high", "low"}) {
      if (field == known) move.field = known;
    }
    from.get(move.before_e9);
    from.get(move.after_e9);
    if (move.instrument >= closes_e9_.size()) return false;
  }
  bars_since_ = from.get<std::int32_t>();
  return from.ok();
}

}  // namespace cadre::market
