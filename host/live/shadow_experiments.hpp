#pragma once

#include "host/agent/store.hpp"
#include "host/live/event_feed.hpp"

namespace cadre::live {

class ShadowExperiments {
 public:
  ShadowExperiments(const agent::Store&, EventFeed&) {}
  void stop_all() {}
};

}  // namespace cadre::live
