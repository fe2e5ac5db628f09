#include "host/market/taken_bars.hpp"

#include <algorithm>
#include <utility>

#include "host/base/codec.hpp"
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
  return {bar.date, base::checksum64(all.bytes().data(), all.bytes().size()), bar.close_e9};
}

void TakenBars::add(Mark mark) {
  checksums_[mark.date] = mark.checksum;
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

void TakenBars::forget(std::int32_t date, const model::Bar& last) {
  const bool was_newest = date == newest();
  checksums_.erase(date);
  if (!was_newest) return;
  closes_e9_ = last.close_e9;
  if (!moves_.empty() && moves_.front().date == date) moves_.clear();
}

bool TakenBars::has(const model::Bar& bar) const {
  const auto found = checksums_.find(bar.date);
  return found != checksums_.end() && found->second == mark_of(bar).checksum;
}

}  // namespace cadre::market
