#include "host/agent/flight_recorder.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <random>
#include <utility>

#include "host/agent/flight_file.hpp"
#include "host/base/file.hpp"

namespace cadre::agent {

constinit thread_local FlightSlot* flight_slot = nullptr;

namespace {

constexpr std::array fatal_signals{SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT};
constexpr std::size_t signal_stack_bytes = 64u << 10;

/// The file that notes go to. Mappings stay for the life of the process: a thread may be within a note.
std::atomic<FlightFile*> current{nullptr};

std::uint32_t place_of(const FlightFile& file, const FlightSlot* slot) {
  const bool is_of_it = slot >= file.slots && slot < file.slots + flight_slots;
  return is_of_it ? static_cast<std::uint32_t>(slot - file.slots) + 1 : no_slot;
}

constexpr const char* flight_names[] = {
    "load",        "create",      "init",           "activate",        "deactivate",       "destroy",
    "observe",     "decide",      "analyze_risk",   "adjust_trades",   "execute_trade",    "cancel_order",
    "query_order", "next_report", "prepare_config", "commit_prepared", "discard_prepared", "save_state",
    "load_state",  "unload",      "cadre_plugin",   "capabilities",    "replace_order",    "account"};

/// Whether a crash is told on standard error by the process that it ends.
std::atomic<bool> crash_is_told{false};

// --- the handler: nothing here but stores and async-signal-safe calls ---

/// One line on standard error, put together without an allocation.
class CrashLine {
 public:
  CrashLine& add(const char* text) {
    for (; *text != '\0' && size_ < sizeof text_; ++text)
      text_[size_++] = *text;
    return *this;
  }
  CrashLine& add(std::uint64_t number) {
    char digits[21] = {};
    char* at = digits + sizeof digits - 1;
    do {
      *--at = static_cast<char>('0' + number % 10);
      number /= 10;
    } while (number != 0);
    return add(at);
  }
  void write() const { (void)!::write(STDERR_FILENO, text_, size_); }

 private:
  char text_[1024];
  std::size_t size_ = 0;
};

/// The call that this thread is in, when its code runs in this process.
const FlightCardInFile* card_in_flight(const FlightFile& file) {
  if (place_of(file, flight_slot) == no_slot || flight_slot->serial % 2 == 0) return nullptr;
  const std::uint32_t place = flight_slot->card;
  return place < flight_cards && file.cards[place].is_isolated == 0 ? &file.cards[place] : nullptr;
}

void tell_crash(const FlightFile& file, int number) {
  const char* const name = sigabbrev_np(number);
  CrashLine line;
  line.add("\ncrashed: ");
  const FlightCardInFile* const card = card_in_flight(file);
  if (card == nullptr) {
    line.add("SIG").add(name).add(" in cadre itself, in no agent; please report it [").add("PROGRAM_CRASHED");
  } else {
    const std::uint32_t flight = flight_slot->flight;
    line.add(card->stage).add(" (").add(card->agent).add(" ").add(card->version).add(") in ");
    line.add(flight < std::size(flight_names) ? flight_names[flight] : "a call");
    line.add(" at event ").add(flight_slot->event.load()).add(" of book ").add(card->book);
    line.add(": SIG").add(name).add("; mend it, or give its stage \"isolation\": \"process\" [");
    line.add("AGENT_CRASHED");
  }
  line.add("]\n").write();
}

bool is_from_outside(const siginfo_t& info) {
  if (info.si_code == SI_USER || info.si_code == SI_QUEUE) return info.si_pid != getpid();
  return info.si_code == SI_TKILL && info.si_pid != getpid();
}

void note_crash(int number, siginfo_t* info, void*) {
  const int error = errno;
  if (FlightFile* file = current.load(); file != nullptr) {
    std::uint32_t nobody = 0;
    if (file->crashed.compare_exchange_strong(nobody, place_of(*file, flight_slot))) {
      file->signal = number;
      file->is_from_outside = is_from_outside(*info) ? 1 : 0;
      file->address = info->si_code > 0 ? reinterpret_cast<std::uint64_t>(info->si_addr) : 0;
      file->end = static_cast<std::uint32_t>(LastFlight::End::crashed);
      if (crash_is_told && file->is_from_outside == 0) tell_crash(*file, number);
    }
  }
  struct sigaction usual {};
  usual.sa_handler = SIG_DFL;
  sigaction(number, &usual, nullptr);
  // A fault happens again when this returns, and ends the process where it happened. What was sent does not.
  if (info->si_code <= 0) raise(number);
  errno = error;
}

// --- slots ---

/// What a thread that calls agents has besides its slot; goes with the thread.
class ThreadInFlight {
 public:
  ThreadInFlight() {
    // A stack that has run over has no room for the handler.
    stack_.ss_sp = memory_.get();
    stack_.ss_size = signal_stack_bytes;
    sigaltstack(&stack_, &before_);
    // A fault in a thread that blocks its signal ends the process without the handler.
    sigset_t fatal;
    sigemptyset(&fatal);
    for (const int number : fatal_signals)
      sigaddset(&fatal, number);
    pthread_sigmask(SIG_UNBLOCK, &fatal, nullptr);
  }
  ~ThreadInFlight() {
    leave();
    before_.ss_flags = before_.ss_sp == nullptr ? SS_DISABLE : before_.ss_flags;
    sigaltstack(&before_, nullptr);
  }
  ThreadInFlight(const ThreadInFlight&) = delete;
  ThreadInFlight& operator=(const ThreadInFlight&) = delete;

  FlightSlot* slot_in(FlightFile& file) {
    if (file_ == &file) return slot_;
    leave();
    file_ = &file;
    for (std::uint32_t i = 0; i < flight_slots && slot_ == nullptr; ++i) {
      std::uint32_t nobody = 0;
      if (!file.slots[i].is_taken.compare_exchange_strong(nobody, 1)) continue;
      slot_ = &file.slots[i];
      file.slot_boot[i] = file.boot;
    }
    return slot_;
  }

 private:
  void leave() {
    flight_slot = nullptr;
    if (slot_ != nullptr) slot_->is_taken = 0;
    slot_ = nullptr;
  }

  std::unique_ptr<std::byte[]> memory_ = std::make_unique<std::byte[]>(signal_stack_bytes);
  stack_t stack_{}, before_{};
  FlightFile* file_ = nullptr;
  FlightSlot* slot_ = nullptr;
};

// --- texts ---

template <std::size_t Bytes>
void put(char (&to)[Bytes], const std::string& text) {
  const std::size_t count = std::min(text.size(), Bytes - 1);
  std::memcpy(to, text.data(), count);
  to[count] = '\0';
}

template <std::size_t Bytes>
std::string text_of(const char (&from)[Bytes]) {
  return {from, strnlen(from, Bytes)};
}

/// The call of a slot, or nothing when none is under way.
std::optional<FlightRecord> record_of(const FlightFile& file, const FlightSlot& slot, std::uint64_t serial) {
  const std::uint32_t place = slot.card;
  if (serial % 2 == 0 || place >= flight_cards) return std::nullopt;
  const FlightCardInFile& card = file.cards[place];
  FlightRecord record;
  record.card = {text_of(card.book),   text_of(card.stage),  text_of(card.agent),   text_of(card.version),
                 text_of(card.digest), text_of(card.config), card.is_isolated != 0, card.deadline_us};
  record.flight = static_cast<Flight>(slot.flight.load());
  record.event_kind = slot.event_kind;
  record.event = slot.event;
  record.revision = file.revision;
  return record;
}

LastFlight last_of(const FlightFile& file) {
  LastFlight last;
  const std::uint32_t end = file.end;
  last.end = end > static_cast<std::uint32_t>(LastFlight::End::crashed) ? LastFlight::End::lost
                                                                        : static_cast<LastFlight::End>(end);
  const std::uint32_t crashed = file.crashed;
  const bool is_crash = last.end == LastFlight::End::crashed;
  if (is_crash) {
    last.signal = file.signal;
    last.address = file.address;
  }
  for (std::uint32_t i = 0; i < flight_slots && last.end != LastFlight::End::told; ++i) {
    const FlightSlot& slot = file.slots[i];
    if (file.slot_boot[i] != file.boot || slot.is_taken == 0) continue;
    auto record = record_of(file, slot, slot.serial);
    if (!record) continue;
    const bool is_to_blame =
        is_crash && crashed == i + 1 && file.is_from_outside == 0 && !record->card.is_isolated;
    if (is_to_blame)
      last.blamed = std::move(record);
    else
      last.suspects.push_back(std::move(*record));
  }
  return last;
}

}  // namespace

FlightSlot* take_flight_slot() noexcept {
  FlightFile* file = current.load();
  if (file == nullptr) return nullptr;
  try {
    thread_local ThreadInFlight thread;
    flight_slot = thread.slot_in(*file);
  } catch (...) {
    return nullptr;  // no memory: the call goes on without a note
  }
  return flight_slot;
}

std::string flight_name(Flight flight) {
  const auto place = static_cast<std::size_t>(flight);
  return place < std::size(flight_names) ? flight_names[place] : "call " + std::to_string(place);
}

std::string flight_text(const FlightRecord& record) {
  const FlightCard& card = record.card;
  std::string text = card.stage.empty() ? "" : card.stage + " (";
  text +=
      card.agent + " " + card.version + (card.stage.empty() ? "" : ")") + " in " + flight_name(record.flight);
  if (record.event != 0) text += " at event " + std::to_string(record.event);
  if (!card.book.empty()) text += " of book " + card.book;
  return text;
}

std::string crash_text(const LastFlight& last) {
  const char* name = sigabbrev_np(last.signal);
  std::string text = name != nullptr ? std::string("SIG") + name : "signal " + std::to_string(last.signal);
  const bool has_address = last.signal != SIGABRT && last.signal != 0;
  if (!has_address) return text;
  char address[24];
  std::snprintf(address, sizeof address, " at 0x%llx", static_cast<unsigned long long>(last.address));
  return text + address;
}

LastFlight read_flight(const std::filesystem::path& path) {
  const auto bytes = base::read_part(path, 0, sizeof(FlightFile));
  if (!bytes || bytes->size() != sizeof(FlightFile)) return {};
  const auto file = std::make_unique<FlightFile>();
  std::memcpy(static_cast<void*>(file.get()), bytes->data(), sizeof(FlightFile));
  const bool is_whole = std::memcmp(file->magic, flight_magic, sizeof flight_magic) == 0;
  return is_whole ? last_of(*file) : LastFlight{};
}

base::Result<std::unique_ptr<FlightRecorder>> FlightRecorder::begin(const std::filesystem::path& path) {
  std::error_code ignored;
  if (std::filesystem::exists(path, ignored)) {
    base::Problems why_not = base::check_readable(path);
    if (why_not.has_errors()) return why_not;
  }
  const int descriptor = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NONBLOCK | O_NOCTTY, 0600);
  void* memory = MAP_FAILED;
  // Emptied first: what an earlier host left may be larger, or cut off.
  int no_room = 0;  // which posix_fallocate answers, and not errno
  if (descriptor >= 0 && ::ftruncate(descriptor, 0) == 0 &&
      (no_room = ::posix_fallocate(descriptor, 0, sizeof(FlightFile))) == 0)
    memory = ::mmap(nullptr, sizeof(FlightFile), PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0);
  const int error = no_room != 0 ? no_room : errno;
  if (descriptor >= 0) ::close(descriptor);
  if (memory == MAP_FAILED) {
    base::Problems problems;
    problems.error("FILE_NOT_WRITABLE", base::Place::of(path),
                   std::string("the flight recorder cannot be written (") + std::strerror(error) + ")",
                   "check the state folder: its permissions, and the room on its disk");
    return problems;
  }
  auto* file = new (memory) FlightFile{};
  std::random_device random;
  file->boot = (std::uint64_t{random()} << 32 | random()) | 1;
  file->end = static_cast<std::uint32_t>(LastFlight::End::lost);  // until somebody says otherwise
  std::memcpy(file->magic, flight_magic, sizeof flight_magic);
  current = file;
  flight_is_recorded = true;
  struct sigaction action {};
  action.sa_sigaction = note_crash;
  action.sa_flags = SA_SIGINFO | SA_ONSTACK;
  for (const int number : fatal_signals)
    sigaction(number, &action, nullptr);
  return std::unique_ptr<FlightRecorder>(new FlightRecorder(file));
}

FlightRecorder::~FlightRecorder() {
  FlightFile* mine = file_;
  if (!current.compare_exchange_strong(mine, nullptr)) return;  // another host has taken over
  flight_is_recorded = false;
  struct sigaction usual {};
  usual.sa_handler = SIG_DFL;
  for (const int number : fatal_signals)
    sigaction(number, &usual, nullptr);
}

void FlightRecorder::tell_crashes() {
  crash_is_told = true;
}

void FlightRecorder::set_revision(std::uint64_t revision) {
  file_->revision = revision;
}

void FlightRecorder::end(LastFlight::End how) {
  file_->end = static_cast<std::uint32_t>(how);
}

std::vector<FlightRecorder::Seen> FlightRecorder::seen() const {
  std::vector<Seen> all;
  for (std::uint32_t i = 0; i < flight_slots; ++i) {
    const FlightSlot& slot = file_->slots[i];
    const std::uint64_t serial = slot.serial.load(std::memory_order_acquire);
    auto record = record_of(*file_, slot, serial);
    std::atomic_thread_fence(std::memory_order_acquire);
    if (record && slot.serial.load(std::memory_order_relaxed) == serial)
      all.push_back({i, serial, std::move(*record)});
  }
  return all;
}

namespace {

/// Of the calls of a decision; making and ending an instance has all the time it needs.
bool has_deadline(Flight flight) {
  return flight >= Flight::observe && flight <= Flight::next_report;
}

}  // namespace

void FlightRecorder::look_at_deadlines(std::span<Timed> slots) const {
  for (std::size_t i = 0; i < slots.size(); ++i) {
    slots[i] = {};
    if (i >= flight_slots) continue;
    const FlightSlot& slot = file_->slots[i];
    const std::uint64_t serial = slot.serial.load(std::memory_order_acquire);
    const std::uint32_t card = slot.card.load(std::memory_order_relaxed);
    const auto flight = static_cast<Flight>(slot.flight.load(std::memory_order_relaxed));
    std::atomic_thread_fence(std::memory_order_acquire);
    if (serial % 2 == 0 || card >= flight_cards || !has_deadline(flight) ||
        slot.serial.load(std::memory_order_relaxed) != serial)
      continue;
    const std::uint32_t deadline_us = file_->cards[card].deadline_us;
    if (deadline_us != 0) slots[i] = {serial, deadline_us};
  }
}

std::uint32_t FlightRecorder::shortest_deadline_us() const {
  std::uint32_t shortest = 0;
  for (const FlightCardInFile& card : file_->cards) {
    const std::uint32_t deadline_us = card.is_taken != 0 ? card.deadline_us.load() : 0;
    if (deadline_us != 0 && (shortest == 0 || deadline_us < shortest)) shortest = deadline_us;
  }
  return shortest;
}

std::optional<FlightRecord> FlightRecorder::call_of(std::size_t slot, std::uint64_t serial) const {
  if (slot >= flight_slots) return std::nullopt;
  auto record = record_of(*file_, file_->slots[slot], serial);
  std::atomic_thread_fence(std::memory_order_acquire);
  return file_->slots[slot].serial.load(std::memory_order_relaxed) == serial ? std::move(record)
                                                                             : std::nullopt;
}

std::uint64_t FlightRecorder::serial_of(std::int64_t slot) const {
  if (slot < 0 || slot >= std::int64_t{flight_slots}) return 0;
  return file_->slots[slot].serial.load(std::memory_order_relaxed);
}

std::optional<std::size_t> FlightRecorder::slot_of_this_thread() {
  const FlightSlot* slot = flight_is_recorded ? take_flight_slot() : nullptr;
  const FlightFile* file = current.load();
  if (slot == nullptr || file == nullptr) return std::nullopt;
  return place_of(*file, slot) - 1;
}

FlightCardHolder::FlightCardHolder(const FlightCard& card) : file_(current.load()) {
  if (file_ == nullptr) return;
  for (std::uint32_t i = 1; i < flight_cards && place_ == 0; ++i) {
    std::uint32_t nobody = 0;
    if (file_->cards[i].is_taken.compare_exchange_strong(nobody, 1)) place_ = i;
  }
  if (place_ == 0) return;
  FlightCardInFile& mine = file_->cards[place_];
  mine.is_isolated = card.is_isolated ? 1 : 0;
  mine.deadline_us = card.deadline_us;
  put(mine.book, card.book);
  put(mine.stage, card.stage);
  put(mine.agent, card.agent);
  put(mine.version, card.version);
  put(mine.digest, card.digest);
  put(mine.config, card.config);
}

FlightCardHolder::FlightCardHolder(FlightCardHolder&& other) noexcept
    : file_(std::exchange(other.file_, nullptr)), place_(std::exchange(other.place_, 0)) {}

FlightCardHolder& FlightCardHolder::operator=(FlightCardHolder&& other) noexcept {
  std::swap(file_, other.file_);
  std::swap(place_, other.place_);
  return *this;
}

FlightCardHolder::~FlightCardHolder() {
  if (place_ != 0) file_->cards[place_].is_taken = 0;
}

void FlightCardHolder::set_config(const std::string& digest) {
  if (place_ != 0) put(file_->cards[place_].config, digest);
}

}  // namespace cadre::agent
