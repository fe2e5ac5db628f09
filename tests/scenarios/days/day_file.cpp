#include "tests/scenarios/days/day_file.hpp"

#include <algorithm>
#include <boost/json.hpp>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <random>
#include <sstream>

namespace cadre::test {

namespace {

using boost::json::object;

/// Nearly normal, and the same with every standard library: the sum of twelve uniform numbers less six.
class Noise {
 public:
  explicit Noise(std::uint64_t seed) : random_(seed) {}
  double next() {
    double sum = -6;
    for (int k = 0; k < 12; ++k)
      sum += static_cast<double>(random_() >> 11) * 0x1p-53;
    return sum;
  }

 private:
  std::mt19937_64 random_;
};

double number_of(const object& from, std::string_view key, double otherwise) {
  const auto* value = from.if_contains(key);
  return value == nullptr ? otherwise : value->to_number<double>();
}

double to_cent(double price) {
  return std::max(0.01, std::round(price * 100) / 100);
}

bool lacks_price(const object& phase, const std::string& instrument) {
  const auto* missing = phase.if_contains("missing");
  if (missing == nullptr) return false;
  const auto& names = missing->as_array();
  return std::find(names.begin(), names.end(), boost::json::value(instrument)) != names.end();
}

/// Appends one session: prices move even where nobody sees them, so that a gap hides a path.
void add_session(const object& phase, Noise& noise, std::vector<double>& price, Market& market) {
  const std::size_t count = price.size();
  const double common = number_of(phase, "common", 0) * noise.next();
  std::vector<double> open(count), high(count), low(count), close(count);
  std::vector<double> volume(count, number_of(phase, "volume", 1e6));
  for (std::size_t i = 0; i < count; ++i) {
    const std::string& id = market.instruments[i];
    double drift = number_of(phase, "drift", 0), jump = 0;
    if (const auto* own = phase.if_contains("drift_of")) drift = number_of(own->as_object(), id, drift);
    if (const auto* own = phase.if_contains("jump")) jump = number_of(own->as_object(), id, 0);
    const double own = number_of(phase, "own", 0) * noise.next();
    const double last = price[i];
    price[i] = to_cent(last * (1 + drift + common + own) * (1 + jump));
    if (lacks_price(phase, id)) continue;
    // Half of the way lies before the open.
    open[i] = to_cent((last + price[i]) / 2);
    close[i] = price[i];
    const double wide = number_of(phase, "own", 0) / 2;
    high[i] = to_cent(std::max(open[i], close[i]) * (1 + wide));
    low[i] = to_cent(std::min(open[i], close[i]) * (1 - wide));
  }
  market.open.push_back(open);
  market.high.push_back(high);
  market.low.push_back(low);
  market.close.push_back(close);
  market.volume.push_back(volume);
}

constexpr const char* folder = CADRE_SOURCE_DIR "/tests/scenarios/days";

}  // namespace

DayFile read_days(const std::string& name) {
  std::ifstream in(std::filesystem::path(folder) / (name + ".json"));
  std::ostringstream text;
  text << in.rdbuf();
  const object file = boost::json::parse(text.str()).as_object();
  DayFile days;
  days.name = name;
  days.what = file.at("what").as_string();
  for (const auto& id : file.at("instruments").as_array())
    days.market.instruments.emplace_back(id.as_string());
  Noise noise(file.at("seed").to_number<std::uint64_t>());
  std::vector<double> price(days.market.instruments.size());
  for (std::size_t i = 0; i < price.size(); ++i)
    price[i] = 20 + 15 * static_cast<double>(i);
  for (const auto& phase : file.at("phases").as_array()) {
    days.starts.push_back(days.market.close.size());
    for (auto k = phase.as_object().at("sessions").to_number<std::size_t>(); k > 0; --k)
      add_session(phase.as_object(), noise, price, days.market);
  }
  days.market.dates = weekdays(days.market.close.size());
  return days;
}

std::vector<std::string> day_names() {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.path().extension() == ".json") names.push_back(entry.path().stem());
  }
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace cadre::test
