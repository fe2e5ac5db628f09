#include "host/agent/library.hpp"

#include <gmock/gmock.h>

#include "host/agent/store.hpp"
#include "tests/unit/agent/test_agents.hpp"

namespace cadre::agent {
namespace {

using testing::HasSubstr;

base::Result<std::shared_ptr<Library>> load(const TestFolder& folder, const std::string& name) {
  const auto manifest = test_manifest(name);
  const auto copy = Store(folder.path()).adopt(*manifest, ImportList::in_process);
  EXPECT_TRUE(copy) << lines_of(copy.problems());
  return Library::load(*copy, manifest);
}

/// Code and sentences of the refusal; checks that nothing of the library is left in the process.
std::string refusal(const std::string& name) {
  const TestFolder folder;
  const auto library = load(folder, name);
  EXPECT_FALSE(library) << name;
  const auto copy = folder.path() / test_manifest(name)->sha256 / ("test_agent_" + name + ".so");
  EXPECT_TRUE(std::filesystem::exists(copy));
  EXPECT_FALSE(is_mapped(copy)) << name;
  return codes_of(library.problems()) + "\n" + lines_of(library.problems());
}

TEST(Library, gives_the_descriptor_the_manifest_describes) {
  const TestFolder folder;
  const auto library = load(folder, "good");
  ASSERT_TRUE(library) << lines_of(library.problems());
  EXPECT_EQ((*library)->descriptor().magic, CADRE_PLUGIN_MAGIC);
  EXPECT_NE((*library)->agent("test.good"), nullptr);
  EXPECT_EQ((*library)->agent("test.other"), nullptr);
  EXPECT_TRUE(is_mapped((*library)->path()));
}

TEST(Library, names_both_ranges_when_the_abi_is_newer) {
  EXPECT_THAT(
      refusal("newer_abi"),
      testing::AllOf(HasSubstr("ABI_MISMATCH\n"),
                     HasSubstr("built for ABI 0.11 to 0.12, this host offers 0.10; use a newer host")));
}

TEST(Library, refuses_a_descriptor_that_is_none) {
  EXPECT_THAT(refusal("wrong_magic"),
              testing::AllOf(HasSubstr("ABI_MISMATCH\n"), HasSubstr("the magic is wrong")));
  EXPECT_THAT(refusal("small_descriptor"), HasSubstr("its descriptor has 24 bytes, ABI 0.10 has 80"));
  EXPECT_THAT(refusal("small_agent_descriptor"),
              HasSubstr("the descriptor of an agent has 8 bytes, ABI 0.10 has 96"));
  EXPECT_THAT(refusal("short_stride"),
              HasSubstr("the place of an agent's descriptor has 40 bytes, ABI 0.10 has 96"));
  EXPECT_THAT(refusal("countless_agents"),
              HasSubstr("its descriptor has 1000000 agents, at most 256 are read"));
  EXPECT_THAT(refusal("no_create"), HasSubstr("its descriptor has no create function"));
}

TEST(Library, names_the_field_in_which_library_and_manifest_differ) {
  EXPECT_THAT(refusal("wrong_id"),
              HasSubstr("the library says id \"test.somebody_else\", the manifest says \"test.wrong_id\""));
  EXPECT_THAT(refusal("wrong_version"),
              HasSubstr("the library says version \"9.9.9\", the manifest says \"1.0.0\""));
  EXPECT_THAT(refusal("wrong_role"),
              HasSubstr("the library says roles of test.wrong_role \"cadre.signal_aggregator/1\""));
  EXPECT_THAT(refusal("wrong_agent"), HasSubstr("the library has no agent \"test.wrong_agent\""));
}

TEST(Library, refuses_one_that_asks_for_events_which_this_host_does_not_send) {
  EXPECT_THAT(refusal("corporate_actions"),
              testing::AllOf(HasSubstr("ABI_MISMATCH\n"),
                             HasSubstr("observes has CADRE_EVENT_CORPORATE_ACTION, which this host does not "
                                       "send yet")));
}

TEST(Library, refuses_a_file_that_the_loader_refuses) {
  const TestFolder folder;
  const auto manifest = test_manifest("good");
  const auto library = Library::load(folder.write("bad.so", "not a library"), manifest);
  EXPECT_EQ(codes_of(library.problems()), "LIBRARY_LOAD");
  EXPECT_EQ(codes_of(Library::load(folder.path() / "none.so", manifest).problems()), "LIBRARY_LOAD");
}

TEST(Library, is_gone_from_the_process_after_each_of_200_cycles) {
  const TestFolder folder;
  const cadre_host host{sizeof(cadre_host), CADRE_ABI_VERSION, nullptr, {}, {}, nullptr};
  for (int cycle = 0; cycle < 200; ++cycle) {
    std::filesystem::path path;
    {
      const auto library = load(folder, "good_state");
      ASSERT_TRUE(library);
      path = (*library)->path();
      const cadre_agent* made = nullptr;
      ASSERT_EQ((*library)->descriptor().create(&host, CADRE_TEXT("test.good_state"), &made), CADRE_OK);
      made->destroy(made->self);
      ASSERT_TRUE(is_mapped(path));
    }
    ASSERT_FALSE(is_mapped(path)) << "cycle " << cycle;
  }
}

TEST(Library, every_real_plugin_unloads) {
  const TestFolder folder;
  int plugins = 0;
  for (const auto& file : std::filesystem::directory_iterator(real_agents())) {
    if (file.path().extension() != ".json") continue;
    ++plugins;
    auto manifest = read_manifest(file.path());
    ASSERT_TRUE(manifest);
    const auto shared = std::make_shared<const Manifest>(std::move(manifest).take());
    const auto copy = Store(folder.path()).adopt(*shared, ImportList::in_process);
    ASSERT_TRUE(copy) << lines_of(copy.problems());
    {
      const auto library = Library::load(*copy, shared);
      ASSERT_TRUE(library) << lines_of(library.problems());
    }
    EXPECT_FALSE(is_mapped(*copy));
  }
  EXPECT_GE(plugins, 8);
}

}  // namespace
}  // namespace cadre::agent
