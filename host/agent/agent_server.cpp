#include "host/agent/agent_server.hpp"

#include <poll.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <thread>

#include "cadre/cadre.h"
#include "host/agent/control_word.hpp"
#include "host/agent/isolated_protocol.hpp"
#include "host/agent/live_agent.hpp"
#include "host/agent/sandbox.hpp"
#include "host/model/arena.hpp"
#include "host/model/output_buffer.hpp"

namespace cadre::agent {

namespace {

/// The book's arena as this process sees it: read-only.
class MappedArena {
 public:
  MappedArena(int descriptor, std::size_t bytes) : bytes_(bytes) {
    data_ = mmap(nullptr, bytes, PROT_READ, MAP_SHARED, descriptor, 0);
    if (data_ != MAP_FAILED) view.bind(static_cast<const std::byte*>(data_));
  }
  ~MappedArena() {
    if (data_ != MAP_FAILED) munmap(data_, bytes_);
  }
  MappedArena(const MappedArena&) = delete;
  MappedArena& operator=(const MappedArena&) = delete;
  bool mapped() const { return data_ != MAP_FAILED; }
  const std::byte* data() const { return static_cast<const std::byte*>(data_); }
  std::size_t bytes() const { return bytes_; }

  model::StateView view;

 private:
  void* data_ = MAP_FAILED;
  std::size_t bytes_;
};

class Server {
 public:
  Server(std::string library, int socket) : library_(std::move(library)), socket_(socket) {}

  int run() {
    std::vector<std::byte> bytes;
    for (;;) {
      int descriptor = -1;
      if (!receive_frame(socket_, bytes, Deadline::never(), &descriptor)) return 0;
      base::Decoder from{std::span<const std::byte>(bytes)};
      to_.clear();
      const ControlWord computing;
      answer(from, descriptor);
      if (!computing.keep() && live_ != nullptr) {
        live_->reason().say(ControlWord::changed);
        to_.clear();
        status(CADRE_REJECTED);
      }
      if (descriptor >= 0) close(descriptor);
      if (!send_frame(socket_, to_.bytes(), Deadline::never())) return 0;
    }
  }

 private:
  void answer(base::Decoder& from, int descriptor) {
    const auto call = static_cast<Call>(from.get<std::uint32_t>());
    if (live_ != nullptr) live_->reason().forget();
    switch (call) {
      case Call::start:
        return start(from);
      case Call::init:
        return init(from);
      case Call::enter_arena:
        return enter_arena(from, descriptor);
      case Call::activate:
        return status(live_->activate());
      case Call::deactivate:
        live_->deactivate();
        return status(CADRE_OK);
      case Call::observe:
        return observe(from);
      case Call::save_state:
        return save_state();
      case Call::load_state:
        return load_state(from);
      case Call::generate_signals:
        return generate_signals(from);
      case Call::aggregate_signals:
        return aggregate_signals(from);
      case Call::change_targets:
        return with_targets(
            from, [&](cadre_targets& targets) { return live_->change_targets(&arena_->view.raw, &targets); });
      case Call::analyze_risk:
        return analyze_risk(from);
      case Call::adjust_for_risk:
        return adjust_for_risk(from);
      case Call::analyze_correlations:
        return analyze_correlations(from);
      case Call::adjust_for_correlation:
        return adjust_for_correlation(from);
      case Call::apply_rules:
        return apply_rules(from);
      case Call::publish:
        return publish(from);
      case Call::execute_trade:
        return execute_trade(from);
      case Call::cancel_order:
        return cancel_order(from);
      case Call::query_order:
        return query_order(from);
      case Call::next_report:
        return next_report();
    }
    status(CADRE_UNSUPPORTED);
  }

  /// Begins a reply: the status, and behind one of a refusal the reason.
  void status(cadre_status value) {
    to_.put(value);
    if (value != CADRE_OK && value != CADRE_DISCARD)
      to_.put_text(live_ != nullptr ? live_->reason().take() : std::string());
  }
  void refuse(const base::Problems& problems) {
    std::string text;
    for (const base::Problem& p : problems) {
      if (p.severity == base::Severity::error) text += (text.empty() ? "" : "; ") + p.message;
    }
    to_.put(cadre_status{CADRE_REJECTED});
    to_.put_text(text);
    put_problems(to_, problems);
  }
  void refuse_to_start(const std::string& problem) {
    to_.put(cadre_status{CADRE_REJECTED});
    to_.put_text("no agent runs without its sandbox: " + problem);
  }
  /// Only what the configuration made a book's environment, and what touches a market, reaches a venue.
  static SandboxProfile profile_of(const AgentDeclaration& agent) {
    const bool is_venue = agent.role.starts_with("cadre.execution_environment/") && !agent.simulated;
    return is_venue ? SandboxProfile::environment : SandboxProfile::agent;
  }
  std::uint32_t n() const { return arena_->view.raw.instrument_count; }

  void start(base::Decoder& from) {
    std::string agent_id;
    from.get_text(agent_id);
    from.get_text(spec_.name);
    from.get_text(spec_.book);
    from.get(spec_.seed);
    from.get(spec_.allow_weak_sandbox);
    auto manifest = read_manifest(std::filesystem::path(library_).replace_extension(".json"));
    if (!manifest) return refuse(manifest.problems());
    manifest_ = std::make_shared<const Manifest>(std::move(manifest).take());
    for (const AgentDeclaration& declared : manifest_->agents) {
      if (declared.id == agent_id) entry_ = {manifest_, &declared};
    }
    if (entry_.agent == nullptr) return status(CADRE_UNSUPPORTED);
    const SandboxProfile profile = profile_of(*entry_.agent);
    std::string problem = enter_sandbox({profile, std::filesystem::path(library_).parent_path().string(),
                                         manifest_->memory_mb, spec_.allow_weak_sandbox});
    if (!problem.empty()) return refuse_to_start(problem);
    auto library = Library::load(library_, manifest_);
    if (!library) return refuse(library.problems());
    loaded_ = *library;
    problem = seal_sandbox(profile, spec_.allow_weak_sandbox);
    if (!problem.empty()) return refuse_to_start(problem);
    const cadre_agent_descriptor* descriptor = loaded_->agent(agent_id);
    if (descriptor == nullptr) return status(CADRE_UNSUPPORTED);
    status(CADRE_OK);
    to_.put(descriptor->observes);
    to_.put(descriptor->state_schema);
  }

  void init(base::Decoder& from) {
    from.get_text(spec_.config);
    auto live = LiveAgent::create(loaded_, entry_, spec_, base::Place::of(library_));
    if (!live) return refuse(live.problems());
    live_ = *live;
    status(CADRE_OK);
    to_.put_struct(live_->requirements());
    std::vector<std::string> warnings;
    for (const base::Problem& problem : live.problems())
      warnings.push_back(problem.message);
    to_.put_texts(warnings);
  }

  void enter_arena(base::Decoder& from, int descriptor) {
    const auto bytes = from.get<std::uint64_t>();
    arena_ = std::make_unique<MappedArena>(descriptor, bytes);
    if (!arena_->mapped()) arena_.reset();
    status(arena_ != nullptr ? CADRE_OK : CADRE_ERROR);
  }

  /// The state of this call: the arena's, with the services and the reports that came along.
  bool take_state(base::Decoder& from) {
    if (arena_ == nullptr) return false;
    cadre_execution_state& raw = arena_->view.raw;
    arena_->view.refresh();
    services_.assign(from.get_count(28), {});
    for (cadre_service& service : services_) {
      const auto place = from.get<std::uint64_t>();
      std::string id;
      from.get_text(id);
      std::copy_n(id.data(), std::min(id.size(), sizeof(service.id.text)), service.id.text);
      from.get(service.matrix.rows);
      from.get(service.matrix.columns);
      from.get(service.matrix.stride);
      from.get(service.observations);
      if (place != 0 && place - 1 < arena_->bytes())
        service.matrix.values = reinterpret_cast<const double*>(arena_->data() + place - 1);
    }
    raw.services = services_.data();
    raw.service_count = services_.size();
    bool has_risk = false;
    from.get(has_risk);
    raw.risk = nullptr;
    if (has_risk) {
      if (!risk_.take(from, n())) return false;
      raw.risk = &risk_.report;
    }
    bool has_correlation = false;
    from.get(has_correlation);
    raw.correlation = nullptr;
    if (has_correlation) {
      if (!correlation_.take(from)) return false;
      raw.correlation = &correlation_.report;
    }
    return from.ok();
  }

  void observe(base::Decoder& from) {
    cadre_event event{sizeof(cadre_event), 0, 0, 0, nullptr};
    from.get(event.kind);
    from.get(event.sequence);
    from.get(event.time_ns);
    cadre_execution_report report{};
    cadre_signal signal{};
    cadre_outcome outcome{};
    cadre_timer timer{};
    cadre_universe_change change{sizeof(cadre_universe_change), 0, 0, nullptr, nullptr};
    std::vector<std::int32_t> old_to_new, new_to_old;
    if (event.kind == CADRE_EVENT_FILL) from.get_struct(report), event.payload = &report;
    if (event.kind == CADRE_EVENT_SIGNAL) from.get_struct(signal), event.payload = &signal;
    if (event.kind == CADRE_EVENT_OUTCOME) from.get_struct(outcome), event.payload = &outcome;
    if (event.kind == CADRE_EVENT_TIMER) from.get_struct(timer), event.payload = &timer;
    if (event.kind == CADRE_EVENT_UNIVERSE) {
      from.get(change.old_epoch);
      from.get_array(old_to_new);
      from.get_array(new_to_old);
      if (new_to_old.size() != n()) return no_observe();
      change.old_count = static_cast<std::uint32_t>(old_to_new.size());
      change.old_to_new = old_to_new.data();
      change.new_to_old = new_to_old.data();
      event.payload = &change;
    }
    if (!take_state(from)) return no_observe();
    status(live_->observe(event, arena_->view.raw));
    to_.put_structs(live_->timers().requests());
  }
  void no_observe() {
    status(CADRE_ERROR);
    to_.put_structs(std::vector<TimerRequest>{});
  }

  void save_state() {
    auto saved = live_->save_state(1, {});
    if (!saved) return status(CADRE_ERROR);
    status(CADRE_OK);
    to_.put_text(saved->bytes);
  }
  void load_state(base::Decoder& from) {
    SavedState saved;
    saved.agent_id = entry_.agent->id;
    from.get(saved.schema);
    const auto count = from.get<std::uint32_t>();
    from.get_text(saved.bytes);
    saved.instruments.resize(count);  // the number is what the agent is told
    status(from.ok() && !live_->load_state(saved).has_errors() ? CADRE_OK : CADRE_REJECTED);
  }

  void generate_signals(base::Decoder& from) {
    const auto capacity = from.get<std::uint64_t>();
    if (!take_state(from) || capacity > (1u << 24)) return status(CADRE_ERROR);
    std::vector<cadre_signal> signals(capacity);
    cadre_signal_list list{sizeof(cadre_signal_list), 0, signals.data(), sizeof(cadre_signal), capacity, 0};
    status(live_->table<cadre_signal_source>().generate_signals(live_->self(), &arena_->view.raw, &list));
    signals.resize(std::min(list.needed, capacity));
    to_.put(list.needed);
    to_.put_structs(signals);
  }

  void aggregate_signals(base::Decoder& from) {
    if (!take_state(from)) return status(CADRE_ERROR);
    std::vector<double> score(n(), 0), confidence(n(), 0);
    std::vector<std::uint8_t> valid(n(), 0);
    cadre_views views{sizeof(cadre_views), n(), score.data(), confidence.data(), valid.data()};
    status(
        live_->table<cadre_signal_aggregator>().aggregate_signals(live_->self(), &arena_->view.raw, &views));
    put_weights(to_, score);
    put_weights(to_, confidence);
    to_.put_array(valid);
  }

  /// Reads targets and state, lets `change` work on the targets, sends them back.
  template <class Change>
  void with_targets(base::Decoder& from, Change&& change) {
    if (arena_ == nullptr) return status(CADRE_ERROR);
    std::vector<double> weight(n(), 0);
    std::vector<cadre_reason> reasons(n());
    if (!get_weights(from, weight) || !get_reasons(from, reasons) || !take_state(from))
      return status(CADRE_ERROR);
    // Rooms of their own, as in the host: an overrun is found here, before it spoils this process.
    if (weight_room_.size() != n()) {
      weight_room_ = model::OutputBuffer<double>(n());
      reason_room_ = model::OutputBuffer<cadre_reason>(n());
    }
    std::copy(weight.begin(), weight.end(), weight_room_.begin());
    std::copy(reasons.begin(), reasons.end(), reason_room_.begin());
    cadre_targets targets{sizeof(cadre_targets), n(), weight_room_.data(), reason_room_.data()};
    const cadre_status answered = change(targets);
    const bool weights_intact = weight_room_.intact();
    if (!reason_room_.intact() || !weights_intact) {
      live_->reason().say("it wrote behind the end of its targets");
      return status(CADRE_REJECTED);
    }
    status(answered);
    std::copy(weight_room_.begin(), weight_room_.end(), weight.begin());
    std::copy(reason_room_.begin(), reason_room_.end(), reasons.begin());
    put_weights(to_, weight);
    put_reasons(to_, reasons);
  }
  void analyze_risk(base::Decoder& from) {
    if (arena_ == nullptr) return status(CADRE_ERROR);
    std::vector<double> weight(n(), 0);
    if (!get_weights(from, weight)) return status(CADRE_ERROR);
    const auto capacity = from.get<std::uint32_t>();
    if (!take_state(from) || capacity > capacity_most) return status(CADRE_ERROR);
    OwnedRiskReport owned;
    owned.size(n(), capacity);
    status(live_->table<cadre_risk_manager>().analyze_risk(live_->self(), &arena_->view.raw, weight.data(),
                                                           &owned.report));
    put_report(to_, owned.report);
  }
  void adjust_for_risk(base::Decoder& from) {
    if (arena_ == nullptr) return status(CADRE_ERROR);
    OwnedRiskReport owned;
    if (!owned.take(from, n())) return status(CADRE_ERROR);
    with_targets(from, [&](cadre_targets& targets) {
      return live_->table<cadre_risk_manager>().adjust_trades(live_->self(), &arena_->view.raw, &owned.report,
                                                              &targets);
    });
  }

  void analyze_correlations(base::Decoder& from) {
    if (arena_ == nullptr) return status(CADRE_ERROR);
    std::vector<double> weight(n(), 0);
    if (!get_weights(from, weight)) return status(CADRE_ERROR);
    const auto capacity = from.get<std::uint32_t>();
    if (!take_state(from) || capacity > capacity_most) return status(CADRE_ERROR);
    OwnedCorrelationReport owned;
    owned.size(capacity);
    status(live_->table<cadre_correlation_adjuster>().analyze_correlations(live_->self(), &arena_->view.raw,
                                                                           weight.data(), &owned.report));
    put_report(to_, owned.report);
  }
  void adjust_for_correlation(base::Decoder& from) {
    if (arena_ == nullptr) return status(CADRE_ERROR);
    OwnedCorrelationReport owned;
    if (!owned.take(from)) return status(CADRE_ERROR);
    with_targets(from, [&](cadre_targets& targets) {
      return live_->table<cadre_correlation_adjuster>().adjust_trades(live_->self(), &arena_->view.raw,
                                                                      &owned.report, &targets);
    });
  }

  void apply_rules(base::Decoder& from) {
    if (arena_ == nullptr) return status(CADRE_ERROR);
    std::vector<std::int64_t> need, price;
    std::vector<double> weight(n(), 0);
    from.get_array(need);
    from.get_array(price);
    if (!get_weights(from, weight) || need.size() != n() || price.size() != n()) return status(CADRE_ERROR);
    const auto capacity = from.get<std::uint64_t>();
    if (!take_state(from) || capacity > (1u << 24)) return status(CADRE_ERROR);
    std::vector<cadre_order> orders(capacity);
    std::vector<cadre_reason> reasons(n());
    const cadre_needs needs{sizeof(cadre_needs), n(), need.data(), price.data(), weight.data()};
    cadre_order_list list{sizeof(cadre_order_list), 0, orders.data(), sizeof(cadre_order), capacity, 0};
    status(live_->table<cadre_execution_rules>().apply_rules(live_->self(), &arena_->view.raw, &needs, &list,
                                                             reasons.data()));
    orders.resize(std::min(list.needed, capacity));
    to_.put(list.needed);
    to_.put_structs(orders);
    put_reasons(to_, reasons);
  }

  void publish(base::Decoder& from) {
    std::string service;
    from.get_text(service);
    if (!take_state(from)) return status(CADRE_ERROR);
    std::vector<double> room(std::size_t{n()} * n(), 0);
    cadre_service_output out{sizeof(cadre_service_output), n(), n(), 0, room.data(), n(), nullptr};
    status(live_->table<cadre_service_provider>().publish(live_->self(), &arena_->view.raw,
                                                          {service.data(), service.size()}, &out));
    for (std::uint32_t c = 0; c < n() && out.lent != nullptr; ++c)
      std::copy_n(out.lent + c * out.stride, n(), room.data() + std::size_t{c} * n());
    to_.put(out.observations);
    to_.put_array(room);
  }

  void execute_trade(base::Decoder& from) {
    cadre_order order{};
    from.get_struct(order);
    cadre_trade_result result{};
    result.size = sizeof result;
    status(live_->table<cadre_execution_environment>().execute_trade(live_->self(), &order, &result));
    to_.put_struct(result);
  }
  void cancel_order(base::Decoder& from) {
    cadre_id id{};
    from.get_struct(id);
    status(live_->table<cadre_execution_environment>().cancel_order(live_->self(), id));
  }
  void query_order(base::Decoder& from) {
    cadre_id id{};
    from.get_struct(id);
    cadre_trade_result result{};
    result.size = sizeof result;
    status(live_->table<cadre_execution_environment>().query_order(live_->self(), id, &result));
    to_.put_struct(result);
  }
  void next_report() {
    cadre_execution_report report{};
    report.size = sizeof report;
    status(live_->table<cadre_execution_environment>().next_report(live_->self(), &report));
    to_.put_struct(report);
  }

  std::string library_;
  int socket_;
  InstanceSpec spec_;
  std::shared_ptr<const Manifest> manifest_;
  CatalogEntry entry_;
  std::shared_ptr<Library> loaded_;
  std::shared_ptr<LiveAgent> live_;
  std::unique_ptr<MappedArena> arena_;
  std::vector<cadre_service> services_;
  OwnedRiskReport risk_;
  model::OutputBuffer<double> weight_room_;
  model::OutputBuffer<cadre_reason> reason_room_;
  OwnedCorrelationReport correlation_;
  base::Encoder to_;
};

}  // namespace

int serve_agent(const char* library, int socket) {
  // An agent that does not come back would outlive a host that is gone: it does not look at its socket. (A
  // signal at the parent's death comes when the thread that started the child ends.)
  std::thread([socket] {
    // Again and again: a thread that waits keeps open what the agent closes.
    constexpr int look_every_ms = 250;
    pollfd host{socket, POLLRDHUP, 0};
    while (poll(&host, 1, look_every_ms) <= 0) {
    }
    constexpr int grace_ms = 2000;  // for an agent that is destroyed as it should be
    poll(nullptr, 0, grace_ms);
    _exit(1);
  }).detach();
  return Server(library, socket).run();
}

}  // namespace cadre::agent
