#include "host/market/signal_ids.hpp"

#include <vector>

#include "host/base/codec.hpp"
#include "host/base/hash.hpp"

namespace cadre::market {

namespace {

std::uint64_t checksum_of(const model::ExternalSignal& signal) {
  base::Encoder all;
  all.put(signal.time_ns);
  all.put(std::int32_t{signal.direction});
  all.put(signal.strength);
  all.put(signal.confidence);
  all.put(signal.horizon_days);
  all.put_text(signal.strategy);
  all.put_text(signal.instrument);
  return base::checksum64(all.bytes().data(), all.bytes().size());
}

}  // namespace

SignalIds::Known SignalIds::find(const model::ExternalSignal& signal) const {
  const auto found = said_.find(signal.id);
  if (signal.id.empty() || found == said_.end()) return Known::new_one;
  return found->second.checksum == checksum_of(signal) ? Known::same : Known::other;
}

void SignalIds::add(const model::ExternalSignal& signal, std::uint64_t sequence) {
  if (signal.id.empty()) return;
  const bool is_new = said_.insert_or_assign(signal.id, Said{checksum_of(signal), sequence}).second;
  if (!is_new) return;
  order_.push_back(signal.id);
  if (order_.size() <= most_) return;
  said_.erase(order_.front());
  order_.pop_front();
}

void SignalIds::became(const std::string& id, std::uint64_t sequence) {
  const auto found = said_.find(id);
  if (found != said_.end()) found->second.sequence = sequence;
}

std::uint64_t SignalIds::sequence_of(const std::string& id) const {
  const auto found = said_.find(id);
  return found == said_.end() ? 0 : found->second.sequence;
}

void SignalIds::save(base::Encoder& to, std::uint64_t sequence) const {
  std::vector<const std::string*> ids;
  for (const std::string& id : order_) {
    const auto said = said_.find(id);
    if (said != said_.end() && said->second.sequence != 0 && said->second.sequence <= sequence)
      ids.push_back(&id);
  }
  to.put_count(ids.size());
  for (const std::string* id : ids) {
    const Said& said = said_.at(*id);
    to.put_text(*id);
    to.put(said.checksum);
    to.put(said.sequence);
  }
}

bool SignalIds::load(base::Decoder& from) {
  std::string id;
  for (std::size_t left = from.get_count(20); left != 0 && from.ok(); --left) {
    from.get_text(id);
    Said& said = said_[id];
    from.get(said.checksum);
    from.get(said.sequence);
    order_.push_back(id);
  }
  return from.ok();
}

}  // namespace cadre::market
