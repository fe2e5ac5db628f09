#pragma once

#include <sys/types.h>

#include <atomic>
#include <cstddef>
#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "host/agent/probe_terms.hpp"
#include "host/agent/process_footprint.hpp"
#include "host/agent/process_output.hpp"
#include "host/base/codec.hpp"
#include "host/base/result.hpp"

namespace cadre::agent {

class CallRing;

/// The child process (cadre-agent-host, which comes with this program) of one isolated agent, or of several
/// of one book that share it. All their libraries are opened when it starts, before its sandbox is sealed:
/// who comes later gets another process. It is in a sandbox (host/agent/sandbox.hpp), and calls go over a
/// CallRing. When it is gone, has not answered ten seconds after a call began, or does not speak the
/// protocol, it is killed with its group, and every later call of any of its agents fails. So is one that is
/// tried (ProbeTerms) when the probe's time is over, or after a call that left something behind. What it
/// writes to its standard output and error goes over a ProcessOutput, and its last lines are part of how it
/// ended. [any-thread]: one call at a time.
class AgentProcess {
 public:
  /// One agent of the process. Places are counted from 0, in the order of start.
  struct Seat {
    std::filesystem::path copy;  ///< the store's, of its library
    std::string agent_id;
    std::string role;
    std::string instance;
    std::string book;
    std::uint64_t seed = 0;
    bool allow_weak_sandbox = false;    ///< the process may do without a bound on files; one is enough
    std::optional<ProbeTerms> probe{};  ///< it is only tried, alone
    std::uint32_t memory_mb = 0;        ///< as its manifest says; 0: it says nothing
  };
  /// What the process says of an agent that it has loaded; or why it has not.
  struct Loaded {
    base::Problems problems;  ///< as they are said of a library in this process
    std::string refusal;      ///< another reason; a sentence
    bool is_there = false;
    std::uint32_t observes = 0;
    std::uint32_t state_schema = 0;
  };
  /// Told when a call turns out to be another agent's than the one it was begun for. [the caller's thread]
  class Listener {
   public:
    virtual ~Listener() = default;
    virtual void in_call_of(std::size_t seat) = 0;
  };

  /// Starts it with all of its agents. That one of them could not be loaded is told in loaded(). Errors:
  /// ISOLATION_START.
  static base::Result<std::shared_ptr<AgentProcess>> start(std::vector<Seat> seats);
  ~AgentProcess();
  AgentProcess(const AgentProcess&) = delete;
  AgentProcess& operator=(const AgentProcess&) = delete;

  const std::vector<Seat>& seats() const { return seats_; }
  const Loaded& loaded(std::size_t seat) const { return loaded_[seat]; }
  pid_t id() const { return process_; }

  /// One call, begun for the agent in a seat. False: there is no reply, and the process is gone. `descriptor`
  /// goes along.
  bool call(std::size_t seat, std::span<const std::byte> request, std::vector<std::byte>& reply,
            int descriptor = -1, Listener* listener = nullptr);
  bool is_gone() const { return gone_.load(std::memory_order_acquire); }
  /// Why it is gone, as it is said to the agent in a seat: "its process is gone: killed by signal 9
  /// (Killed)".
  std::string end_for(std::size_t seat) const;
  /// Values of secrets that its agents are given, by pointer: its output shows none of them.
  void hide(const std::map<std::string, std::string>& secrets) { output_->hide(secrets); }
  /// Ends it, since an answer of the agent in a seat makes no sense.
  void lose(std::size_t seat, std::string how);

 private:
  class Watch;
  AgentProcess();
  base::Problems begin();
  bool begin_probe();
  bool cross(std::size_t seat, std::span<const std::byte> request, std::vector<std::byte>& reply,
             int descriptor, Listener* listener);
  void end_if_left_behind(std::size_t seat, std::span<const std::byte> request);
  std::string in_flight() const;
  void end(std::size_t seat, std::string how);

  std::vector<Seat> seats_;
  std::vector<Loaded> loaded_;
  pid_t process_ = -1;
  int socket_ = -1;
  std::mutex one_call_;
  std::unique_ptr<CallRing> ring_;
  std::unique_ptr<ProcessOutput> output_;
  std::optional<ProcessFootprint> footprint_;  ///< of one that is tried and would enter the host
  std::atomic<bool> gone_{false};
  std::string how_;             ///< how it ended; set before gone_
  std::size_t ended_with_ = 0;  ///< whose call it was; seats_.size(): nobody's
};

}  // namespace cadre::agent
