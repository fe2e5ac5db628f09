#include "host/market/taken_bars.hpp"

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
  return {bar.date, base::checksum64(all.bytes().data(), all.bytes().size())};
}

bool TakenBars::has(const model::Bar& bar) const {
  const auto found = checksums_.find(bar.date);
  return found != checksums_.end() && found->second == mark_of(bar).checksum;
}

}  // namespace cadre::market
