#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <string>

#include "cadre/cpp/config.hpp"
#include "cadre/testing/plugin.hpp"

namespace cadre::test {

using testing::FakeHost;
using testing::FakeState;
using testing::make_signal;
using testing::missing;
using testing::Numbers;
using testing::Rows;
using testing::TestAgent;
using testing::TestTargets;

inline std::string built(const std::string& file) {
  return std::string(CADRE_BINARY_DIR) + "/agents/" + file;
}

/// An agent out of its built library, with its manifest's defaults, initialised and active unless told
/// otherwise.
class AgentUnderTest {
 public:
  explicit AgentUnderTest(const std::string& plugin, const std::string& id, const std::string& config = "{}",
                          bool start = true)
      : agent(testing::Plugin::load(built(plugin + ".so")), host, id) {
    status = agent.init(testing::complete_config(built(plugin + ".json"), id, config));
    if (start) {
      EXPECT_EQ(status, CADRE_OK) << agent.refusal();
      EXPECT_EQ(agent.activate(), CADRE_OK);
    }
  }

  FakeHost host;
  TestAgent agent;
  cadre_status status = 0;

  /// Why it refused the last time.
  const std::string& said() const { return host.reason(); }
};

/// Everything a fresh instance must say about saved bytes: they come back as they were, and nothing that is
/// not theirs is taken or changes anything.
inline void expect_sound_state(const std::string& plugin, const std::string& id, const std::string& config,
                               const std::string& bytes, std::uint32_t instruments) {
  AgentUnderTest fresh(plugin, id, config, false);
  ASSERT_EQ(fresh.status, CADRE_OK);
  ASSERT_EQ(fresh.agent.load(bytes, instruments), CADRE_OK) << fresh.said();
  EXPECT_EQ(fresh.agent.save(), bytes);

  EXPECT_EQ(fresh.agent.load("", instruments), CADRE_REJECTED);
  EXPECT_EQ(fresh.agent.load(bytes.substr(0, bytes.size() - 1), instruments), CADRE_REJECTED);
  EXPECT_EQ(fresh.agent.load(bytes.substr(0, bytes.size() / 2), instruments), CADRE_REJECTED);
  EXPECT_EQ(fresh.agent.load(bytes + '\0', instruments), CADRE_REJECTED);
  EXPECT_EQ(fresh.agent.load(bytes, instruments, 99), CADRE_REJECTED);
  std::mt19937_64 random(7);
  for (int round = 0; round < 50; ++round) {
    std::string garbage(static_cast<std::size_t>(random() % 400), '\0');
    for (char& c : garbage)
      c = static_cast<char>(random());
    EXPECT_EQ(fresh.agent.load(garbage, instruments), CADRE_REJECTED);
  }
  EXPECT_EQ(fresh.agent.save(), bytes);
}

}  // namespace cadre::test
