#pragma once

#include <cstdint>
#include <string>

#include "host/control/operation.hpp"
#include "host/live/answer.hpp"

namespace cadre::control {

/// A running host as those see it who watch and change it. Every function may be called from any thread.
class HostControl {
 public:
  virtual ~HostControl() = default;

  /// Why inputs are not taken or decisions not made, in a sentence; empty when they are.
  virtual std::string why_not_ready() const = 0;
  /// In the text format of Prometheus.
  virtual std::string metrics() const = 0;
  /// What became of the socket at which operators reach it: a sentence about why nobody can connect there, or
  /// empty once it is listened at again.
  virtual void socket_changed(const std::string& /*why*/) {}
  /// Does one of operations(). May block until it is done.
  virtual live::Answer run(const Operation& operation, const Call& call) = 0;

  /// Events with an id above `after` that are still remembered, then the new ones. Before them, where some
  /// above `after` are gone, an event `events_missed` that says which. 0: all that are remembered, without a
  /// word of others. The number ends it.
  virtual std::uint64_t listen(std::uint64_t after, live::EventListener listener) = 0;
  virtual void stop_listening(std::uint64_t number) = 0;
};

}  // namespace cadre::control
