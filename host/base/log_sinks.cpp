#include "host/base/log_sinks.hpp"

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <cstring>

namespace cadre::base {

namespace {

constexpr int look_ms = 50;  // how often a writer looks whether it is to give up

/// As syslog counts them.
std::string_view priority_of(spdlog::level::level_enum level) {
  switch (level) {
    case spdlog::level::err:
      return "3";
    case spdlog::level::warn:
      return "4";
    case spdlog::level::info:
      return "6";
    default:
      return "7";
  }
}

/// A name of a field is capitals, digits and underscores, as journald takes them.
std::string journal_name(std::string_view name) {
  std::string text = "CADRE_";
  for (const char c : name) {
    const bool is_small = c >= 'a' && c <= 'z';
    const bool is_kept = (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    text += is_small ? static_cast<char>(c - 'a' + 'A') : is_kept ? c : '_';
  }
  return text;
}

/// A field whose value may have lines: name, line end, size in 64 bits little-endian, value, line end.
void append_field(std::string& datagram, std::string_view name, std::string_view value) {
  datagram += name;
  if (value.find('\n') == std::string_view::npos) {
    datagram += '=';
  } else {
    datagram += '\n';
    for (int shift = 0; shift < 64; shift += 8)
      datagram += static_cast<char>(static_cast<std::uint64_t>(value.size()) >> shift & 0xff);
  }
  datagram += value;
  datagram += '\n';
}

}  // namespace

void for_each_field(std::string_view payload,
                    const std::function<void(std::string_view name, std::string_view value)>& visit) {
  std::string_view name;
  bool is_value = true;  // the event is the value of no name
  while (true) {
    const std::size_t end = std::min(payload.find('\0'), payload.size());
    const std::string_view part = payload.substr(0, end);
    if (is_value)
      visit(name, part);
    else
      name = part;
    is_value = !is_value;
    if (end == payload.size()) return;
    payload.remove_prefix(end + 1);
  }
}

bool DescriptorSink::write(std::string_view text) {
  while (!text.empty()) {
    pollfd ready{descriptor_, POLLOUT, 0};
    const int polled = ::poll(&ready, 1, tally_.gives_up ? 0 : look_ms);
    if (polled == 0 && tally_.gives_up) return false;
    if (polled < 0 && errno != EINTR) return false;
    if (polled <= 0) continue;
    // A pipe that can be written to takes so much without waiting.
    const ssize_t written = ::write(descriptor_, text.data(), std::min<std::size_t>(text.size(), PIPE_BUF));
    if (written < 0 && errno != EINTR && errno != EAGAIN) return false;
    if (written > 0) text.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

void DescriptorSink::sink_it_(const spdlog::details::log_msg& message) {
  spdlog::memory_buf_t line;
  formatter_->format(message, line);
  if (!write({line.data(), line.size()})) ++tally_.dropped;
}

JournalSink::~JournalSink() {
  ::close(descriptor_);
}

void JournalSink::sink_it_(const spdlog::details::log_msg& message) {
  spdlog::memory_buf_t line;
  formatter_->format(message, line);
  std::string_view text(line.data(), line.size());
  if (text.ends_with('\n')) text.remove_suffix(1);
  std::string datagram;
  datagram.reserve(text.size() * 2 + 256);
  append_field(datagram, "PRIORITY", priority_of(message.level));
  append_field(datagram, "SYSLOG_IDENTIFIER", "cadre");
  append_field(datagram, "MESSAGE", text);
  for_each_field({message.payload.data(), message.payload.size()},
                 [&](std::string_view name, std::string_view value) {
                   append_field(datagram, name.empty() ? "CADRE_EVENT" : journal_name(name), value);
                 });
  while (::send(descriptor_, datagram.data(), datagram.size(), MSG_NOSIGNAL | MSG_DONTWAIT) < 0) {
    if (errno == EINTR) continue;
    pollfd ready{descriptor_, POLLOUT, 0};
    if (errno == EAGAIN && !tally_.gives_up) {
      ::poll(&ready, 1, look_ms);
      continue;
    }
    ++tally_.dropped;
    return;
  }
}

int connect_journal(const std::filesystem::path& socket) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (socket.native().size() >= sizeof address.sun_path) {
    errno = ENAMETOOLONG;
    return -1;
  }
  std::memcpy(address.sun_path, socket.c_str(), socket.native().size());
  const int descriptor = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (descriptor < 0) return -1;
  if (::connect(descriptor, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0)
    return descriptor;
  const int why = errno;
  ::close(descriptor);
  errno = why;
  return -1;
}

void CountedSink::log(const spdlog::details::log_msg& message) {
  try {
    sink_->log(message);
  } catch (const std::exception&) {
    ++tally_.dropped;  // a full disk, for instance: the count says it where the log cannot
  }
  ++tally_.done;
}

}  // namespace cadre::base
