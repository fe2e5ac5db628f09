#pragma once

#include <boost/json.hpp>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "host/base/capped_problems.hpp"
#include "host/base/json.hpp"
#include "host/market/bar_times.hpp"
#include "host/market/suspect_moves.hpp"
#include "host/model/bar.hpp"

namespace cadre::market {

/// Who cannot work with closes alone.
struct IntradayNeed {
  std::string field;  ///< open, high or low
  std::string who;    ///< "execution_environment (fill_at: open)"
};

/// What every bar of a book looks like.
struct BarShape {
  std::vector<std::string> instruments;  ///< sorted
  bool has_volume = false;
  bool allows_missing = true;  ///< a bar may lack the price of an instrument
  MovePolicy on_suspect_move = MovePolicy::take;
  std::vector<IntradayNeed> needs{};  ///< not empty: a close alone is not enough
  BarTiming timing{};
  double scale = 1;  ///< what prices and quotes are multiplied with
};

/// Reads what JSON says of the instruments of one bar; what it cannot use becomes a problem.
class BarFields {
 public:
  BarFields(const base::JsonDocument& document, const BarShape& shape, base::CappedProblems& problems)
      : document_(document), shape_(shape), instruments_(shape.instruments), problems_(problems) {}

  /// Makes the columns that every bar of the book has.
  void begin(model::Bar& bar) const;
  /// The bar has instruments already, with or without open, high and low.
  void go_on(bool has_intraday) {
    is_first_ = false;
    is_intraday_ = has_intraday;
  }
  /// A close, or an object with one, into the bar. `at`: its JSON pointer. `passed_over`: members of the
  /// object that say something else.
  void read(const std::string& id, const boost::json::value& value, const std::string& at,
            const std::vector<std::string_view>& passed_over, model::Bar& bar);

 private:
  void error(std::string code, const std::string& pointer, std::string message, std::string next) {
    problems_.error(std::move(code), document_.place(pointer), std::move(message), std::move(next));
  }
  void check_members(const boost::json::object& members, const std::string& at,
                     const std::vector<std::string_view>& passed_over);
  void read_object(const boost::json::object& members, std::size_t place, const std::string& at,
                   model::Bar& bar);
  void read_range(const boost::json::object& members, std::size_t place, const std::string& at,
                  model::Bar& bar);
  void read_volume(const boost::json::object& members, std::size_t place, const std::string& at,
                   model::Bar& bar);
  void read_quotes(const boost::json::object& members, std::size_t place, const std::string& at,
                   model::Bar& bar);
  std::int64_t price_of(const boost::json::object& members, const char* key, const std::string& at);
  std::int64_t price(const boost::json::value& value, const std::string& at);
  void note_intraday(bool intraday, const std::string& at, model::Bar& bar);

  const base::JsonDocument& document_;
  const BarShape& shape_;
  const std::vector<std::string>& instruments_;
  base::CappedProblems& problems_;
  bool is_first_ = true;
  bool is_intraday_ = false;
};

}  // namespace cadre::market
