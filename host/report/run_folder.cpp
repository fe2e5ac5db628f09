#include "host/report/run_folder.hpp"

#include <cmath>

#include "host/base/date.hpp"
#include "host/base/file.hpp"
#include "host/base/text.hpp"

namespace cadre::report {
namespace {

std::string cell(const std::string& text) {
  if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
  std::string quoted = "\"";
  for (const char c : text)
    quoted += c == '"' ? std::string("\"\"") : std::string(1, c);
  return quoted + "\"";
}

template <int Digits, class Tag>
std::string cell(base::Fixed<Digits, Tag> value) {
  return value.to_string();
}

/// To a hundredth.
std::string cell(double value) {
  return base::format_double(std::round(value * 100) / 100);
}

template <class T>
std::string cell(const std::optional<T>& value) {
  return value ? cell(*value) : std::string();
}

template <class... Cell>
void add_line(std::string& text, const When& when, const Cell&... cells) {
  text += base::format_date(when.date);
  if (when.time_ns != 0) text += ',' + base::format_time(when.time_ns);
  ((text += ',', text += cell(cells)), ...);
  text += '\n';
}

/// The columns that say when a row was.
template <class Row>
std::string when_columns(std::span<const Row> rows) {
  return !rows.empty() && rows.front().when.time_ns != 0 ? "date,time," : "date,";
}

}  // namespace

std::string to_text(const When& when) {
  return when.time_ns != 0 ? base::format_time(when.time_ns) : base::format_date(when.date);
}

base::Problems write_result(const std::filesystem::path& folder, const RunResult& result) {
  return base::write_file_atomically(folder / "result.json", to_json(result));
}

base::Problems write_orders(const std::filesystem::path& folder, std::span<const OrderRow> rows) {
  std::string text =
      when_columns(rows) +
      "client_id,instrument,side,type,time_in_force,quantity,limit_price,decision_price,status,"
      "filled_quantity,average_price,fees,reason,cut_reason\n";
  for (const OrderRow& row : rows)
    add_line(text, row.when, row.client_id, row.instrument, row.side, row.type, row.time_in_force,
             row.quantity, row.limit_price, row.decision_price, row.status, row.filled_quantity,
             row.average_price, row.fees, row.reason, row.cut_reason);
  return base::write_file_atomically(folder / "orders.csv", text);
}

base::Problems write_parents(const std::filesystem::path& folder, std::span<const ParentRow> rows) {
  std::string text = when_columns(rows) +
                     "client_id,instrument,side,quantity,sent,filled,unsent,state,reasons,arrival_price,"
                     "average_price,shortfall_bp\n";
  for (const ParentRow& row : rows)
    add_line(text, row.when, row.client_id, row.instrument, row.side, row.quantity, row.sent, row.filled,
             row.unsent, row.state, row.reasons, row.arrival_price, row.average_price, row.shortfall_bp);
  return base::write_file_atomically(folder / "parents.csv", text);
}

base::Problems write_unexecuted(const std::filesystem::path& folder, std::span<const UnexecutedRow> rows) {
  std::string text = "reason,times,first,first_instrument,opportunity_cost\n";
  for (const UnexecutedRow& row : rows)
    text += base::join({cell(row.reason), std::to_string(row.times), to_text(row.first),
                        cell(row.first_instrument), cell(row.opportunity_cost)},
                       ",") +
            "\n";
  return base::write_file_atomically(folder / "unexecuted.csv", text);
}

base::Problems write_fills(const std::filesystem::path& folder, std::span<const FillRow> rows) {
  std::string text = when_columns(rows) + "client_id,instrument,side,quantity,price,fees,spread_cost\n";
  for (const FillRow& row : rows)
    add_line(text, row.when, row.client_id, row.instrument, row.side, row.quantity, row.price, row.fees,
             row.spread_cost);
  return base::write_file_atomically(folder / "fills.csv", text);
}

base::Problems write_equity(const std::filesystem::path& folder, std::span<const EquityRow> rows) {
  std::string text = when_columns(rows) + "equity,cash,profit,costs,benchmark,interest\n";
  for (const EquityRow& row : rows)
    add_line(text, row.when, row.equity, row.cash, row.profit, row.costs, row.benchmark, row.interest);
  return base::write_file_atomically(folder / "equity.csv", text);
}

base::Problems write_positions(const std::filesystem::path& folder, std::span<const PositionRow> rows) {
  std::string text = when_columns(rows) + "instrument,quantity,price,value\n";
  for (const PositionRow& row : rows)
    add_line(text, row.when, row.instrument, row.quantity, row.price, row.value);
  return base::write_file_atomically(folder / "positions.csv", text);
}

}  // namespace cadre::report
