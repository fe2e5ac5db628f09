#include "host/agent/isolated_agent.hpp"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>

#include "host/agent/isolated_tables.hpp"
#include "host/base/log.hpp"

namespace cadre::agent {

namespace {

constexpr std::chrono::seconds call_time_most{10};
constexpr int child_socket = 3;

std::filesystem::path helper_program() {
  std::error_code error;
  return std::filesystem::read_symlink("/proc/self/exe", error).parent_path() / "cadre-agent-host";
}

base::Problems refuse(std::string message, std::string next) {
  base::Problems problems;
  problems.error("ISOLATION_START", base::Place::of(helper_program()), std::move(message), std::move(next));
  return problems;
}

/// Starts the child in a session of its own, with the socket as its descriptor 3 and its errors where ours
/// go; nothing else of this process goes along: no descriptors, no environment, no signals. Returns an errno.
int spawn(const std::filesystem::path& copy, int socket, pid_t& process) {
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, socket, child_socket);
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
  posix_spawn_file_actions_addclosefrom_np(&actions, child_socket + 1);
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  sigset_t all, none;
  sigfillset(&all);
  sigemptyset(&none);
  posix_spawnattr_setsigdefault(&attributes, &all);
  posix_spawnattr_setsigmask(&attributes, &none);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);
  const std::string program = helper_program().string();
  const std::string library = copy.string();
  char* arguments[] = {const_cast<char*>(program.c_str()), const_cast<char*>(library.c_str()), nullptr};
  char* no_environment[] = {nullptr};
  const int failed = posix_spawn(&process, program.c_str(), &actions, &attributes, arguments, no_environment);
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&actions);
  return failed;
}

}  // namespace

base::Result<std::unique_ptr<IsolatedAgent>> IsolatedAgent::start(const std::filesystem::path& copy,
                                                                  const Started& what) {
  int ends[2];
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
    return refuse("no socket pair: " + std::string(std::strerror(errno)), "");
  std::unique_ptr<IsolatedAgent> isolated(new IsolatedAgent());
  isolated->started_ = what;
  isolated->socket_ = ends[0];
  const int failed = spawn(copy, ends[1], isolated->process_);
  close(ends[1]);
  if (failed != 0) {
    isolated->process_ = -1;
    return refuse("cannot be started: " + std::string(std::strerror(failed)),
                  "it belongs beside the host's program");
  }
  base::Encoder& to = isolated->request(Call::start);
  to.put_text(what.agent_id);
  to.put_text(what.instance);
  to.put_text(what.book);
  to.put(what.seed);
  to.put(what.allow_weak_sandbox);
  const cadre_status status = isolated->ask();
  if (status != CADRE_OK) {
    const std::string reason = isolated->reason().take();
    if (!isolated->gone_) {
      base::Problems found = get_problems(isolated->reply(), base::Place::of(copy));
      if (found.has_errors()) return found;
    }
    return refuse("the process for " + what.agent_id + " did not start the agent" +
                      (reason.empty() ? std::string() : ": " + reason),
                  "");
  }
  isolated->reply().get(isolated->observes_);
  isolated->reply().get(isolated->state_schema_);
  isolated->agent_ = isolated_agent_table(isolated.get());
  return isolated;
}

IsolatedAgent::~IsolatedAgent() {
  if (socket_ >= 0) close(socket_);  // the child ends when its socket does
  if (process_ <= 0) return;
  int status = 0;
  if (gone_) kill(process_, SIGKILL);  // it does not answer: nobody waits for it
  for (int patience = 0; patience < 200; ++patience) {
    if (waitpid(process_, &status, WNOHANG) == process_) return;
    timespec pause{0, 5'000'000};
    nanosleep(&pause, nullptr);
  }
  kill(-process_, SIGKILL);
  waitpid(process_, &status, 0);
}

base::Encoder& IsolatedAgent::request(Call call) {
  encoder_.clear();
  encoder_.put(static_cast<std::uint32_t>(call));
  return encoder_;
}

cadre_status IsolatedAgent::ask(int descriptor) {
  reason_.forget();
  if (gone_) {
    reason_.say(end_);
    return CADRE_FATAL;
  }
  const Deadline deadline = Deadline::in(call_time_most);  // of the whole call, however it is stretched
  if (!send_frame(socket_, encoder_.bytes(), deadline, descriptor) ||
      !receive_frame(socket_, bytes_, deadline)) {
    lose(deadline.left_ms() == 0
             ? "it gave no answer in " + std::to_string(call_time_most.count()) + " seconds"
             : std::string("it closed its socket"));
    return CADRE_FATAL;
  }
  reply_.emplace(std::span<const std::byte>(bytes_));
  const auto status = reply_->get<std::uint32_t>();
  if (status != CADRE_OK && status != CADRE_DISCARD) {
    std::string said;
    reply_->get_text(said);
    reason_.say(said);
  }
  if (reply_->ok()) return status;
  lose("its answer is damaged");
  return CADRE_FATAL;
}

void IsolatedAgent::lose(std::string how) {
  gone_ = true;  // a late answer would be taken for another call's
  // A socket closes a moment before its process can be waited for.
  int status = 0;
  bool ended = false;
  for (int patience = 0; patience < 20 && !ended; ++patience) {
    ended = waitpid(process_, &status, WNOHANG) == process_;
    if (ended) break;
    timespec pause{0, 5'000'000};
    nanosleep(&pause, nullptr);
  }
  if (ended) {
    how = WIFSIGNALED(status) ? std::string("killed by signal ") + std::to_string(WTERMSIG(status)) + " (" +
                                    strsignal(WTERMSIG(status)) + ")"
                              : "it ended with exit status " + std::to_string(WEXITSTATUS(status));
  } else {
    kill(-process_, SIGKILL);
    waitpid(process_, &status, 0);
    how += ", and was killed";
  }
  process_ = -1;
  end_ = "its process is gone: " + how;
  reason_.say(end_);
  base::log_event(base::LogLevel::error, "agent_process_lost",
                  {{"agent", started_.instance}, {"id", started_.agent_id}, {"message", how}});
}

bool IsolatedAgent::enter_arena(const model::Arena& arena) {
  arena_ = &arena;
  request(Call::enter_arena).put(static_cast<std::uint64_t>(arena.memory().bytes()));
  return ask(arena.memory().descriptor()) == CADRE_OK;
}

void IsolatedAgent::put_state(const cadre_execution_state& state) {
  encoder_.put(static_cast<std::uint32_t>(state.service_count));
  for (std::uint64_t k = 0; k < state.service_count; ++k) {
    cadre_service service = *cadre_service_at(&state, k);
    // Values lie in the arena, so what is sent is where: offset + 1, 0 for none.
    const auto* base = arena_->memory().shown();
    const auto* values = reinterpret_cast<const std::byte*>(service.matrix.values);
    const bool inside = values >= base && values < base + arena_->memory().bytes();
    encoder_.put(inside ? static_cast<std::uint64_t>(values - base) + 1 : std::uint64_t{0});
    if (!inside) service.observations = 0;
    encoder_.put_text({service.id.text, sizeof service.id.text});
    encoder_.put(service.matrix.rows);
    encoder_.put(service.matrix.columns);
    encoder_.put(service.matrix.stride);
    encoder_.put(service.observations);
  }
  encoder_.put(state.risk != nullptr);
  if (state.risk != nullptr) put_sized_report(encoder_, *state.risk);
  encoder_.put(state.correlation != nullptr);
  if (state.correlation != nullptr) put_sized_report(encoder_, *state.correlation);
}

}  // namespace cadre::agent
