#include "tests/unit/chain/desk.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "host/base/date.hpp"
#include "host/base/problem.hpp"
#include "host/base/text.hpp"
#include "host/model/bar.hpp"

namespace cadre::test {

namespace {

constexpr const char* document_text = R"({
  "name": "desk", "scenario": "backtest",
  "data": {"prices": {"file": "none.csv", "adjustment": "raw", "volume": "none"}},
  "execution_environment": {"agent": "cadre.identity.execution_environment"},
  "chain": {
    "signal_sources": [{"name": "source", "agent": "cadre.identity.signal_source"}],
    "signal_aggregator": {"name": "aggregator", "agent": "cadre.identity.signal_aggregator"},
    "position_sizer": {"name": "sizer", "agent": "test.sizer"},
    "risk_managers": [{"name": "risk", "agent": "test.risk"}],
    "risk_feedback": {"resize_threshold": 0},
    "execution_rules": {"name": "rules", "agent": "cadre.identity.execution_rules"}
  }
})";

std::string lines(const base::Problems& problems) {
  std::string text;
  for (const base::Problem& problem : problems)
    text += base::to_line(problem) + '\n';
  return text;
}

}  // namespace

base::Result<config::ScenarioConfig> desk_config(const Settings& settings) {
  auto document = base::JsonDocument::parse("desk.json", document_text);
  if (!document) return document.problems();
  base::Problems problems;
  for (const auto& [pointer, value] : settings)
    problems.append(document->set(pointer, value, "test"));
  if (problems.has_errors()) return problems;
  return config::read_scenario(*document, "/nowhere");
}

const agent::Catalog& catalog() {
  static const agent::Catalog all =
      agent::Catalog::discover({CADRE_BINARY_DIR "/agents", CADRE_BINARY_DIR "/test_agents_scripted"});
  return all;
}

std::string rows(const std::vector<std::vector<double>>& targets) {
  std::string text = "[";
  for (const auto& row : targets) {
    text += text.size() > 1 ? ", [" : "[";
    for (std::size_t i = 0; i < row.size(); ++i) {
      char number[32];
      std::snprintf(number, sizeof number, "%s%.17g", i == 0 ? "" : ", ", row[i]);
      text += number;
    }
    text += "]";
  }
  return text + "]";
}

Desk::Desk(const Settings& settings, const char* lot) : store_(folder_.path()) {
  Settings all{{"/instruments", std::string("{\"lot\": ") + lot + "}"}};
  all.insert(all.end(), settings.begin(), settings.end());
  auto config = desk_config(all);
  if (!config) throw std::runtime_error(lines(config.problems()));
  config_ = std::make_unique<config::ScenarioConfig>(std::move(config).take());
  auto chain = chain::build_chain(*config_, catalog(), store_);
  if (!chain) throw std::runtime_error(lines(chain.problems()));
  book_ = std::make_unique<book::Book>(*config_, std::vector<std::string>{"AA", "BB", "CC", "DD"}, 100);
  book_->enter(std::move(chain).take(), {.revision = 1});
  const base::Problems problems = book_->activate();
  if (problems.has_errors()) throw std::runtime_error(lines(problems));
}

const chain::Decision& Desk::decide() {
  ++bar_;
  model::Bar bar;
  bar.date = base::date_of_days(base::days_since_epoch(20231231) + bar_);
  bar.time_ns = std::int64_t{bar_} * 86'400'000'000'000;
  for (const double price : prices_) {
    bar.close_e9.push_back(base::Price::from_double(price)->raw());
    bar.valid.push_back(1);
  }
  book_->take_bar(bar);
  book_->take_fills();
  compare_with_venue(*book_);
  const chain::Decision* decision = book_->decide();
  if (!book_->ledger().schedule().empty()) {
    book_->take_fills();
    release_parts(*book_);
  }
  if (decision == nullptr) throw std::runtime_error("no decision");
  return *decision;
}

std::vector<double> Desk::weights() const {
  std::vector<double> weights;
  const model::Portfolio& p = book_->ledger().portfolio();
  for (std::uint32_t i = 0; i < p.size(); ++i)
    weights.push_back(static_cast<double>(p.value(i).raw()) / static_cast<double>(p.equity().raw()));
  return weights;
}

const std::vector<double>& target_after(const Desk& desk, const chain::Decision& decision,
                                        const std::string& stage) {
  const auto names = chain::effect_names(desk.chain());
  const auto found = std::find(names.begin(), names.end(), stage);
  if (found == names.end()) throw std::runtime_error("no stage " + stage);
  return decision.record.stages[static_cast<std::size_t>(found - names.begin())].target;
}

std::vector<std::string> failures(const chain::Decision& decision) {
  std::vector<std::string> names;
  for (const journal::StageFailure& failure : decision.record.failures)
    names.push_back(failure.instance + "/" + failure.policy);
  return names;
}

}  // namespace cadre::test
