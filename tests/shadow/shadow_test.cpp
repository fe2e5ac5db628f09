// A shadow experiment beside a running host: it changes nothing, sees everything, and says zero when there is
// nothing to say.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <fstream>
#include <future>

#include "host/backtest/prepared_run.hpp"
#include "host/base/json.hpp"
#include "host/base/temporary_folder.hpp"
#include "host/config/market_data.hpp"
#include "host/control/live_host.hpp"
#include "host/live/replay_feed.hpp"
#include "host/model/signal.hpp"
#include "host/shadow/shadow_arm.hpp"
#include "tests/unit/control/calls.hpp"

namespace cadre::control {
namespace {

namespace json = boost::json;

constexpr const char* demo = CADRE_SOURCE_DIR "/manifests/scenarios/demo.json";
const live::Mandate researcher{"test", "a question"};

/// A host over the demo, fed until a date.
class Demo {
 public:
  explicit Demo(const std::vector<config::Override>& changes = {}) {
    auto document = config::load_scenario_document(demo, changes);
    EXPECT_TRUE(document);
    const std::filesystem::path file = folder_.path() / "demo.json";
    json::value root = document->root();
    root.at("data").at("prices").as_object()["file"] =
        CADRE_SOURCE_DIR "/tests/data/dow30_close_1991_2001.csv";
    std::ofstream(file) << json::serialize(root);
    auto host = LiveHost::open({file, folder_.path() / "state", {CADRE_BINARY_DIR "/agents"}});
    EXPECT_TRUE(host) << (host ? "" : base::to_line(host.problems()[0]));
    host_ = std::move(host).take();
    host_->start();
    auto prices = market::read_prices(config::price_options(host_->config().books[0].scenario.data));
    EXPECT_TRUE(prices);
    prices_ = std::move(prices).take();
  }

  /// Feeds the next `bars`, and waits until the book has taken them.
  void feed(std::size_t bars) {
    book::HistorySource source(prices_, no_signals_);
    live::BarInput input;
    for (std::size_t k = 0; k < fed_ + bars && source.next(input.bar, input.signals); ++k) {
      if (k >= fed_) book().feed(input, [] { return true; });
    }
    fed_ += bars;
    book().drain();
  }

  /// The first bar that was not fed yet.
  model::Bar next_bar() {
    book::HistorySource source(prices_, no_signals_);
    live::BarInput input;
    for (std::size_t k = 0; k <= fed_; ++k)
      EXPECT_TRUE(source.next(input.bar, input.signals));
    return input.bar;
  }

  live::Answer start(const std::string& experiment) {
    return host().start_experiment(researcher, experiment, "experiment.json");
  }
  json::object results(const std::string& name) {
    const live::Answer answer = host().experiment_results(name);
    EXPECT_EQ(answer.outcome, live::Outcome::done);
    return answer.body.as_object();
  }
  live::BookRunner& book() { return *host_->books().now()[0]; }
  config::HostConfig config() { return host_->config(); }
  Calls host() { return Calls(host_->control()); }

 private:
  base::TemporaryFolder folder_;
  std::unique_ptr<LiveHost> host_;
  market::PriceHistory prices_;
  std::vector<model::ExternalSignal> no_signals_;
  std::size_t fed_ = 0;
};

std::string first_code(const live::Answer& answer) {
  return answer.problems.empty() ? "" : answer.problems[0].code;
}

TEST(Shadow, of_a_version_against_itself_differs_by_exactly_nothing) {
  Demo live;
  live.feed(400);  // in the middle of trading: positions, open orders, learned state
  ASSERT_EQ(live.start(R"({"name": "a/a", "candidate": {}})").outcome, live::Outcome::created);
  live.feed(300);
  const json::object results = live.results("a/a");
  const json::object& comparison = results.at("comparison").as_object();
  EXPECT_EQ(comparison.at("n").to_number<int>(), 300);
  EXPECT_EQ(comparison.at("mean_difference").to_number<double>(), 0.0);
  EXPECT_EQ(results.at("differing_decisions").to_number<int>(), 0);
  EXPECT_EQ(results.at("decisions").to_number<int>(), 300);
  EXPECT_EQ(results.at("order_hashes").at("twin"), results.at("order_hashes").at("candidate"));
  EXPECT_NE(comparison.at("verdict").as_string(), "better");
  EXPECT_NE(comparison.at("verdict").as_string(), "worse");
}

TEST(Shadow, twin_follows_a_simulated_control_to_the_last_unit) {
  Demo live;
  live.feed(400);
  ASSERT_EQ(live.start(R"({"name": "a/a", "candidate": {}})").outcome, live::Outcome::created);
  live.feed(200);
  EXPECT_EQ(live.results("a/a").at("simulator_bias_bp").to_number<double>(), 0.0);
}

TEST(Shadow, leaves_the_orders_of_the_book_as_they_are) {
  Demo plain, watched;
  plain.feed(400);
  watched.feed(400);
  ASSERT_EQ(watched
                .start(R"({"name": "x", "candidate":
                  {"set": {"/chain/position_sizer/config/max_position_size": 0.03}}})")
                .outcome,
            live::Outcome::created);
  plain.feed(200);
  watched.feed(200);
  // The start is a command in the journal and takes a sequence number: ids differ, the orders do not.
  const live::BookSnapshot a = plain.book().snapshot(), b = watched.book().snapshot();
  EXPECT_EQ(a.orders, b.orders);
  EXPECT_EQ(a.fills, b.fills);
  EXPECT_EQ(a.equity, b.equity);
  EXPECT_EQ(a.cash, b.cash);
}

TEST(Shadow, names_the_stage_that_differed_first) {
  Demo live;
  live.feed(400);
  ASSERT_EQ(live.start(R"({"name": "smaller", "candidate":
              {"set": {"/chain/position_sizer/config/max_position_size": 0.03}}})")
                .outcome,
            live::Outcome::created);
  live.feed(100);
  const json::object results = live.results("smaller");
  EXPECT_GT(results.at("differing_decisions").to_number<int>(), 50);
  EXPECT_EQ(results.at("first_difference").at("stage").as_string(), "position_sizer");
  EXPECT_THAT(std::string(results.at("page").as_string()), testing::HasSubstr("in shadow of book main"));
}

TEST(Shadow, candidate_may_be_another_agent_or_another_setting_of_any_stage) {
  const std::pair<const char*, const char*> changes[] = {
      {"another aggregator", R"("/chain/signal_aggregator/agent": "cadre.identity_aggregator")"},
      {"no correlation adjuster", R"("/chain/correlation_adjuster/agent": "cadre.identity_adjuster")"},
      {"another risk limit", R"("/chain/risk_managers/0/config/max_portfolio_risk": 0.05)"},
      {"other execution rules", R"("/chain/execution_rules/config/default_order_type": "LIMIT")"}};
  Demo live;
  live.feed(400);
  for (const auto& [name, set] : changes) {
    const live::Answer answer =
        live.start(std::string(R"({"name": ")") + name + R"(", "candidate": {"set": {)" + set + "}}}");
    // An agent that does not exist is refused with its name; everything else runs.
    if (answer.outcome != live::Outcome::created) {
      EXPECT_THAT(first_code(answer), testing::AnyOf("AGENT_UNKNOWN", "CHAIN_WRONG_ROLE")) << name;
    }
  }
  live.feed(50);
  EXPECT_GE(live.host().experiments().body.as_array().size(), 2u);
}

/// The property on which everything rests: what a shadow arm is made of has nothing in common with the book.
TEST(Shadow, arm_shares_no_instance_with_the_book_so_that_no_path_leads_to_its_environment) {
  Demo live;
  live.feed(400);
  auto config = std::make_unique<config::ScenarioConfig>(live.config().books[0].scenario);
  base::TemporaryFolder folder;
  const agent::Store store(folder.path());
  const auto catalog = agent::Catalog::discover({CADRE_BINARY_DIR "/agents"});
  auto arm = shadow::ShadowArm::build("arm", std::move(config), catalog, {store, live.book()});
  ASSERT_TRUE(arm);
  std::uint64_t orders_before = 0;
  const model::Bar next = live.next_bar();
  live.book().with_book([&](book::Book& control) {
    auto learned = control.checkpoint();
    ASSERT_TRUE(learned);
    (*arm)->stand(control, control.chain().revision);
    ASSERT_FALSE((*arm)->enter(*learned).has_errors());
    control.chain().each_stage([&](const chain::Stage& ours) {
      (*arm)->book().chain().each_stage([&](const chain::Stage& theirs) {
        EXPECT_NE(ours.agent, theirs.agent) << ours.name;
        EXPECT_NE(ours.self(), theirs.self()) << ours.name;
      });
    });
    orders_before = control.ledger().tracker().orders().size();
    // The arm decides and sends, as often as it likes: the book and its environment hear nothing of it.
    (*arm)->step(next, {}, false);
    EXPECT_GT((*arm)->book().ledger().tracker().orders().size(), 0u);
    EXPECT_EQ(control.ledger().tracker().orders().size(), orders_before);
    const auto& environment = control.chain().environment();
    cadre_execution_report report{};
    report.size = sizeof report;
    EXPECT_EQ(environment.table<cadre_execution_environment>().next_report(environment.self(), &report),
              CADRE_DISCARD);
  });
}

TEST(Shadow, refuses_an_environment_that_is_not_declared_as_simulated) {
  Demo live;
  live.feed(10);
  const live::Answer answer = live.start(R"({"name": "x", "candidate": {},
      "simulation": {"agent": "cadre.momentum"}})");
  EXPECT_EQ(answer.outcome, live::Outcome::invalid);
  EXPECT_THAT(first_code(answer), testing::AnyOf("CHAIN_WRONG_ROLE", "EXPERIMENT_NOT_SIMULATED"));
}

TEST(Shadow, refuses_a_candidate_with_problems_at_once_and_names_the_arm) {
  Demo live;
  live.feed(10);
  const live::Answer answer = live.start(R"({"name": "x", "candidate":
      {"set": {"/chain/position_sizer/agent": "cadre.position_sizerr"}}})");
  EXPECT_EQ(answer.outcome, live::Outcome::invalid);
  EXPECT_EQ(first_code(answer), "AGENT_UNKNOWN");
  EXPECT_THAT(answer.problems[0].message, testing::HasSubstr("candidate"));
  EXPECT_TRUE(live.host().experiments().body.as_array().empty());
}

TEST(Shadow, refuses_a_name_that_nobody_could_write_down) {
  Demo live;
  for (const std::string& name :
       {std::string(), std::string("  "), std::string(201, 'x'), std::string("a\\nb")})
    EXPECT_EQ(first_code(live.start(R"({"name": ")" + name + R"(", "candidate": {}})")),
              "EXPERIMENT_BAD_NAME")
        << name;
}

TEST(Shadow, stays_as_it_was_when_it_is_stopped_again) {
  Demo live;
  live.feed(300);
  ASSERT_EQ(live.start(R"({"name": "x", "candidate": {}})").outcome, live::Outcome::created);
  live.feed(20);
  EXPECT_EQ(live.host().stop_experiment({"one", "enough"}, "x").outcome, live::Outcome::done);
  live.feed(5);
  EXPECT_EQ(live.host().stop_experiment({"two", "again"}, "x").outcome, live::Outcome::done);
  const json::object results = live.results("x");
  EXPECT_EQ(results.at("reason").as_string(), "stopped by one: enough");
  EXPECT_EQ(results.at("periods").to_number<int>(), 20);
  EXPECT_TRUE(results.contains("page"));
}

/// Neither the list nor a change of the host waits for what an experiment does.
TEST(Shadow, is_told_to_stop_while_its_book_is_in_the_middle_of_something) {
  Demo live;
  live.feed(300);
  ASSERT_EQ(live.start(R"({"name": "x", "candidate": {}})").outcome, live::Outcome::created);
  std::promise<void> begun, go_on;
  live.book().post_work([&](book::Book&) {
    begun.set_value();
    go_on.get_future().wait();
  });
  begun.get_future().wait();
  EXPECT_EQ(live.host().stop_experiment(researcher, "x").outcome, live::Outcome::done);
  EXPECT_EQ(live.host().experiments().body.at(0).at("state").as_string(), "ended");
  EXPECT_EQ(live.host().experiment_results("x").outcome, live::Outcome::done);
  go_on.set_value();
}

TEST(Shadow, is_inconclusive_and_not_invalid_while_it_is_young) {
  Demo live;
  live.feed(400);
  ASSERT_EQ(live.start(R"({"name": "young", "candidate": {}})").outcome, live::Outcome::created);
  live.feed(5);
  const json::object comparison = live.results("young").at("comparison").as_object();
  EXPECT_EQ(comparison.at("verdict").as_string(), "inconclusive");
  EXPECT_THAT(std::string(comparison.at("reason").as_string()), testing::HasSubstr("too early: 5 periods"));
}

TEST(Shadow, arm_may_not_have_other_cash_or_data_than_the_book) {
  Demo live;
  live.feed(10);
  const live::Answer answer =
      live.start(R"({"name": "rich", "candidate": {"set": {"/book/initial_cash": 5000000}}})");
  EXPECT_EQ(answer.outcome, live::Outcome::invalid);
  EXPECT_EQ(first_code(answer), "EXPERIMENT_NOT_OF_THE_CHAIN");
}

TEST(Shadow, ends_when_the_control_is_another_one) {
  Demo live;
  live.feed(400);
  ASSERT_EQ(live.start(R"({"name": "x", "candidate": {}})").outcome, live::Outcome::created);
  EXPECT_EQ(first_code(live.start(R"({"name": "x", "candidate": {}})")), "EXPERIMENT_RUNNING");
  live.feed(30);
  json::value changed = live.config().complete;
  changed.at("books")
      .at(0)
      .at("scenario")
      .at("chain")
      .at("position_sizer")
      .at("config")
      .as_object()["max_position_size"] = 0.08;
  revision::ApplyRequest request;
  request.mandate = researcher;
  request.text = json::serialize(changed);
  request.origin = "changed.json";
  const live::Answer applied = live.host().apply(request);
  ASSERT_EQ(applied.outcome, live::Outcome::created) << first_code(applied);
  live.feed(10);
  const json::object results = live.results("x");
  EXPECT_EQ(results.at("state").as_string(), "ended");
  EXPECT_THAT(std::string(results.at("reason").as_string()), testing::HasSubstr("revision 2"));
  EXPECT_EQ(results.at("periods").to_number<int>(), 30);
}

}  // namespace
}  // namespace cadre::control
