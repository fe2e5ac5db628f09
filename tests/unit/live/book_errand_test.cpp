#include "host/live/book_errand.hpp"

#include <gtest/gtest.h>

#include <stdexcept>
#include <thread>

#include "host/base/invariant.hpp"

namespace cadre::live {
namespace {

TEST(BookErrand, tells_whoever_asked_that_it_is_done) {
  BookErrand errand;
  bool did = false;
  std::thread book([&] { errand.run([&] { did = true; }); });
  EXPECT_EQ(errand.wait(BookPulse{}), Asked::done);
  EXPECT_TRUE(did);
  book.join();
}

TEST(BookErrand, is_not_begun_when_whoever_asked_has_gone) {
  BookPulse stuck;
  stuck.set_stuck("risk has not come back");
  BookErrand errand;
  EXPECT_EQ(errand.wait(stuck), Asked::stuck);
  bool did = false;
  errand.run([&] { did = true; });
  EXPECT_FALSE(did);
}

TEST(BookErrand, that_has_to_be_done_is_done_later) {
  BookPulse stuck;
  stuck.set_stuck("risk has not come back");
  BookErrand errand;
  EXPECT_EQ(errand.wait(stuck, BookErrand::Unbegun::stays), Asked::stuck);
  bool did = false;
  errand.run([&] { did = true; });
  EXPECT_TRUE(did);
  stuck.set_free();
  EXPECT_EQ(errand.wait(stuck), Asked::done);
}

TEST(BookErrand, hands_what_it_throws_to_whoever_asked_and_a_broken_invariant_to_the_book_too) {
  BookErrand failed, broken;
  failed.run([] { throw std::runtime_error("no"); });
  EXPECT_THROW(failed.wait(BookPulse{}), std::runtime_error);
  EXPECT_NO_THROW(failed.rethrow_invariant());
  broken.run([] { throw base::InvariantBroken("test", "broken"); });
  EXPECT_THROW(broken.wait(BookPulse{}), base::InvariantBroken);
  EXPECT_THROW(broken.rethrow_invariant(), base::InvariantBroken);
}

TEST(BookPulse, says_what_does_not_come_back_only_while_it_does_not) {
  BookPulse pulse;
  EXPECT_EQ(pulse.sentence(), "");
  pulse.set_stuck("risk has not come back");
  EXPECT_TRUE(pulse.is_stuck());
  EXPECT_EQ(pulse.sentence(), "risk has not come back");
  pulse.set_free();
  EXPECT_EQ(pulse.sentence(), "");
}

}  // namespace
}  // namespace cadre::live
