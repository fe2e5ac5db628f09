// cadre run: a host that trades until it is told to stop.

#include <poll.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <boost/json.hpp>
#include <charconv>
#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <iostream>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "host/admin/http_server.hpp"
#include "host/admin/routes.hpp"
#include "host/admin/unix_socket.hpp"
#include "host/agent/process_output.hpp"
#include "host/app/command.hpp"
#include "host/app/host_connection.hpp"
#include "host/app/service_notices.hpp"
#include "host/app/status_faults.hpp"
#include "host/app/status_screen.hpp"
#include "host/app/token_file.hpp"
#include "host/base/date.hpp"
#include "host/base/file.hpp"
#include "host/base/json.hpp"
#include "host/base/log_output.hpp"
#include "host/base/text.hpp"
#include "host/config/host_config.hpp"
#include "host/control/live_host.hpp"
#include "host/live/replay_feed.hpp"
#include "host/report/table.hpp"

namespace cadre::app {

namespace fs = std::filesystem;

namespace {

/// "1000x", "2.5x" or "max"; nothing for anything else.
struct Speed {
  std::optional<double> factor;  ///< nothing: as fast as possible
};
std::optional<Speed> parse_speed(const std::string& text) {
  if (text == "max") return Speed{};
  double factor = 0;
  const char* end = text.data() + text.size();
  const auto [at, failure] = std::from_chars(text.data(), end, factor);
  const bool whole = failure == std::errc() && (at == end || (at + 1 == end && *at == 'x'));
  if (!whole || !(factor > 0) || factor > 1e12) return std::nullopt;
  return Speed{factor};
}

/// Signals as something to wait for. Blocked for all threads that are started afterwards.
class Signals {
 public:
  Signals() {
    sigset_t all;
    sigemptyset(&all);
    for (const int number : {SIGINT, SIGTERM, SIGHUP})
      sigaddset(&all, number);
    pthread_sigmask(SIG_BLOCK, &all, nullptr);
    signal(SIGPIPE, SIG_IGN);
    descriptor_ = signalfd(-1, &all, SFD_CLOEXEC);
    wake_ = eventfd(0, EFD_CLOEXEC);
  }
  ~Signals() {
    close(descriptor_);
    close(wake_);
  }
  Signals(const Signals&) = delete;
  Signals& operator=(const Signals&) = delete;

  void wake() const {
    const std::uint64_t one = 1;
    (void)!::write(wake_, &one, sizeof one);
  }
  /// The next signal; 0 when woken.
  int wait() const {
    pollfd both[2] = {{descriptor_, POLLIN, 0}, {wake_, POLLIN, 0}};
    while (poll(both, 2, -1) < 0 && errno == EINTR) {
    }
    if ((both[1].revents & POLLIN) != 0) return 0;
    signalfd_siginfo info{};
    if (read(descriptor_, &info, sizeof info) != sizeof info) return SIGTERM;
    return static_cast<int>(info.ssi_signo);
  }

 private:
  int descriptor_ = -1;
  int wake_ = -1;
};

/// A start runs agents, which may hang: it can be told to stop all the same. The signal stays where it is, so
/// that a start that comes to its end in time is stopped by it as usual.
class StartCanBeStopped {
 public:
  StartCanBeStopped() : thread_([this] { watch(); }) {}
  ~StartCanBeStopped() {
    {
      const std::lock_guard lock(mutex_);
      is_over_ = true;
      changed_.notify_all();
    }
    thread_.join();
  }
  StartCanBeStopped(const StartCanBeStopped&) = delete;
  StartCanBeStopped& operator=(const StartCanBeStopped&) = delete;

 private:
  using Clock = std::chrono::steady_clock;
  static bool is_told() {
    sigset_t pending;
    sigpending(&pending);
    return sigismember(&pending, SIGTERM) == 1 || sigismember(&pending, SIGINT) == 1;
  }
  void watch() {
    constexpr std::chrono::milliseconds look_interval{50};
    constexpr std::chrono::seconds grace{1};
    std::optional<Clock::time_point> told;
    std::unique_lock lock(mutex_);
    while (!changed_.wait_for(lock, look_interval, [&] { return is_over_; })) {
      if (!told && is_told()) told = Clock::now();
      if (!told || Clock::now() - *told < grace) continue;
      std::fputs("error: told to stop while it was starting, and the start does not come to its end\n",
                 stderr);
      ::_exit(exit_rolled_back);
    }
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  bool is_over_ = false;
  std::thread thread_;
};

/// Where the host listens.
fs::path socket_of(const LiveArguments& arguments, const fs::path& state) {
  return arguments.socket.empty() ? state / "admin.sock" : arguments.socket;
}

void print_books(const control::LiveHost& host) {
  using report::Align;
  report::TextTable table({{"book"},
                           {"state"},
                           {"date"},
                           {"equity", Align::right},
                           {"decisions", Align::right},
                           {"orders", Align::right},
                           {"revision", Align::right},
                           {"order hash"}});
  for (const auto& book : host.books().now()) {
    const live::BookSnapshot now = book->snapshot();
    table.add_row({book->id(), live::state_name(now.state), now.date == 0 ? "-" : base::format_date(now.date),
                   report::money(now.equity) + " " + now.currency, report::with_thousands(now.decisions),
                   report::with_thousands(now.orders), std::to_string(now.revision),
                   now.order_hash.substr(0, 12)});
  }
  print_text(table.to_string(width_of_output()));
}

/// Where the host is read from and keeps its state; refused where it could not be reached or read.
base::Result<control::LiveOptions> options_of(const GlobalOptions& global, const LiveArguments& arguments) {
  control::LiveOptions options;
  options.config = arguments.config;
  options.state =
      arguments.state.empty() ? fs::path(arguments.config.stem().string() + ".state") : arguments.state;
  options.agent_folders = global.agent_folders;
  options.actor = own_user();
  options.revision = arguments.revision;
  options.halted = arguments.halted;
  options.begins_again = arguments.begins_again;
  options.accepts_changes = arguments.accepts_changes;
  options.secrets = secrets_folder(arguments.secrets);
  // Before anything is recovered: a host that cannot be reached must not begin.
  const fs::path socket = socket_of(arguments, options.state);
  base::Problems problems;
  if (socket.native().size() > admin::socket_path_bytes_max) {
    problems.error("ADMIN_SOCKET_PATH_TOO_LONG", base::Place::of(socket),
                   "the path of a socket may have " + std::to_string(admin::socket_path_bytes_max) +
                       " bytes, this one has " + std::to_string(socket.native().size()),
                   arguments.socket.empty() ? "use a shorter --state, or start the host from inside of it"
                                            : "name a shorter one with --socket");
    return problems;
  }
  // A name that is wrong leaves no state folder behind.
  std::error_code error;
  if (!fs::exists(options.state, error)) {
    auto host = config::load_host(options.config);
    if (!host) return host.problems();
  }
  return options;
}

using Feeds = std::vector<std::unique_ptr<live::ReplayFeed>>;

base::Result<Feeds> open_feeds(const control::LiveHost& host, const LiveArguments& arguments,
                               std::optional<double> factor) {
  Feeds feeds;
  if (!arguments.replays) return feeds;
  const config::HostConfig config = host.config();
  for (const config::BookConfig& book : config.books) {
    auto feed = live::ReplayFeed::open(live::find_book(host.books(), book.scenario.book.id), book,
                                       arguments.replay, factor);
    if (!feed) return feed.problems();
    feeds.push_back(std::move(feed).take());
  }
  return feeds;
}

base::Result<std::unique_ptr<admin::HttpServer>> start_server(control::LiveHost& host,
                                                              const LiveArguments& arguments,
                                                              const fs::path& state) {
  admin::ServerOptions listening;
  listening.socket = socket_of(arguments, state);
  listening.socket_group = arguments.socket_group;
  listening.socket_changed = [&host](const std::string& why) { host.control().socket_changed(why); };
  listening.port = host.config().admin.port;
  if (listening.port) {
    auto token = token_of(state / "token");
    if (!token) return token.problems();
    listening.token = *token;
  }
  return admin::HttpServer::start(
      listening, [&host](const admin::Request& request) { return admin::answer(host.control(), request); });
}

void print_start(const control::LiveHost& host, const admin::HttpServer& server, const fs::path& socket) {
  std::cout << base::printable(host.config().name) << ": revision " << host.current_revision() << ", "
            << host.books().size() << (host.books().size() == 1 ? " book" : " books") << "; admin at "
            << socket.string();
  if (host.config().admin.port) std::cout << " and http://127.0.0.1:" << server.port();
  std::cout << std::endl;
}

/// What the service manager is told of a host that runs.
ServiceNotices::Host as_service(control::LiveHost& host) {
  return {[&host] {
            admin::Request request;
            request.method = "GET";
            request.path = "/v1/status";
            const admin::Response answer = admin::answer(host.control(), request);
            return status_line(boost::json::parse(answer.body));
          },
          [&host] { return host.watchdog_looks(); }};
}

/// Feeds the host until a signal ends it, or its history when that is asked for. Whether the history did.
bool feed_until_told(control::LiveHost& host, Feeds feeds, const Signals& signals, ServiceNotices& notices,
                     bool exit_at_end, std::vector<std::thread>& looks) {
  for (const auto& feed : feeds)
    feed->start();
  std::thread at_end;
  if (exit_at_end) {
    at_end = std::thread([&] {
      for (const auto& feed : feeds)
        feed->wait();
      signals.wake();
    });
  }
  int signal = signals.wait();
  // On a thread of its own: a change runs agents, and one that hangs must not be in the way of the next
  // signal.
  for (; signal == SIGHUP; signal = signals.wait()) {
    notices.reloading();
    looks.emplace_back([&host, &notices] {
      host.reload_by_signal();
      notices.reloaded();
    });
  }
  for (const auto& feed : feeds)
    feed->stop();
  if (at_end.joinable()) at_end.join();
  return signal == 0;
}

constexpr std::chrono::seconds log_patience{2};

/// The log of this process, which no reader of it can hold up.
class LogOfTheHost {
 public:
  /// Until the configuration is read it goes to standard error, or the journal.
  explicit LogOfTheHost(const GlobalOptions& global) : global_(global) {
    base::open_log({});
    if (global_.log_level.empty()) base::set_log_level(base::LogLevel::info);
  }
  ~LogOfTheHost() { base::close_log(log_patience); }
  LogOfTheHost(const LogOfTheHost&) = delete;
  LogOfTheHost& operator=(const LogOfTheHost&) = delete;

  /// What the command line says goes before the configuration.
  base::Problems follow(config::LogConfig config, const fs::path& state) const {
    if (!global_.log_format.empty()) base::value_named(global_.log_format, config.style);
    config::apply_log(config);
    if (!global_.log_level.empty())
      base::set_log_level(base::log_level_named(global_.log_level).value_or(base::LogLevel::warn));
    if (config.output == config::LogTo::automatic) return {};
    const base::LogOutput output = config::log_output(config, state);
    if (output.kind == base::LogOutput::Kind::file) {
      std::error_code error;  // what cannot be made is said by whoever opens it
      fs::create_directories(output.file.parent_path(), error);
    }
    return base::open_log(output);
  }

 private:
  const GlobalOptions& global_;
};

/// Everything that has to last is on the disk. Destroying the host would wait for what does not come back.
[[noreturn]] void end_with_threads_that_hang() {
  base::close_log(log_patience);
  std::cout << std::flush;
  std::cerr << std::flush;
  std::fflush(nullptr);
  ::_exit(exit_rolled_back);
}

}  // namespace

fs::path secrets_folder(const fs::path& named) {
  const char* credentials = std::getenv("CREDENTIALS_DIRECTORY");
  return named.empty() && credentials != nullptr ? fs::path(credentials) : named;
}

int run_live_command(const GlobalOptions& global, const LiveArguments& arguments) {
  const auto speed = parse_speed(arguments.speed);
  if (!speed) {
    base::Problems problems;
    problems.error("COMMAND_USAGE", {}, "--speed: " + base::quote(arguments.speed) + " is no speed",
                   "write a factor such as 1000x, or max");
    print_problems(problems);
    return exit_usage;
  }
  const Signals signals;
  const auto refuse = [](const base::Problems& problems) {
    print_problems(problems);
    return exit_invalid_input;
  };
  const auto options = options_of(global, arguments);
  if (!options) return refuse(options.problems());
  agent::set_output_style(agent::OutputStyle::logged);
  const LogOfTheHost log(global);
  ServiceNotices notices;
  auto opened = [&] {
    const StartCanBeStopped guard;
    return control::LiveHost::open(*options);
  }();
  if (!opened) return refuse(opened.problems());
  print_problems(opened.problems());
  control::LiveHost& host = **opened;
  if (const base::Problems problems = log.follow(host.config().log, options->state); problems.has_errors())
    return refuse(problems);
  auto feeds = open_feeds(host, arguments, speed->factor);
  if (!feeds) return refuse(feeds.problems());
  auto server = start_server(host, arguments, options->state);
  if (!server) return refuse(server.problems());

  host.start();
  print_start(host, **server, socket_of(arguments, options->state));
  notices.started(as_service(host));
  std::vector<std::thread> looks;
  // What the file says otherwise and may change while the host runs comes now.
  if (arguments.accepts_changes) looks.emplace_back([&host] { host.reload(true); });
  if (feed_until_told(host, std::move(feeds).take(), signals, notices, arguments.exit_at_end, looks)) {
    for (const auto& book : host.books().now())
      book->drain();
  }
  notices.stopping();
  (*server)->close();
  const base::Problems problems = host.stop();
  if (!host.leaves_hanging()) (*server)->stop();
  print_books(host);
  print_problems(problems);
  if (!host.leaves_hanging()) {
    for (std::thread& look : looks)
      look.join();
  }
  if (host.leaves_hanging()) end_with_threads_that_hang();
  return problems.has_errors() ? exit_invalid_input : exit_fine;
}

}  // namespace cadre::app
