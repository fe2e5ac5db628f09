#pragma once

#include <sys/types.h>

#include <atomic>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace cadre::agent {

/// How the lines of isolated agents are shown.
enum class OutputStyle {
  plain,  ///< all of them on standard error, each behind the names of the agents; at the start
  logged  ///< as events agent_output of the log, ProcessOutput::lines_a_second at most of each process
};
/// For processes that begin from now on. [any-thread]
void set_output_style(OutputStyle style);

/// How many lines a process has written. Nobody waits for anybody.
struct OutputCounts {
  std::atomic<std::uint64_t> lines{0};
  std::atomic<std::uint64_t> left_out{0};  ///< of them, not shown: more than lines_a_second
};

/// What a process of isolated agents writes to standard output and error: a pipe, and a thread that empties
/// it, so that the process waits for no log and has no descriptor of the host's. Lines are text on one line:
/// what a terminal would obey, and bytes that are no UTF-8, are shown as \x1b. [one thread: who made it]
class ProcessOutput {
 public:
  static constexpr std::uint64_t lines_a_second = 100;
  static constexpr std::size_t line_bytes_most = 2048;  ///< of one longer, the rest is counted and left out

  ProcessOutput(std::string book, const std::vector<std::string>& agents);
  ~ProcessOutput();
  ProcessOutput(const ProcessOutput&) = delete;
  ProcessOutput& operator=(const ProcessOutput&) = delete;

  /// False: there is no pipe, and errno says why.
  bool open();
  /// The end that the process writes to; closed here by start().
  int for_process() const { return write_end_; }
  /// The process has been started: its lines are read from now on. False: by nobody, since there is no
  /// thread.
  bool start();
  /// The process has ended: what is left is read, within bounds, however many still hold the pipe.
  void finish();

  /// These are shown in none of its lines from now on, whoever else's are. Values of secrets, by pointer.
  void hide(const std::map<std::string, std::string>& secrets);
  std::shared_ptr<const OutputCounts> counts() const { return counts_; }
  /// Its last lines in quotes, short; empty: it has written none. For the sentence of how it ended. After
  /// finish().
  std::string last_words() const;

 private:
  void read_all();
  /// As read(2): more than 0, or 0 at the end, or less when there is nothing now.
  ssize_t read_some();
  void take(std::string_view bytes);
  void end_line();
  void show(std::string line);
  void begin_second(std::int64_t second);

  std::string book_;
  std::string agents_;  ///< their names, joined
  OutputStyle style_;
  std::shared_ptr<OutputCounts> counts_ = std::make_shared<OutputCounts>();
  int read_end_ = -1;
  int write_end_ = -1;
  int stop_ = -1;
  std::thread reader_;

  std::mutex hidden_lock_;
  std::map<std::string, std::string> hidden_;  ///< by themselves

  // Of the reader, and after it of who made this.
  std::string line_;
  std::uint64_t bytes_left_out_ = 0;  ///< of this line
  std::int64_t second_ = 0;
  std::uint64_t in_second_ = 0;
  std::uint64_t left_out_in_second_ = 0;
  std::deque<std::string> last_;
};

}  // namespace cadre::agent
