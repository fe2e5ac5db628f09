#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "host/base/result.hpp"

namespace cadre::base {

/// Lower-case hexadecimal SHA-256, 64 characters.
std::string sha256_hex(std::string_view bytes);

/// SHA-256 of bytes that come in pieces. hex() ends it: afterwards neither function may be called.
class Sha256 {
 public:
  Sha256();
  ~Sha256();
  Sha256(const Sha256&) = delete;
  Sha256& operator=(const Sha256&) = delete;

  void update(std::string_view bytes);
  std::string hex();
  /// Of what came so far; more may follow.
  std::string hex_so_far() const;

  /// How far it got, for another one that goes on from there; false: that is not what save() gave.
  std::string save() const;
  [[nodiscard]] bool load(std::string_view saved);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// Reads the whole file first. Errors: those of read_file.
Result<std::string> sha256_file(const std::filesystem::path& path, std::uint64_t bytes_most);

/// XXH3, 64 bits: finds accidents, is no protection against an adversary.
uint64_t checksum64(const void* bytes, size_t count);

/// The same of bytes that come in pieces.
class Checksum {
 public:
  Checksum();
  ~Checksum();
  Checksum(Checksum&&) noexcept;
  Checksum& operator=(Checksum&&) noexcept;

  void update(const void* bytes, size_t count);
  /// Of what came so far; more may follow.
  uint64_t so_far() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace cadre::base
