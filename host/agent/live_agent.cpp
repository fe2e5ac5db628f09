#include "host/agent/live_agent.hpp"

#include <algorithm>
#include <cstring>
#include <iterator>
#include <map>

#include "cadre/cadre.h"
#include "host/agent/control_word.hpp"
#include "host/agent/foreign.hpp"
#include "host/base/hash.hpp"
#include "host/base/json.hpp"
#include "host/base/text.hpp"
#include "host/model/output_buffer.hpp"

namespace cadre::agent {

namespace {

cadre_string text_of(std::string_view text) {
  return {text.data(), text.size()};
}

/// A state crosses to a process of its own within one message.
constexpr std::uint64_t state_bytes_most = std::uint64_t{1} << 28;

std::string sentence(const std::string& text, cadre_status status) {
  return text.empty() ? "it answered " + status_name(status) + " without a reason" : text;
}

FlightCard card_of(const CatalogEntry& entry, const InstanceSpec& spec, bool isolated) {
  return {spec.book,
          spec.name,
          entry.agent->id,
          entry.manifest->version.to_string(),
          entry.manifest->sha256,
          base::sha256_hex(spec.config),
          isolated,
          entry.manifest->deadline_us};
}

/// What an agent offers under an id, copied; of size 0 when it offers nothing. A table that is smaller than
/// the smallest there is has only its size.
template <class Table>
Table taken_table(const cadre_agent& agent, const char* id, std::size_t least) {
  const auto* theirs = static_cast<const Table*>(agent.get_interface(agent.self, text_of(id)));
  if (theirs == nullptr) return {};
  if (theirs->size >= least) return copied(*theirs);
  Table nothing{};
  nothing.size = std::max(theirs->size, 1u);
  return nothing;
}

/// The note of a call that turns out to be another agent's.
class NoteInTurn : public AgentProcess::Listener {
 public:
  NoteInTurn(std::span<LiveAgent* const> agents, std::span<IsolatedAgent* const> seated, std::uint32_t kind)
      : agents_(agents), seated_(seated), kind_(kind) {
    note_.emplace(agents_.front()->flight(), Flight::observe, kind_);
  }
  void in_call_of(std::size_t seat) override {
    for (std::size_t k = 0; k < seated_.size(); ++k) {
      if (seated_[k]->seat() == seat) note_.emplace(agents_[k]->flight(), Flight::observe, kind_);
    }
  }

 private:
  std::span<LiveAgent* const> agents_;
  std::span<IsolatedAgent* const> seated_;
  std::uint32_t kind_;
  std::optional<FlightNote> note_;
};

}  // namespace

AgentProcess::Seat seat_of(const std::filesystem::path& copy, const CatalogEntry& entry,
                           const InstanceSpec& spec) {
  return {copy,
          entry.agent->id,
          entry.agent->role,
          spec.name,
          spec.book,
          spec.seed,
          spec.allow_weak_sandbox,
          spec.probe,
          entry.manifest->memory_mb};
}

std::string status_name(cadre_status status) {
  switch (status) {
    case CADRE_OK:
      return "ok";
    case CADRE_DISCARD:
      return "discard";
    case CADRE_REJECTED:
      return "rejected";
    case CADRE_ERROR:
      return "error";
    case CADRE_FATAL:
      return "fatal";
    case CADRE_UNSUPPORTED:
      return "unsupported";
    default:
      return "status " + std::to_string(status);
  }
}

base::Result<std::shared_ptr<LiveAgent>> LiveAgent::create(std::shared_ptr<Library> library,
                                                           const CatalogEntry& entry,
                                                           const InstanceSpec& spec,
                                                           const base::Place& place) {
  std::shared_ptr<LiveAgent> live(new LiveAgent());
  live->library_ = std::move(library);
  live->entry_ = entry;
  live->spec_ = spec;
  live->flight_ = FlightCardHolder(card_of(entry, spec, false));
  live->services_ = std::make_unique<HostServices>(spec.name, spec.seed, spec.book + '/' + spec.name);
  const base::Problems problems = live->make(place);
  if (problems.has_errors()) return problems;
  return {std::move(live), problems};
}

base::Result<std::shared_ptr<LiveAgent>> LiveAgent::create_elsewhere(const Elsewhere& where,
                                                                     const CatalogEntry& entry,
                                                                     const InstanceSpec& spec,
                                                                     const base::Place& place) {
  std::shared_ptr<LiveAgent> live(new LiveAgent());
  live->copy_ = where.copy;
  live->secrets_ = where.secrets;
  live->entry_ = entry;
  live->spec_ = spec;
  live->flight_ = FlightCardHolder(card_of(entry, spec, true));
  std::shared_ptr<AgentProcess> process = where.process;
  if (process == nullptr) {
    auto started = AgentProcess::start({seat_of(where.copy, entry, spec)});
    if (!started) return started.problems();
    process = std::move(started).take();
  }
  auto isolated = IsolatedAgent::take_seat(std::move(process), where.seat);
  if (!isolated) return isolated.problems();
  live->isolated_ = std::move(isolated).take();
  live->observes_ = live->isolated_->observes();
  base::Problems problems;
  if (!spec.secrets.empty()) {
    static const Secrets none;
    problems = live->isolated_->give(where.secrets != nullptr ? *where.secrets : none, spec.secrets, place);
    if (problems.has_errors()) return problems;
  }
  problems = live->begin(live->isolated_->agent(), place);
  if (const base::Problems& found = live->isolated_->refusal(); found.has_errors()) {
    // Said as it is said of an agent in this process.
    problems = {};
    for (base::Problem problem : found) {
      problem.place = place;
      problems.add(std::move(problem));
    }
  }
  for (const std::string& warning : live->isolated_->warnings())
    problems.warning("AGENT_WARNING", place, warning);
  if (problems.has_errors()) return problems;
  return {std::move(live), problems};
}

std::shared_ptr<LiveAgent> leave_out(const CatalogEntry& entry, const InstanceSpec& spec,
                                     const std::string& why) {
  std::shared_ptr<LiveAgent> live(new LiveAgent());
  live->entry_ = entry;
  live->spec_ = spec;
  live->services_ = std::make_unique<HostServices>(spec.name, spec.seed, spec.book + '/' + spec.name);
  live->left_out_ = why;
  live->requirements_.size = sizeof(cadre_requirements);
  return live;
}

base::Problems LiveAgent::make(const base::Place& place) {
  base::Problems problems;
  const std::string& id = entry_.agent->id;
  const std::string who = id + " " + entry_.manifest->version.to_string() + ": ";
  const cadre_agent_descriptor* descriptor = library_->agent(id);
  if (descriptor == nullptr) {
    problems.error("AGENT_CREATE", place, who + "the library does not have it",
                   "build library and manifest together");
    return problems;
  }
  observes_ = descriptor->observes;
  const cadre_agent* made = nullptr;
  const cadre_status created = [&] {
    const FlightNote note(flight_, Flight::create);
    return library_->descriptor().create(services_->host(), text_of(id), &made);
  }();
  if (created != CADRE_OK || made == nullptr) {
    problems.error("AGENT_CREATE", place,
                   who + "making an instance failed, create answered " + status_name(created));
    return problems;
  }
  return begin(*made, place);
}

base::Problems LiveAgent::begin(const cadre_agent& made, const base::Place& place) {
  base::Problems problems;
  const FlightNote note(flight_, Flight::init);
  const std::string& id = entry_.agent->id;
  const auto fail = [&](std::string code, const std::string& message, std::string next) {
    problems.error(std::move(code), place, id + " " + entry_.manifest->version.to_string() + ": " + message,
                   std::move(next));
  };
  if (made.size < CADRE_AGENT_SIZE_MIN) {
    fail("AGENT_INCOMPLETE",
         "it has " + std::to_string(made.size) + " bytes, the ABI says " +
             std::to_string(CADRE_AGENT_SIZE_MIN),
         "build it against the Cadre SDK");
    // What it says covers its destroy says how to be rid of it.
    if (const cadre_agent known = copied(made); known.destroy != nullptr) known.destroy(known.self);
    return problems;
  }
  if (made.init == nullptr || made.destroy == nullptr || made.get_interface == nullptr) {
    if (made.destroy != nullptr) made.destroy(made.self);
    fail("AGENT_INCOMPLETE", "init, destroy or get_interface is missing", "");
    return problems;
  }
  agent_ = copied(made);
  role_ = find_role(entry_.agent->role);
  if (role_ == nullptr) {
    fail("AGENT_ROLE_UNKNOWN", "this host does not know the role " + base::quote(entry_.agent->role),
         "use a newer host");
    return problems;
  }
  for (const std::string& missing : take_tables())
    fail("AGENT_INCOMPLETE", missing, "");
  if (problems.has_errors()) return problems;

  if (services_ != nullptr) services_->keep_warnings(true);
  reason().forget();
  const cadre_status begun = agent_.init(agent_.self, text_of(spec_.config));
  if (services_ != nullptr) {
    services_->keep_warnings(false);
    for (const std::string& warning : services_->kept_warnings())
      problems.warning("AGENT_WARNING", place, std::string(id).append(": ").append(warning));
  }
  if (begun != CADRE_OK) {
    fail("AGENT_CONFIG", sentence(reason().take(), begun), "");
    return problems;
  }
  for (const std::string& wrong : ask_requirements())
    fail("AGENT_CONFIG", wrong, "");
  return problems;
}

std::string with_reason(const LiveAgent& agent, cadre_status status) {
  const std::string why = agent.reason().take();
  return status_name(status) + (why.empty() ? "" : ": " + why);
}

std::vector<std::string> LiveAgent::ask_requirements() {
  requirements_ = {};
  requirements_.size = sizeof requirements_;
  if (agent_.requirements == nullptr) return {};
  const cadre_status asked = agent_.requirements(agent_.self, &requirements_);
  if (asked != CADRE_OK) return {"requirements answered " + with_reason(*this, asked)};
  requirements_.size = sizeof requirements_;
  if ((requirements_.sessions.reserved | requirements_.bars.reserved | requirements_.reserved) != 0)
    return {"its requirements have a reserved field that is not zero"};
  if ((requirements_.ignores & ~std::uint32_t{CADRE_IGNORES_FOR_LIMIT}) != 0)
    return {"its requirements ignore what this host does not know (" + std::to_string(requirements_.ignores) +
            ')'};
  return {};
}

std::vector<std::string> LiveAgent::take_tables() {
  std::vector<std::string> problems;
  const void* theirs = agent_.get_interface(agent_.self, text_of(entry_.agent->role));
  if (theirs == nullptr) return {"it has no function table " + base::quote(entry_.agent->role)};
  // A table is its size, four bytes, and pointers in order.
  std::uint32_t bytes = 0;
  std::memcpy(&bytes, theirs, sizeof bytes);
  table_.assign(role_->table_bytes / sizeof(std::uint64_t), 0);
  std::memcpy(table_.data(), theirs, std::min<std::size_t>(bytes, role_->table_bytes));
  for (std::size_t f = 0; f < role_->functions.size(); ++f) {
    if (table_[1 + f] == 0)
      problems.push_back(entry_.agent->role + " lacks " + std::string(role_->functions[f]));
  }
  state_ = taken_table<cadre_state_table>(agent_, CADRE_EXT_STATE, CADRE_STATE_TABLE_SIZE_MIN);
  if (has_state() && (state_.save_state == nullptr || state_.load_state == nullptr))
    problems.emplace_back(CADRE_EXT_STATE " lacks save_state or load_state");
  hot_ = taken_table<cadre_hot_config>(agent_, CADRE_EXT_HOT_CONFIG, CADRE_HOT_CONFIG_SIZE_MIN);
  if (has_hot_config() &&
      (hot_.prepare_config == nullptr || hot_.commit_prepared == nullptr || hot_.discard_prepared == nullptr))
    problems.emplace_back(CADRE_EXT_HOT_CONFIG " lacks prepare_config, commit_prepared or discard_prepared");
  if (has_hot_config() != !entry_.agent->hot_keys.empty() && isolated_ == nullptr)
    problems.emplace_back(has_hot_config() ? "it takes hot settings, its manifest declares no hot_keys"
                                           : "its manifest declares hot_keys, it takes no hot settings");
  if (has_state() != (entry_.agent->state_schema != 0))
    problems.emplace_back(has_state() ? "it saves state, its manifest declares none"
                                      : "its manifest declares state, it saves none");
  return problems;
}

base::Result<void*> LiveAgent::HotSettings::prepare(const std::string& config,
                                                    const base::Place& place) const {
  // The instance may be deciding on its book's thread meanwhile, and has the other reason to itself.
  LastReason said;
  const ReasonElsewhere here(said);
  void* prepared = nullptr;
  const FlightNote note(agent_.flight_, Flight::prepare_config);
  const cadre_status status = agent_.hot_.prepare_config(agent_.agent_.self, text_of(config), &prepared);
  if (status == CADRE_OK && prepared != nullptr) return prepared;
  base::Problems problems;
  problems.error("AGENT_CONFIG", place,
                 agent_.declaration().id + " " + agent_.manifest().version.to_string() + ": " +
                     sentence(said.take(), status));
  return problems;
}

void LiveAgent::HotSettings::commit(void* prepared, const std::string& config) {
  const FlightNote note(agent_.flight_, Flight::commit_prepared);
  agent_.hot_.commit_prepared(agent_.agent_.self, prepared);
  agent_.spec_.config = config;
  agent_.flight_.set_config(base::sha256_hex(config));
}

void LiveAgent::HotSettings::discard(void* prepared) const {
  const FlightNote note(agent_.flight_, Flight::discard_prepared);
  agent_.hot_.discard_prepared(agent_.agent_.self, prepared);
}

cadre_status LiveAgent::observe(const cadre_event& event, const cadre_execution_state& state) {
  if (!observes(event.kind) || quarantine_.holds()) return CADRE_OK;
  reason().forget();
  timers().open(observes(CADRE_EVENT_TIMER));
  const ControlWord computing;
  cadre_status status = CADRE_ERROR;
  {
    const FlightNote note(flight_, Flight::observe, event.kind);
    status = agent_.observe(agent_.self, &event, &state);
  }
  timers().close();
  if (computing.keep()) return status;
  reason().say(ControlWord::changed);
  return CADRE_REJECTED;
}

void observe_together(std::span<LiveAgent* const> agents, const cadre_event& event,
                      const cadre_execution_state& state) {
  std::vector<LiveAgent*> waiting;
  for (LiveAgent* agent : agents) {
    if (agent->isolated_ != nullptr && agent->observes(event.kind) && !agent->quarantine_.holds())
      waiting.push_back(agent);
  }
  std::vector<LiveAgent*> together;
  std::vector<IsolatedAgent*> seated;
  while (waiting.size() > 1) {
    const AgentProcess* process = &waiting.front()->isolated_->process();
    const auto shares = [&](const LiveAgent* agent) { return &agent->isolated_->process() == process; };
    together.clear();
    seated.clear();
    std::copy_if(waiting.begin(), waiting.end(), std::back_inserter(together), shares);
    std::erase_if(waiting, shares);
    if (together.size() == 1) continue;
    for (const LiveAgent* agent : together)
      seated.push_back(agent->isolated_.get());
    NoteInTurn note(together, seated, event.kind);
    IsolatedAgent::observe_together(seated, event, state, note);
  }
}

void execute_together(LiveAgent& environment, std::span<const cadre_order> orders) {
  if (environment.isolated_ == nullptr) return;
  const FlightNote note(environment.flight_, Flight::execute_trade);
  environment.isolated_->execute_together(orders);
}

bool is_gone(const LiveAgent& agent) {
  return agent.isolated_ != nullptr && agent.isolated_->process().is_gone();
}

base::Result<std::shared_ptr<LiveAgent>> made_again(const LiveAgent& agent) {
  const base::Place place = base::Place::of(agent.manifest().library);
  return agent.library_ != nullptr ? LiveAgent::create(agent.library_, agent.entry_, agent.spec_, place)
                                   : LiveAgent::create_isolated({agent.copy_, nullptr, 0, agent.secrets_},
                                                                agent.entry_, agent.spec_, place);
}

LiveAgent::~LiveAgent() {
  if (agent_.size == 0) return;
  // In a process that others share it is done where it is destroyed, beside their calls.
  if (isolated_ == nullptr || isolated_->process().seats().size() == 1) deactivate();
  const FlightNote note(flight_, Flight::destroy);
  agent_.destroy(agent_.self);
}

cadre_status LiveAgent::activate() {
  if (active_) return CADRE_OK;
  const FlightNote note(flight_, Flight::activate);
  const cadre_status status =
      agent_.activate == nullptr ? cadre_status{CADRE_OK} : agent_.activate(agent_.self);
  active_ = status == CADRE_OK;
  return status;
}

void LiveAgent::deactivate() {
  const FlightNote note(flight_, Flight::deactivate);
  if (active_ && agent_.deactivate != nullptr) agent_.deactivate(agent_.self);
  active_ = false;
}

base::Result<SavedState> LiveAgent::save_state(std::uint64_t epoch,
                                               std::vector<std::string> instruments) const {
  SavedState saved{declaration().id, declaration().state_schema, epoch, std::move(instruments), {}};
  if (kept_state_ && kept_state_->epoch == epoch) return *kept_state_;
  if (!left_out_.empty()) return saved;
  if (!has_state()) return saved;
  const FlightNote note(flight_, Flight::save_state);
  reason().forget();
  const model::Guard guard = spec_.probe ? model::Guard::tight : model::Guard::strip;
  model::OutputBuffer<std::uint8_t> room(0, guard);
  for (int attempt = 0; attempt < 3; ++attempt) {
    cadre_buffer buffer{room.data(), room.size(), 0};
    const cadre_status status = state_.save_state(agent_.self, &buffer);
    if (!room.intact()) {
      reason().say("it wrote behind the end of its buffer");
      break;
    }
    if (status != CADRE_OK) break;
    if (buffer.needed <= room.size()) {
      saved.bytes.assign(reinterpret_cast<const char*>(room.data()), buffer.needed);
      return saved;
    }
    if (buffer.needed > state_bytes_most) {
      reason().say("it asks for more room than a state may have");
      break;
    }
    room = model::OutputBuffer<std::uint8_t>(buffer.needed, guard);
  }
  base::Problems problems;
  const std::string why = reason().take();
  reason().say(why);  // where this is a process of its own, it goes on from here
  problems.error("STATE_SAVE", base::Place::of(manifest().library),
                 spec_.name + ": saving its state failed" + (why.empty() ? "" : ": " + why),
                 is_gone(*this)
                     ? "`cadre agent restart` gives it a fresh process; or set its stage's \"state\" to "
                       "\"reset\""
                     : "set its stage's \"state\" to \"reset\" to replace it without its state");
  return problems;
}

base::Problems LiveAgent::load_state(const SavedState& saved) {
  base::Problems problems;
  const auto refuse = [&](const std::string& message) {
    problems.error("STATE_REFUSED", base::Place::of(manifest().library), spec_.name + ": " + message, "");
  };
  if (!left_out_.empty()) {
    if (!saved.bytes.empty()) kept_state_ = saved;
    return problems;
  }
  if (!has_state()) {
    if (!saved.bytes.empty()) refuse("it has no state to load into");
    return problems;
  }
  const auto& reads = declaration().state_reads;
  if (saved.schema != declaration().state_schema &&
      std::find(reads.begin(), reads.end(), saved.schema) == reads.end()) {
    refuse("it cannot read state of schema " + std::to_string(saved.schema) + " (its own is " +
           std::to_string(declaration().state_schema) + ")");
    return problems;
  }
  reason().forget();
  const FlightNote note(flight_, Flight::load_state);
  const cadre_status status =
      state_.load_state(agent_.self, saved.schema, static_cast<std::uint32_t>(saved.instruments.size()),
                        reinterpret_cast<const std::uint8_t*>(saved.bytes.data()), saved.bytes.size());
  if (status == CADRE_OK) return problems;
  const std::string why = reason().take();
  reason().say(why);
  refuse("load_state answered " + status_name(status) + (why.empty() ? "" : ": " + why));
  return problems;
}

}  // namespace cadre::agent
