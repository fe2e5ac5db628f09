#include "host/agent/isolated_protocol.hpp"

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstring>
#include <limits>

namespace cadre::agent {

namespace {

constexpr std::uint32_t frame_bytes_max = 1u << 28;
constexpr std::size_t frame_bytes_at_once = std::size_t{1} << 20;

/// Waits for `events` until the deadline.
bool wait_for(int socket, short events, Deadline deadline) {
  for (;;) {
    const int left = deadline.left_ms();
    if (left == 0) return false;
    pollfd wait{socket, events, 0};
    const int ready = poll(&wait, 1, left);
    if (ready > 0) return true;
    if (ready < 0 && errno != EINTR) return false;
  }
}

bool is_for_later() {
  return errno == EINTR || errno == EAGAIN || errno == EWOULDBLOCK;
}

bool send_all(int socket, const std::byte* data, std::size_t count, Deadline deadline) {
  while (count > 0) {
    if (!wait_for(socket, POLLOUT, deadline)) return false;
    const ssize_t sent = send(socket, data, count, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent < 0 && is_for_later()) continue;
    if (sent <= 0) return false;
    data += sent;
    count -= static_cast<std::size_t>(sent);
  }
  return true;
}

bool receive_all(int socket, std::byte* data, std::size_t count, Deadline deadline) {
  while (count > 0) {
    if (!wait_for(socket, POLLIN, deadline)) return false;
    const ssize_t got = recv(socket, data, count, MSG_DONTWAIT);
    if (got < 0 && is_for_later()) continue;
    if (got <= 0) return false;
    data += got;
    count -= static_cast<std::size_t>(got);
  }
  return true;
}

/// The frame's first byte, with the descriptor that may ride along: the kernel attaches it to that byte.
bool receive_first(int socket, std::byte& first, int& descriptor, Deadline deadline) {
  iovec part{&first, 1};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))] = {};
  message.msg_control = control;
  message.msg_controllen = sizeof control;
  ssize_t got = -1;
  do {
    if (!wait_for(socket, POLLIN, deadline)) return false;
    got = recvmsg(socket, &message, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
  } while (got < 0 && is_for_later());
  if (got != 1) return false;
  for (cmsghdr* head = CMSG_FIRSTHDR(&message); head != nullptr; head = CMSG_NXTHDR(&message, head)) {
    if (head->cmsg_level == SOL_SOCKET && head->cmsg_type == SCM_RIGHTS && descriptor < 0)
      std::memcpy(&descriptor, CMSG_DATA(head), sizeof descriptor);
  }
  return true;
}

}  // namespace

int Deadline::left_ms() const {
  if (!at_) return -1;
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(*at_ - std::chrono::steady_clock::now());
  return static_cast<int>(std::clamp<std::int64_t>(left.count(), 0, std::numeric_limits<int>::max()));
}

bool send_frame(int socket, std::span<const std::byte> bytes, Deadline deadline, int descriptor) {
  std::uint32_t length = static_cast<std::uint32_t>(bytes.size());
  iovec part{&length, sizeof length};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))] = {};
  if (descriptor >= 0) {
    message.msg_control = control;
    message.msg_controllen = sizeof control;
    cmsghdr* head = CMSG_FIRSTHDR(&message);
    head->cmsg_level = SOL_SOCKET;
    head->cmsg_type = SCM_RIGHTS;
    head->cmsg_len = CMSG_LEN(sizeof(int));
    std::memcpy(CMSG_DATA(head), &descriptor, sizeof descriptor);
  }
  ssize_t sent = -1;
  do {
    if (!wait_for(socket, POLLOUT, deadline)) return false;
    sent = sendmsg(socket, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
  } while (sent < 0 && is_for_later());
  // So few bytes go whole or not at all.
  return sent == static_cast<ssize_t>(sizeof length) &&
         send_all(socket, bytes.data(), bytes.size(), deadline);
}

bool receive_frame(int socket, std::vector<std::byte>& bytes, Deadline deadline, int* descriptor) {
  std::uint32_t length = 0;
  std::byte head[sizeof length];
  // Whoever wants no descriptor takes none: the kernel drops what was sent along.
  if (descriptor != nullptr ? !receive_first(socket, head[0], *descriptor, deadline)
                            : !receive_all(socket, head, 1, deadline))
    return false;
  if (!receive_all(socket, head + 1, sizeof head - 1, deadline)) return false;
  std::memcpy(&length, head, sizeof length);
  if (length > frame_bytes_max) return false;
  // Room is made as bytes arrive, not for what the other side says will come.
  bytes.clear();
  while (bytes.size() < length) {
    const std::size_t have = bytes.size();
    bytes.resize(std::min<std::size_t>(length, have + frame_bytes_at_once));
    if (!receive_all(socket, bytes.data() + have, bytes.size() - have, deadline)) return false;
  }
  return true;
}

void put_weights(base::Encoder& to, std::span<const double> weights) {
  to.put_array(weights);
}

bool get_weights(base::Decoder& from, std::span<double> weights) {
  std::vector<double> values;
  from.get_array(values);
  if (!from.ok() || values.size() != weights.size()) return false;
  std::copy(values.begin(), values.end(), weights.begin());
  return true;
}

void put_reasons(base::Encoder& to, std::span<const cadre_reason> reasons) {
  to.put_structs(std::vector<cadre_reason>(reasons.begin(), reasons.end()));
}

bool get_reasons(base::Decoder& from, std::span<cadre_reason> reasons) {
  std::vector<cadre_reason> values;
  from.get_structs(values);
  if (!from.ok() || values.size() != reasons.size()) return false;
  std::copy(values.begin(), values.end(), reasons.begin());
  return true;
}

void OwnedRiskReport::size(std::uint32_t instruments, std::uint32_t limit_capacity) {
  const double nan = std::nan("");
  limit_capacity = std::min(limit_capacity, capacity_most);
  limits.assign(limit_capacity, {});
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
            0};
}

void OwnedCorrelationReport::size(std::uint32_t pair_capacity) {
  const double nan = std::nan("");
  pairs.assign(std::min(pair_capacity, capacity_most), {});
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
