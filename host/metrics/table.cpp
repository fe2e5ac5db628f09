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
      {"cadre_ready", Type::gauge, "1 while inputs are taken and decisions made, else 0", {}},
      {"cadre_book_state",
       Type::gauge,
       "1 for the state that a book is in, else 0",
       {{"book", {}}, {"state", {"starting", "warming up", "deciding", "halted", "stopped", "stuck"}}}},
      {"cadre_book_stuck_seconds",
       Type::gauge,
       "For how long a call of an agent has not come back, 0 when all do",
       {{"book", {}}}},
      {"cadre_book_stages_quarantined",
       Type::gauge,
       "Stages of a book whose agent failed for good and is called no more",
       {{"book", {}}}},
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

/// What goes through them.
std::vector<Metric> of_the_work() {
  return {
      {"cadre_inputs_total",
       Type::counter,
       "Inputs that were taken from a book's queue",
       {{"book", {}}, {"kind", {"bar", "signal", "report"}}}},
      {"cadre_inputs_refused_total",
       Type::counter,
       "Inputs that were not taken into a book's queue",
       {{"book", {}}, {"why", {"full", "invalid"}}}},
      {"cadre_queue_depth", Type::gauge, "Inputs that wait in a book's queue", {{"book", {}}}},
      {"cadre_decisions_total", Type::counter, "Decisions of a book", {{"book", {}}}},
      {"cadre_decision_seconds",
       Type::histogram,
       "Time from taking an input to the orders that came of it",
       {{"book", {}}}},
      {"cadre_orders_total",
       Type::counter,
       "Orders, by the verdict of the pre-trade checks",
       {{"book", {}}, {"verdict", {"accepted", "rejected"}}}},
      {"cadre_fills_total", Type::counter, "Fills of a book's orders", {{"book", {}}}},
      {"cadre_agent_deadline_misses_total",
       Type::counter,
       "Calls of an agent that took longer than the deadline its manifest states",
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
      {"cadre_equity", Type::gauge, "Cash and positions of a book, in its currency", {{"book", {}}}},
      {"cadre_journal_bytes", Type::gauge, "Size of a book's journal", {{"book", {}}}},
  };
}

}  // namespace

const std::vector<Metric>& table() {
  static const std::vector<Metric> metrics = [] {
    std::vector<Metric> all = of_the_host();
    const std::vector<Metric> more = of_the_work();
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
