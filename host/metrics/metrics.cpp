#include "host/metrics/metrics.hpp"

#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

#include <algorithm>
#include <limits>
#include <sstream>

#include "host/base/invariant.hpp"

namespace cadre::metrics {

namespace {

std::size_t index_of(std::string_view name) {
  const std::vector<Metric>& all = table();
  const auto found =
      std::find_if(all.begin(), all.end(), [&](const Metric& metric) { return metric.name == name; });
  CADRE_INVARIANT(found != all.end(), "metrics.table", "every label value is one of the table");
  return static_cast<std::size_t>(found - all.begin());
}

const Label& label_of(std::string_view metric, std::string_view name) {
  const std::vector<Label>& labels = table()[index_of(metric)].labels;
  return *std::find_if(labels.begin(), labels.end(), [&](const Label& label) { return label.name == name; });
}

prometheus::MetricType type_of(Type type) {
  switch (type) {
    case Type::counter:
      return prometheus::MetricType::Counter;
    case Type::gauge:
      return prometheus::MetricType::Gauge;
    case Type::histogram:
      return prometheus::MetricType::Histogram;
  }
  return prometheus::MetricType::Untyped;
}

prometheus::ClientMetric::Histogram histogram_of(const Histogram& histogram) {
  prometheus::ClientMetric::Histogram out;
  for (std::size_t i = 0; i <= seconds_bounds.size(); ++i) {
    out.sample_count += histogram.bucket(i);
    out.bucket.push_back({out.sample_count, i < seconds_bounds.size()
                                                ? seconds_bounds[i]
                                                : std::numeric_limits<double>::infinity()});
  }
  out.sample_sum = histogram.sum();
  return out;
}

}  // namespace

void Histogram::observe(double seconds) noexcept {
  const auto bound = std::lower_bound(seconds_bounds.begin(), seconds_bounds.end(), seconds);
  buckets_[static_cast<std::size_t>(bound - seconds_bounds.begin())].fetch_add(1, std::memory_order_relaxed);
  sum_.fetch_add(seconds, std::memory_order_relaxed);
}

Metrics::Metrics() : series_(table().size()) {
  const Label& outcomes = label_of("cadre_applies_total", "outcome");
  CADRE_INVARIANT(outcomes.values.size() == applies_.size(), "metrics.table",
                  "every label value is one of the table");
  for (std::size_t i = 0; i < applies_.size(); ++i)
    applies_[i] = &series("cadre_applies_total", {std::string(outcomes.values[i])}).counter;
  revision_ = &series("cadre_revision", {}).gauge;
  libraries_retained_ = &series("cadre_libraries_retained", {}).gauge;
  ready_ = &series("cadre_ready", {}).gauge;
  weakly_sandboxed_ = &series("cadre_agents_weakly_sandboxed", {}).gauge;
  quarantined_ = &series("cadre_agents_quarantined", {}).gauge;
  for (const Metric& metric : table()) {
    if (metric.labels.empty()) series(metric.name, {});
  }
  swap_seconds_ = &series("cadre_swap_seconds", {}).histogram;
}

Metrics::~Metrics() = default;

Metrics::Series& Metrics::series(std::string_view metric, std::vector<std::string> label_values) {
  const std::size_t index = index_of(metric);
  CADRE_INVARIANT(label_values.size() == table()[index].labels.size(), "metrics.table",
                  "every label value is one of the table");
  const std::lock_guard lock(mutex_);
  std::unique_ptr<Series>& found = series_[index][std::move(label_values)];
  if (!found) found = std::make_unique<Series>();
  return *found;
}

BookMetrics Metrics::book(std::string_view book) {
  const std::string name(book);
  const auto counters = [&](std::string_view metric, std::string_view label, auto& out) {
    const std::vector<std::string_view>& values = label_of(metric, label).values;
    CADRE_INVARIANT(values.size() == out.size(), "metrics.table", "every label value is one of the table");
    for (std::size_t i = 0; i < out.size(); ++i)
      out[i] = &series(metric, {name, std::string(values[i])}).counter;
  };
  BookMetrics all{{},
                  {},
                  {},
                  {},
                  series("cadre_book_stuck_seconds", {name}).gauge,
                  series("cadre_book_stages_quarantined", {name}).gauge,
                  series("cadre_decisions_total", {name}).counter,
                  series("cadre_fills_total", {name}).counter,
                  series("cadre_equity", {name}).gauge,
                  series("cadre_queue_depth", {name}).gauge,
                  series("cadre_journal_bytes", {name}).gauge,
                  series("cadre_decision_seconds", {name}).histogram};
  const std::vector<std::string_view>& states = label_of("cadre_book_state", "state").values;
  CADRE_INVARIANT(states.size() == all.states.size(), "metrics.table",
                  "every label value is one of the table");
  for (std::size_t i = 0; i < states.size(); ++i)
    all.states[i] = &series("cadre_book_state", {name, std::string(states[i])}).gauge;
  counters("cadre_inputs_total", "kind", all.inputs);
  counters("cadre_orders_total", "verdict", all.orders);
  counters("cadre_inputs_refused_total", "why", all.inputs_refused);
  // Nobody keeps it: it is set when somebody looks. A book without such processes shows 0.
  for (const Metric& metric : table()) {
    const bool is_of_a_book = metric.labels.size() == 1 && metric.labels[0].name == "book";
    if (is_of_a_book) series(metric.name, {name});
  }
  return all;
}

void Metrics::set_shown(std::string_view book, bool is_shown) {
  const std::lock_guard lock(mutex_);
  if (is_shown)
    hidden_.erase(std::string(book));
  else
    hidden_.emplace(book);
}

void Metrics::set_all(std::string_view metric, const std::map<std::vector<std::string>, double>& values) {
  const std::lock_guard lock(mutex_);
  auto& shown = series_[index_of(metric)];
  shown.clear();
  for (const auto& [label_values, value] : values)
    (shown[label_values] = std::make_unique<Series>())->gauge.set(value);
}

Counter& Metrics::agent_deadline_misses(std::string_view book, std::string_view stage) {
  return series("cadre_agent_deadline_misses_total", {std::string(book), std::string(stage)}).counter;
}

Counter& Metrics::agent_failures(std::string_view book, std::string_view stage) {
  return series("cadre_agent_failures_total", {std::string(book), std::string(stage)}).counter;
}

std::string Metrics::text() const {
  std::vector<prometheus::MetricFamily> families;
  const std::lock_guard lock(mutex_);
  for (std::size_t i = 0; i < table().size(); ++i) {
    const Metric& metric = table()[i];
    prometheus::MetricFamily family{
        std::string(metric.name), std::string(metric.help), type_of(metric.type), {}};
    const bool is_of_a_book = !metric.labels.empty() && metric.labels[0].name == "book";
    for (const auto& [label_values, series] : series_[i]) {
      if (is_of_a_book && hidden_.contains(label_values[0])) continue;
      prometheus::ClientMetric& sample = family.metric.emplace_back();
      for (std::size_t l = 0; l < label_values.size(); ++l)
        sample.label.push_back({std::string(metric.labels[l].name), label_values[l]});
      // A counter is counted, or set by whoever counts elsewhere.
      sample.counter.value = static_cast<double>(series->counter.value()) + series->gauge.value();
      sample.gauge.value = series->gauge.value();
      if (metric.type == Type::histogram) sample.histogram = histogram_of(series->histogram);
    }
    families.push_back(std::move(family));
  }
  std::ostringstream out;
  prometheus::TextSerializer().Serialize(out, families);
  return out.str();
}

}  // namespace cadre::metrics
