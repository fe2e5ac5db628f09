#include "host/agent/agent_server.hpp"

#include <poll.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <map>
#include <memory>
#include <thread>
#include <utility>

#include "host/agent/call_ring.hpp"
#include "host/agent/isolated_protocol.hpp"
#include "host/agent/sandbox.hpp"
#include "host/agent/served_agent.hpp"

namespace cadre::agent {

namespace {

constexpr std::uint64_t memory_seen_mb = 64;

const std::string descriptors_changed = "it left the descriptors of its process changed";

/// The function of an agent that was called last.
std::string in_flight() {
  return " in " + flight_name(static_cast<Flight>(flight_slot->flight.load(std::memory_order_relaxed)));
}

/// Those of the descriptors that the sandbox leaves room for, a bit each.
std::uint64_t open_descriptors() {
  std::uint64_t open = 0;
  for (int descriptor = 0; descriptor < 64; ++descriptor) {
    // By number: the C library asks with a path, which the sealed sandbox has none of.
    struct stat about {};
    if (syscall(SYS_fstat, descriptor, &about) == 0) open |= std::uint64_t{1} << descriptor;
  }
  return open;
}

/// Answers one call after the other, each by the agent in its seat.
class Server {
 public:
  Server(CallDesk& desk, int socket) : desk_(desk), socket_(socket) {}

  int run() {
    std::vector<std::byte> bytes;
    while (desk_.receive(bytes)) {
      base::Decoder from{std::span<const std::byte>(bytes)};
      to_.clear();
      answer(from);
      desk_.set_place(0);
      if (!desk_.send(to_.bytes())) break;
    }
    return 0;
  }

 private:
  struct Seat {
    std::string library, agent_id;
    std::unique_ptr<ServedAgent> agent;
    base::Problems problems;
    std::string refusal;
  };

  // What an agent throws across the C ABI ends the process, as it would end the host's. Nobody catches it on
  // the way: then nothing is unwound, and the last call that was noted is the one that threw.
  void answer(base::Decoder& from) {
    const auto call = static_cast<Call>(from.get<std::uint32_t>());
    const auto seat = from.get<std::uint32_t>();
    if (call == Call::begin_probe) return begin_probe(from);
    if (call == Call::start) return start(from);
    if (call == Call::enter_arena) return enter_arena(from);
    if (call == Call::observe_together) return observe_together(from);
    if (call == Call::take_secrets) return take_secrets(seat, from);
    if (seat >= seats_.size()) return to_.put(cadre_status{CADRE_UNSUPPORTED}), to_.put_text("");
    desk_.set_place(seat + 1);
    ServedAgent& agent = *seats_[seat].agent;
    if (call == Call::unload)
      agent.unload();
    else
      agent.answer(call, from);
    if (ends_process_ && open_descriptors() != descriptors_)
      agent.refuse(descriptors_changed + (call == Call::init ? " in create or init" : in_flight()));
  }

  void begin_probe(base::Decoder& from) {
    is_probe_ = true;
    from.get(ends_process_);
    descriptors_ = open_descriptors();
    to_.put(cadre_status{CADRE_OK});
  }

  /// Only what the configuration made a book's environment, and what touches a market, reaches a venue; and
  /// it has a process of its own.
  SandboxProfile profile() const {
    const AgentDeclaration* agent = seats_.size() == 1 ? seats_[0].agent->entry.agent : nullptr;
    return agent != nullptr && agent->reaches_a_venue() ? SandboxProfile::environment : SandboxProfile::agent;
  }

  /// What the plugins of all agents may allocate together: what each says, and the default for those that say
  /// nothing.
  std::uint32_t memory_mb() const {
    std::map<std::string, std::uint32_t> plugins;
    for (const Seat& seat : seats_) {
      if (seat.agent->entry.manifest != nullptr)
        plugins[seat.library] = seat.agent->entry.manifest->memory_mb;
    }
    std::uint64_t sum = 0;
    bool needs_default = plugins.empty();
    for (const auto& [library, memory] : plugins) {
      sum += memory;
      needs_default = needs_default || memory == 0;
    }
    if (needs_default) sum += memory_mb_default;
    // One that is tried and takes more than it may have is to be seen with it.
    if (ends_process_) sum += memory_seen_mb;
    return static_cast<std::uint32_t>(std::min<std::uint64_t>(sum, UINT32_MAX));
  }

  void start(base::Decoder& from) {
    seats_.resize(from.get_count(5 * sizeof(std::uint32_t)));
    for (Seat& seat : seats_)
      read(seat, from);
    std::vector<std::string> folders;
    for (const Seat& seat : seats_)
      folders.push_back(std::filesystem::path(seat.library).parent_path().string());
    const SandboxProfile allowed = profile();
    const bool allow_weak = std::any_of(seats_.begin(), seats_.end(),
                                        [](const Seat& seat) { return seat.agent->spec.allow_weak_sandbox; });
    // What reaches a venue asks the kernel for more than what computes.
    ends_process_ = ends_process_ && allowed == SandboxProfile::agent;
    std::string problem = enter_sandbox({allowed, folders, memory_mb(), allow_weak, ends_process_});
    if (problem.empty()) load_all();
    if (problem.empty()) problem = seal_sandbox(allowed, allow_weak, ends_process_);
    for (Seat& seat : seats_) {
      if (ends_process_ && open_descriptors() != descriptors_)
        seat.refusal = descriptors_changed + " in load or cadre_plugin";
      if (!problem.empty()) seat.refusal = "no agent runs without its sandbox: " + problem;
      say_loaded(seat);
    }
  }

  void read(Seat& seat, base::Decoder& from) {
    from.get_text(seat.library);
    from.get_text(seat.agent_id);
    seat.agent = std::make_unique<ServedAgent>(seat.library, state_, to_);
    from.get_text(seat.agent->spec.name);
    from.get_text(seat.agent->spec.book);
    from.get(seat.agent->spec.seed);
    from.get(seat.agent->spec.allow_weak_sandbox);
    if (is_probe_) seat.agent->spec.probe.emplace();
    auto& manifest = manifests_[seat.library];
    if (manifest == nullptr) {
      auto found = read_manifest(std::filesystem::path(seat.library).replace_extension(".json"));
      if (!found) {
        seat.problems = found.problems();
        return;
      }
      manifest = std::make_shared<const Manifest>(std::move(found).take());
    }
    for (const AgentDeclaration& declared : manifest->agents) {
      if (declared.id == seat.agent_id) seat.agent->entry = {manifest, &declared};
    }
    if (seat.agent->entry.agent == nullptr) seat.refusal = "its manifest does not have it";
  }

  void load_all() {
    std::map<std::string, base::Result<std::shared_ptr<Library>>> libraries;
    for (std::size_t k = 0; k < seats_.size(); ++k) {
      Seat& seat = seats_[k];
      if (seat.agent->entry.agent == nullptr) continue;
      desk_.set_place(static_cast<std::uint32_t>(k) + 1);
      auto at = libraries.find(seat.library);
      if (at == libraries.end())
        at = libraries.emplace(seat.library, Library::load(seat.library, seat.agent->entry.manifest)).first;
      if (at->second)
        seat.agent->loaded = *at->second;
      else
        seat.problems = at->second.problems();
    }
    desk_.set_place(0);
  }

  void say_loaded(const Seat& seat) {
    const auto& library = seat.agent->loaded;
    const cadre_agent_descriptor* there = library == nullptr ? nullptr : library->agent(seat.agent_id);
    to_.put(there != nullptr && seat.refusal.empty());
    to_.put_text(seat.refusal);
    put_problems(to_, seat.problems);
    to_.put(there != nullptr ? there->observes : 0u);
    to_.put(there != nullptr ? there->state_schema : 0u);
  }

  void enter_arena(base::Decoder& from) {
    const auto bytes = from.get<std::uint64_t>();
    const int descriptor = receive_descriptor(socket_);
    const bool entered = descriptor >= 0 && state_.enter_arena(descriptor, bytes);
    if (descriptor >= 0) close(descriptor);
    to_.put(cadre_status{entered ? CADRE_OK : CADRE_ERROR});
    if (!entered) to_.put_text("it cannot map the arena");
  }

  void take_secrets(std::uint32_t seat, base::Decoder& from) {
    const auto bytes = from.get<std::uint64_t>();
    const int descriptor = receive_descriptor(socket_);
    const bool taken = descriptor >= 0 && seat < seats_.size() &&
                       seats_[seat].agent->take_secrets(SecretsOnTheirWay::unpack(descriptor, bytes));
    if (descriptor >= 0) close(descriptor);
    to_.put(cadre_status{taken ? CADRE_OK : CADRE_ERROR});
    if (!taken) to_.put_text("it cannot read them");
  }

  void observe_together(base::Decoder& from) {
    OwnedEvent event;
    const bool is_whole = state_.has_arena() && event.take(from, state_.instruments()) && state_.take(from);
    const std::size_t count = is_whole ? from.get_count(sizeof(std::uint32_t)) : 0;
    for (std::size_t k = 0; k < count; ++k) {
      const auto seat = from.get<std::uint32_t>();
      if (seat >= seats_.size()) return;
      desk_.set_place(seat + 1);
      seats_[seat].agent->observe(event.event());
    }
  }

  CallDesk& desk_;
  int socket_;
  base::Encoder to_;
  ServedState state_;
  std::map<std::string, std::shared_ptr<const Manifest>> manifests_;
  std::vector<Seat> seats_;
  bool is_probe_ = false;
  bool ends_process_ = false;      ///< what an agent may not do in the host's process is the end of this one
  std::uint64_t descriptors_ = 0;  ///< before anything of an agent was here
};

}  // namespace

int serve_agents() {
  static CallDesk desk;
  constexpr int socket = first_descriptor;
  if (!desk.open(first_descriptor + 1, first_descriptor + 2)) return 2;
  flight_slot = desk.flight();
  flight_is_recorded = true;
  // An agent that does not come back would outlive a host that is gone: it does not look at its socket. (A
  // signal at the parent's death comes when the thread that started the child ends.)
  std::thread([] {
    // Again and again: a thread that waits keeps open what the agent closes.
    constexpr int look_every_ms = 250;
    pollfd host{socket, POLLRDHUP, 0};
    while (poll(&host, 1, look_every_ms) <= 0) {
    }
    constexpr int grace_ms = 2000;  // for agents that are destroyed as they should be
    for (int waited_ms = 0; waited_ms < grace_ms; waited_ms += look_every_ms) {
      desk.hang_up();
      poll(nullptr, 0, look_every_ms);
    }
    _exit(1);
  }).detach();
  return Server(desk, socket).run();
}

}  // namespace cadre::agent
