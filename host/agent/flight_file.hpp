#pragma once

#include <atomic>
#include <cstdint>

#include "host/agent/flight_recorder.hpp"

/// How the recorder's file lies in memory. It is read by the host that comes after, which may be another
/// version: one with another number is passed over.
namespace cadre::agent {

constexpr char flight_magic[16] = "cadre flights 2";
constexpr std::uint32_t flight_slots = FlightRecorder::slots_most;
constexpr std::uint32_t flight_cards = 1024;

/// FlightCard without what would not outlive the process. Longer texts are cut.
struct FlightCardInFile {
  std::atomic<std::uint32_t> is_taken;
  std::uint32_t is_isolated;
  std::atomic<std::uint32_t> deadline_us;
  char book[64], stage[64], agent[96], version[32], digest[65], config[65];
};

struct FlightFile {
  char magic[16];
  std::uint64_t boot;  ///< random; a slot of another one says nothing
  std::atomic<std::uint64_t> revision;
  std::atomic<std::uint32_t> end;      ///< LastFlight::End, once it is known
  std::atomic<std::uint32_t> crashed;  ///< 0: none; else the slot that did, counted from 1, or no_slot
  std::uint32_t is_from_outside;       ///< the signal was sent by somebody else
  std::int32_t signal;
  std::uint64_t address;
  FlightSlot slots[flight_slots];
  std::uint64_t slot_boot[flight_slots];
  FlightCardInFile cards[flight_cards];  ///< the first one is nobody's
};
constexpr std::uint32_t no_slot = 0xffffffffu;

}  // namespace cadre::agent
