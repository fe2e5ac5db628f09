#include "host/agent/isolated_protocol.hpp"

#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstring>

namespace cadre::agent {

bool send_descriptor(int socket, int descriptor, int time_ms) {
  std::byte nothing{};
  iovec part{&nothing, 1};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))] = {};
  message.msg_control = control;
  message.msg_controllen = sizeof control;
  cmsghdr* head = CMSG_FIRSTHDR(&message);
  head->cmsg_level = SOL_SOCKET;
  head->cmsg_type = SCM_RIGHTS;
  head->cmsg_len = CMSG_LEN(sizeof(int));
  std::memcpy(CMSG_DATA(head), &descriptor, sizeof descriptor);
  for (;;) {
    const ssize_t sent = sendmsg(socket, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent == 1) return true;
    const bool is_for_later = errno == EINTR || errno == EAGAIN || errno == EWOULDBLOCK;
    pollfd wait{socket, POLLOUT, 0};
    if (!is_for_later || poll(&wait, 1, time_ms) == 0) return false;
  }
}

int receive_descriptor(int socket) {
  std::byte nothing{};
  iovec part{&nothing, 1};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))] = {};
  message.msg_control = control;
  message.msg_controllen = sizeof control;
  ssize_t got = -1;
  do {
    got = recvmsg(socket, &message, MSG_CMSG_CLOEXEC);
  } while (got < 0 && errno == EINTR);
  const cmsghdr* head = got == 1 ? CMSG_FIRSTHDR(&message) : nullptr;
  if (head == nullptr || head->cmsg_level != SOL_SOCKET || head->cmsg_type != SCM_RIGHTS) return -1;
  int descriptor = -1;
  std::memcpy(&descriptor, CMSG_DATA(head), sizeof descriptor);
  return descriptor;
}

void begin_request(base::Encoder& to, Call call, std::size_t seat) {
  to.clear();
  to.put(static_cast<std::uint32_t>(call));
  to.put(static_cast<std::uint32_t>(seat));
}

void put_event(base::Encoder& to, const cadre_event& event, const cadre_execution_state& state) {
  to.put(event.kind);
  to.put(event.sequence);
  to.put(event.time_ns);
  if (event.kind == CADRE_EVENT_FILL)
    to.put_struct(*static_cast<const cadre_execution_report*>(event.payload));
  if (event.kind == CADRE_EVENT_SIGNAL) to.put_struct(*static_cast<const cadre_signal*>(event.payload));
  if (event.kind == CADRE_EVENT_OUTCOME) to.put_struct(*static_cast<const cadre_outcome*>(event.payload));
  if (event.kind == CADRE_EVENT_UNIVERSE) {
    const auto* change = static_cast<const cadre_universe_change*>(event.payload);
    to.put(change->old_epoch);
    to.put_array(std::span<const std::int32_t>(change->old_to_new, change->old_count));
    to.put_array(std::span<const std::int32_t>(change->new_to_old, state.instrument_count));
  }
  if (event.kind == CADRE_EVENT_TIMER) to.put_struct(*static_cast<const cadre_timer*>(event.payload));
}

bool OwnedEvent::take(base::Decoder& from, std::uint32_t instruments) {
  from.get(event_.kind);
  from.get(event_.sequence);
  from.get(event_.time_ns);
  if (event_.kind == CADRE_EVENT_FILL) from.get_struct(report_), event_.payload = &report_;
  if (event_.kind == CADRE_EVENT_SIGNAL) from.get_struct(signal_), event_.payload = &signal_;
  if (event_.kind == CADRE_EVENT_OUTCOME) from.get_struct(outcome_), event_.payload = &outcome_;
  if (event_.kind == CADRE_EVENT_TIMER) from.get_struct(timer_), event_.payload = &timer_;
  if (event_.kind == CADRE_EVENT_UNIVERSE) {
    from.get(change_.old_epoch);
    from.get_array(old_to_new_);
    from.get_array(new_to_old_);
    if (new_to_old_.size() != instruments) return false;
    change_.old_count = static_cast<std::uint32_t>(old_to_new_.size());
    change_.old_to_new = old_to_new_.data();
    change_.new_to_old = new_to_old_.data();
    event_.payload = &change_;
  }
  return from.ok();
}

namespace {

/// What was counted already, straight to where it belongs.
template <class T>
bool get_all(base::Decoder& from, std::span<T> values) {
  const auto bytes = from.get_raw(values.size_bytes());
  if (!from.ok()) return false;
  if (!bytes.empty()) std::memcpy(values.data(), bytes.data(), bytes.size());
  return true;
}

}  // namespace

void put_weights(base::Encoder& to, std::span<const double> weights) {
  to.put_array(weights);
}

bool get_weights(base::Decoder& from, std::span<double> weights) {
  if (from.get_count(sizeof(double)) != weights.size()) return false;
  return get_all(from, weights);
}

void put_reasons(base::Encoder& to, std::span<const cadre_reason> reasons) {
  to.put_text({reinterpret_cast<const char*>(reasons.data()), reasons.size_bytes()});
}

bool get_reasons(base::Decoder& from, std::span<cadre_reason> reasons) {
  if (from.get_count(1) != reasons.size_bytes()) return false;
  return get_all(from, reasons);
}

void OwnedRiskReport::size(std::uint32_t instruments, std::uint32_t limit_capacity) {
  const double nan = std::nan("");
  limit_capacity = std::min(limit_capacity, capacity_most);
  limits.resize(limit_capacity);
  if (!limits.empty()) std::memset(limits.data(), 0, limits.size() * sizeof(cadre_limit_use));
  component_risk.assign(instruments, 0);
  report = {sizeof(cadre_risk_report),
            0,
            nan,
            nan,
            nan,
            component_risk.data(),
            limits.data(),
            limit_capacity,
            0,
            instruments,
            0,
            0};
}

void OwnedCorrelationReport::size(std::uint32_t pair_capacity) {
  const double nan = std::nan("");
  pairs.resize(std::min(pair_capacity, capacity_most));
  if (!pairs.empty()) std::memset(pairs.data(), 0, pairs.size() * sizeof(cadre_pair));
  report = {sizeof(cadre_correlation_report),         0, nan, nan, pairs.data(),
            static_cast<std::uint32_t>(pairs.size()), 0};
}

bool OwnedRiskReport::take(base::Decoder& from, std::uint32_t instruments) {
  size(instruments, from.get<std::uint32_t>());
  return get_report(from, report);
}

bool OwnedCorrelationReport::take(base::Decoder& from) {
  size(from.get<std::uint32_t>());
  return get_report(from, report);
}

void put_sized_report(base::Encoder& to, const cadre_risk_report& report) {
  to.put(report.limit_capacity);
  put_report(to, report);
}

void put_sized_report(base::Encoder& to, const cadre_correlation_report& report) {
  to.put(report.pair_capacity);
  put_report(to, report);
}

void put_report(base::Encoder& to, const cadre_risk_report& report) {
  to.put(report.acceptable);
  to.put(report.volatility);
  to.put(report.value_at_risk);
  to.put(report.expected_shortfall);
  to.put(report.adjustment_speed);
  to.put_array(std::span<const double>(report.component_risk,
                                       report.component_risk != nullptr ? report.instrument_count : 0));
  to.put_structs(std::vector<cadre_limit_use>(
      report.limits, report.limits + std::min(report.limit_count, report.limit_capacity)));
}

bool get_report(base::Decoder& from, cadre_risk_report& report) {
  from.get(report.acceptable);
  from.get(report.volatility);
  from.get(report.value_at_risk);
  from.get(report.expected_shortfall);
  from.get(report.adjustment_speed);
  std::vector<double> component;
  from.get_array(component);
  std::vector<cadre_limit_use> limits;
  from.get_structs(limits);
  if (!from.ok() || limits.size() > report.limit_capacity) return false;
  if (report.component_risk != nullptr) {
    if (component.size() != report.instrument_count) return false;
    std::copy(component.begin(), component.end(), report.component_risk);
  }
  std::copy(limits.begin(), limits.end(), report.limits);
  report.limit_count = static_cast<std::uint32_t>(limits.size());
  return true;
}

void put_report(base::Encoder& to, const cadre_correlation_report& report) {
  to.put(report.acceptable);
  to.put(report.mean_correlation);
  to.put(report.highest_correlation);
  to.put(report.pair_count);
  to.put_structs(std::vector<cadre_pair>(report.pairs,
                                         report.pairs + std::min(report.pair_count, report.pair_capacity)));
}

bool get_report(base::Decoder& from, cadre_correlation_report& report) {
  from.get(report.acceptable);
  from.get(report.mean_correlation);
  from.get(report.highest_correlation);
  from.get(report.pair_count);
  std::vector<cadre_pair> pairs;
  from.get_structs(pairs);
  if (!from.ok() || pairs.size() > report.pair_capacity) return false;
  std::copy(pairs.begin(), pairs.end(), report.pairs);
  return true;
}

void put_problems(base::Encoder& to, const base::Problems& problems) {
  std::vector<std::string> words;
  for (const base::Problem& problem : problems) {
    if (problem.severity != base::Severity::error) continue;
    words.insert(words.end(), {problem.code, problem.message, problem.next_step});
  }
  to.put_texts(words);
}

base::Problems get_problems(base::Decoder& from, const base::Place& place) {
  std::vector<std::string> words;
  from.get_texts(words);
  base::Problems problems;
  for (std::size_t k = 0; k + 2 < words.size(); k += 3)
    problems.error(words[k], place, words[k + 1], words[k + 2]);
  return problems;
}

}  // namespace cadre::agent
