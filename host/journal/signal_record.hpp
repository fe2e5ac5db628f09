#pragma once

#include <cstdint>

#include "host/journal/records.hpp"
#include "host/model/signal.hpp"

namespace cadre::journal {

/// A signal from outside as agents see it and the journal keeps it. `instrument`: its index in the universe.
SignalRecord record_of(const model::ExternalSignal& signal, std::uint32_t instrument);

/// The same signal as it came from outside.
model::ExternalSignal signal_of(const SignalRecord& record);

}  // namespace cadre::journal
