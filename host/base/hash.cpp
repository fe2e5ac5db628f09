#include "host/base/hash.hpp"

#include <sodium.h>
#include <xxhash.h>

#include <array>
#include <cstring>

#include "host/base/file.hpp"

namespace cadre::base {

struct Sha256::State {
  crypto_hash_sha256_state sodium;
};

Sha256::Sha256() : state_(std::make_unique<State>()) {
  crypto_hash_sha256_init(&state_->sodium);
}
Sha256::~Sha256() = default;

void Sha256::update(std::string_view bytes) {
  crypto_hash_sha256_update(&state_->sodium, reinterpret_cast<const unsigned char*>(bytes.data()),
                            bytes.size());
}

std::string Sha256::hex_so_far() const {
  Sha256 copy;
  copy.state_->sodium = state_->sodium;
  return copy.hex();
}

std::string Sha256::hex() {
  std::array<unsigned char, crypto_hash_sha256_BYTES> digest{};
  crypto_hash_sha256_final(&state_->sodium, digest.data());
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  for (const unsigned char byte : digest) {
    text += kDigits[byte >> 4];
    text += kDigits[byte & 15];
  }
  return text;
}

// The state of SHA-256 is its eight words, the number of bits, and the block at hand: the same in every
// library, here as libsodium holds it.
std::string Sha256::save() const {
  return {reinterpret_cast<const char*>(&state_->sodium), sizeof state_->sodium};
}

bool Sha256::load(std::string_view saved) {
  if (saved.size() != sizeof state_->sodium) return false;
  std::memcpy(&state_->sodium, saved.data(), saved.size());
  return true;
}

std::string sha256_hex(std::string_view bytes) {
  Sha256 hash;
  hash.update(bytes);
  return hash.hex();
}

Result<std::string> sha256_file(const std::filesystem::path& path, std::uint64_t bytes_most) {
  const Result<std::string> bytes = read_file(path, bytes_most);
  if (!bytes) return bytes.problems();
  return sha256_hex(*bytes);
}

struct Checksum::State {
  State() : xxh3(XXH3_createState()) { XXH3_64bits_reset(xxh3); }
  ~State() { XXH3_freeState(xxh3); }
  State(const State&) = delete;
  State& operator=(const State&) = delete;

  XXH3_state_t* xxh3;
};

Checksum::Checksum() : state_(std::make_unique<State>()) {}
Checksum::~Checksum() = default;
Checksum::Checksum(Checksum&&) noexcept = default;
Checksum& Checksum::operator=(Checksum&&) noexcept = default;

void Checksum::update(const void* bytes, size_t count) {
  XXH3_64bits_update(state_->xxh3, bytes, count);
}

uint64_t Checksum::so_far() const {
  return XXH3_64bits_digest(state_->xxh3);
}

uint64_t checksum64(const void* bytes, size_t count) {
  return XXH3_64bits(bytes, count);
}

}  // namespace cadre::base
