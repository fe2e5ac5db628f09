#pragma once

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "host/base/invariant.hpp"
#include "host/base/result.hpp"

/// Which agent is being called on which thread, in a file that outlives the process: what a crash has to be
/// named by, and what a watchdog looks at. Noting a call is a few stores: no lock, no allocation, no system
/// call.
namespace cadre::agent {

/// What a host asks of an agent; named after the functions of the ABI.
enum class Flight : std::uint32_t {
  load,  ///< of its library: constructors
  create,
  init,
  activate,
  deactivate,
  destroy,
  observe,
  decide,  ///< what its role has, where the role is not enough to say it
  analyze_risk,
  adjust_trades,
  execute_trade,
  cancel_order,
  query_order,
  next_report,
  prepare_config,
  commit_prepared,
  discard_prepared,
  save_state,
  load_state,
  unload,  ///< of its library: destructors
  cadre_plugin,
  capabilities,  ///< of an execution environment
  replace_order,
  account  ///< of an execution environment
};
std::string flight_name(Flight flight);

/// Who is called.
struct FlightCard {
  std::string book, stage, agent, version;
  std::string digest;        ///< SHA-256 of its library
  std::string config;        ///< SHA-256 of its settings; empty: its library as a whole
  bool is_isolated = false;  ///< its code runs in another process: nothing that happens here is its doing
  std::uint32_t deadline_us = 0;  ///< of one call, as its manifest says; 0: none
};

/// One call, as the file tells it.
struct FlightRecord {
  FlightCard card;
  Flight flight = Flight::load;
  std::uint32_t event_kind = 0;  ///< CADRE_EVENT_..., of observe
  std::uint64_t event = 0;       ///< sequence of the book's last event
  std::uint64_t revision = 0;    ///< that the host ran under
};
/// "risk (my.risk 1.2.0) in analyze_risk at event 12 of book main"
std::string flight_text(const FlightRecord& record);

/// How the host before this one ended.
struct LastFlight {
  enum class End { none, told, abandoned, lost, crashed };
  End end = End::none;  ///< none: there was none; abandoned: agents were left hanging; lost: it was killed
  int signal = 0;       ///< of a crash
  std::uint64_t address = 0;
  /// The call in which the thread that crashed was; none: it was in the host's own code.
  std::optional<FlightRecord> blamed;
  /// The calls in which other threads were, or all of them when the host was killed. Nobody knows whether any
  /// of them has to do with it.
  std::vector<FlightRecord> suspects;
};
/// "SIGSEGV at 0x10"
std::string crash_text(const LastFlight& last);
/// Reads what a host left behind; End::none when there is nothing that can be read.
LastFlight read_flight(const std::filesystem::path& file);

struct FlightSlot;
struct FlightFile;

/// The file of this process. Notes are taken while one is there.
class FlightRecorder {
 public:
  /// Begins the file anew, and takes over the fatal signals (SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT): their
  /// handler completes the slot of the thread that crashed and lets the signal do what it does. Errors:
  /// FILE_NOT_WRITABLE.
  static base::Result<std::unique_ptr<FlightRecorder>> begin(const std::filesystem::path& file);
  /// No more notes are taken.
  ~FlightRecorder();
  FlightRecorder(const FlightRecorder&) = delete;
  FlightRecorder& operator=(const FlightRecorder&) = delete;

  /// From here on a crash is told on standard error too, by the process that it ends: for programs that no
  /// start comes after.
  static void tell_crashes();
  /// What a later crash is said to have happened under. [any-thread]
  void set_revision(std::uint64_t revision);
  /// The host ends as it should, or leaves agents hanging behind.
  void end(LastFlight::End how);

  /// A call as a watchdog sees it: the same one while `serial` is the same.
  struct Seen {
    std::size_t slot = 0;
    std::uint64_t serial = 0;
    FlightRecord record;
  };
  /// Every call that is under way. [any-thread]
  std::vector<Seen> seen() const;
  /// A call that is under way and has a deadline; serial 0: none such.
  struct Timed {
    std::uint64_t serial = 0;
    std::uint32_t deadline_us = 0;
  };
  /// By slot; writes no more than it is given room for. Allocates nothing. [any-thread]
  void look_at_deadlines(std::span<Timed> slots) const;
  static constexpr std::size_t slots_most = 64;
  /// The shortest deadline of any agent there is; 0: none has one. [any-thread]
  std::uint32_t shortest_deadline_us() const;
  /// The call of a slot, while it is still that one. [any-thread]
  std::optional<FlightRecord> call_of(std::size_t slot, std::uint64_t serial) const;
  /// Changes with every call that the thread of a slot begins or ends; 0 for no slot (-1). [any-thread]
  std::uint64_t serial_of(std::int64_t slot) const;
  /// The place of this thread in seen(); nothing when there is none.
  static std::optional<std::size_t> slot_of_this_thread();

 private:
  explicit FlightRecorder(FlightFile* file) : file_(file) {}
  FlightFile* file_;
};

/// A card in the file, for as long as there are calls to note on it. Empty where nothing is recorded.
class FlightCardHolder {
 public:
  FlightCardHolder() = default;
  explicit FlightCardHolder(const FlightCard& card);
  FlightCardHolder(FlightCardHolder&& other) noexcept;
  FlightCardHolder& operator=(FlightCardHolder&& other) noexcept;
  ~FlightCardHolder();
  /// The same agent with other settings.
  void set_config(const std::string& digest);
  std::uint32_t place() const { return place_; }

 private:
  FlightFile* file_ = nullptr;
  std::uint32_t place_ = 0;
};

/// What the thread that makes a call writes. [one per thread]
struct alignas(64) FlightSlot {
  std::atomic<std::uint64_t> serial{0};  ///< odd while a call is under way
  std::atomic<std::uint32_t> card{0}, flight{0}, event_kind{0}, is_taken{0};
  std::atomic<std::uint64_t> event{0};
};

/// Whether there is a recorder, and this thread's slot in it once it has one.
inline std::atomic<bool> flight_is_recorded{false};
extern constinit thread_local FlightSlot* flight_slot;
/// Gives this thread a slot; null when there is none.
FlightSlot* take_flight_slot() noexcept;

/// Notes one call from here to the end of its scope.
class FlightNote {
 public:
  FlightNote(const FlightCardHolder& card, Flight flight, std::uint32_t event_kind = 0) noexcept {
    if (!flight_is_recorded.load(std::memory_order_relaxed)) return;
    slot_ = flight_slot != nullptr ? flight_slot : take_flight_slot();
    if (slot_ == nullptr) return;
    slot_->card.store(card.place(), std::memory_order_relaxed);
    slot_->flight.store(static_cast<std::uint32_t>(flight), std::memory_order_relaxed);
    slot_->event_kind.store(event_kind, std::memory_order_relaxed);
    slot_->event.store(base::occasion().event, std::memory_order_relaxed);
    slot_->serial.store(slot_->serial.load(std::memory_order_relaxed) + 1, std::memory_order_release);
  }
  ~FlightNote() {
    if (slot_ != nullptr)
      slot_->serial.store(slot_->serial.load(std::memory_order_relaxed) + 1, std::memory_order_release);
  }
  FlightNote(const FlightNote&) = delete;
  FlightNote& operator=(const FlightNote&) = delete;

 private:
  FlightSlot* slot_ = nullptr;
};

}  // namespace cadre::agent
