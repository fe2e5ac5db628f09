#include "host/live/taken_bars.hpp"

#include "host/base/hash.hpp"
#include "host/journal/codec.hpp"

namespace cadre::live {

TakenBars::Mark TakenBars::mark_of(const journal::BarRecord& bar) {
  journal::Encoder encoder;
  encode(encoder, bar);
  return {bar.date, base::checksum64(encoder.bytes().data(), encoder.bytes().size())};
}

bool TakenBars::has(const journal::BarRecord& bar) const {
  const auto found = checksums_.find(bar.date);
  return found != checksums_.end() && found->second == mark_of(bar).checksum;
}

}  // namespace cadre::live
