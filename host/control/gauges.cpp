// The gauges that nobody sets when something happens: they are set when somebody looks.

#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <boost/json.hpp>
#include <filesystem>
#include <fstream>
#include <map>
#include <string_view>

#include "host/agent/process_use.hpp"
#include "host/base/date.hpp"
#include "host/base/log_output.hpp"
#include "host/base/text.hpp"
#include "host/base/version.hpp"
#include "host/control/host_parts.hpp"
#include "host/control/house_watch.hpp"

namespace cadre::control {

namespace {

constexpr double ns_per_second = 1e9;

double memory_ratio(const agent::ProcessUse& use) {
  return use.data_bytes_most == 0
             ? 0
             : static_cast<double>(use.data_bytes) / static_cast<double>(use.data_bytes_most);
}

/// Of the host's process, and of each one of isolated agents.
void refresh_processes(HostParts& host) {
  host.metrics.gauge("cadre_host_own_bytes").set(static_cast<double>(agent::own_use().own_bytes));
  const std::vector<agent::ProcessUse> uses = agent::process_uses();
  const auto show = [&](const char* metric, auto figure) {
    std::map<std::vector<std::string>, double> values;
    for (const agent::ProcessUse& use : uses)
      values[{use.book, base::join(use.agents, ",")}] += static_cast<double>(figure(use));
    host.metrics.set_all(metric, values);
  };
  using Use = agent::ProcessUse;
  show("cadre_agent_processor_seconds", [](const Use& use) { return use.processor_seconds; });
  show("cadre_agent_resident_bytes", [](const Use& use) { return use.resident_bytes; });
  show("cadre_agent_own_bytes", [](const Use& use) { return use.own_bytes; });
  show("cadre_agent_memory_ratio", memory_ratio);
  show("cadre_agent_output_left_out", [](const Use& use) { return use.output_left_out; });
  for (const auto& book : host.books.now()) {
    const auto count =
        std::count_if(uses.begin(), uses.end(), [&](const Use& use) { return use.book == book->id(); });
    host.metrics.gauge("cadre_agent_processes", {book->id()}).set(static_cast<double>(count));
  }
}

/// Of the host's own process, by the names that every process has.
void refresh_own_process(metrics::Metrics& metrics) {
  metrics.gauge("process_cpu_seconds_total").set(agent::own_use().processor_seconds);
  std::ifstream pages("/proc/self/statm");
  double virtual_pages = 0, resident_pages = 0;
  if (pages >> virtual_pages >> resident_pages) {
    const auto page_bytes = static_cast<double>(::sysconf(_SC_PAGESIZE));
    metrics.gauge("process_virtual_memory_bytes").set(virtual_pages * page_bytes);
    metrics.gauge("process_resident_memory_bytes").set(resident_pages * page_bytes);
  }
  std::error_code error;
  const std::filesystem::directory_iterator open("/proc/self/fd", error);
  if (!error)
    metrics.gauge("process_open_fds").set(static_cast<double>(std::distance(begin(open), end(open))));
  rlimit descriptors{};
  if (::getrlimit(RLIMIT_NOFILE, &descriptors) == 0)
    metrics.gauge("process_max_fds").set(static_cast<double>(descriptors.rlim_cur));
}

/// Of the files beside what runs.
void refresh_sources(HostParts& host) {
  double differing = 0;
  for (const boost::json::value& source : host.reload->sources_json())
    differing += source.at("differing").to_number<double>();
  host.metrics.gauge("cadre_sources_differing").set(differing);
  host.metrics.gauge("cadre_changes_refused").set(static_cast<double>(host.reload->refused_json().size()));
}

void refresh_experiments(HostParts& host) {
  if (host.experiments == nullptr) return;
  double running = 0, failed = 0;
  for (const boost::json::value& experiment : host.experiments->list()) {
    const std::string_view state = experiment.at("state").as_string();
    running += state == "running" || state == "catching up" ? 1 : 0;
    failed += state == "failed" ? 1 : 0;
  }
  host.metrics.gauge("cadre_experiments", {"running"}).set(running);
  host.metrics.gauge("cadre_experiments", {"failed"}).set(failed);
}

void refresh_book(HostParts& host, live::BookRunner& book, bool is_on_trial) {
  const std::string& id = book.id();
  const metrics::BookMetrics gauges = host.metrics.book(id);
  const live::BookSnapshot now = book.snapshot();
  gauges.set_state(static_cast<metrics::InState>(now.state));  // in the same order
  gauges.stages_quarantined.set(static_cast<double>(now.quarantined.size()));
  gauges.stuck_seconds.set(host.watchdog->stuck_seconds(id));
  gauges.queue_depth.set(static_cast<double>(now.queue_depth));
  const auto set = [&](const char* metric, double value) { host.metrics.gauge(metric, {id}).set(value); };
  const double began = host.metrics.gauge("process_start_time_seconds").value();
  set("cadre_book_halted", now.state == live::BookState::halted ? 1 : 0);
  const auto state = execution::state_named(now.trading_state).value_or(execution::TradingState::active);
  set("cadre_book_trading_state", static_cast<double>(state));
  set("cadre_book_instruments_restricted",
      static_cast<double>(std::count_if(now.states.begin(), now.states.end(), [](const auto& change) {
        return !change.scope.instrument.empty();
      })));
  set("cadre_book_unpriced_positions", static_cast<double>(now.unpriced_count));
  set("cadre_book_venue_breaks", static_cast<double>(now.venue_break_count));
  const auto stands = [&](std::string_view code) {
    return std::any_of(now.states.begin(), now.states.end(),
                       [&](const auto& change) { return change.code == code; });
  };
  set("cadre_book_margin_breached", stands(execution::TradingStates::margin_breach) ? 1 : 0);
  set("cadre_book_margin_requirement", now.margin_requirement.to_double());
  set("cadre_book_ruined", stands(execution::TradingStates::ruin) ? 1 : 0);
  set("cadre_book_trial", is_on_trial ? 1 : 0);
  set("cadre_book_last_bar_timestamp_seconds",
      now.last_bar_ns != 0 ? static_cast<double>(now.last_bar_ns) / ns_per_second : began);
  set("cadre_book_last_decision_timestamp_seconds",
      static_cast<double>(now.last_decision_ns) / ns_per_second);
  set("cadre_orders_scheduled", static_cast<double>(now.scheduled_orders));
  set("cadre_orders_waiting", static_cast<double>(now.waiting_orders));
  set("cadre_orders_unsent_value", now.unsent_value.to_double());
  set("cadre_reports_ignored_total", static_cast<double>(now.ignored_reports));
  set("cadre_queue_capacity", static_cast<double>(now.queue_capacity));
  set("cadre_queue_oldest_seconds", now.queue_oldest_seconds);
  set("cadre_drawdown_ratio", now.drawdown);
  set("cadre_journal_lag_seconds",
      now.undurable_since_ns == 0
          ? 0
          : std::max(0.0, static_cast<double>(base::now_ns() - now.undurable_since_ns) / ns_per_second));
}

}  // namespace

void refresh_gauges(HostParts& host) {
  host.metrics.gauge("cadre_build_info", {std::string(base::version())}).set(1);
  host.metrics.libraries_retained().set(static_cast<double>(host.reload->retained_json().size()));
  host.metrics.ready().set(not_ready_reasons(host).empty() ? 1 : 0);
  host.metrics.quarantined().set(static_cast<double>(host.quarantine->held().size()));
  host.metrics.gauge("cadre_log_dropped_total").set(static_cast<double>(base::log_dropped()));
  const DiskRoom room = disk_room(host.options.state);
  host.metrics.gauge("cadre_disk_free_bytes").set(static_cast<double>(room.free_bytes));
  host.metrics.gauge("cadre_disk_size_bytes").set(static_cast<double>(room.all_bytes));
  refresh_own_process(host.metrics);
  refresh_processes(host);
  refresh_sources(host);
  refresh_experiments(host);
  std::vector<std::string> on_trial;
  host.metrics.weakly_sandboxed().set(host.reload->read([&](const revision::Charge& charge) {
    for (const revision::BookTrial& trial : charge.trials)
      on_trial.push_back(trial.book);
    return static_cast<double>(revision::weak_sandboxes(charge.setup).size());
  }));
  for (const auto& book : host.books.now())
    refresh_book(host, *book, std::find(on_trial.begin(), on_trial.end(), book->id()) != on_trial.end());
}

}  // namespace cadre::control
