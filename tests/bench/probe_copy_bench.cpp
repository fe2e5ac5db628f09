// How long the thread of a book copies its history for a probe: 500 names, with the bars that the longest
// windows ask for, and with all that a book without an end remembers.

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <vector>

#include "host/book/history.hpp"
#include "host/model/bar.hpp"

namespace {

constexpr std::size_t names = 500;
constexpr std::size_t bars_most = 16383;  // twice those that a host's book keeps at least, but one
constexpr int rounds = 21;

cadre::model::Bar bar(int day) {
  cadre::model::Bar made;
  made.has_volume = true;
  for (std::size_t name = 0; name < names; ++name) {
    made.close_e9.push_back((100 + (day * 7 + static_cast<int>(name)) % 50) * 1'000'000'000LL);
    made.volume.push_back(1000);
    made.valid.push_back(1);
  }
  return made;
}

}  // namespace

int main() {
  cadre::book::History history(names, bars_most, false);
  for (int day = 0; day < static_cast<int>(bars_most); ++day)
    history.add(bar(day));
  std::printf("%8s %12s %12s\n", "bars", "median ms", "worst ms");
  for (const std::size_t bars : {std::size_t{253}, std::size_t{2521}, bars_most}) {
    std::vector<double> times_ms;
    for (int round = 0; round < rounds; ++round) {
      cadre::book::History copy(names, bars, false);
      copy.make_room(bars);
      const auto begun = std::chrono::steady_clock::now();
      copy.take_newest(history, bars);
      times_ms.push_back(
          std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - begun).count());
    }
    std::sort(times_ms.begin(), times_ms.end());
    std::printf("%8zu %12.2f %12.2f\n", bars, times_ms[rounds / 2], times_ms.back());
  }
}
