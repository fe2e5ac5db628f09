#include "host/agent/agent_process.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include "host/agent/call_ring.hpp"
#include "host/agent/isolated_protocol.hpp"
#include "host/agent/process_use.hpp"
#include "host/agent/sandbox.hpp"
#include "host/base/json.hpp"
#include "host/base/log.hpp"
#include "host/base/program_files.hpp"
#include "host/base/text.hpp"

namespace cadre::agent {

namespace {

constexpr std::chrono::seconds call_time_most{10};
// Longer than what a host does between two calls of a decision, shorter than anybody would call busy.
constexpr std::uint32_t child_spin_us = 50;
// As long as most calls take; a call that takes longer can bear to be woken up from.
constexpr std::uint32_t host_spin_us = 50;

/// Processes of agents that are alive: each may look for its next call only while each can have a processor.
std::atomic<int> processes_alive{0};

int processors() {
  static const int count = [] {
    cpu_set_t set;
    return sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : 1;
  }();
  return count;
}

std::filesystem::path helper_program() {
  return base::beside_program("cadre-agent-host");
}

base::Problems refuse(std::string message, std::string next) {
  base::Problems problems;
  problems.error("ISOLATION_START", base::Place::of(helper_program()), std::move(message), std::move(next));
  return problems;
}

/// Starts the child in a session of its own, with its descriptors (agent_server.hpp) and one for what it
/// writes; nothing else of this process goes along: no descriptors, no environment, no signals. Returns an
/// errno.
int spawn(const std::string& book, int output, std::array<int, 3> given, pid_t& process) {
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&actions, output, STDERR_FILENO);
  // From beyond where they go, so that none lands on another one.
  std::array<int, 3> beyond{};
  for (std::size_t k = 0; k < given.size(); ++k) {
    beyond[k] = fcntl(given[k], F_DUPFD_CLOEXEC, 16);
    posix_spawn_file_actions_adddup2(&actions, beyond[k], first_descriptor + static_cast<int>(k));
  }
  posix_spawn_file_actions_addclosefrom_np(&actions, first_descriptor + static_cast<int>(given.size()));
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  sigset_t all, none;
  sigfillset(&all);
  sigemptyset(&none);
  posix_spawnattr_setsigdefault(&attributes, &all);
  posix_spawnattr_setsigmask(&attributes, &none);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);
  const std::string program = helper_program().string();
  char* arguments[] = {const_cast<char*>(program.c_str()), const_cast<char*>(book.c_str()), nullptr};
  char* no_environment[] = {nullptr};
  const int failed = posix_spawn(&process, program.c_str(), &actions, &attributes, arguments, no_environment);
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&actions);
  for (const int descriptor : beyond)
    close(descriptor);
  return failed;
}

std::string text_of_end(int status) {
  return WIFSIGNALED(status) ? "killed by signal " + std::to_string(WTERMSIG(status)) + " (" +
                                   strsignal(WTERMSIG(status)) + ")"
                             : "it ended with exit status " + std::to_string(WEXITSTATUS(status));
}

/// Waits for a child that is about to end, in steps of five milliseconds.
bool ends_within(pid_t process, int steps, int& status) {
  for (int step = 0; step < steps; ++step) {
    if (waitpid(process, &status, WNOHANG) == process) return true;
    timespec pause{0, 5'000'000};
    nanosleep(&pause, nullptr);
  }
  return false;
}

std::vector<std::string> names_of(const std::vector<AgentProcess::Seat>& seats) {
  std::vector<std::string> names;
  names.reserve(seats.size());
  for (const AgentProcess::Seat& seat : seats)
    names.push_back(seat.instance);
  return names;
}

CallRing::Spin spin() {
  const int count = processors();
  if (count == 1) return {0, 0};
  return {host_spin_us, processes_alive.load(std::memory_order_relaxed) < count ? child_spin_us : 0};
}

}  // namespace

/// What the ring asks while a call is under way.
class AgentProcess::Watch : public CallWatch {
 public:
  Watch(const AgentProcess& process, Listener* listener) : process_(process), listener_(listener) {}
  bool has_hung_up() override {
    pollfd peer{process_.socket_, POLLRDHUP, 0};
    return poll(&peer, 1, 0) != 0;
  }
  void in_call_of(std::uint32_t place) override {
    if (listener_ != nullptr && place != 0 && place <= process_.seats_.size())
      listener_->in_call_of(place - 1);
  }

 private:
  const AgentProcess& process_;
  Listener* listener_;
};

AgentProcess::AgentProcess() : ring_(std::make_unique<CallRing>()) {}

base::Result<std::shared_ptr<AgentProcess>> AgentProcess::start(std::vector<Seat> seats) {
  std::shared_ptr<AgentProcess> process(new AgentProcess());
  process->seats_ = std::move(seats);
  process->ended_with_ = process->seats_.size();
  base::Problems problems = process->begin();
  if (problems.has_errors()) return problems;
  return process;
}

base::Problems AgentProcess::begin() {
  int ends[2];
  if (!ring_->create()) return refuse("no shared memory: " + std::string(std::strerror(errno)), "");
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
    return refuse("no socket pair: " + std::string(std::strerror(errno)), "");
  socket_ = ends[0];
  output_ = std::make_unique<ProcessOutput>(seats_.front().book, names_of(seats_));
  if (!output_->open()) {
    close(ends[1]);
    return refuse("no pipe: " + std::string(std::strerror(errno)), "");
  }
  const auto files = ring_->files();
  const int failed =
      spawn(seats_.front().book, output_->for_process(), {ends[1], files[0], files[1]}, process_);
  close(ends[1]);
  ring_->forget_files();
  if (failed != 0) {
    process_ = -1;
    return refuse("cannot be started: " + std::string(std::strerror(failed)),
                  "it belongs beside the host's program");
  }
  ++processes_alive;
  if (!output_->start()) return refuse("no thread to read what the process writes", "");
  list_process(process_, seats_.front().book, names_of(seats_), output_->counts());
  if (seats_.front().probe && !begin_probe())
    return refuse("the process for " + seats_.front().agent_id + " did not start: " + how_, "");
  base::Encoder request;
  begin_request(request, Call::start, 0);
  request.put_count(seats_.size());
  for (const Seat& seat : seats_) {
    request.put_text(seat.copy.string());
    request.put_text(seat.agent_id);
    request.put_text(seat.instance);
    request.put_text(seat.book);
    request.put(seat.seed);
    request.put(seat.allow_weak_sandbox);
  }
  std::vector<std::byte> bytes;
  loaded_.resize(seats_.size());
  const bool answered = call(seats_.size(), request.bytes(), bytes);
  base::Decoder reply{std::span<const std::byte>(bytes)};
  for (std::size_t k = 0; k < seats_.size(); ++k) {
    Loaded& loaded = loaded_[k];
    reply.get(loaded.is_there);
    reply.get_text(loaded.refusal);
    loaded.problems = get_problems(reply, base::Place::of(seats_[k].copy));
    reply.get(loaded.observes);
    reply.get(loaded.state_schema);
  }
  if (answered && !reply.finished()) lose(seats_.size(), "it does not speak the protocol");
  if (!is_gone()) {
    begin_growth(process_);
    return {};
  }
  return refuse("the process for " + seats_[std::min(ended_with_, seats_.size() - 1)].agent_id +
                    " did not start the agent: " + end_for(ended_with_),
                "");
}

AgentProcess::~AgentProcess() {
  if (socket_ >= 0) close(socket_);  // the child ends when its socket does
  if (process_ <= 0) return;
  --processes_alive;
  forget_process(process_);
  int status = 0;
  constexpr int patience = 200;
  // One that was tried has been asked to go already, or is refused.
  if (!seats_.front().probe && ends_within(process_, patience, status)) return;
  kill(-process_, SIGKILL);
  waitpid(process_, &status, 0);
}

/// Tells it that it is one, and looks at it before anything of an agent is in it.
bool AgentProcess::begin_probe() {
  base::Encoder request;
  begin_request(request, Call::begin_probe, 0);
  request.put(seats_.front().probe->enters_host);
  std::vector<std::byte> reply;
  const std::lock_guard lock(one_call_);
  if (!cross(seats_.size(), request.bytes(), reply, -1, nullptr)) return false;
  if (seats_.front().probe->enters_host) footprint_ = footprint_of(process_);
  return true;
}

/// Looks at it after a call; what it found is said as the end of the process.
void AgentProcess::end_if_left_behind(std::size_t seat, std::span<const std::byte> request) {
  const auto now = footprint_of(process_);
  if (!now) return;  // it has ended: the next call says so
  const std::uint32_t said = seats_.front().memory_mb;
  const std::string what = left_behind(*footprint_, *now, said != 0 ? said : memory_mb_default);
  if (what.empty()) return;
  // Of several functions in one crossing nobody can tell which one it was.
  std::string in = in_flight();
  const auto call = static_cast<Call>(base::Decoder(request).get<std::uint32_t>());
  if (call == Call::start) in = " in load or cadre_plugin";
  if (call == Call::init) in = " in create or init";
  end(seat, what + in);
}

/// " in observe", of one that is tried; else nothing.
std::string AgentProcess::in_flight() const {
  const auto flight = seats_.front().probe ? ring_->last_flight() : std::nullopt;
  return flight ? " in " + flight_name(*flight) : std::string();
}

bool AgentProcess::call(std::size_t seat, std::span<const std::byte> request, std::vector<std::byte>& reply,
                        int descriptor, Listener* listener) {
  const std::lock_guard lock(one_call_);
  if (is_gone() || !cross(seat, request, reply, descriptor, listener)) return false;
  if (footprint_) end_if_left_behind(seat, request);
  return !is_gone();
}

bool AgentProcess::cross(std::size_t seat, std::span<const std::byte> request, std::vector<std::byte>& reply,
                         int descriptor, Listener* listener) {
  Watch watch(*this, listener);
  const std::optional<ProbeTerms>& probe = seats_.front().probe;
  // Of the whole call, however it is stretched.
  const Deadline deadline = probe ? Deadline::at(probe->until) : Deadline::in(call_time_most);
  auto how = CallRing::End::gone;
  if (descriptor < 0 || send_descriptor(socket_, descriptor, deadline.left_ms()))
    how = ring_->call(request, reply, deadline, probe ? CallRing::Spin{host_spin_us, 0} : spin(), watch);
  if (how == CallRing::End::answered) return true;
  // Of a call of several agents the child alone knows whose turn it was.
  const std::size_t said = ring_->place() - std::size_t{1};
  const bool of_several = seat >= seats_.size() || listener != nullptr;
  const std::size_t whose = of_several && said < seats_.size() ? said : seat;
  switch (how) {
    case CallRing::End::late:
      end(whose, "it gave no answer" + in_flight() +
                     (probe ? " before the " + std::to_string(probe->timeout_ms) +
                                  " ms of the probe were over (probe_timeout_ms)"
                            : " in " + std::to_string(call_time_most.count()) + " seconds"));
      break;
    case CallRing::End::gone:
      end(whose, "it closed its socket");
      break;
    default:
      end(whose, "its answer is damaged");
  }
  return false;
}

void AgentProcess::lose(std::size_t seat, std::string how) {
  const std::lock_guard lock(one_call_);
  if (!is_gone()) end(seat, std::move(how));
}

/// Its group is killed where it has not ended by itself: says once why it is gone.
void AgentProcess::end(std::size_t seat, std::string how) {
  forget_process(process_);
  // A socket closes a moment before its process can be waited for.
  int status = 0;
  constexpr int patience = 20;
  if (ends_within(process_, patience, status)) {
    how = text_of_end(status) + in_flight();
  } else {
    kill(-process_, SIGKILL);
    waitpid(process_, &status, 0);
    how += ", and was killed";
  }
  process_ = -1;
  --processes_alive;
  output_->finish();
  if (const std::string words = output_->last_words(); !words.empty()) how += "; it wrote " + words;
  ended_with_ = seat;
  how_ = how;
  gone_.store(true, std::memory_order_release);
  const Seat& named = seats_[seat < seats_.size() ? seat : 0];
  base::log_event(base::LogLevel::error, "agent_process_lost",
                  {{"agent", named.instance},
                   {"id", named.agent_id},
                   {"lost", base::join(names_of(seats_), ", ")},
                   {"message", how}});
}

std::string AgentProcess::end_for(std::size_t seat) const {
  const bool is_another = ended_with_ < seats_.size() && ended_with_ != seat && seat < seats_.size();
  if (!is_another) return "its process is gone: " + how_;
  return "its process is gone, in a call of " + base::quote(seats_[ended_with_].instance) +
         ", with which it shares it: " + how_;
}

}  // namespace cadre::agent
