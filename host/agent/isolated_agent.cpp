#include "host/agent/isolated_agent.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

#include "host/agent/isolated_tables.hpp"

namespace cadre::agent {

base::Result<std::unique_ptr<IsolatedAgent>> IsolatedAgent::take_seat(std::shared_ptr<AgentProcess> process,
                                                                      std::size_t seat) {
  const AgentProcess::Loaded& loaded = process->loaded(seat);
  if (loaded.problems.has_errors()) return loaded.problems;
  if (!loaded.is_there) {
    const AgentProcess::Seat& wanted = process->seats()[seat];
    base::Problems problems;
    problems.error("ISOLATION_START", base::Place::of(wanted.copy),
                   "the process for " + wanted.agent_id + " did not start the agent" +
                       (loaded.refusal.empty() ? "" : ": " + loaded.refusal));
    return problems;
  }
  std::unique_ptr<IsolatedAgent> isolated(new IsolatedAgent());
  isolated->process_ = std::move(process);
  isolated->seat_ = seat;
  isolated->observes_ = loaded.observes;
  isolated->state_schema_ = loaded.state_schema;
  isolated->agent_ = isolated_agent_table(isolated.get());
  return isolated;
}

IsolatedAgent::~IsolatedAgent() {
  // The last one of its process goes with it.
  if (process_.use_count() == 1 || is_gone()) return;
  request(Call::destroy);
  ask();
}

base::Problems IsolatedAgent::give(const Secrets& secrets, const std::vector<SecretUse>& uses,
                                   const base::Place& place) {
  auto packed = SecretsOnTheirWay::pack(secrets, uses, place);
  if (!packed) return packed.problems();
  process_->hide(SecretsOnTheirWay::unpack(packed->descriptor(), packed->bytes()));
  request(Call::take_secrets).put(packed->bytes());
  if (ask(packed->descriptor()) == CADRE_OK) return {};
  base::Problems problems;
  problems.error("ISOLATION_START", place,
                 "the process of the agent did not take its secrets: " + reason_.take());
  return problems;
}

base::Encoder& IsolatedAgent::request(Call call) {
  begin_request(encoder_, call, seat_);
  return encoder_;
}

cadre_status IsolatedAgent::say_gone() {
  reason_.say(process_->end_for(seat_));
  return CADRE_FATAL;
}

cadre_status IsolatedAgent::take_status(base::Decoder& from) {
  const auto status = from.get<std::uint32_t>();
  if (status != CADRE_OK && status != CADRE_DISCARD) {
    std::string said;
    from.get_text(said);
    reason_.say(said);
  }
  return status;
}

cadre_status IsolatedAgent::ask(int descriptor) {
  reason_.forget();
  if (!process_->call(seat_, encoder_.bytes(), bytes_, descriptor)) return say_gone();
  reply_.emplace(std::span<const std::byte>(bytes_));
  const cadre_status status = take_status(*reply_);
  if (reply_->ok()) return status;
  process_->lose(seat_, "its answer is damaged");
  return say_gone();
}

cadre_status IsolatedAgent::retire(Call call) {
  request(call);
  return ask();
}

cadre_status IsolatedAgent::take_observed() {
  Observed observed = std::move(*observed_);
  observed_.reset();
  if (is_gone()) return say_gone();
  reason_.say(observed.reason);
  timers_.set(std::move(observed.timers));
  return observed.status;
}

void IsolatedAgent::execute_together(std::span<const cadre_order> orders) {
  executed_.clear();
  if (orders.size() < 2) return;
  base::Encoder& to = request(Call::execute_together);
  to.put_count(orders.size());
  for (const cadre_order& order : orders)
    to.put_struct(order);
  if (!process_->call(seat_, to.bytes(), bytes_)) return;  // each of them finds that it is gone
  base::Decoder reply{std::span<const std::byte>(bytes_)};
  for (const cadre_order& order : orders) {
    Executed& executed = executed_.emplace_back(Executed{order.client_id, CADRE_ERROR, {}, {}});
    reply.get(executed.status);
    if (executed.status != CADRE_OK && executed.status != CADRE_DISCARD) reply.get_text(executed.reason);
    reply.get_struct(executed.result);
  }
  if (!reply.finished()) process_->lose(seat_, "it does not speak the protocol");
  std::reverse(executed_.begin(), executed_.end());
}

cadre_status IsolatedAgent::execute_trade(const cadre_order& order, cadre_trade_result& out) {
  if (is_gone()) executed_.clear();
  // One before it that nobody asks about any more, since it has ended meanwhile, is passed over: what has
  // crossed never crosses again.
  const auto crossed = std::find_if(executed_.rbegin(), executed_.rend(), [&](const Executed& each) {
    return std::memcmp(&each.client_id, &order.client_id, sizeof order.client_id) == 0;
  });
  if (crossed != executed_.rend()) {
    const Executed executed = std::move(*crossed);
    executed_.erase(crossed.base() - 1, executed_.end());
    reason_.say(executed.reason);
    out = executed.result;
    return executed.status;
  }
  request(Call::execute_trade).put_struct(order);
  const cadre_status status = ask();
  if (status != CADRE_OK) return status;
  reply().get_struct(out);
  if (reply().ok()) return status;
  process_->lose(seat_, "it does not speak the protocol");
  return say_gone();
}

cadre_status IsolatedAgent::next_report(cadre_execution_report& out) {
  if (reports_.waiting.empty() && reports_.status == CADRE_OK) {
    // One that is shown fills may change its mind about the next report at each of them.
    const bool is_shown_fills = (observes_ & CADRE_EVENT_FILL) != 0;
    request(Call::next_report).put(is_shown_fills ? 1u : reports_at_once);
    reports_.status = ask();
    if (is_gone()) return std::exchange(reports_.status, CADRE_OK);
    reports_.reason = reason_.take();
    reply().get_structs(reports_.waiting);
    const bool says_nothing = reports_.status == CADRE_OK && reports_.waiting.empty();
    if (!reply().ok() || says_nothing || reports_.waiting.size() > reports_at_once) {
      reports_ = {};
      process_->lose(seat_, "it does not speak the protocol");
      return say_gone();
    }
    std::reverse(reports_.waiting.begin(), reports_.waiting.end());
  }
  if (reports_.waiting.empty()) {
    reason_.say(reports_.reason);
    return std::exchange(reports_.status, CADRE_OK);
  }
  out = reports_.waiting.back();
  reports_.waiting.pop_back();
  return CADRE_OK;
}

bool IsolatedAgent::enter_arena(const model::Arena& arena) {
  arena_ = &arena;
  request(Call::enter_arena).put(static_cast<std::uint64_t>(arena.memory().bytes()));
  return ask(arena.memory().descriptor()) == CADRE_OK;
}

void IsolatedAgent::observe_together(std::span<IsolatedAgent* const> agents, const cadre_event& event,
                                     const cadre_execution_state& state, AgentProcess::Listener& listener) {
  IsolatedAgent& first = *agents.front();
  base::Encoder& to = first.request(Call::observe_together);
  put_event(to, event, state);
  first.put_state(state);
  to.put_count(agents.size());
  for (const IsolatedAgent* each : agents)
    to.put(static_cast<std::uint32_t>(each->seat_));
  AgentProcess& process = *first.process_;
  const bool answered = process.call(first.seat_, to.bytes(), first.bytes_, -1, &listener);
  base::Decoder reply{answered ? std::span<const std::byte>(first.bytes_) : std::span<const std::byte>()};
  for (IsolatedAgent* each : agents) {
    each->observed_ = Observed{};
    Observed& observed = *each->observed_;
    if (!answered) continue;
    reply.get(observed.status);
    if (observed.status != CADRE_OK && observed.status != CADRE_DISCARD) reply.get_text(observed.reason);
    reply.get_structs(observed.timers);
    if (!reply.ok()) break;
  }
  if (answered && !reply.finished()) process.lose(first.seat_, "it does not speak the protocol");
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
