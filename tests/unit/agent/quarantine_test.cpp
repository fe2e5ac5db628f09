#include "host/agent/quarantine.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "host/base/hash.hpp"
#include "host/base/temporary_folder.hpp"

namespace cadre::agent {
namespace {

const std::string bytes(64, 'a');
constexpr const char* settings = R"({"max":1})";

FlightRecord flight_of(const std::string& config) {
  FlightRecord record;
  record.card = {"main", "risk", "my.risk", "1.2.0", bytes, config, false};
  record.flight = Flight::analyze_risk;
  record.event = 12;
  record.revision = 3;
  return record;
}

class Held : public testing::Test {
 protected:
  std::filesystem::path path() const { return folder_.path() / "quarantine"; }
  std::unique_ptr<Quarantine> open() const { return Quarantine::open(path()).take(); }

  base::TemporaryFolder folder_;
};

TEST_F(Held, are_these_bytes_under_these_settings_and_no_others) {
  const auto quarantine = open();
  EXPECT_FALSE(quarantine->add(flight_of(base::sha256_hex(settings)), "SIGSEGV at 0x0").has_errors());
  ASSERT_TRUE(quarantine->find(bytes, settings));
  EXPECT_EQ(quarantine->find(bytes, settings)->text(),
            "risk (my.risk 1.2.0) in analyze_risk at event 12 of book main: SIGSEGV at 0x0 (quarantine 1)");
  EXPECT_FALSE(quarantine->find(bytes, R"({"max":2})"));
  EXPECT_FALSE(quarantine->find(std::string(64, 'c'), settings));
}

TEST_F(Held, are_all_settings_of_a_library_that_cannot_be_loaded) {
  const auto quarantine = open();
  EXPECT_FALSE(quarantine->add(flight_of(""), "SIGSEGV at 0x0").has_errors());
  EXPECT_TRUE(quarantine->find(bytes, settings));
  EXPECT_TRUE(quarantine->find(bytes, "{}"));
}

TEST_F(Held, are_held_once_and_over_restarts_until_they_are_released) {
  {
    const auto quarantine = open();
    for (int crash = 0; crash < 3; ++crash)
      EXPECT_FALSE(quarantine->add(flight_of(base::sha256_hex(settings)), "SIGABRT").has_errors());
    EXPECT_EQ(quarantine->held().size(), 1u);
  }
  {
    const auto quarantine = open();
    ASSERT_EQ(quarantine->held().size(), 1u);
    const Quarantined held = quarantine->held()[0];
    EXPECT_EQ(held.number, 1u);
    EXPECT_EQ(held.why, "SIGABRT");
    EXPECT_EQ(held.record.flight, Flight::analyze_risk);
    EXPECT_EQ(held.record.revision, 3u);
    EXPECT_EQ(quarantine->release(2, "anna", "no")[0].code, "QUARANTINE_UNKNOWN");
    EXPECT_FALSE(quarantine->release(1, "anna", "mended").has_errors());
    EXPECT_FALSE(quarantine->find(bytes, settings));
    EXPECT_EQ(quarantine->release(1, "anna", "again")[0].code, "QUARANTINE_UNKNOWN");
  }
  const auto quarantine = open();
  EXPECT_TRUE(quarantine->held().empty());
  EXPECT_FALSE(quarantine->add(flight_of(""), "SIGBUS at 0x0").has_errors());
  EXPECT_EQ(quarantine->held()[0].number, 2u) << "a number is given once";
}

TEST_F(Held, cannot_be_read_from_a_damaged_file) {
  (void)open()->add(flight_of(""), "SIGBUS at 0x0");
  std::fstream(path()) << "x";
  const auto quarantine = Quarantine::open(path());
  ASSERT_FALSE(quarantine);
  EXPECT_EQ(quarantine.problems()[0].code, "STATE_LINE_DAMAGED");
  EXPECT_EQ(quarantine.problems()[0].place.line, 1u);
}

TEST_F(Held, stay_held_when_their_release_cannot_be_written) {
  const auto quarantine = open();
  (void)quarantine->add(flight_of(""), "SIGBUS at 0x0");
  std::filesystem::remove(path());
  EXPECT_EQ(quarantine->release(1, "anna", "mended")[0].code, "FILE_NOT_WRITABLE");
  EXPECT_TRUE(quarantine->find(bytes, settings));
}

}  // namespace
}  // namespace cadre::agent
