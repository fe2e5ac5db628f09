#pragma once

#include <boost/json.hpp>
#include <cmath>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "host/base/date.hpp"
#include "host/base/decimal.hpp"
#include "host/base/json.hpp"
#include "host/base/text.hpp"

namespace cadre::config {

using PlaceOf = std::function<base::Place(std::string_view pointer)>;

/// Reads values that the schema has already found to be there and of the right type.
class KeyReader {
 public:
  /// `folder` is where relative paths begin. All of them must outlive the reader.
  KeyReader(const boost::json::value& root, PlaceOf place, std::filesystem::path folder,
            base::Problems& problems)
      : root_(root), place_(std::move(place)), folder_(std::move(folder)), problems_(problems) {}

  const boost::json::value& at(const std::string& pointer) const { return *base::find(root_, pointer); }
  bool has(const std::string& pointer) const { return base::find(root_, pointer) != nullptr; }
  std::string text(const std::string& pointer) const { return std::string(at(pointer).as_string()); }
  double number(const std::string& pointer) const { return at(pointer).to_number<double>(); }
  bool flag(const std::string& pointer) const { return at(pointer).as_bool(); }
  std::vector<std::string> texts(const std::string& pointer) const {
    std::vector<std::string> result;
    for (const boost::json::value& item : at(pointer).as_array())
      result.emplace_back(item.as_string());
    return result;
  }
  std::size_t count(const std::string& pointer) const {
    return has(pointer) ? at(pointer).as_array().size() : 0;
  }
  std::filesystem::path path(const std::string& pointer) const {
    const std::filesystem::path written = text(pointer);
    return written.is_absolute() ? written : (folder_ / written).lexically_normal();
  }

  std::int32_t date(const std::string& pointer) {
    const auto parsed = base::parse_date(text(pointer));
    if (!parsed) {
      const bool beyond = base::is_beyond_dates(text(pointer));
      error("CONFIG_BAD_DATE", pointer,
            base::quote(text(pointer)) + std::string(beyond ? base::beyond_dates : " is not a date"),
            beyond ? "" : "write it as YYYY-MM-DD");
    }
    return parsed.value_or(0);
  }

  /// A number as an exact decimal: what was written, not its nearest double.
  template <class Decimal>
  Decimal decimal(const std::string& pointer) {
    const auto parsed = Decimal::parse(base::canonical(at(pointer)));
    if (!parsed || parsed->raw() <= 0) {
      error("CONFIG_OUT_OF_RANGE", pointer,
            base::canonical(at(pointer)) + " does not fit a fixed-point number with " +
                std::to_string(Decimal::digits) + " decimals above zero",
            "");
    }
    constexpr double nearest = 1e-15;  // relative: what a double may be beside its text
    const double written = at(pointer).template to_number<double>();
    if (parsed && parsed->raw() > 0 &&
        std::fabs(parsed->to_double() - written) > nearest * std::fabs(written))
      error("CONFIG_OUT_OF_RANGE", pointer,
            base::canonical(at(pointer)) + " has more than the " + std::to_string(Decimal::digits) +
                " decimals that are held",
            "write " + parsed->to_string());
    return parsed.value_or(Decimal::from_raw(1));
  }

  /// The value of a key by the type of its member, which stays as it is when the key is not there.
  template <class Value>
  void read(const std::string& pointer, Value& value) {
    if (has(pointer)) take(pointer, value);
  }

  void error(std::string code, const std::string& pointer, std::string message, std::string next) {
    problems_.error(std::move(code), place_(pointer), std::move(message), std::move(next));
  }

 private:
  template <class Number>
  requires std::is_arithmetic_v<Number>
  void take(const std::string& pointer, Number& value) { value = at(pointer).to_number<Number>(); }
  /// What may have several types, as it is.
  void take(const std::string& pointer, boost::json::value& value) { value = at(pointer); }
  void take(const std::string& pointer, bool& value) { value = flag(pointer); }
  void take(const std::string& pointer, std::string& value) { value = text(pointer); }
  void take(const std::string& pointer, std::vector<std::string>& value) { value = texts(pointer); }
  void take(const std::string& pointer, std::filesystem::path& value) { value = path(pointer); }
  void take(const std::string& pointer, std::map<std::string, std::string>& value) {
    for (const auto& [key, text] : at(pointer).as_object())
      value[std::string(key)] = text.as_string();
  }
  void take(const std::string& pointer, base::OptionalDate& value) { value.date = date(pointer); }
  template <int digits, class Tag>
  void take(const std::string& pointer, base::Fixed<digits, Tag>& value) {
    value = decimal<base::Fixed<digits, Tag>>(pointer);
  }
  template <class Record>
  requires requires(KeyReader& reader, const std::string& at, Record& value) {
    read_members(reader, at, value);
  }
  void take(const std::string& pointer, std::vector<Record>& value) {
    value.resize(count(pointer));
    for (std::size_t k = 0; k < value.size(); ++k)
      read_members(*this, pointer + '/' + std::to_string(k), value[k]);
  }
  template <class Value>
  void take(const std::string& pointer, std::optional<Value>& value) {
    take(pointer, value.emplace());
  }
  /// A record: read_members(reader, pointer, value) is found beside its type.
  template <class Record>
  requires requires(KeyReader& reader, const std::string& at, Record& value) {
    read_members(reader, at, value);
  }
  void take(const std::string& pointer, Record& value) { read_members(*this, pointer, value); }
  /// An enumeration: value_named(text, value) is found beside its type.
  template <class Enum>
  requires std::is_enum_v<Enum>
  void take(const std::string& pointer, Enum& value) { value_named(text(pointer), value); }

  const boost::json::value& root_;
  PlaceOf place_;
  std::filesystem::path folder_;
  base::Problems& problems_;
};

}  // namespace cadre::config
