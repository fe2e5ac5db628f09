#include "host/journal/signal_record.hpp"

#include "host/base/date.hpp"
#include "host/model/order.hpp"

namespace cadre::journal {

SignalRecord record_of(const model::ExternalSignal& signal, std::uint32_t instrument) {
  SignalRecord record;
  record.instrument = signal.instrument;
  record.id = signal.id;
  record.signal = {sizeof(cadre_signal),
                   instrument,
                   signal.direction,
                   0,
                   signal.strength,
                   signal.confidence,
                   signal.horizon_days,
                   signal.time_ns,
                   model::make_id(signal.strategy)};
  return record;
}

model::ExternalSignal signal_of(const SignalRecord& record) {
  const cadre_signal& signal = record.signal;
  return {signal.time_ns,
          base::date_of_time(signal.time_ns),
          std::string(model::id_text(signal.strategy)),
          record.instrument,
          signal.direction,
          signal.strength,
          signal.confidence,
          signal.horizon_days,
          record.id};
}

}  // namespace cadre::journal
