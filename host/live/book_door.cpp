#include "host/live/book_door.hpp"

#include <cmath>
#include <span>
#include <vector>

namespace cadre::live {

std::string BookDoor::save(const book::Ledger& ledger) {
  std::vector<std::int64_t> closes_e9;
  for (std::size_t column = 0; ledger.bars() != 0 && column < ledger.data_instruments().size(); ++column) {
    const double close = ledger.history().last_close(column);
    closes_e9.push_back(close == close ? std::llround(close * 1e9) : 0);
  }
  base::Encoder to;
  const std::lock_guard lock(mutex);
  bars.save(to, ledger.time_ns(), closes_e9);
  signal_ids.save(to, ledger.sequence());
  return {reinterpret_cast<const char*>(to.bytes().data()), to.bytes().size()};
}

bool BookDoor::load(const std::string& saved) {
  base::Decoder from(std::as_bytes(std::span(saved)));
  const std::lock_guard lock(mutex);
  return bars.load(from) && signal_ids.load(from) && from.finished();
}

}  // namespace cadre::live
