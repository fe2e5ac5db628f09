#include "host/live/event_feed.hpp"

#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <utility>
#include <vector>

namespace cadre::live {

namespace {

using Heard = std::vector<std::pair<std::uint64_t, std::string>>;

/// Ids and kinds of what a listener hears at once.
Heard heard(EventFeed& feed, std::uint64_t after) {
  Heard all;
  feed.stop_listening(feed.listen(after, [&](std::uint64_t id, const std::string& text) {
    all.emplace_back(id, std::string(boost::json::parse(text).at("event").as_string()));
  }));
  return all;
}

TEST(EventFeed, goes_on_after_the_ids_that_were_given_before) {
  EventFeed feed;
  feed.begin_after(41);
  feed.say("started", {});
  EXPECT_EQ(heard(feed, 0), (Heard{{42, "started"}}));
  EXPECT_EQ(heard(feed, 41), (Heard{{42, "started"}})) << "nothing was missed";
  EXPECT_EQ(feed.last_id(), 42u);
}

TEST(EventFeed, says_first_what_is_gone) {
  EventFeed feed;
  feed.begin_after(41);
  feed.say("started", {});
  EXPECT_EQ(heard(feed, 40), (Heard{{41, "events_missed"}, {42, "started"}}));
  EXPECT_EQ(heard(feed, 42), Heard{});
}

TEST(EventFeed, says_that_ids_began_anew_to_whoever_knows_a_greater_one) {
  EventFeed feed;
  feed.say("started", {});
  EXPECT_EQ(heard(feed, 900), (Heard{{0, "events_missed"}, {1, "started"}}));
}

TEST(EventFeed, of_more_than_it_remembers_says_which_are_gone) {
  EventFeed feed;
  for (int i = 0; i < 5'000; ++i)
    feed.say("tick", {});
  const Heard all = heard(feed, 1);
  EXPECT_EQ(all[0], (std::pair<std::uint64_t, std::string>(904, "events_missed")));
  EXPECT_EQ(all.size(), 1u + 4'096u);
}

}  // namespace

}  // namespace cadre::live
