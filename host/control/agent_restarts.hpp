#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <mutex>
#include <string>
#include <thread>

#include "host/book/too_often.hpp"
#include "host/control/host_parts.hpp"

namespace cadre::control {

/// Whether one that does well is restarted too, or only one whose process is gone.
enum class Restarted { any, lost };

/// Puts a fresh instance in the place of a stage's agent (book::AgentRestart). It is made on this thread and
/// shown there what it has missed, where the book does not wait for it. Errors: STAGE_UNKNOWN,
/// AGENT_QUARANTINED, ENVIRONMENT_RESTART, BOOK_WITHOUT_CHECKPOINT, and those of AgentRestart; the book goes
/// on as it was then. Between two changes. [control-thread]
live::Answer restart_agent(HostParts& host, live::BookRunner& runner, const std::string& stage,
                           const live::Mandate& mandate, Restarted which = Restarted::any);

/// Restarts agents whose process is gone, where their stage's on_error is "reset": on a thread of its own, as
/// soon as their book has quarantined them. One that is lost too often stays so, for a person to look at.
class AgentRestarts {
 public:
  /// Begins to listen. The host has to outlive it.
  explicit AgentRestarts(HostParts& host);
  /// Waits for the restart that is under way.
  ~AgentRestarts();
  /// Begins no other one, and waits for nothing. [any-thread]
  void end();
  AgentRestarts(const AgentRestarts&) = delete;
  AgentRestarts& operator=(const AgentRestarts&) = delete;

 private:
  struct Lost {
    std::string book, stage, why;
    std::uint64_t bar = 0;
  };

  void hear(const std::string& event);
  void run();
  void restart(const Lost& lost);
  void say_not_restarted(const Lost& lost, const std::string& why);

  HostParts& host_;
  book::TooOften losses_;
  std::uint64_t listener_ = 0;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Lost> lost_;
  bool ends_ = false;
  std::thread thread_;
};

}  // namespace cadre::control
