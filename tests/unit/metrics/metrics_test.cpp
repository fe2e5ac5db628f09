#include "host/metrics/metrics.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <thread>

using namespace cadre::metrics;
using testing::HasSubstr;
using testing::Not;

TEST(MetricsText, shows_what_was_counted) {
  Metrics metrics;
  const BookMetrics book = metrics.book("main");
  book.input(Input::signal).add(3);
  book.order(Judged::rejected).add();
  book.input_refused(Refused::full).add();
  book.equity.set(1000000.25);
  book.set_state(InState::stuck);
  book.set_state(InState::halted);
  metrics.agent_failures("main", "risk").add(2);
  metrics.applies(Applied::stale).add();
  metrics.revision().set(41);
  const std::string text = metrics.text();
  for (const char* line :
       {"cadre_inputs_total{book=\"main\",kind=\"signal\"} 3\n",
        "cadre_inputs_total{book=\"main\",kind=\"bar\"} 0\n",
        "cadre_orders_total{book=\"main\",verdict=\"rejected\"} 1\n",
        "cadre_inputs_refused_total{book=\"main\",why=\"full\"} 1\n",
        "cadre_book_state{book=\"main\",state=\"halted\"} 1\n",
        "cadre_book_state{book=\"main\",state=\"stuck\"} 0\n", "cadre_equity{book=\"main\"} 1000000.25\n",
        "cadre_agent_failures_total{book=\"main\",stage=\"risk\"} 2\n",
        "cadre_applies_total{outcome=\"stale\"} 1\n", "cadre_revision 41\n", "cadre_ready 0\n",
        "# TYPE cadre_decision_seconds histogram\n"})
    EXPECT_THAT(text, HasSubstr(line));
}

TEST(MetricsText, has_every_metric_of_the_table_in_its_order) {
  Metrics metrics;
  metrics.book("main");
  metrics.agent_failures("main", "risk");
  metrics.agent_deadline_misses("main", "risk");
  for (const char* of_processes :
       {"cadre_agent_processor_seconds", "cadre_agent_resident_bytes", "cadre_agent_own_bytes",
        "cadre_agent_memory_ratio", "cadre_agent_output_left_out"})
    metrics.set_all(of_processes, {{{"main", "risk"}, 1}});
  metrics.gauge("cadre_build_info", {"1.0.0"}).set(1);
  metrics.gauge("cadre_experiments", {"running"}).set(1);
  metrics.gauge("cadre_experiments", {"failed"}).set(0);
  metrics.gauge("cadre_orders_rejected_total", {"main", "MAX_ORDER_VALUE"}).set(2);
  metrics.gauge("cadre_orders_fitted_total", {"main", "fitted"}).set(1);
  for (const char* of_orders : {"cadre_orders_scheduled", "cadre_orders_waiting", "cadre_orders_unsent_value",
                                "cadre_reports_ignored_total"})
    metrics.gauge(of_orders, {"main"}).set(1);
  metrics.gauge("cadre_agent_call_seconds_total", {"main", "risk"}).set(0.5);
  metrics.gauge("cadre_limit_use_ratio", {"main", "position_risk"}).set(0.9);
  const std::string text = metrics.text();
  std::size_t at = 0;
  for (const Metric& metric : table()) {
    const std::string head = "# HELP " + std::string(metric.name) + " " + std::string(metric.help) + "\n";
    at = text.find(head, at);
    ASSERT_NE(at, std::string::npos) << head;
    const std::size_t sample = text.find("\n" + std::string(metric.name), at);
    EXPECT_NE(sample, std::string::npos) << metric.name << " has no series";
    for (const Label& label : metric.labels) {
      for (const std::string_view value : label.values)
        EXPECT_THAT(text.substr(at), HasSubstr(std::string(label.name) + "=\"" + std::string(value) + "\""));
    }
  }
}

TEST(MetricsText, shows_of_what_is_set_all_at_once_what_is_there_now) {
  Metrics metrics;
  metrics.set_all("cadre_agent_own_bytes", {{{"main", "risk"}, 7}, {{"main", "sizer"}, 8}});
  metrics.set_all("cadre_agent_own_bytes", {{{"main", "sizer"}, 9}});
  const std::string text = metrics.text();
  EXPECT_THAT(text, HasSubstr("cadre_agent_own_bytes{book=\"main\",stages=\"sizer\"} 9\n"));
  EXPECT_THAT(text, Not(HasSubstr("stages=\"risk\"")));
}

TEST(MetricsText, escapes_label_values) {
  Metrics metrics;
  metrics.book("a\"b\\c\nd").decisions.add();
  EXPECT_THAT(metrics.text(), HasSubstr("cadre_decisions_total{book=\"a\\\"b\\\\c\\nd\"} 1\n"));
}

TEST(MetricsText, keeps_books_apart) {
  Metrics metrics;
  metrics.book("a").fills.add();
  metrics.book("b").fills.add(2);
  metrics.book("a").fills.add();
  EXPECT_THAT(metrics.text(),
              HasSubstr("cadre_fills_total{book=\"a\"} 2\ncadre_fills_total{book=\"b\"} 2\n"));
}

TEST(MetricsText, shows_nothing_of_a_book_that_left_until_it_comes_back) {
  Metrics metrics;
  metrics.book("main").decisions.add();
  metrics.book("second").decisions.add();
  metrics.set_shown("second", false);
  EXPECT_NE(metrics.text().find("book=\"main\""), std::string::npos);
  EXPECT_EQ(metrics.text().find("book=\"second\""), std::string::npos);
  metrics.set_shown("second", true);
  EXPECT_NE(metrics.text().find("cadre_decisions_total{book=\"second\"} 1"), std::string::npos);
}

TEST(MetricsText, counts_durations_into_cumulative_buckets) {
  Metrics metrics;
  Histogram& seconds = metrics.book("main").decision_seconds;
  for (const double value : {5e-7, 1e-6, 0.5, 100.0})
    seconds.observe(value);
  const std::string text = metrics.text();
  for (const char* line :
       {"cadre_decision_seconds_bucket{book=\"main\",le=\"1e-06\"} 2\n",
        "cadre_decision_seconds_bucket{book=\"main\",le=\"0.25\"} 2\n",
        "cadre_decision_seconds_bucket{book=\"main\",le=\"1\"} 3\n",
        "cadre_decision_seconds_bucket{book=\"main\",le=\"10\"} 3\n",
        "cadre_decision_seconds_bucket{book=\"main\",le=\"+Inf\"} 4\n",
        "cadre_decision_seconds_count{book=\"main\"} 4\n", "cadre_decision_seconds_sum{book=\"main\"} 100.5"})
    EXPECT_THAT(text, HasSubstr(line));
}

TEST(MetricsText, is_accepted_by_promtool) {
  if (std::system("promtool --version >/dev/null 2>&1") != 0) GTEST_SKIP() << "there is no promtool";
  Metrics metrics;
  for (const char* name : {"main", "a \"quoted\" one"}) {
    metrics.book(name).decision_seconds.observe(1e-3);
    metrics.agent_failures(name, "risk").add();
  }
  const std::string file = testing::TempDir() + "cadre_metrics_" + std::to_string(::getpid());
  std::ofstream(file) << metrics.text();
  EXPECT_EQ(std::system(("promtool check metrics <" + file).c_str()), 0) << metrics.text();
  std::ofstream(file) << metrics.text() << "not a metric\n";
  EXPECT_NE(std::system(("promtool check metrics <" + file + " 2>/dev/null").c_str()), 0);
  std::remove(file.c_str());
}

TEST(Metrics, loses_no_count_when_threads_count_while_others_read) {
  Metrics metrics;
  const BookMetrics book = metrics.book("main");
  constexpr int threads = 4, each = 20000;
  std::vector<std::thread> counting;
  counting.reserve(threads);
  for (int i = 0; i < threads; ++i)
    counting.emplace_back([&] {
      for (int n = 0; n < each; ++n) {
        book.decisions.add();
        book.decision_seconds.observe(0.5);
      }
    });
  for (int i = 0; i < 50; ++i) {
    metrics.text();
    metrics.book("book" + std::to_string(i));
  }
  for (std::thread& thread : counting)
    thread.join();
  EXPECT_EQ(book.decisions.value(), threads * each);
  EXPECT_EQ(book.decision_seconds.sum(), 0.5 * threads * each);
}

TEST(MetricsReference, has_a_row_for_every_metric_with_its_labels) {
  const std::string text = reference_text();
  for (const Metric& metric : table())
    EXPECT_THAT(text, HasSubstr("| `" + std::string(metric.name) + "` | "));
  EXPECT_THAT(text, HasSubstr("| counter | `book`, `kind`: `bar`, `signal`, `report` | Inputs that"));
  EXPECT_THAT(text, Not(HasSubstr("; |")));
}
