#include "host/agent/catalog.hpp"

#include <sys/stat.h>

#include <gmock/gmock.h>

#include "tests/unit/agent/test_agents.hpp"

namespace cadre::agent {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;

std::string manifest(const std::string& id, const std::string& version) {
  return R"({"manifest_version": 1, "id": ")" + id + R"(", "version": ")" + version +
         R"(", "name": "N", "description": "D", "abi": {"min": "0.10", "max": "0.10"}, "library": {"path": "l.so", "sha256": ")" +
         std::string(64, '0') + R"("}, "agents": [{"id": ")" + id +
         R"(", "roles": ["cadre.trade_adjuster/1"], "config_schema": {"type": "object"}}]})";
}

std::vector<std::string> listed(const Catalog& catalog) {
  std::vector<std::string> names;
  for (const CatalogEntry& entry : catalog.entries())
    names.push_back(entry.agent->id + " " + entry.manifest->version.to_string());
  return names;
}

base::Result<CatalogEntry> find(const Catalog& catalog, const char* id, const char* range) {
  return catalog.find(id, *VersionRange::parse(range), {"chain.json", 3, 4, "/position_sizer/agent"});
}

TEST(Catalog, does_not_wait_for_a_pipe_that_is_called_like_a_manifest) {
  const TestFolder folder;
  folder.write("1.json", manifest("test.a", "1.0.0"));
  ASSERT_EQ(::mkfifo((folder.path() / "2.json").c_str(), 0600), 0);
  EXPECT_THAT(listed(Catalog::discover({folder.path()})), ElementsAre("test.a 1.0.0"));
}

TEST(Catalog, is_sorted_by_id_and_version_whatever_the_files_are_called) {
  const TestFolder folder;
  folder.write("1.json", manifest("test.b", "1.0.0"));
  folder.write("2.json", manifest("test.a", "1.10.0"));
  folder.write("below/3.json", manifest("test.a", "1.2.0"));
  folder.write("4.json", manifest("test.a", "1.2.0-rc.1"));
  const Catalog catalog = Catalog::discover({folder.path()});
  EXPECT_TRUE(catalog.problems().empty()) << lines_of(catalog.problems());
  EXPECT_THAT(listed(catalog),
              ElementsAre("test.a 1.2.0-rc.1", "test.a 1.2.0", "test.a 1.10.0", "test.b 1.0.0"));
}

TEST(Catalog, opens_no_library) {
  const TestFolder folder;
  folder.write("a.json", manifest("test.a", "1.0.0"));
  EXPECT_THAT(listed(Catalog::discover({folder.path()})), ElementsAre("test.a 1.0.0"));
}

TEST(Catalog, names_both_files_that_describe_one_version_and_lists_neither) {
  const TestFolder folder;
  folder.write("one.json", manifest("test.a", "1.0.0"));
  folder.write("two.json", manifest("test.a", "1.0.0"));
  folder.write("other.json", manifest("test.b", "1.0.0"));
  const Catalog catalog = Catalog::discover({folder.path()});
  EXPECT_THAT(listed(catalog), ElementsAre("test.b 1.0.0"));
  EXPECT_EQ(codes_of(catalog.problems()), "CATALOG_VERSION_TWICE CATALOG_VERSION_TWICE");
  EXPECT_THAT(lines_of(catalog.problems()),
              AllOf(HasSubstr("one.json"),
                    HasSubstr("is also described by " + (folder.path() / "two.json").string())));
}

TEST(Catalog, takes_a_folder_that_is_named_twice_once) {
  const TestFolder folder;
  folder.write("sub/a.json", manifest("test.a", "1.0.0"));
  const Catalog catalog =
      Catalog::discover({folder.path(), folder.path() / "sub", folder.path() / "." / "sub"});
  EXPECT_TRUE(catalog.problems().empty()) << lines_of(catalog.problems());
  EXPECT_THAT(listed(catalog), ElementsAre("test.a 1.0.0"));
}

TEST(Catalog, a_bad_manifest_hides_no_other) {
  const TestFolder folder;
  folder.write("a.json", manifest("test.a", "1.0.0"));
  folder.write("b.json", "{ not json");
  folder.write("c.json", replaced(manifest("test.c", "1.0.0"), "\"abi\"", "\"api\""));
  folder.write("d.json", manifest("test.d", "1.0.0"));
  const Catalog catalog = Catalog::discover({folder.path()});
  EXPECT_THAT(listed(catalog), ElementsAre("test.a 1.0.0", "test.d 1.0.0"));
  EXPECT_THAT(lines_of(catalog.problems()), AllOf(HasSubstr("b.json:1:"), HasSubstr("c.json:1:")));
}

TEST(Catalog, reports_a_folder_that_does_not_exist) {
  const Catalog catalog = Catalog::discover({"/nowhere/agents"});
  EXPECT_EQ(codes_of(catalog.problems()), "CATALOG_FOLDER_UNREADABLE");
}

TEST(CatalogFind, takes_the_newest_version_in_the_range) {
  const TestFolder folder;
  for (const char* version : {"1.0.0", "1.2.0", "1.10.0", "2.0.0", "3.0.0-rc.1"})
    folder.write(std::string(version) + ".json", manifest("test.a", version));
  const Catalog catalog = Catalog::discover({folder.path()});
  EXPECT_EQ(find(catalog, "test.a", "*")->manifest->version.to_string(), "2.0.0");
  EXPECT_EQ(find(catalog, "test.a", "^1")->manifest->version.to_string(), "1.10.0");
  EXPECT_EQ(find(catalog, "test.a", "3.0.0-rc.1")->manifest->version.to_string(), "3.0.0-rc.1");
}

TEST(CatalogFind, says_which_versions_there_are_when_none_fits) {
  const TestFolder folder;
  folder.write("1.json", manifest("test.a", "1.0.0"));
  folder.write("2.json", manifest("test.a", "1.1.0"));
  const auto found = find(Catalog::discover({folder.path()}), "test.a", "^2");
  EXPECT_EQ(codes_of(found.problems()), "AGENT_VERSION_UNKNOWN");
  EXPECT_THAT(lines_of(found.problems()), HasSubstr("chain.json:3:4 /position_sizer/agent: no version of "
                                                    "test.a is in the range \"^2\"; there is 1.0.0, 1.1.0"));
}

TEST(CatalogFind, suggests_a_near_name_and_says_where_it_looked) {
  const TestFolder folder;
  folder.write("1.json", manifest("test.sizer", "1.0.0"));
  const auto found = find(Catalog::discover({folder.path()}), "test.siser", "*");
  EXPECT_EQ(codes_of(found.problems()), "AGENT_UNKNOWN");
  EXPECT_THAT(lines_of(found.problems()),
              AllOf(HasSubstr("did you mean \"test.sizer\"?"), HasSubstr(folder.path().string())));
}

}  // namespace
}  // namespace cadre::agent
