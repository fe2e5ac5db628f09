#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "host/base/durable_lines.hpp"
#include "host/execution/trading_states.hpp"
#include "host/journal/records.hpp"

namespace cadre::live {

/// One order about the trading state of books, or of an agent or an instrument in them, as the host's file
/// has it.
struct HaltOrder {
  std::uint64_t number = 0;  ///< 1 and up, over all books of the host
  execution::TradingState state = execution::TradingState::halted;
  execution::StateScope scope{};
  bool every_book = false;  ///< those too that come later
  bool rearms = false;      ///< it ends a KILLED too
  std::vector<std::string> books;
  std::string time{}, actor{}, reason{};
  bool cancel_orders = false, flatten = false;

  bool concerns(std::string_view book) const;
  /// Whether it takes something away: it is carried out whatever the disk says.
  bool restricts() const { return state != execution::TradingState::active; }
  bool halts() const { return state >= execution::TradingState::halted; }
  /// "halt", "resume" or "reduce": what it is called where it is told.
  const char* kind() const;
  /// As a book journals it. Its text says the number and what else was asked for.
  journal::CommandRecord command(std::int32_t date) const;
};

/// Every order about trading states of a host, numbered, in one file that is written before any book is told:
/// it holds whatever state a book's thread is in, and after a restart. What of it a book's journal lacks is
/// the first that the book hears at its start. [any-thread]
class HaltFile {
 public:
  /// Errors and warnings: those of DurableLines.
  static base::Result<std::unique_ptr<HaltFile>> open(const std::filesystem::path& file);

  /// Numbers the order and writes it down; `order` is what was written. A halt that cannot be written counts
  /// all the same, until the host ends: it must not fail for a full disk. Errors: FILE_NOT_WRITABLE.
  base::Problems write(HaltOrder& order);
  /// Those of a book with a greater number, oldest first.
  std::vector<HaltOrder> of_book(std::string_view book, std::uint64_t after) const;
  /// Where the orders about a scope within a book have led it.
  execution::TradingState state_of(std::string_view book, const execution::StateScope& scope = {}) const;
  /// Whether the whole book is to do nothing.
  bool is_halted(std::string_view book) const { return state_of(book) >= execution::TradingState::halted; }
  std::uint64_t last() const;
  /// Later orders have greater numbers than this: what a journal has seen is never numbered again.
  void number_above(std::uint64_t number);

 private:
  explicit HaltFile(base::DurableLines lines) : lines_(std::move(lines)) {}

  mutable std::mutex mutex_;
  base::DurableLines lines_;
  std::vector<HaltOrder> orders_;
  std::uint64_t last_ = 0;
};

}  // namespace cadre::live
