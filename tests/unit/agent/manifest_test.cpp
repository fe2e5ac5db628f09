#include "host/agent/manifest.hpp"

#include <gmock/gmock.h>

#include "tests/unit/agent/test_agents.hpp"

namespace cadre::agent {
namespace {

using testing::HasSubstr;

// Lines count: refusals name them.
constexpr std::string_view good = R"({
  "manifest_version": 1,
  "id": "test.sizer",
  "version": "1.2.3",
  "name": "Sizer",
  "description": "Sizes",
  "library": {"path": "sizer.so", "sha256": "0000000000000000000000000000000000000000000000000000000000000000"},
  "abi": {"min": "0.10", "max": "0.10"},
  "agents": [
    {
      "id": "test.sizer",
      "roles": ["cadre.position_sizer/1"],
      "config_schema": {"type": "object", "properties": {"size": {"type": "number", "minimum": 0, "default": 1}}},
      "hot_keys": ["size"],
      "requires": [{"service": "cadre.covariance/1"}, {"service": "test.other/1", "optional": true}],
      "state": {"schema_version": 3, "reads": [1, 2]}
    }
  ],
  "limits": {"deadline_us": 500, "memory_mb": 64},
  "x-ours": {"anything": [1, 2]}
})";

base::Result<Manifest> read(std::string_view text) {
  const TestFolder folder;
  return read_manifest(folder.write("m.json", text));
}

/// What the user is told, without the folder.
std::string refusal(std::string_view what, std::string_view by) {
  const TestFolder folder;
  const auto manifest = read_manifest(folder.write("m.json", replaced(std::string(good), what, by)));
  EXPECT_FALSE(manifest);
  std::string lines = lines_of(manifest.problems());
  const std::string prefix = folder.path().string() + "/";
  for (std::size_t at = lines.find(prefix); at != std::string::npos; at = lines.find(prefix))
    lines.erase(at, prefix.size());
  return lines;
}

TEST(Manifest, reads_every_field) {
  const TestFolder folder;
  const auto manifest = read_manifest(folder.write("m.json", good));
  ASSERT_TRUE(manifest) << lines_of(manifest.problems());
  EXPECT_EQ(manifest->id, "test.sizer");
  EXPECT_EQ(manifest->version.to_string(), "1.2.3");
  EXPECT_EQ(manifest->status, "stable");
  EXPECT_EQ(manifest->library, folder.path() / "sizer.so");
  EXPECT_EQ(manifest->abi_min, 10u);
  EXPECT_EQ(manifest->abi_max, 10u);
  EXPECT_EQ(manifest->deadline_us, 500u);
  EXPECT_EQ(manifest->memory_mb, 64u);
  EXPECT_EQ(manifest->isolation, "none");
  EXPECT_TRUE(manifest->deterministic);
  ASSERT_EQ(manifest->agents.size(), 1u);
  const AgentDeclaration& agent = manifest->agents[0];
  EXPECT_EQ(agent.role, "cadre.position_sizer/1");
  EXPECT_THAT(agent.hot_keys, testing::ElementsAre("size"));
  ASSERT_EQ(agent.needs.size(), 2u);
  EXPECT_FALSE(agent.needs[0].optional);
  EXPECT_TRUE(agent.needs[1].optional);
  EXPECT_EQ(agent.state_schema, 3u);
  EXPECT_THAT(agent.state_reads, testing::ElementsAre(1, 2));
  EXPECT_EQ(agent.place.line, 10u);
}

TEST(Manifest, is_refused_when_it_is_larger_than_any_manifest) {
  const TestFolder folder;
  const auto manifest = read_manifest(folder.write("m.json", std::string(good) + std::string(5 << 20, ' ')));
  EXPECT_THAT(lines_of(manifest.problems()),
              HasSubstr("the file has " + std::to_string(good.size() + (5 << 20)) +
                        " bytes, at most 4194304 bytes are read"));
  EXPECT_THAT(lines_of(manifest.problems()), HasSubstr("FILE_TOO_LARGE"));
}

TEST(Manifest, refuses_with_the_place_of_the_fault) {
  EXPECT_THAT(refusal(R"("name": "Sizer")", R"("nmae": "Sizer")"),
              HasSubstr("m.json:5:11 /nmae: unknown key \"nmae\"; did you mean \"name\"?"));
  EXPECT_THAT(refusal(R"("1.2.3")", R"("1.2")"),
              HasSubstr("m.json:4:14 /version: \"1.2\" is not a semantic version"));
  EXPECT_THAT(refusal(R"("manifest_version": 1)", R"("manifest_version": 2)"),
              HasSubstr("m.json:2:23 /manifest_version"));
  EXPECT_THAT(refusal(R"("id": "test.sizer",
  "ver)",
                      R"("id": "Sizer",
  "ver)"),
              HasSubstr("m.json:3:9 /id"));
  EXPECT_THAT(refusal("\"sizer.so\"", "\"../sizer.so\""),
              HasSubstr("m.json:7:23 /library/path: \"../sizer.so\" leaves the manifest's folder"));
  EXPECT_THAT(refusal("\"sizer.so\"", "\"/lib/sizer.so\""), HasSubstr("m.json:7:23 /library/path"));
  EXPECT_THAT(refusal("\"0000", "\"000"), HasSubstr("m.json:7:45 /library/sha256"));
  EXPECT_THAT(refusal(R"("min": "0.10")", R"("min": "0.11")"),
              HasSubstr("m.json:8:10 /abi: min 0.11 is above max 0.10"));
  EXPECT_THAT(refusal(R"("max": "0.10")", R"("max": "nine")"), HasSubstr("m.json:8:33 /abi/max"));
  EXPECT_THAT(refusal(R"("cadre.position_sizer/1")", R"("position sizer")"),
              HasSubstr("m.json:12:17 /agents/0/roles/0"));
  EXPECT_THAT(refusal(R"("schema_version": 3)", R"("schema_version": 0)"),
              HasSubstr("m.json:16:35 /agents/0/state/schema_version"));
  EXPECT_THAT(refusal(R"("deadline_us": 500)", R"("deadline_us": -1)"),
              HasSubstr("m.json:19:29 /limits/deadline_us"));
}

TEST(Manifest, refuses_numbers_that_do_not_fit) {
  EXPECT_THAT(refusal(R"("deadline_us": 500)", R"("deadline_us": 4294967296)"),
              HasSubstr("/limits/deadline_us"));
  EXPECT_THAT(refusal(R"("schema_version": 3)", R"("schema_version": 4294967296)"),
              HasSubstr("/state/schema_version"));
  EXPECT_THAT(refusal(R"("reads": [1, 2])", R"("reads": [1, 99999999999])"), HasSubstr("/state/reads/1"));
  EXPECT_THAT(refusal(R"("max": "0.10")", R"("max": "0.70000")"), HasSubstr("/abi/max"));
  EXPECT_THAT(refusal(R"("max": "0.10")", R"("max": "99999999999.0")"), HasSubstr("/abi/max"));
}

TEST(Manifest, takes_the_newest_revision_of_its_role_that_the_host_knows) {
  const auto role_of = [](std::string_view roles) {
    const auto manifest = read(replaced(std::string(good), R"(["cadre.position_sizer/1"])", roles));
    EXPECT_TRUE(manifest) << lines_of(manifest.problems());
    return manifest ? manifest->agents[0].role : std::string();
  };
  EXPECT_EQ(role_of(R"(["cadre.position_sizer/2", "cadre.position_sizer/1"])"), "cadre.position_sizer/1");
  EXPECT_EQ(role_of(R"(["cadre.position_sizer/1", "cadre.position_sizer/9"])"), "cadre.position_sizer/1");
  EXPECT_EQ(role_of(R"(["cadre.tea_maker/1", "cadre.tea_maker/2"])"), "cadre.tea_maker/2");
  EXPECT_THAT(
      refusal(R"(["cadre.position_sizer/1"])", R"(["cadre.position_sizer/1", "cadre.risk_manager/1"])"),
      HasSubstr("m.json:12:43 /agents/0/roles/1: \"cadre.risk_manager/1\" is another role than "
                "\"cadre.position_sizer/1\"; describe an agent for each role"));
}

TEST(Manifest, lists_kinds_of_instruments_shares_funds_and_coins_when_it_says_nothing) {
  const auto plain = read(good);
  ASSERT_TRUE(plain);
  EXPECT_THAT(plain->agents[0].kinds, testing::ElementsAre("equity", "fund", "crypto_spot"));
  const auto own = read(replaced(std::string(good), R"("hot_keys")", R"("kinds": ["option"], "hot_keys")"));
  ASSERT_TRUE(own) << lines_of(own.problems());
  EXPECT_THAT(own->agents[0].kinds, testing::ElementsAre("option"));
  EXPECT_THAT(refusal(R"("hot_keys")", R"("kinds": ["tulip"], "hot_keys")"),
              HasSubstr("/agents/0/kinds/0: \"tulip\" is not one of"));
}

TEST(Manifest, of_an_abi_that_is_gone_is_refused_for_that_alone) {
  const std::string old = replaced(
      replaced(std::string(good), R"("min": "0.10", "max": "0.10")", R"("min": "0.9", "max": "0.9")"),
      R"("roles": ["cadre.position_sizer/1"])", R"("role": "cadre.position_sizer/1")");
  EXPECT_EQ(codes_of(read(old).problems()), "ABI_MISMATCH");
}

TEST(Manifest, of_a_revision_of_its_role_that_is_gone_is_refused_as_one_of_an_abi_that_is_gone) {
  const std::string said = refusal("cadre.position_sizer/1", "cadre.execution_rules/1");
  EXPECT_THAT(
      said, HasSubstr("the role cadre.execution_rules/1 is gone, this host offers cadre.execution_rules/2"));
  EXPECT_THAT(said, HasSubstr("[ABI_MISMATCH]"));
}

TEST(Manifest, refuses_a_hot_key_that_is_no_setting) {
  EXPECT_THAT(refusal(R"("hot_keys": ["size"])", R"("hot_keys": ["sise"])"),
              HasSubstr("m.json:14:20 /agents/0/hot_keys/0: \"sise\" is not a setting in config_schema; did "
                        "you mean \"size\"?"));
}

TEST(Manifest, refuses_services_that_are_no_matrix) {
  EXPECT_THAT(
      refusal("cadre.covariance/1", "cadre.expected_returns/1"),
      HasSubstr("\"cadre.expected_returns/1\" is no matrix, and this host publishes nothing else yet"));
  EXPECT_THAT(refusal("test.other/1", "cadre.risk_free_rate/1"),
              HasSubstr("\"cadre.risk_free_rate/1\" is no matrix"));
}

TEST(Manifest, refuses_two_agents_with_one_id) {
  const std::string again =
      R"("config_schema": {"type": "object"}}, {"id": "test.sizer", "roles": ["cadre.position_sizer/1"], "config_schema")";
  EXPECT_THAT(refusal("\"config_schema\"", again),
              HasSubstr("/agents/1/id: agent \"test.sizer\" is described twice"));
}

TEST(Manifest, refuses_a_schema_that_contradicts_itself) {
  EXPECT_THAT(refusal(R"("default": 1)", R"("default": -1)"),
              HasSubstr("m.json:13:110 /agents/0/config_schema/properties/size/default"));
  EXPECT_THAT(refusal(R"("minimum": 0)", R"("minimun": 0)"),
              HasSubstr("/agents/0/config_schema/properties/size/minimun"));
}

TEST(Manifest, reports_every_fault_of_a_file) {
  const std::string two =
      replaced(replaced(std::string(good), "\"1.2.3\"", "\"1\""), "\"sizer.so\"", "\"/sizer.so\"");
  EXPECT_EQ(codes_of(read(two).problems()), "MANIFEST_VERSION_INVALID MANIFEST_LIBRARY_PATH");
}

TEST(Manifest, refuses_what_is_no_json) {
  for (const std::string_view text :
       {std::string_view(""), std::string_view("{"), good.substr(0, 300), std::string_view("[]"),
        std::string_view("\x7f"
                         "ELF\0\0",
                         6),
        std::string_view("null")}) {
    EXPECT_FALSE(read(text)) << text;
  }
  EXPECT_FALSE(read(std::string(good) + "}"));
  EXPECT_FALSE(read_manifest("/nowhere/m.json"));
}

TEST(Abi, reads_and_prints) {
  EXPECT_EQ(parse_abi("0.9"), 9u);
  EXPECT_EQ(parse_abi("1.12"), 0x1000cu);
  EXPECT_EQ(abi_text(0x1000c), "1.12");
  for (const char* text : {"", "1", ".", "1.", ".1", "1.2.3", "a.b", "70000.0", "-1.0", "1.2x", "1x.2"})
    EXPECT_FALSE(parse_abi(text)) << text;
}

}  // namespace
}  // namespace cadre::agent
