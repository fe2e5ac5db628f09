#pragma once

#include <chrono>
#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <thread>

#include "host/agent/flight_recorder.hpp"

namespace cadre::app {

/// What a host knows of its agents, for a command that runs them by itself and is read by a person: an agent
/// that ends the process is named by it, and so is one that does not come back. The run waits for it all the
/// same.
class RunWitness {
 public:
  RunWitness();
  ~RunWitness();
  RunWitness(const RunWitness&) = delete;
  RunWitness& operator=(const RunWitness&) = delete;

 private:
  struct Lasting {
    std::uint64_t serial = 0;
    std::chrono::steady_clock::time_point first_seen{};
    bool is_told = false;
  };
  void watch();
  void look();

  std::unique_ptr<agent::FlightRecorder> recorder_;  ///< null: there is no room for its file
  std::map<std::size_t, Lasting> calls_;             ///< by slot
  std::mutex mutex_;
  std::condition_variable ends_;
  bool has_ended_ = false;
  std::thread thread_;
};

}  // namespace cadre::app
