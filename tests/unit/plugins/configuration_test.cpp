#include <boost/json.hpp>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "tests/unit/plugins/agent_under_test.hpp"

namespace cadre::test {
namespace {

namespace json = boost::json;

std::vector<std::string> plugins() {
  std::vector<std::string> names;
  for (const auto& file :
       std::filesystem::directory_iterator(std::string(CADRE_SOURCE_DIR) + "/manifests/agents")) {
    const std::string name = file.path().stem().string();
    if (std::filesystem::exists(std::string(CADRE_SOURCE_DIR) + "/plugins/" + name)) names.push_back(name);
  }
  std::sort(names.begin(), names.end());
  return names;
}

json::value manifest(const std::string& plugin) {
  std::ifstream file(built(plugin + ".json"));
  return json::parse(std::string(std::istreambuf_iterator<char>(file), {}));
}

class Manifests : public ::testing::TestWithParam<std::string> {};

TEST_P(Manifests, manifest_and_library_agree) {
  const json::value document = manifest(GetParam());
  const testing::Plugin plugin = testing::Plugin::load(built(GetParam() + ".so"));
  EXPECT_EQ(document.at("id").as_string(), sdk::view_of(plugin.descriptor().id));
  EXPECT_EQ(document.at("version").as_string(), sdk::view_of(plugin.descriptor().version));
  EXPECT_EQ(document.at("agents").as_array().size(), plugin.descriptor().agent_count);
  for (const json::value& agent : document.at("agents").as_array()) {
    const std::string id(agent.at("id").as_string());
    const cadre_agent_descriptor* descriptor = plugin.find(id);
    ASSERT_NE(descriptor, nullptr) << id;
    EXPECT_EQ(agent.at("roles").at(0).as_string(), sdk::view_of(descriptor->roles[0])) << id;
    const json::value* state = agent.as_object().if_contains("state");
    const std::uint32_t schema =
        state == nullptr ? 0 : state->at("schema_version").to_number<std::uint32_t>();
    EXPECT_EQ(schema, descriptor->state_schema) << id;
    const FakeHost host;
    EXPECT_EQ(TestAgent(plugin, host, id).has_state(), schema != 0) << id;
  }
}

TEST_P(Manifests, every_agent_starts_with_its_defaults) {
  const json::value document = manifest(GetParam());
  for (const json::value& agent : document.at("agents").as_array())
    AgentUnderTest(GetParam(), std::string(agent.at("id").as_string()));
}

TEST_P(Manifests, every_field_has_a_default_and_a_description) {
  const json::value document = manifest(GetParam());
  for (const json::value& agent : document.at("agents").as_array()) {
    for (const auto& [key, field] : agent.at("config_schema").at("properties").as_object()) {
      EXPECT_TRUE(field.as_object().contains("default")) << key;
      EXPECT_TRUE(field.as_object().contains("description")) << key;
    }
  }
}

TEST_P(Manifests, an_unknown_agent_is_unsupported) {
  const FakeHost host;
  const testing::Plugin plugin = testing::Plugin::load(built(GetParam() + ".so"));
  const cadre_agent* agent = nullptr;
  EXPECT_EQ(plugin.descriptor().create(host.raw(), CADRE_TEXT("no.such.agent"), &agent), CADRE_UNSUPPORTED);
  EXPECT_EQ(agent, nullptr);
}

INSTANTIATE_TEST_SUITE_P(Plugins, Manifests, ::testing::ValuesIn(plugins()),
                         [](const auto& parameter) { return parameter.param; });

}  // namespace
}  // namespace cadre::test
