#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace cadre::metrics {

enum class Type { counter, gauge, histogram };

struct Label {
  std::string_view name;
  std::vector<std::string_view> values;  ///< all there are; empty: names from the configuration
};

/// One metric: everything that says anything about it says what stands here.
struct Metric {
  std::string_view name;
  Type type;
  std::string_view help;
  std::vector<Label> labels;
};

/// Every metric of a host, in the order of the reference page.
const std::vector<Metric>& table();
/// The table as rows of Markdown, with a head.
std::string reference_text();

/// Upper bounds of both histograms' buckets; above the last one is +Inf.
inline constexpr std::array seconds_bounds = {1e-6, 2.5e-6, 1e-5, 2.5e-5, 1e-4, 2.5e-4, 1e-3, 2.5e-3,
                                              1e-2, 2.5e-2, 0.1,  0.25,   1.0,  2.5,    10.0};

// What is counted into: no lock, no allocation, any thread.

class Counter {
 public:
  void add(std::uint64_t count = 1) noexcept { value_.fetch_add(count, std::memory_order_relaxed); }
  std::uint64_t value() const noexcept { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t> value_{0};
};

class Gauge {
 public:
  void set(double value) noexcept { value_.store(value, std::memory_order_relaxed); }
  double value() const noexcept { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<double> value_{0};
};

class Histogram {
 public:
  void observe(double seconds) noexcept;
  /// How many were counted into bucket `i`, the one above the last bound included.
  std::uint64_t bucket(std::size_t i) const noexcept { return buckets_[i].load(std::memory_order_relaxed); }
  double sum() const noexcept { return sum_.load(std::memory_order_relaxed); }

 private:
  std::array<std::atomic<std::uint64_t>, seconds_bounds.size() + 1> buckets_{};
  std::atomic<double> sum_{0};
};

// The closed sets of label values, in the order of the table; the states in that of live::BookState.
enum class Input { bar, signal, report };
enum class Judged { accepted, rejected };
enum class Refused { full, invalid };
enum class InState { starting, warming_up, deciding, halted, stopped, stuck };
enum class Applied { applied, refused, stale };

/// A book's own, to be kept where it counts. Valid as long as the Metrics it came from.
struct BookMetrics {
  Counter& input(Input kind) const { return *inputs[static_cast<std::size_t>(kind)]; }
  Counter& order(Judged verdict) const { return *orders[static_cast<std::size_t>(verdict)]; }
  Counter& input_refused(Refused why) const { return *inputs_refused[static_cast<std::size_t>(why)]; }

  /// 1 for this state, 0 for all others.
  void set_state(InState now) const {
    for (std::size_t i = 0; i < states.size(); ++i)
      states[i]->set(i == static_cast<std::size_t>(now) ? 1 : 0);
  }

  std::array<Counter*, 3> inputs;
  std::array<Counter*, 2> orders;
  std::array<Counter*, 2> inputs_refused;
  std::array<Gauge*, 6> states;
  Gauge& stuck_seconds;
  Gauge& stages_quarantined;
  Counter& decisions;
  Counter& fills;
  Gauge& equity;
  Gauge& queue_depth;
  Gauge& journal_bytes;
  Histogram& decision_seconds;
};

/// All that a host counts. [any-thread]
class Metrics {
 public:
  Metrics();
  ~Metrics();
  Metrics(const Metrics&) = delete;
  Metrics& operator=(const Metrics&) = delete;

  /// The same ones for the same names, from the first call on: asked for once, when a book is made.
  BookMetrics book(std::string_view book);
  /// Whether what is counted of a book is shown: one that has left the host is not. Its counters go on when
  /// it comes back.
  void set_shown(std::string_view book, bool is_shown);
  /// Once for each stage, when a chain is made.
  Counter& agent_failures(std::string_view book, std::string_view stage);
  Counter& agent_deadline_misses(std::string_view book, std::string_view stage);

  /// One metric of the table with these label values, in the order of its labels. Valid as long as this;
  /// asked for once, and kept where it counts.
  Counter& counter(std::string_view metric, std::vector<std::string> label_values = {}) {
    return series(metric, std::move(label_values)).counter;
  }
  Gauge& gauge(std::string_view metric, std::vector<std::string> label_values = {}) {
    return series(metric, std::move(label_values)).gauge;
  }
  Histogram& histogram(std::string_view metric, std::vector<std::string> label_values = {}) {
    return series(metric, std::move(label_values)).histogram;
  }

  /// A gauge of all that there is of a kind now: these label values with their numbers, in place of what the
  /// metric showed before. For what nobody keeps.
  void set_all(std::string_view metric, const std::map<std::vector<std::string>, double>& values);

  Counter& applies(Applied outcome) const { return *applies_[static_cast<std::size_t>(outcome)]; }
  Gauge& revision() const { return *revision_; }
  Gauge& libraries_retained() const { return *libraries_retained_; }
  Gauge& ready() const { return *ready_; }
  Gauge& weakly_sandboxed() const { return *weakly_sandboxed_; }
  Gauge& quarantined() const { return *quarantined_; }
  Histogram& swap_seconds() const { return *swap_seconds_; }

  /// In the text format of Prometheus: in the order of the table, series by their labels.
  std::string text() const;

 private:
  struct Series {
    Counter counter;
    Gauge gauge;
    Histogram histogram;
  };
  /// The one of the metric with these label values, in the order of its labels.
  Series& series(std::string_view metric, std::vector<std::string> label_values);

  mutable std::mutex mutex_;
  std::set<std::string, std::less<>> hidden_;                                        ///< books
  std::vector<std::map<std::vector<std::string>, std::unique_ptr<Series>>> series_;  ///< as table()
  std::array<Counter*, 3> applies_{};
  Gauge* revision_ = nullptr;
  Gauge* libraries_retained_ = nullptr;
  Gauge* ready_ = nullptr;
  Gauge* weakly_sandboxed_ = nullptr;
  Gauge* quarantined_ = nullptr;
  Histogram* swap_seconds_ = nullptr;
};

}  // namespace cadre::metrics
