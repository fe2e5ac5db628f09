#include "host/agent/process_footprint.hpp"

#include <array>
#include <bit>
#include <charconv>
#include <fstream>
#include <string_view>

namespace cadre::agent {

namespace {

struct Line {
  std::string_view name;
  std::uint64_t ProcessFootprint::*value;
  int base;
};
constexpr std::array lines{
    Line{"Threads:", &ProcessFootprint::threads, 10}, Line{"SigCgt:", &ProcessFootprint::caught, 16},
    Line{"SigIgn:", &ProcessFootprint::ignored, 16}, Line{"SigBlk:", &ProcessFootprint::blocked, 16},
    Line{"VmData:", &ProcessFootprint::data_kb, 10}};

std::string signal_in(std::uint64_t set) {
  return "signal " + std::to_string(std::countr_zero(set) + 1);
}

}  // namespace

std::optional<ProcessFootprint> footprint_of(pid_t process) {
  std::ifstream file("/proc/" + std::to_string(process) + "/status");
  if (!file) return std::nullopt;
  ProcessFootprint found;
  for (std::string text; std::getline(file, text);) {
    for (const Line& line : lines) {
      if (!text.starts_with(line.name)) continue;
      const std::size_t at = text.find_first_not_of(" \t", line.name.size());
      if (at != std::string::npos)
        std::from_chars(text.data() + at, text.data() + text.size(), found.*line.value, line.base);
    }
  }
  // One that has ended and was not waited for yet has a status without memory.
  if (found.threads == 0 || found.data_kb == 0) return std::nullopt;
  return found;
}

std::string left_behind(const ProcessFootprint& before, const ProcessFootprint& after,
                        std::uint32_t memory_mb) {
  if (after.threads > before.threads) return "it left a thread running";
  if (after.threads < before.threads) return "it ended a thread that is not its own";
  if (const std::uint64_t set = before.caught ^ after.caught; set != 0)
    return "it left the handler of " + signal_in(set) + " changed";
  if (const std::uint64_t set = before.ignored ^ after.ignored; set != 0)
    return "it left " + signal_in(set) + (((after.ignored & set) != 0) ? " ignored" : " no longer ignored");
  if (const std::uint64_t set = before.blocked ^ after.blocked; set != 0)
    return "it left " + signal_in(set) + (((after.blocked & set) != 0) ? " blocked" : " no longer blocked");
  constexpr std::uint64_t kb_per_mb = 1024;
  if (after.data_kb > before.data_kb && after.data_kb - before.data_kb > memory_mb * kb_per_mb)
    return "it took more than the " + std::to_string(memory_mb) + " MiB that it may have (memory_mb)";
  return {};
}

}  // namespace cadre::agent
