#include "chance.hpp"

namespace cadre::simulated_execution {

namespace {

// FNV-1a, 64 bits: the same on every machine, which std::hash does not promise.
std::uint64_t key_of(std::string_view text) {
  std::uint64_t key = 0xcbf29ce484222325;
  for (const char c : text)
    key = (key ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  return key;
}

// The finaliser of splitmix64 (Steele, Lea & Flood 2014).
std::uint64_t mixed(std::uint64_t x) {
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
  x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
  return x ^ (x >> 31);
}

}  // namespace

std::int64_t Chance::share_e9(Purpose purpose, std::string_view client_id, std::uint64_t sequence) const {
  const std::uint64_t draw = mixed(mixed(key_of(client_id) + seed_) + static_cast<std::uint64_t>(purpose));
  const std::uint64_t bits = agent_->random_bits(sequence, draw);
  return static_cast<std::int64_t>(((bits >> 32) * 1'000'000'000) >> 32);
}

}  // namespace cadre::simulated_execution
