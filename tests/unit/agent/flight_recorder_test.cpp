#include "host/agent/flight_recorder.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <thread>

#include "host/base/file.hpp"
#include "host/base/temporary_folder.hpp"

namespace cadre::agent {
namespace {

using testing::HasSubstr;

FlightCard risk_card() {
  return {"main", "risk", "my.risk", "1.2.0", std::string(64, 'a'), std::string(64, 'b'), false};
}

class Flights : public testing::Test {
 protected:
  std::filesystem::path path() const { return folder_.path() / "flights"; }

  /// What a process that does this leaves behind.
  template <class Work>
  LastFlight left_by(Work work) const {
    const pid_t child = fork();
    if (child == 0) {
      const auto recorder = FlightRecorder::begin(path());
      if (!recorder) _exit(2);
      (*recorder)->set_revision(7);
      work(**recorder);
      _exit(0);
    }
    int status = 0;
    waitpid(child, &status, 0);
    return read_flight(path());
  }

  base::TemporaryFolder folder_;
};

TEST_F(Flights, of_a_thread_that_crashes_in_a_call_blame_its_agent_and_suspect_the_others) {
  const LastFlight last = left_by([](FlightRecorder&) {
    const FlightCardHolder risk(risk_card());
    FlightCard other = risk_card();
    other.stage = "sizer";
    const FlightCardHolder sizer(other);
    std::atomic<bool> is_flying{false};
    std::thread beside([&] {
      const FlightNote note(sizer, Flight::decide);
      is_flying = true;
      for (;;)
        pause();
    });
    while (!is_flying)
      std::this_thread::yield();
    base::occasion() = {"main", 12};
    const FlightNote note(risk, Flight::observe, 4);
    raise(SIGSEGV);
  });
  EXPECT_EQ(last.end, LastFlight::End::crashed);
  EXPECT_THAT(crash_text(last), HasSubstr("SIGSEGV"));
  ASSERT_TRUE(last.blamed);
  EXPECT_EQ(flight_text(*last.blamed), "risk (my.risk 1.2.0) in observe at event 12 of book main");
  EXPECT_EQ(last.blamed->card.digest, std::string(64, 'a'));
  EXPECT_EQ(last.blamed->card.config, std::string(64, 'b'));
  EXPECT_EQ(last.blamed->event_kind, 4u);
  EXPECT_EQ(last.blamed->revision, 7u);
  ASSERT_EQ(last.suspects.size(), 1u);
  EXPECT_EQ(last.suspects[0].card.stage, "sizer");
}

TEST_F(Flights, of_a_crash_outside_of_any_call_blame_nobody) {
  const LastFlight last = left_by([](FlightRecorder&) {
    const FlightCardHolder risk(risk_card());
    { const FlightNote note(risk, Flight::decide); }
    abort();
  });
  EXPECT_EQ(last.end, LastFlight::End::crashed);
  EXPECT_EQ(crash_text(last), "SIGABRT");
  EXPECT_FALSE(last.blamed);
  EXPECT_TRUE(last.suspects.empty());
}

TEST_F(Flights, of_a_crash_while_another_process_has_the_agent_blame_nobody) {
  const LastFlight last = left_by([](FlightRecorder&) {
    FlightCard card = risk_card();
    card.is_isolated = true;
    const FlightCardHolder risk(card);
    const FlightNote note(risk, Flight::decide);
    raise(SIGSEGV);
  });
  EXPECT_FALSE(last.blamed);
  EXPECT_EQ(last.suspects.size(), 1u);
}

TEST_F(Flights, of_a_process_that_was_killed_are_suspects) {
  const LastFlight last = left_by([](FlightRecorder&) {
    const FlightCardHolder risk(risk_card());
    const FlightNote note(risk, Flight::decide);
    raise(SIGKILL);
  });
  EXPECT_EQ(last.end, LastFlight::End::lost);
  EXPECT_FALSE(last.blamed);
  ASSERT_EQ(last.suspects.size(), 1u);
  EXPECT_THAT(flight_text(last.suspects[0]), HasSubstr("risk (my.risk 1.2.0) in decide"));
}

TEST_F(Flights, that_ended_as_they_should_say_so) {
  const LastFlight last = left_by([](FlightRecorder& recorder) { recorder.end(LastFlight::End::told); });
  EXPECT_EQ(last.end, LastFlight::End::told);
  EXPECT_TRUE(last.suspects.empty());
}

TEST_F(Flights, that_cannot_be_read_say_nothing) {
  EXPECT_EQ(read_flight(path()).end, LastFlight::End::none);
  left_by([](FlightRecorder&) {});
  std::filesystem::resize_file(path(), 1000);
  EXPECT_EQ(read_flight(path()).end, LastFlight::End::none);
  std::ofstream(path(), std::ios::binary) << std::string(1 << 20, 'x');
  EXPECT_EQ(read_flight(path()).end, LastFlight::End::none);
}

TEST_F(Flights, of_a_call_are_the_same_while_it_lasts) {
  const auto recorder = FlightRecorder::begin(path()).take();
  std::thread([&] {  // a new thread: this one may have the slot of another test
    FlightCardHolder risk(risk_card());
    EXPECT_TRUE(recorder->seen().empty());
    std::uint64_t first = 0;
    {
      const FlightNote note(risk, Flight::save_state);
      ASSERT_EQ(recorder->seen().size(), 1u);
      first = recorder->seen()[0].serial;
      EXPECT_EQ(recorder->seen()[0].serial, first);
      EXPECT_EQ(recorder->seen()[0].record.flight, Flight::save_state);
      EXPECT_EQ(recorder->seen()[0].slot, *FlightRecorder::slot_of_this_thread());
    }
    EXPECT_TRUE(recorder->seen().empty());
    risk.set_config(std::string(64, 'c'));
    const FlightNote note(risk, Flight::save_state);
    EXPECT_NE(recorder->seen()[0].serial, first);
    EXPECT_EQ(recorder->seen()[0].record.card.config, std::string(64, 'c'));
  })
      .join();
}

TEST_F(Flights, cannot_be_recorded_where_nothing_can_be_written) {
  const auto recorder = FlightRecorder::begin(folder_.path() / "nowhere" / "flights");
  ASSERT_FALSE(recorder);
  EXPECT_EQ(recorder.problems()[0].code, "FILE_NOT_WRITABLE");
}

TEST(FlightNote, without_a_recorder_notes_nothing) {
  const FlightCardHolder risk(risk_card());
  const FlightNote note(risk, Flight::decide);
  EXPECT_EQ(FlightRecorder::slot_of_this_thread(), std::nullopt);
}

}  // namespace
}  // namespace cadre::agent
