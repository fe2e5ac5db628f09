#pragma once

#include <string>
#include <utility>

#include "host/control/host_control.hpp"
#include "host/control/host_parts.hpp"

namespace cadre::control {

/// A running host as operators see it. Reading waits for no change, and halting for none either.
class ControlDesk final : public HostControl {
 public:
  explicit ControlDesk(HostParts& host) : host_(host) {}

  bool ready() const override { return host_.ready; }
  std::string metrics() const override {
    host_.metrics.libraries_retained().set(static_cast<double>(host_.reload->retained_json().size()));
    return host_.metrics.text();
  }
  live::Answer run(const Operation& operation, const Call& call) override {
    return operation.run(host_, call);
  }
  std::uint64_t listen(std::uint64_t after, live::EventListener listener) override {
    return host_.feed.listen(after, std::move(listener));
  }
  void stop_listening(std::uint64_t number) override { host_.feed.stop_listening(number); }

 private:
  HostParts& host_;
};

}  // namespace cadre::control
