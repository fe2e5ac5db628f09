// Ordinary C++ of many kinds, in a library that the audit has to let pass: containers, streams over strings,
// exceptions, casts, statics, locks, arithmetic that the processor lacks, text to numbers. It is judged,
// never run.

#include <charconv>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <iomanip>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <regex>
#include <set>
#include <sstream>
#include <stdexcept>
#include <string>
#include <system_error>
#include <unordered_map>
#include <variant>
#include <vector>

#include "cadre/plugin.h"

namespace {

struct Shape {
  virtual ~Shape() = default;
  virtual double area() const = 0;
};
struct Circle : virtual Shape {
  double radius = 1;
  double area() const override { return 3.14159 * radius * radius; }
};
struct Named {
  virtual ~Named() = default;
  std::string name = "shape of a name that is longer than any buffer inside of a string";
};
struct NamedCircle final : Circle, Named {};

std::mutex lock_of_all;
thread_local std::uint64_t calls = 0;

const std::map<std::string, double>& table() {
  static const std::map<std::string, double> made = {{"one", 1.0}, {"two", 2.0}};
  return made;
}

double numbers(double x) {
  __extension__ typedef __int128 Wide;
  const Wide wide = static_cast<Wide>(x) * 1'000'000'007;
  return std::sin(x) + std::pow(x, 1.5) + std::lgamma(x) + std::erf(x) + std::fma(x, x, x) +
         static_cast<double>(wide / 12'345) + static_cast<double>(std::llround(x)) +
         static_cast<double>(std::sqrt(static_cast<float>(x)));
}

std::string text(double x) {
  std::ostringstream out;
  out << std::setprecision(17) << x << ' ' << std::hex << 255 << std::endl;
  double read = 0;
  std::istringstream(out.str()) >> read;
  char buffer[64];
  std::snprintf(buffer, sizeof buffer, "%g %s", read, out.str().c_str());
  char copy[80];
  std::strncpy(copy, buffer, sizeof copy - 1);
  copy[79] = '\0';
  const auto end = std::to_chars(buffer, buffer + sizeof buffer, x);
  double parsed = std::strtod(copy, nullptr);
  std::from_chars(buffer, end.ptr, parsed);
  return std::to_string(parsed) + copy + std::string(buffer, end.ptr);
}

double containers(const std::string& key) {
  std::unordered_map<std::string, std::vector<double>> lists;
  lists[key].push_back(1);
  std::list<int> order = {3, 1, 2};
  order.sort();
  std::set<int> sorted(order.begin(), order.end());
  std::function<double(double)> twice = [&](double v) { return v * static_cast<double>(sorted.size()); };
  std::shared_ptr<Shape> shape = std::make_shared<NamedCircle>();
  const auto* circle = dynamic_cast<const Circle*>(shape.get());
  std::variant<int, std::string> either = key;
  return twice(circle != nullptr ? circle->area() : 0) +
         static_cast<double>(std::get<std::string>(either).size()) + table().at("one");
}

[[gnu::used]] double everything(double x) {
  const std::lock_guard guard(lock_of_all);
  ++calls;
  try {
    if (x < 0) throw std::invalid_argument("negative");
    if (x > 1e9) throw std::system_error(std::make_error_code(std::errc::result_out_of_range));
    if (std::regex_match(text(x), std::regex("[0-9]+\\.[0-9]*"))) return 1;
    return numbers(x) + containers(text(x)) + std::optional<double>(x).value();
  } catch (const std::exception& error) {
    return static_cast<double>(std::strlen(error.what())) + static_cast<double>(calls);
  }
}

}  // namespace

CADRE_EXPORT const cadre_plugin_descriptor* cadre_plugin(void) {
  return nullptr;
}
