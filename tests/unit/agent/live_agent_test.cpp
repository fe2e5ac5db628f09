#include "host/agent/live_agent.hpp"

#include <cstring>

#include <gmock/gmock.h>

#include "host/agent/services.hpp"
#include "host/agent/store.hpp"
#include "tests/unit/agent/test_agents.hpp"

namespace cadre::agent {
namespace {

using testing::HasSubstr;

/// Instances of tests/agents, each from a library in its own store.
struct Workshop {
  TestFolder folder;

  base::Result<std::shared_ptr<LiveAgent>> make(const std::string& name) const {
    const auto manifest = test_manifest(name);
    const auto copy = Store(folder.path()).adopt(*manifest, ImportList::in_process);
    EXPECT_TRUE(copy) << lines_of(copy.problems());
    auto library = Library::load(*copy, manifest);
    EXPECT_TRUE(library) << lines_of(library.problems());
    return make(std::move(library).take());
  }
  static base::Result<std::shared_ptr<LiveAgent>> make(const std::shared_ptr<Library>& library) {
    const CatalogEntry entry{library->shared_manifest(), &library->manifest().agents[0]};
    return LiveAgent::create(library, entry, {"subject", "main", "{}", 1, {}},
                             {"chain.json", 7, 5, "/trade_adjusters/0"});
  }
  std::string refusal(const std::string& name) const {
    const auto agent = make(name);
    EXPECT_FALSE(agent) << name;
    return codes_of(agent.problems()) + "\n" + lines_of(agent.problems());
  }
};

std::pair<std::uint64_t, std::uint64_t> numbers_in(const SavedState& saved) {
  std::uint64_t numbers[2] = {};
  EXPECT_EQ(saved.bytes.size(), sizeof numbers);
  std::memcpy(numbers, saved.bytes.data(), std::min(saved.bytes.size(), sizeof numbers));
  return {numbers[0], numbers[1]};
}

void see_bars(LiveAgent& agent, int count) {
  const cadre_execution_state state{};
  const cadre_event bar{sizeof(cadre_event), CADRE_EVENT_BAR, 1, 0, nullptr};
  for (int i = 0; i < count; ++i)
    EXPECT_EQ(agent.observe(bar, state), CADRE_OK);
}

TEST(LiveAgent, knows_its_role_and_its_requirements) {
  const Workshop workshop;
  const auto agent = workshop.make("good");
  ASSERT_TRUE(agent) << lines_of(agent.problems());
  EXPECT_TRUE(agent.problems().empty());
  EXPECT_EQ((*agent)->declaration().role, "cadre.trade_adjuster/1");
  EXPECT_EQ((*agent)->requirements().sessions.returns, 1u);
  EXPECT_FALSE((*agent)->has_state());
  EXPECT_EQ((*agent)->activate(), CADRE_OK);
}

TEST(LiveAgent, passes_the_sentence_of_a_refusal_to_the_user) {
  EXPECT_EQ(Workshop().refusal("init_refuses"),
            "AGENT_CONFIG\nchain.json:7:5 /trade_adjusters/0: test.init_refuses 1.0.0: the moon has to be "
            "full [AGENT_CONFIG]\n");
}

TEST(LiveAgent, says_so_when_a_refusal_has_no_sentence) {
  EXPECT_THAT(Workshop().refusal("init_fails_in_silence"), HasSubstr("it answered error without a reason"));
  EXPECT_THAT(Workshop().refusal("requirements_fail"), HasSubstr("requirements answered error"));
}

TEST(LiveAgent, that_ignores_what_the_host_does_not_know_is_refused) {
  EXPECT_THAT(Workshop().refusal("requirements_ignore_unknown"),
              HasSubstr("its requirements ignore what this host does not know (6)"));
}

TEST(LiveAgent, what_it_warns_of_while_it_is_made_reaches_the_user) {
  const Workshop workshop;
  const auto agent = workshop.make("init_warns");
  ASSERT_TRUE(agent);
  EXPECT_EQ(codes_of(agent.problems()), "AGENT_WARNING");
  EXPECT_EQ(
      lines_of(agent.problems()),
      "chain.json:7:5 /trade_adjusters/0: warning: test.init_warns: the moon is not full [AGENT_WARNING]\n");
}

TEST(HostServices, counts_what_an_agent_says_again_up_to_a_number_of_texts) {
  const HostServices services("risk", 1, "main/risk");
  EXPECT_EQ(services.count_message("the moon is full"), 1u);
  EXPECT_EQ(services.count_message("the moon is full"), 2u);
  for (int text = 1; text < 256; ++text)
    EXPECT_EQ(services.count_message("night " + std::to_string(text)), 1u);
  EXPECT_EQ(services.count_message("one too many"), 1u);
  EXPECT_EQ(services.count_message("another"), 2u);
}

TEST(LiveAgent, names_the_function_a_table_lacks) {
  EXPECT_THAT(
      Workshop().refusal("half_table"),
      testing::AllOf(HasSubstr("AGENT_INCOMPLETE\n"), HasSubstr("cadre.risk_manager/1 lacks adjust_trades")));
  EXPECT_THAT(Workshop().refusal("short_table"), HasSubstr("cadre.trade_adjuster/1 lacks adjust_trades"));
  EXPECT_THAT(Workshop().refusal("no_table"),
              HasSubstr("it has no function table \"cadre.trade_adjuster/1\""));
}

TEST(LiveAgent, reads_nothing_behind_the_end_of_a_struct) {
  EXPECT_THAT(Workshop().refusal("small_agent"),
              testing::AllOf(HasSubstr("AGENT_INCOMPLETE\n"), HasSubstr("it has 56 bytes, the ABI says 72")));
  EXPECT_THAT(Workshop().refusal("small_state_table"),
              HasSubstr("cadre.state/1 lacks save_state or load_state"));
}

TEST(LiveAgent, refuses_an_instance_that_was_not_made_or_cannot_be_destroyed) {
  EXPECT_THAT(Workshop().refusal("create_fails"), HasSubstr("AGENT_CREATE\n"));
  EXPECT_THAT(Workshop().refusal("no_destroy"), HasSubstr("AGENT_INCOMPLETE\n"));
}

TEST(LiveAgent, refuses_state_on_one_side_only) {
  EXPECT_THAT(Workshop().refusal("undeclared_state"),
              HasSubstr("it saves state, its manifest declares none"));
  EXPECT_THAT(Workshop().refusal("no_state"), HasSubstr("its manifest declares state, it saves none"));
}

TEST(LiveAgent, unloads_with_its_last_instance) {
  const Workshop workshop;
  auto agent = std::move(workshop.make("good_state")).take();
  const auto path = workshop.folder.path() / agent->manifest().sha256 / "test_agent_good_state.so";
  EXPECT_TRUE(is_mapped(path));
  agent.reset();
  EXPECT_FALSE(is_mapped(path));
}

TEST(LiveAgent, a_refused_instance_leaves_no_library_behind) {
  const Workshop workshop;
  for (const char* name : {"init_refuses", "half_table", "create_fails", "no_table"}) {
    workshop.refusal(name);
    EXPECT_FALSE(is_mapped(workshop.folder.path() / test_manifest(name)->sha256 /
                           ("test_agent_" + std::string(name) + ".so")));
  }
}

TEST(SavedState, is_the_same_after_saving_loading_and_saving) {
  const Workshop workshop;
  const auto first = workshop.make("good_state");
  ASSERT_TRUE(first);
  see_bars(**first, 5);
  const auto saved = (*first)->save_state(1, {"A", "B"});
  ASSERT_TRUE(saved);
  EXPECT_EQ(saved->schema, 3u);
  EXPECT_EQ(saved->instruments.size(), 2u);
  EXPECT_EQ(numbers_in(*saved).first, 5u);

  const auto second = workshop.make("good_state");
  EXPECT_TRUE((*second)->load_state(*saved).empty());
  const auto again = (*second)->save_state(1, {"A", "B"});
  ASSERT_TRUE(again);
  EXPECT_EQ(numbers_in(*again).first, 5u);
  EXPECT_EQ((*second)->save_state(1, {"A", "B"})->bytes, again->bytes);
}

TEST(SavedState, garbage_is_refused_and_leaves_the_instance_as_it_was) {
  const Workshop workshop;
  const auto agent = workshop.make("good_state");
  see_bars(**agent, 2);
  SavedState saved = *(*agent)->save_state(1, {});
  for (const std::string& bytes :
       {std::string(), std::string("x"), saved.bytes.substr(1), saved.bytes + "x", std::string(16, '\xff')}) {
    SavedState bad = saved;
    bad.bytes = bytes;
    EXPECT_EQ(codes_of((*agent)->load_state(bad)), "STATE_REFUSED");
  }
  EXPECT_EQ((*agent)->save_state(1, {})->bytes, saved.bytes);
  saved.schema = 2;
  EXPECT_THAT(lines_of((*agent)->load_state(saved)),
              HasSubstr("it cannot read state of schema 2 (its own is 3)"));
}

TEST(SavedState, an_agent_without_state_saves_nothing_and_takes_nothing) {
  const Workshop workshop;
  const auto agent = workshop.make("good");
  const auto saved = (*agent)->save_state(1, {});
  ASSERT_TRUE(saved);
  EXPECT_EQ(saved->bytes, "");
  EXPECT_TRUE((*agent)->load_state(*saved).empty());
  EXPECT_EQ(codes_of((*agent)->load_state({"test.good", 1, 1, {}, "bytes"})), "STATE_REFUSED");
}

TEST(SavedState, state_that_never_fits_is_given_up) {
  const Workshop workshop;
  const auto agent = workshop.make("endless_state");
  ASSERT_TRUE(agent);
  EXPECT_EQ(codes_of((*agent)->save_state(1, {}).problems()), "STATE_SAVE");
}

TEST(TwoVersions, side_by_side_have_their_own_statics) {
  const Workshop workshop;
  const auto older = workshop.make("two_versions_1");
  const auto newer = workshop.make("two_versions_2");
  ASSERT_TRUE(older && newer);
  const auto& library = (*older)->entry();
  EXPECT_NE(library.manifest->sha256, (*newer)->manifest().sha256);
  const auto second_of_older = workshop.make("two_versions_1");
  const auto third_of_older = workshop.make("two_versions_1");
  EXPECT_EQ(numbers_in(*(*older)->save_state(1, {})).second, 3u);
  EXPECT_EQ(numbers_in(*(*newer)->save_state(1, {})).second, 1u);
}

TEST(RoleFunctions, are_known_for_every_role_and_for_no_other) {
  ASSERT_NE(find_role("cadre.risk_manager/1"), nullptr);
  EXPECT_THAT(find_role("cadre.risk_manager/1")->functions,
              testing::ElementsAre("analyze_risk", "adjust_trades"));
  EXPECT_EQ(find_role("cadre.risk_manager/2"), nullptr);
}

}  // namespace
}  // namespace cadre::agent
