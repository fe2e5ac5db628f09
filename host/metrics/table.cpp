#include "host/metrics/metrics.hpp"

namespace cadre::metrics {

namespace {

std::string_view type_name(Type type) {
  switch (type) {
    case Type::counter:
      return "counter";
    case Type::gauge:
      return "gauge";
    case Type::histogram:
      return "histogram";
  }
  return {};
}

/// How the host and its books are.
std::vector<Metric> of_the_host() {
  return {
      {"cadre_build_info", Type::gauge, "1; what runs is in the label", {{"version", {}}}},
      {"process_cpu_seconds_total", Type::counter, "Processor time of the host's own process", {}},
      {"process_resident_memory_bytes",
       Type::gauge,
       "Memory of the host's own process, with what it shares",
       {}},
      {"process_virtual_memory_bytes", Type::gauge, "Address space of the host's own process", {}},
      {"process_start_time_seconds", Type::gauge, "When the process began, in seconds since 1970", {}},
      {"process_open_fds", Type::gauge, "Descriptors that the host's own process has open", {}},
      {"process_max_fds", Type::gauge, "Descriptors that it may have open", {}},
      {"cadre_disk_free_bytes", Type::gauge, "What the host may still write where its state folder is", {}},
      {"cadre_disk_size_bytes", Type::gauge, "Size of the disk on which its state folder is", {}},
      {"cadre_log_dropped_total", Type::counter, "Lines of the log that could not be written in time", {}},
      {"cadre_sources_differing",
       Type::gauge,
       "Values and libraries of files that say otherwise than what runs",
       {}},
      {"cadre_changes_refused", Type::gauge, "Changes that were refused and are not yet mended", {}},
      {"cadre_ready", Type::gauge, "1 while inputs are taken and decisions made, else 0", {}},
      {"cadre_agents_quarantined",
       Type::gauge,
       "Agents that crashed or hung the host, and are not let in",
       {}},
      {"cadre_host_own_bytes", Type::gauge, "Memory of the host's own process, without what it shares", {}},
      {"cadre_agents_weakly_sandboxed",
       Type::gauge,
       "Isolated agents whose processes bound no files, since the kernel cannot",
       {}},
      {"cadre_revision", Type::gauge, "Number of the revision that everything runs under", {}},
      {"cadre_applies_total",
       Type::counter,
       "Changes of the configuration that were asked for",
       {{"outcome", {"applied", "refused", "stale"}}}},
      {"cadre_swap_seconds",
       Type::histogram,
       "Time for which a book made no decision while its chain was replaced",
       {}},
      {"cadre_libraries_retained",
       Type::gauge,
       "Libraries of agents that are gone and that could not be unloaded",
       {}},
  };
}

/// How its books stand, and what they have.
std::vector<Metric> of_the_books() {
  return {
      {"cadre_book_state",
       Type::gauge,
       "1 for the state that a book is in, else 0",
       {{"book", {}}, {"state", {"starting", "warming up", "deciding", "halted", "stopped", "stuck"}}}},
      {"cadre_book_halted", Type::gauge, "1 while a book is halted, else 0", {{"book", {}}}},
      {"cadre_book_trading_state", Type::gauge, "0 ACTIVE, 1 REDUCING, 2 HALTED, 3 KILLED", {{"book", {}}}},
      {"cadre_book_instruments_restricted", Type::gauge, "Instruments with a state", {{"book", {}}}},
      {"cadre_book_unpriced_positions",
       Type::gauge,
       "Positions whose instruments have had no price for as long as the book waits for one",
       {{"book", {}}}},
      {"cadre_book_venue_breaks",
       Type::gauge,
       "Positions, and cash, that a book and its venue do not agree about",
       {{"book", {}}}},
      {"cadre_book_trial", Type::gauge, "1 while a book is on trial under a change, else 0", {{"book", {}}}},
      {"cadre_book_last_bar_timestamp_seconds",
       Type::gauge,
       "When a book took its last bar in this process, in seconds since 1970; before the first, when the "
       "process began",
       {{"book", {}}}},
      {"cadre_book_last_decision_timestamp_seconds",
       Type::gauge,
       "When a book decided last in this process, in seconds since 1970; 0 before the first",
       {{"book", {}}}},
      {"cadre_book_stuck_seconds",
       Type::gauge,
       "For how long a call of an agent has not come back, 0 when all do",
       {{"book", {}}}},
      {"cadre_book_stages_quarantined",
       Type::gauge,
       "Stages of a book whose agent failed for good and is called no more",
       {{"book", {}}}},
      {"cadre_equity", Type::gauge, "Cash and positions of a book, in its currency", {{"book", {}}}},
      {"cadre_book_margin_breached",
       Type::gauge,
       "1 while the equity of a book is not above its margin requirement, else 0",
       {{"book", {}}}},
      {"cadre_book_margin_requirement",
       Type::gauge,
       "Equity that the positions of a book need, in its currency",
       {{"book", {}}}},
      {"cadre_book_ruined", Type::gauge, "1 while a book has no equity, else 0", {{"book", {}}}},
      {"cadre_drawdown_ratio",
       Type::gauge,
       "How far a book's equity is below its greatest since the host was started, as a share of that",
       {{"book", {}}}},
  };
}

/// What its agents take and do.
std::vector<Metric> of_the_agents() {
  return {
      {"cadre_agent_deadline_misses_total",
       Type::counter,
       "Calls of an agent that took longer than the deadline its manifest states",
       {{"book", {}}, {"stage", {}}}},
      {"cadre_agent_call_seconds_total",
       Type::counter,
       "Time of a stage's calls in decisions, from the end of the call before",
       {{"book", {}}, {"stage", {}}}},
      {"cadre_agent_failures_total",
       Type::counter,
       "Calls of an agent that gave no usable answer",
       {{"book", {}}, {"stage", {}}}},
      {"cadre_agent_processes", Type::gauge, "Child processes of a book's isolated agents", {{"book", {}}}},
      {"cadre_agent_processor_seconds",
       Type::gauge,
       "Processor time that each of those processes has used since it began; stages: all that live in it",
       {{"book", {}}, {"stages", {}}}},
      {"cadre_agent_resident_bytes",
       Type::gauge,
       "Memory of each of those processes, with what it shares",
       {{"book", {}}, {"stages", {}}}},
      {"cadre_agent_own_bytes",
       Type::gauge,
       "Memory of each of those processes, without what it shares",
       {{"book", {}}, {"stages", {}}}},
      {"cadre_agent_memory_ratio",
       Type::gauge,
       "What each of those processes has allocated, as a part of what it may (memory_mb)",
       {{"book", {}}, {"stages", {}}}},
      {"cadre_agent_output_left_out",
       Type::gauge,
       "Lines that each of those processes has written and the log does not show: too many in a second",
       {{"book", {}}, {"stages", {}}}},
  };
}

/// What goes through them.
std::vector<Metric> of_the_work() {
  return {
      {"cadre_experiments",
       Type::gauge,
       "Shadow experiments that run, and those that failed and that nobody has stopped since",
       {{"state", {"running", "failed"}}}},
      {"cadre_inputs_total",
       Type::counter,
       "Inputs that were taken from a book's queue",
       {{"book", {}}, {"kind", {"bar", "signal", "report"}}}},
      {"cadre_inputs_refused_total",
       Type::counter,
       "Inputs that were not taken into a book's queue",
       {{"book", {}}, {"why", {"full", "invalid"}}}},
      {"cadre_queue_depth", Type::gauge, "Inputs that wait in a book's queue", {{"book", {}}}},
      {"cadre_queue_capacity", Type::gauge, "Inputs that may wait in a book's queue", {{"book", {}}}},
      {"cadre_queue_oldest_seconds",
       Type::gauge,
       "For how long the next input of a book has waited",
       {{"book", {}}}},
      {"cadre_decisions_total", Type::counter, "Decisions of a book", {{"book", {}}}},
      {"cadre_decision_seconds",
       Type::histogram,
       "Time from taking an input to the orders that came of it",
       {{"book", {}}}},
      {"cadre_orders_total",
       Type::counter,
       "Orders, by the verdict of the pre-trade checks",
       {{"book", {}}, {"verdict", {"accepted", "rejected"}}}},
      {"cadre_orders_rejected_total",
       Type::counter,
       "Orders that the pre-trade checks rejected, by check; one that fails two counts for both",
       {{"book", {}}, {"code", {}}}},
      {"cadre_orders_fitted_total",
       Type::counter,
       "How often a pre-trade check made an order of an instrument smaller, or those of a whole decision, by "
       "check",
       {{"book", {}}, {"reason", {}}}},
      {"cadre_orders_scheduled",
       Type::gauge,
       "Orders that go in parts or wait, and have parts that are not sent yet",
       {{"book", {}}}},
      {"cadre_orders_waiting",
       Type::gauge,
       "Of those, orders of which a part should have been sent",
       {{"book", {}}}},
      {"cadre_orders_unsent_value",
       Type::gauge,
       "What is left to be sent of them, at the marks, in the book's currency",
       {{"book", {}}}},
      {"cadre_reports_ignored_total",
       Type::counter,
       "Reports that contradict their orders, and changed nothing",
       {{"book", {}}}},
      {"cadre_fills_total", Type::counter, "Fills of a book's orders", {{"book", {}}}},
      {"cadre_limit_use_ratio",
       Type::gauge,
       "The greatest use of a risk limit in the last decision, as a share of the limit",
       {{"book", {}}, {"limit", {}}}},
      {"cadre_journal_lag_seconds",
       Type::gauge,
       "For how long something of a book has waited to be durable in its journal",
       {{"book", {}}}},
      {"cadre_journal_bytes", Type::gauge, "Size of a book's journal", {{"book", {}}}},
  };
}

}  // namespace

const std::vector<Metric>& table() {
  static const std::vector<Metric> metrics = [] {
    std::vector<Metric> all = of_the_host();
    for (const std::vector<Metric>& more : {of_the_books(), of_the_work(), of_the_agents()})
      all.insert(all.end(), more.begin(), more.end());
    return all;
  }();
  return metrics;
}

std::string reference_text() {
  std::string text = "| metric | type | labels | meaning |\n|---|---|---|---|\n";
  for (const Metric& metric : table()) {
    text += "| `" + std::string(metric.name) + "` | " + std::string(type_name(metric.type)) + " | ";
    for (std::size_t i = 0; i < metric.labels.size(); ++i) {
      const Label& label = metric.labels[i];
      text += (i > 0 ? ", `" : "`") + std::string(label.name) + "`";
      for (std::size_t v = 0; v < label.values.size(); ++v)
        text += (v > 0 ? ", `" : ": `") + std::string(label.values[v]) + "`";
      if (i + 1 < metric.labels.size() && !label.values.empty()) text += ";";
    }
    text += " | " + std::string(metric.help) + " |\n";
  }
  return text;
}

}  // namespace cadre::metrics
