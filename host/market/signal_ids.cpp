#include "host/market/signal_ids.hpp"

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

}  // namespace cadre::market
