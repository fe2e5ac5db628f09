#pragma once

#include <gtest/gtest.h>

#include <cmath>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "host/backtest/prepared_run.hpp"
#include "host/base/file.hpp"
#include "host/base/temporary_folder.hpp"
#include "host/control/live_host.hpp"
#include "tests/unit/control/calls.hpp"

namespace cadre::control {

/// A host of one book with four instruments, which decides from its 23rd bar on.
class SmallHost {
 public:
  explicit SmallHost(std::size_t queue_capacity = 1024) {
    (void)base::write_file_atomically(
        config(),
        R"({"name": "small", "watch": {"enabled": false}, "queue": {"capacity": )" +
            std::to_string(queue_capacity) +
            R"(}, "books": [{"scenario": {
      "scenario": "backtest", "name": "small", "book": {"id": "main"},
      "data": {
               "prices": {"file": ")" CADRE_SOURCE_DIR
            R"(/tests/data/dow30_close_1991_2001.csv", "adjustment": "split", "volume": "none", "instruments": ["AA", "GE", "IBM", "KO"]}},
      "execution_environment": {"agent": "cadre.simulated_execution", "config": {"fill_at": "close"}},
      "chain": {
        "signal_sources": [{"name": "momentum", "agent": "cadre.momentum", "config": {"lookback": 20, "skip": 2}}],
        "signal_aggregator": {"agent": "cadre.confidence_weighted"},
        "position_sizer": {"agent": "cadre.position_sizer", "config": {"method": "equal_weight", "max_position_size": 0.3}},
        "services": [{"name": "covariance", "agent": "cadre.sample_covariance", "config": {"window": 20}}],
        "risk_managers": [{"name": "risk", "agent": "cadre.risk_manager", "config": {"max_portfolio_risk": 0.5, "max_position_risk": 0.3,
            "position_risk": "component", "var_limit": 0.03, "var_confidence": 0.9, "var_lookback": 20, "var_method": "historical"}}],
        "correlation_adjuster": {"agent": "cadre.pair_correlation", "config": {"max_correlation": 0.7, "adjustment_factor": 0.5, "correlation_lookback": 20}},
        "execution_rules": {"agent": "cadre.execution_rules", "config": {"default_order_type": "MARKET"}},
        "constraints": {"long_only": true, "max_gross_exposure": 0.9, "max_net_exposure": 1.0, "max_weight": 1.0}
      }}}]})");
  }

  /// Opens it (again). The problems when it cannot be opened.
  base::Problems open() {
    host_.reset();
    auto opened = LiveHost::open({config(), state(), {CADRE_BINARY_DIR "/agents"}});
    if (!opened) return opened.problems();
    host_ = std::move(opened).take();
    host_->start();
    return {};
  }
  testing::AssertionResult opens() {
    const base::Problems problems = open();
    if (!problems.has_errors()) return testing::AssertionSuccess();
    return testing::AssertionFailure() << base::to_line(problems[0]);
  }
  void close() { host_.reset(); }

  Calls host() { return Calls(host_->control()); }
  LiveHost& live() { return *host_; }
  live::BookRunner& book() { return *host_->books().now().front(); }
  std::filesystem::path config() const { return folder_.path() / "host.json"; }
  std::filesystem::path state() const { return folder_.path() / "state"; }
  std::filesystem::path journal() const { return state() / "books" / "main" / "journal"; }

  /// The bar of a day from 0 on: prices that trend, each its own way.
  static std::string bar(int day) {
    char text[160];
    std::snprintf(text, sizeof text,
                  R"({"date": "%04d-%02d-%02d", "bars": {"AA": %.2f, "GE": %.2f, "IBM": %.2f, "KO": %.2f}})",
                  2000 + day / 336, 1 + day / 28 % 12, 1 + day % 28, 30 + 5 * std::sin(day / 9.0),
                  20 + 0.1 * day, 90 - 0.05 * day, 40 + 8 * std::cos(day / 13.0));
    return text;
  }
  static std::vector<std::string> bars(int from, int to) {
    std::vector<std::string> texts;
    for (int day = from; day < to; ++day)
      texts.push_back(bar(day));
    return texts;
  }
  live::Answer post(int from, int to) { return host().post_bars("main", bars(from, to)); }

  /// Its snapshot once it has done all it was given.
  live::BookSnapshot settled() {
    book().drain();
    return book().snapshot();
  }

 private:
  base::TemporaryFolder folder_;
  std::unique_ptr<LiveHost> host_;
};

}  // namespace cadre::control
