#pragma once

#include <string>
#include <utility>

#include "host/base/text.hpp"
#include "host/base/told.hpp"
#include "host/control/host_control.hpp"
#include "host/control/host_parts.hpp"

namespace cadre::control {

/// A running host as operators see it. Reading waits for no change, and halting for none either.
class ControlDesk final : public HostControl {
 public:
  explicit ControlDesk(HostParts& host) : host_(host) {}

  std::string why_not_ready() const override { return base::join(not_ready_reasons(host_), "; "); }
  std::string metrics() const override {
    refresh_gauges(host_);
    return host_.metrics.text();
  }
  void socket_changed(const std::string& why) override;
  live::Answer run(const Operation& operation, const Call& call) override;
  std::uint64_t listen(std::uint64_t after, live::EventListener listener) override {
    return host_.feed.listen(after, std::move(listener));
  }
  void stop_listening(std::uint64_t number) override { host_.feed.stop_listening(number); }

 private:
  HostParts& host_;
  base::Told refused_;
};

}  // namespace cadre::control
