// How long the thread of a book takes for the history of a copy of it, for a probe, a checkpoint or an arm:
// 500 names, and a history of so many bars, at last of all that a book without an end remembers.

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
  std::printf("%8s %12s %12s\n", "bars", "median us", "worst us");
  for (const std::size_t bars : {std::size_t{253}, std::size_t{2521}, bars_most}) {
    cadre::book::History history(names, bars, false);
    for (int day = 0; day < static_cast<int>(bars); ++day)
      history.add(bar(day));
    std::vector<double> times_us;
    for (int round = 0; round < rounds; ++round) {
      const auto begun = std::chrono::steady_clock::now();
      const cadre::book::History copy(history);
      times_us.push_back(
          std::chrono::duration<double, std::micro>(std::chrono::steady_clock::now() - begun).count());
    }
    std::sort(times_us.begin(), times_us.end());
    std::printf("%8zu %12.1f %12.1f\n", bars, times_us[rounds / 2], times_us.back());
  }
}
