#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <sstream>
#include <stdexcept>

#include "connection.hpp"

namespace venue {

namespace {

constexpr int answer_within_ms = 5000;

[[noreturn]] void fail(const std::string& what) {
  throw std::runtime_error(what + " (" + std::strerror(errno) + ")");
}

}  // namespace

void Connection::open(const std::string& folder) {
  close();
  const std::string requests = folder + "/requests";
  // Fails when nobody reads, which opening for both would not tell.
  const int listener = ::open(requests.c_str(), O_WRONLY | O_NONBLOCK | O_CLOEXEC);
  if (listener < 0) fail("no venue listens at " + requests);
  ::close(listener);
  session_ = std::to_string(::getpid()) + "-" + std::to_string(reinterpret_cast<std::uintptr_t>(this));
  replies_path_ = folder + "/replies." + session_;
  ::unlink(replies_path_.c_str());
  if (::mkfifo(replies_path_.c_str(), 0600) != 0) fail("cannot make " + replies_path_);
  // For both: opening waits for nobody, and writing to a venue that died is no signal.
  replies_ = ::open(replies_path_.c_str(), O_RDWR | O_NONBLOCK | O_CLOEXEC);
  requests_ = ::open(requests.c_str(), O_RDWR | O_CLOEXEC);
  if (replies_ < 0 || requests_ < 0) {
    const int error = errno;
    close();
    errno = error;
    fail("cannot open the line to " + folder);
  }
  send("\n");  // ends what a client that was killed has begun
  ask("HELLO");
}

void Connection::close() {
  if (requests_ >= 0) ::close(requests_);
  if (replies_ >= 0) ::close(replies_);
  if (!replies_path_.empty()) ::unlink(replies_path_.c_str());
  requests_ = replies_ = -1;
  replies_path_.clear();
  received_.clear();
}

void Connection::send(const std::string& line) {
  for (std::size_t sent = 0; sent < line.size();) {
    const ssize_t written = ::write(requests_, line.data() + sent, line.size() - sent);
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) fail("the venue takes no requests");
    sent += static_cast<std::size_t>(written);
  }
}

std::string Connection::receive_line() {
  for (;;) {
    if (const std::size_t end = received_.find('\n'); end != std::string::npos) {
      std::string line = received_.substr(0, end);
      received_.erase(0, end + 1);
      return line;
    }
    pollfd file{replies_, POLLIN, 0};
    const int ready = ::poll(&file, 1, answer_within_ms);
    if (ready < 0 && errno == EINTR) continue;
    if (ready <= 0) throw std::runtime_error("the venue does not answer");
    char bytes[4096];
    const ssize_t got = ::read(replies_, bytes, sizeof bytes);
    if (got > 0) received_.append(bytes, static_cast<std::size_t>(got));
  }
}

std::vector<std::string> Connection::ask(const std::string& request) {
  if (requests_ < 0) throw std::runtime_error("there is no line to the venue");
  const std::string number = std::to_string(++asked_);
  send(session_ + " " + number + " " + request + " .\n");  // without the full stop it counts as cut off
  for (;;) {
    std::istringstream line(receive_line());
    std::vector<std::string> words;
    for (std::string word; line >> word;)
      words.push_back(word);
    if (words.size() < 2 || words[0] != number) continue;  // to a request that was given up
    words.erase(words.begin());
    return words;
  }
}

}  // namespace venue
