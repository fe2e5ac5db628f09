#pragma once

#include <cstdint>
#include <string_view>

namespace cadre::agent {

/// Where an agent's code runs.
enum class Isolation : std::uint8_t {
  none,          ///< in the host's process
  process,       ///< in another one, with others of its book
  process_alone  ///< in one of its own
};

/// As configurations and the status write it.
constexpr std::string_view isolation_name(Isolation isolation) {
  switch (isolation) {
    case Isolation::process:
      return "process";
    case Isolation::process_alone:
      return "process_alone";
    default:
      return "none";
  }
}

/// Of a word that a schema let pass.
constexpr Isolation isolation_named(std::string_view name) {
  for (const Isolation each : {Isolation::process, Isolation::process_alone}) {
    if (name == isolation_name(each)) return each;
  }
  return Isolation::none;
}

}  // namespace cadre::agent
