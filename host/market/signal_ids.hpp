#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <unordered_map>

#include "host/base/codec.hpp"
#include "host/model/signal.hpp"

namespace cadre::market {

/// The ids of the newest signals that said one, so that a signal said again is known from another one that
/// uses its id. Beyond `remembered` ids the oldest is forgotten: said again, it is a new signal.
class SignalIds {
 public:
  static constexpr std::size_t remembered = 65536;

  explicit SignalIds(std::size_t most = remembered) : most_(most) {}

  /// new_one: without an id, or its id is not known. other: its id is that of another signal.
  enum class Known { new_one, same, other };
  Known find(const model::ExternalSignal& signal) const;

  /// `sequence`: of its event; 0 while it waits. A signal without an id is passed over.
  void add(const model::ExternalSignal& signal, std::uint64_t sequence);
  /// The event that a signal became which was added without one.
  void became(const std::string& id, std::uint64_t sequence);
  /// 0: not known, or it still waits.
  std::uint64_t sequence_of(const std::string& id) const;

  /// Into the checkpoint of a book, and out of it: those that had become events up to this one.
  void save(base::Encoder& to, std::uint64_t sequence) const;
  [[nodiscard]] bool load(base::Decoder& from);

 private:
  struct Said {
    std::uint64_t checksum = 0;  ///< of all but the id
    std::uint64_t sequence = 0;
  };
  std::size_t most_;
  std::unordered_map<std::string, Said> said_;
  std::deque<std::string> order_;  ///< oldest first
};

}  // namespace cadre::market
