#include "host/agent/call_ring.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <functional>
#include <thread>

namespace cadre::agent {
namespace {

using Bytes = std::vector<std::byte>;

constexpr std::chrono::milliseconds plenty{10'000};
constexpr CallRing::Spin asleep{0, 0}, awake{200, 200};

Bytes bytes_of(std::size_t count, unsigned seed) {
  Bytes bytes(count);
  for (std::size_t k = 0; k < count; ++k)
    bytes[k] = static_cast<std::byte>((k * 31 + k / 251 + seed) & 0xff);
  return bytes;
}

/// The other process as the host's side sees it: there until it is told to be gone.
struct Watch : CallWatch {
  bool has_hung_up() override { return is_gone; }
  void in_call_of(std::uint32_t place) override { called = place; }
  std::atomic<bool> is_gone{false};
  std::atomic<std::uint32_t> called{0};
};

/// A ring with a child that behaves: it answers each request with the same bytes, backwards.
class Echo {
 public:
  Echo() {
    EXPECT_TRUE(ring.create());
    const auto files = ring.files();
    EXPECT_TRUE(desk_.open(dup(files[0]), dup(files[1])));
    ring.forget_files();
    child_ = std::thread([this] {
      for (Bytes request; desk_.receive(request);) {
        const Bytes answer(request.rbegin(), request.rend());
        if (!desk_.send(answer)) return;
      }
      has_ended_ = true;
    });
  }
  ~Echo() {
    while (!has_ended_)
      desk_.hang_up();
    child_.join();
  }
  CallRing ring;

 private:
  CallDesk desk_;
  std::atomic<bool> has_ended_{false};
  std::thread child_;
};

/// A ring with a child that may do anything to what it can write.
class Hostile {
 public:
  Hostile() {
    EXPECT_TRUE(ring.create());
    requests = RingPages(ring.files()[0], false);
    replies = RingPages(ring.files()[1], true);
  }
  /// One call, while the child does this as soon as it is asked.
  CallRing::End call(const std::function<void(RingHead&)>& misdeed, CallRing::Spin spin = asleep) {
    std::thread child([&] {
      while (requests.head().sequence.load() == asked)
        std::this_thread::yield();
      misdeed(replies.head());
    });
    const CallRing::End end = ring.call(bytes_of(8, 1), reply, Deadline::in(time), spin, watch);
    child.join();
    ++asked;
    return end;
  }
  void answer(std::uint32_t bytes) {
    replies.head().bytes = bytes;
    replies.head().sequence = requests.head().sequence.load();
  }

  CallRing ring;
  RingPages requests, replies;
  Watch watch;
  Bytes reply;
  std::uint32_t asked = 0;
  std::chrono::milliseconds time = plenty;
};

TEST(CallRing, brings_back_what_was_answered_whoever_sleeps) {
  Echo echo;
  Watch watch;
  for (const CallRing::Spin spin : {asleep, awake, CallRing::Spin{200, 0}, CallRing::Spin{0, 200}}) {
    for (unsigned call = 0; call < 200; ++call) {
      const Bytes request = bytes_of(call, call);
      Bytes reply;
      ASSERT_EQ(echo.ring.call(request, reply, Deadline::in(plenty), spin, watch), CallRing::End::answered);
      ASSERT_EQ(reply, Bytes(request.rbegin(), request.rend()));
    }
  }
}

TEST(CallRing, carries_messages_of_many_pieces_whole) {
  Echo echo;
  Watch watch;
  for (const std::size_t count :
       {ring_piece_bytes_most, ring_piece_bytes_most + 1, 3 * ring_piece_bytes_most + 7}) {
    const Bytes request = bytes_of(count, 3);
    Bytes reply;
    ASSERT_EQ(echo.ring.call(request, reply, Deadline::in(plenty), awake, watch), CallRing::End::answered);
    EXPECT_EQ(reply, Bytes(request.rbegin(), request.rend())) << count;
  }
}

TEST(CallRing, has_files_that_others_cannot_cut_and_requests_that_others_cannot_write) {
  CallRing ring;
  ASSERT_TRUE(ring.create());
  const auto [requests, replies] = ring.files();
  for (const int file : {requests, replies}) {
    EXPECT_EQ(ftruncate(file, 0), -1);
    EXPECT_EQ(ftruncate(file, 2 * static_cast<off_t>(ring_bytes)), -1);
    EXPECT_EQ(fcntl(file, F_ADD_SEALS, F_SEAL_WRITE), -1);
  }
  EXPECT_FALSE(RingPages(requests, true).is_mapped());
  EXPECT_TRUE(RingPages(replies, true).is_mapped());
  void* read = mmap(nullptr, ring_bytes, PROT_READ, MAP_SHARED, requests, 0);
  ASSERT_NE(read, MAP_FAILED);
  EXPECT_EQ(mprotect(read, ring_bytes, PROT_READ | PROT_WRITE), -1);
  munmap(read, ring_bytes);
}

TEST(CallRing, takes_a_length_that_does_not_fit_for_damage) {
  for (const std::size_t bytes : {ring_piece_bytes_most + 1, std::size_t{0xffffffff}}) {
    Hostile child;
    EXPECT_EQ(child.call([&](RingHead&) { child.answer(static_cast<std::uint32_t>(bytes)); }),
              CallRing::End::damaged);
    EXPECT_TRUE(child.reply.empty());
  }
  Hostile largest;
  EXPECT_EQ(largest.call([&](RingHead&) { largest.answer(ring_piece_bytes_most); }), CallRing::End::answered);
  EXPECT_EQ(largest.reply.size(), ring_piece_bytes_most);
}

TEST(CallRing, takes_an_answer_without_an_end_for_damage) {
  Hostile child;
  EXPECT_EQ(child.call([&](RingHead& replies) {
    replies.has_more = 1;
    child.answer(0);
  }),
            CallRing::End::damaged);
}

TEST(CallRing, takes_an_answer_out_of_turn_for_damage) {
  for (const std::uint32_t ahead : {2u, 1000u, 0x80000000u}) {
    Hostile child;
    EXPECT_EQ(child.call([&](RingHead& replies) { replies.sequence = ahead; }), CallRing::End::damaged);
  }
}

TEST(CallRing, takes_a_second_answer_to_the_same_request_for_damage) {
  Hostile child;
  EXPECT_EQ(child.call([&](RingHead&) { child.answer(4); }), CallRing::End::answered);
  child.replies.head().sequence = 2;  // to a question that nobody has asked
  Bytes reply;
  EXPECT_EQ(child.ring.call(bytes_of(8, 1), reply, Deadline::in(plenty), asleep, child.watch),
            CallRing::End::damaged);
}

TEST(CallRing, keeps_what_it_copied_when_the_child_writes_on) {
  Hostile child;
  EXPECT_EQ(child.call([&](RingHead&) {
    child.replies.area()[0] = std::byte{7};
    child.answer(1);
  }),
            CallRing::End::answered);
  child.replies.area()[0] = std::byte{8};
  child.replies.head().bytes = 0xffffffff;
  EXPECT_EQ(child.reply, Bytes{std::byte{7}});
}

TEST(CallRing, survives_a_child_that_changes_its_answer_while_the_host_reads_it) {
  Hostile child;
  std::atomic<bool> goes_on{true};
  std::thread scribbler([&] {
    for (std::uint32_t turn = 0; goes_on; ++turn) {
      child.replies.head().bytes = turn % 2 == 0 ? 100 : 0xffffffff;
      child.replies.area()[turn % 100] = static_cast<std::byte>(turn & 0xff);
    }
  });
  for (int call = 0; call < 300; ++call) {
    const CallRing::End end =
        child.call([&](RingHead& replies) { replies.sequence = child.asked + 1; }, awake);
    ASSERT_TRUE(end == CallRing::End::answered || end == CallRing::End::damaged);
    ASSERT_LE(child.reply.size(), 100u);
  }
  goes_on = false;
  scribbler.join();
}

TEST(CallRing, gives_up_when_the_time_of_the_whole_call_is_over) {
  for (const CallRing::Spin spin : {asleep, awake}) {
    Hostile child;
    child.time = std::chrono::milliseconds(20);
    EXPECT_EQ(child.call([](RingHead&) {}, spin), CallRing::End::late);
  }
}

TEST(CallRing, gives_up_when_pieces_come_without_end_of_time) {
  Hostile child;
  child.time = std::chrono::milliseconds(50);
  std::atomic<bool> goes_on{true};
  std::thread drip([&] {
    for (std::uint32_t seen = 1; goes_on;) {
      const std::uint32_t now = child.requests.head().sequence;
      if (now == seen) continue;
      seen = now;
      child.replies.head().bytes = 1;
      child.replies.head().has_more = 1;
      child.replies.head().sequence = now;
    }
  });
  const CallRing::End end = child.call([&](RingHead& replies) {
    replies.has_more = 1;
    child.answer(1);
  });
  goes_on = false;
  drip.join();
  EXPECT_EQ(end, CallRing::End::late);
}

TEST(CallRing, notices_a_child_that_dies_while_it_waits) {
  for (const CallRing::Spin spin : {asleep, awake}) {
    Hostile child;
    const auto begun = std::chrono::steady_clock::now();
    EXPECT_EQ(child.call([&](RingHead&) { child.watch.is_gone = true; }, spin), CallRing::End::gone);
    EXPECT_LT(std::chrono::steady_clock::now() - begun, plenty / 2);
  }
}

TEST(CallRing, takes_an_answer_of_a_child_that_died_behind_it) {
  Hostile child;
  EXPECT_EQ(child.call([&](RingHead&) {
    child.answer(4);
    child.watch.is_gone = true;
  }),
            CallRing::End::answered);
}

TEST(CallRing, says_whose_call_is_under_way_as_the_child_says) {
  Hostile child;
  EXPECT_EQ(child.call([&](RingHead& replies) {
    replies.place = 3;
    while (child.watch.called == 0)
      std::this_thread::yield();
    child.answer(1);
  }),
            CallRing::End::answered);
  EXPECT_EQ(child.watch.called, 3u);
  EXPECT_EQ(child.ring.place(), 3u);
}

}  // namespace
}  // namespace cadre::agent
