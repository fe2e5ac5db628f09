#include "host/app/preview_text.hpp"

#include <boost/json.hpp>
#include <cmath>

#include "host/app/command.hpp"
#include "host/app/status_screen.hpp"
#include "host/base/json.hpp"
#include "host/report/table.hpp"

namespace cadre::app {

namespace json = boost::json;

namespace {

double number_at(const json::value& value, std::string_view pointer) {
  const json::value* found = base::find(value, pointer);
  return found != nullptr && found->is_number() ? found->to_number<double>() : std::nan("");
}

using Column = report::TextTable::Column;

std::string sides(const json::value& preview) {
  constexpr auto right = report::Align::right;
  report::TextTable table({Column{""}, {"recorded", right}, {"candidate", right}});
  const auto row = [&](const char* name, const char* member, auto&& shown) {
    table.add_row({name, shown(number_at(preview, std::string("/recorded/") + member)),
                   shown(number_at(preview, std::string("/candidate/") + member))});
  };
  const auto count = [](double value) { return report::decimals(value, 0); };
  const auto percent = [](double value) { return report::percent(value); };
  row("orders", "orders", count);
  row("rejected", "rejected", count);
  row("turnover", "turnover", percent);
  row("of the last decision", "last_turnover", percent);
  row("gross exposure, mean", "gross_exposure", percent);
  row("net exposure, mean", "net_exposure", percent);
  row("volatility a year, mean", "volatility", percent);
  return table.to_string(width_of_output());
}

std::string largest(const json::value& preview) {
  const json::array& rows = list_at(preview, "/largest");
  if (rows.empty()) return {};
  constexpr auto right = report::Align::right;
  report::TextTable table({Column{"date"},
                           {"instrument"},
                           {"recorded", right},
                           {"candidate", right},
                           {"share of equity", right}});
  for (const json::value& row : rows)
    table.add_row({text_at(row, "/date"), text_at(row, "/instrument"), count_at(row, "/recorded"),
                   count_at(row, "/candidate"), report::percent(number_at(row, "/share"))});
  return "\nwhere they differ most, units\n" + table.to_string(width_of_output());
}

}  // namespace

std::string preview_text(const json::value& preview) {
  const std::string book = text_at(preview, "/book");
  const json::array& problems = list_at(preview, "/problems");
  if (!problems.empty())
    return "book " + book +
           ": its newest decisions cannot be looked at again: " + text_at(problems[0], "/message") + "\n";
  const std::string decisions = text_at(preview, "/decisions");
  if (decisions == "0") return "book " + book + ": no decision to look at again\n";
  std::string text = "book " + book + ", its last " + decisions + " decisions again, " +
                     text_at(preview, "/from") + " to " + text_at(preview, "/to") +
                     ", each with the positions it had: " + text_at(preview, "/differ") + " differ\n" +
                     sides(preview);
  if (const std::string silent = text_at(preview, "/silent"); silent != "0")
    text += "in " + silent + " of them the candidate lacks history and decides nothing\n";
  for (const json::value& failure : list_at(preview, "/failed"))
    text += text_at(failure, "/stage") + " gives no usable answer in " + text_at(failure, "/decisions") +
            " of them: " + text_at(failure, "/reason") + "\n";
  return text + largest(preview);
}

}  // namespace cadre::app
