#include "host/app/feed_command.hpp"

#include <algorithm>
#include <array>
#include <boost/json.hpp>
#include <chrono>
#include <cstdio>
#include <deque>
#include <map>
#include <span>
#include <thread>

#include "host/admin/http_client.hpp"
#include "host/admin/http_message.hpp"
#include "host/app/feed_source.hpp"
#include "host/app/host_connection.hpp"
#include "host/app/status_screen.hpp"
#include "host/base/problem_json.hpp"
#include "host/base/text.hpp"
#include "host/config/file_kind.hpp"
#include "host/market/feed_lines.hpp"
#include "host/report/progress.hpp"
#include "host/report/table.hpp"

namespace cadre::app {

namespace json = boost::json;

namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t batch_lines = 500;
constexpr std::size_t batch_bytes = std::size_t{1} << 20;
/// How long nothing has to come before a day of rows is over. Who writes a file row by row may be slower.
constexpr std::chrono::milliseconds day_is_over{1'000}, followed_day_is_over{5'000};
constexpr std::chrono::milliseconds first_pause{1}, longest_pause{200};  // before trying again
constexpr std::chrono::seconds patience{60};                             // with a book that takes nothing

/// Posts inputs in their order and keeps count of what the host did with them.
class Feeder {
 public:
  Feeder(const HostArguments& arguments, admin::HostAddress address, std::string source)
      : arguments_(arguments), address_(std::move(address)), source_(std::move(source)) {}

  void add(std::vector<market::FeedLine> lines) {
    for (market::FeedLine& line : lines)
      waiting_.push_back(std::move(line));
  }

  /// Until nothing waits. Gives the exit code; what went wrong has been printed.
  int post_all(market::FeedLines::Kind kind) {
    const char* path = kind == market::FeedLines::Kind::signals ? "/signals" : "/bars";
    while (!waiting_.empty()) {
      if (const int code = post_batch("/v1/books/" + arguments_.book + path); code != exit_fine) return code;
    }
    return exit_fine;
  }

  const admin::HostAddress& address() const { return address_; }
  base::Place place_of_header() const {
    base::Place place = base::Place::of(source_);
    place.line = 1;
    return place;
  }
  /// After what was refused.
  void say_taken() const {
    if (taken_ > 0)
      std::fprintf(stderr, "%s before it %s taken; feed it again when it is mended, they are passed over\n",
                   report::with_thousands(taken_).c_str(), taken_ == 1 ? "was" : "were");
  }

  std::uint64_t taken() const { return taken_; }
  std::uint64_t known() const { return known_; }
  std::uint64_t outside() const { return outside_; }

 private:
  int post_batch(const std::string& target) {
    std::string body;
    std::size_t lines = 0;
    for (; lines < std::min(waiting_.size(), batch_lines) && body.size() < batch_bytes; ++lines)
      body += waiting_[lines].json + "\n";
    const admin::ClientResponse response =
        admin::send(address_, {.method = "POST",
                               .target = target,
                               .body = std::move(body),
                               .headers = {{"Content-Type", "application/x-ndjson"}}});
    std::error_code error;
    const json::value answer = json::parse(response.body, error);
    // Rows are of bars that are accepted once they are complete.
    const std::uint64_t rows = count(answer, "/rows");
    const std::uint64_t done = (rows != 0 ? rows : count(answer, "/accepted")) +
                               count(answer, "/duplicates") + count(answer, "/outside_session");
    outside_ += count(answer, "/outside_session");
    // A signal that is said again is accepted again, and is one signal.
    const std::uint64_t repeated = count(answer, "/repeated");
    taken_ += count(answer, "/accepted") - repeated;
    known_ += count(answer, "/duplicates") + repeated;
    waiting_.erase(waiting_.begin(),
                   waiting_.begin() + static_cast<std::ptrdiff_t>(std::min<std::uint64_t>(done, lines)));
    if (done > 0) {
      moved_ = Clock::now();
      pause_ = first_pause;
    }
    if (response.delivery == admin::Delivery::answered && response.status < 300) {
      if (done < lines) return refuse(answer, lines, response);
      is_said_ = false;
      return exit_fine;
    }
    return wait_or_refuse(answer, lines, response);
  }

  static std::uint64_t count(const json::value& answer, const char* pointer) {
    const json::value* found = base::find(answer, pointer);
    return found != nullptr && found->is_number() ? found->to_number<std::uint64_t>() : 0;
  }

  /// A full queue empties itself, and a host that is away may come again.
  int wait_or_refuse(const json::value& answer, std::size_t lines, const admin::ClientResponse& response) {
    const bool is_away = response.delivery != admin::Delivery::answered;
    const bool is_full = !is_away && (response.status == 429 || response.status == 503);
    // A book that has stopped says why, and does not begin again by itself.
    const bool is_stopped = response.status == 503 && !list_at(answer, "/problems").empty();
    const bool waits =
        arguments_.follow ? is_away || is_full : is_full && !is_stopped && Clock::now() - moved_ < patience;
    if (!waits && (!is_full || is_stopped)) return refuse(answer, lines, response);
    if (!waits) {
      base::Problems problems;
      problems.error("FEED_WAITS", base::Place::of(source_),
                     arguments_.book + " has taken nothing for " + std::to_string(patience.count()) + " s",
                     "look at `cadre status`");
      print_refusal(problems, arguments_.json);
      return exit_time_out;
    }
    if (arguments_.follow && !is_said_ && (is_away || Clock::now() - moved_ > std::chrono::seconds{5})) {
      std::fprintf(stderr, "%s; trying again\n",
                   is_away ? response.failure.c_str() : text_at(answer, "/detail").c_str());
      is_said_ = true;
    }
    std::this_thread::sleep_for(pause_);
    pause_ = std::min(2 * pause_, longest_pause);
    return exit_fine;
  }

  /// The host names the place in what was sent; people want that in their file.
  int refuse(const json::value& answer, std::size_t lines, const admin::ClientResponse& response) {
    base::Problems placed;
    std::map<std::string, std::size_t> said;  // what is wrong with every line is said of the first
    for (base::Problem problem : base::problems_from_json(json::value(list_at(answer, "/problems")))) {
      // "bars[3]", or the fourth line of what was sent where that is no JSON.
      const std::size_t bracket = problem.place.file.find('[');
      const std::size_t index = bracket != std::string::npos
                                    ? std::strtoull(problem.place.file.c_str() + bracket + 1, nullptr, 10)
                                : problem.place.line > 0 ? problem.place.line - 1
                                                         : lines;
      if (index < std::min(lines, waiting_.size())) {
        problem.place.file = source_;
        problem.place.line = waiting_[index].line;
        problem.place.column = 0;
      }
      if (++said[problem.code + problem.message] == 1) placed.add(std::move(problem));
    }
    const auto repeated = [](const auto& each) { return each.second > 1; };
    if (std::any_of(said.begin(), said.end(), repeated))
      placed.error("AND_MORE", base::Place::of(source_), "the same of other lines is left out");
    if (placed.empty() || response.status >= 500) {
      const int code = explain_refusal(arguments_, response);
      // The host is there: it is the book that takes nothing.
      return response.status == 503 && !placed.empty() ? exit_time_out : code;
    }
    print_refusal(placed, arguments_.json);
    say_taken();
    return exit_invalid_input;
  }

  const HostArguments& arguments_;
  admin::HostAddress address_;
  std::string source_;
  std::deque<market::FeedLine> waiting_;
  std::uint64_t taken_ = 0, known_ = 0, outside_ = 0;
  Clock::time_point moved_ = Clock::now();
  std::chrono::milliseconds pause_ = first_pause;
  bool is_said_ = false;
};

int say_end(const HostArguments& arguments, const Feeder& feeder, market::FeedLines::Kind kind) {
  const bool is_signals = kind == market::FeedLines::Kind::signals;
  const std::string what = is_signals ? "signals" : "bars";
  if (arguments.json) {
    print_json(json::serialize(json::object{{"book", arguments.book},
                                            {"kind", what},
                                            {"accepted", feeder.taken()},
                                            {"duplicates", feeder.known()},
                                            {"outside_session", feeder.outside()}}));
    return exit_fine;
  }
  std::string text = report::with_thousands(feeder.taken()) + " " +
                     (feeder.taken() == 1 ? what.substr(0, what.size() - 1) : what) + " taken by " +
                     arguments.book;
  if (feeder.known() > 0)
    text += ", " + report::with_thousands(feeder.known()) + " that it had were passed over";
  if (feeder.outside() > 0)
    text += ", " + report::with_thousands(feeder.outside()) + " outside of the session were left out";
  print_text(text + "\n");
  return exit_fine;
}

/// Of a file that gave nothing at all: whether it could have. Prints why not.
int check_header_alone(const HostArguments& arguments, const Feeder& feeder, const market::FeedLines& lines) {
  const std::span<const std::string> columns = lines.instrument_columns();
  if (columns.empty()) return exit_fine;
  const HostAnswer answer =
      ask_host(arguments, feeder.address(),
               {.target = "/v1/books/" + admin::percent_encoded(arguments.book) + "/portfolio"});
  std::vector<std::string> instruments;
  for (const json::value& instrument : list_at(answer.body, "/instruments"))
    instruments.push_back(text_at(instrument, ""));
  if (answer.exit_code != exit_fine || instruments.empty()) return answer.exit_code;
  if (std::find_first_of(columns.begin(), columns.end(), instruments.begin(), instruments.end()) !=
      columns.end())
    return exit_fine;
  constexpr std::size_t shown_most = 5;
  const bool is_long = instruments.size() > shown_most;
  instruments.resize(std::min(instruments.size(), shown_most));
  base::Problems problems;
  problems.error(
      "CSV_HEADER", feeder.place_of_header(), "none of its columns is an instrument of " + arguments.book,
      "begin with a header such as date," + base::join(instruments, ",") + (is_long ? ",..." : ""));
  print_refusal(problems, arguments.json);
  return exit_invalid_input;
}

}  // namespace

int feed(const HostArguments& arguments) {
  if (arguments.file != "-") {
    const base::Problems other = config::expect_kind(arguments.file, std::array{config::FileKind::table});
    if (other.has_errors()) {
      print_refusal(other, arguments.json);
      return exit_invalid_input;
    }
  }
  admin::HostAddress address;
  if (const int code = find_host(arguments, address); code != exit_fine) return code;
  auto source = FeedSource::open(arguments.file, arguments.follow);
  if (!source) {
    print_refusal(source.problems(), arguments.json);
    return exit_invalid_input;
  }
  market::FeedLines lines(source->name());
  Feeder feeder(arguments, std::move(address), source->name());
  report::Progress progress("feed", source->size());
  for (bool goes_on = true; goes_on;) {
    std::string bytes;
    const auto state = source->read(bytes, arguments.follow ? followed_day_is_over : day_is_over);
    if (!state) {
      print_refusal(state.problems(), arguments.json);
      return exit_invalid_input;
    }
    goes_on = *state != FeedSource::State::over;
    lines.push(bytes);
    if (*state == FeedSource::State::quiet) lines.pause();
    if (!goes_on) lines.finish();
    feeder.add(lines.take());
    if (const int code = feeder.post_all(lines.kind()); code != exit_fine) return code;
    if (lines.problems().has_errors()) {
      progress.finish();
      print_refusal(lines.problems(), arguments.json);
      feeder.say_taken();
      return exit_invalid_input;
    }
    if (!arguments.follow && source->size() > 0) progress.update(source->bytes_read());
  }
  progress.finish();
  print_problems(lines.problems());
  if (feeder.taken() + feeder.known() == 0) {
    if (const int code = check_header_alone(arguments, feeder, lines); code != exit_fine) return code;
  }
  return say_end(arguments, feeder, lines.kind());
}

}  // namespace cadre::app
