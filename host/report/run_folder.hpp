#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>

#include "host/base/decimal.hpp"
#include "host/base/problem.hpp"
#include "host/report/performance.hpp"

/// The files of a run folder for other programs. CSV as RFC 4180 has it but with a plain line feed; dates
/// 1991-01-02, decimals as exact text, an empty cell where there is nothing. Each file is replaced as a
/// whole; the folder must exist. Where a session has several bars, a column time stands behind the date.
/// Errors: FILE_NOT_WRITABLE.
namespace cadre::report {

/// When something was: the session, and where there are several bars in one, the end of the bar.
struct When {
  int32_t date = 0;
  int64_t time_ns = 0;  ///< 0: a session is a bar
};

/// The day, or where there are several bars in one the time, as text.
std::string to_text(const When& when);

struct OrderRow {
  When when{};
  std::string client_id{};
  std::string instrument{};
  std::string side{};  ///< words of model/order.hpp
  std::string type{};
  std::string time_in_force{};
  base::Quantity quantity{};
  std::optional<base::Price> limit_price{};
  base::Price decision_price{};
  std::string status{};
  base::Quantity filled_quantity{};
  std::optional<base::Price> average_price{};  ///< nothing when nothing was filled
  base::Money fees{};
  std::string reason{};      ///< why it was rejected or ended
  std::string cut_reason{};  ///< why it is smaller than what was asked for
};

/// An order that was not sent whole and at once: in parts, or after a wait.
struct ParentRow {
  When when{};
  std::string client_id{};
  std::string instrument{};
  std::string side{};
  base::Quantity quantity{};  ///< as it was decided
  base::Quantity sent{};
  base::Quantity filled{};
  base::Quantity unsent{};
  std::string state{};    ///< "sent", "ended", or "scheduled" when the run ended first
  std::string reasons{};  ///< of every wait and cut, and at last of its end, each once, a space between them
  base::Price arrival_price{};
  std::optional<base::Price> average_price{};
  std::optional<double> shortfall_bp{};  ///< of what was filled against the arrival price; above 0 is a cost
};

struct FillRow {
  When when{};
  std::string client_id{};
  std::string instrument{};
  std::string side{};
  base::Quantity quantity{};
  base::Price price{};
  base::Money fees{};
  base::Money spread_cost{};
};

struct EquityRow {
  When when{};
  base::Money equity{};
  base::Money cash{};
  base::Money profit{};
  base::Money costs{};
  std::optional<base::Money> benchmark{};
  base::Money interest{};
};

/// What was wanted and not traded, by the reason.
struct UnexecutedRow {
  std::string
      reason{};        ///< code of a pre-trade check, name of a limit, or a word of the host's or the rules'
  uint64_t times = 0;  ///< instruments of which a decision sent less for it, and orders that left a rest
  When first{};
  std::string first_instrument{};
  double opportunity_cost = 0;  ///< money; below zero it was saved
};

/// A position at a close; rows of zero quantity are left to the caller to leave out.
struct PositionRow {
  When when{};
  std::string instrument{};
  base::Quantity quantity{};
  base::Price price{};
  base::Money value{};
};

base::Problems write_result(const std::filesystem::path& folder, const RunResult& result);  ///< result.json
base::Problems write_orders(const std::filesystem::path& folder, std::span<const OrderRow> rows);
/// parents.csv
base::Problems write_parents(const std::filesystem::path& folder, std::span<const ParentRow> rows);
/// unexecuted.csv
base::Problems write_unexecuted(const std::filesystem::path& folder, std::span<const UnexecutedRow> rows);
base::Problems write_fills(const std::filesystem::path& folder, std::span<const FillRow> rows);
base::Problems write_equity(const std::filesystem::path& folder, std::span<const EquityRow> rows);
base::Problems write_positions(const std::filesystem::path& folder, std::span<const PositionRow> rows);

}  // namespace cadre::report
