#pragma once

#include <cstdint>
#include <string>
#include <vector>

/// The line to a venue in another process: one line of words there, one line of words back. Through FIFOs in
/// the venue's folder, because agents may not open sockets.
namespace venue {

class Connection {
 public:
  Connection() = default;
  ~Connection() { close(); }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  /// Throws a sentence when no venue listens in the folder, or the folder cannot be written.
  void open(const std::string& folder);
  bool is_open() const { return requests_ >= 0; }

  /// The venue's answer to a request: at least one word. Throws when there is none within five seconds; what
  /// became of the request is unknown then.
  std::vector<std::string> ask(const std::string& request);

 private:
  void close();
  void send(const std::string& line);
  std::string receive_line();

  std::string replies_path_;
  std::string session_;
  int requests_ = -1;
  int replies_ = -1;
  std::uint64_t asked_ = 0;
  std::string received_;  ///< not yet a whole line
};

}  // namespace venue
