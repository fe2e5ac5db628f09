#pragma once

#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "host/base/json.hpp"
#include "host/config/key_reader.hpp"
#include "host/config/scenario_config.hpp"
#include "host/market/price_history.hpp"
#include "host/model/instrument.hpp"

namespace cadre::config {

/// What a scenario says of its instruments one by one, with its defaults filled in.
struct InstrumentTable {
  struct Row {
    model::Instrument about;
    std::string pointer;  ///< of the row in the scenario's document
  };
  std::vector<Row> rows;  ///< sorted by id

  /// Null for one that is not in it.
  const Row* find(std::string_view id) const;
};

/// One column of the table; together they are its schema, its reading and its reference.
struct TableColumn {
  std::string_view name;
  std::string_view schema;  ///< members of a JSON Schema
};
std::span<const TableColumn> table_columns();

/// The file that a scenario names for its instruments.
std::optional<std::filesystem::path> instruments_file(const boost::json::value& scenario,
                                                      const std::filesystem::path& folder);

/// Puts the file at /instruments/file, CSV or a list of rows in JSON, in its place: at /instruments/table.
/// All that makes it no table at once. Errors: FILE_..., CSV_..., JSON_..., CONFIG_CONTRADICTION,
/// INSTRUMENT_TABLE_EMPTY, INSTRUMENT_COLUMN.
base::Problems embed_instruments(base::JsonDocument& scenario, const std::filesystem::path& folder);

/// Says which ids have two rows in a table, whatever else is wrong with it. Error: INSTRUMENT_TWICE.
base::Problems check_instrument_ids(const base::JsonDocument& scenario);

/// The table of a document that has been validated; null where there is none. `defaults`: with its groups.
/// Errors: INSTRUMENT_TABLE_EMPTY, INSTRUMENT_TICKS, INSTRUMENT_DATES, CONFIG_CURRENCY, CONFIG_OUT_OF_RANGE,
/// CONFIG_BAD_DATE, CONFIG_WRONG_TYPE.
std::shared_ptr<const InstrumentTable> read_instrument_table(const base::JsonDocument& scenario,
                                                             const InstrumentDefaults& defaults,
                                                             const std::string& book_currency,
                                                             base::Problems& problems);

/// All that a scenario says of an instrument.
model::Instrument describe_instrument(const InstrumentDefaults& instruments, const std::string& id);

/// Those that are sized and traded: all but indices, in their order.
std::vector<std::string> traded_instruments(const InstrumentDefaults& instruments,
                                            const std::vector<std::string>& ids);

/// The same of a scenario's document.
std::vector<std::string> traded_instruments(const boost::json::value& scenario,
                                            const std::vector<std::string>& ids);

/// A kind that a scenario may have to trade, and where it says so.
struct KindInUse {
  const model::InstrumentKind* kind;
  std::string pointer;
  std::string id;  ///< of the instrument; empty: all that are not in the table
};
/// Those of the instruments that the data name, else of all that are in the table, but for indices; and the
/// default kind where an instrument may be in no table.
std::vector<KindInUse> kinds_in_use(const ScenarioConfig& config);

/// Says which instruments of the data the table lacks. Error: INSTRUMENT_NOT_IN_TABLE.
base::Problems check_listed(const ScenarioConfig& config, const std::vector<std::string>& ids);

/// Says which instruments lack a borrow rate or a margin rate, where the book may go short. Error:
/// INSTRUMENT_SHORT_RATES.
base::Problems check_short_rates(const ScenarioConfig& config, const std::vector<std::string>& ids);

/// Says which instruments have prices outside of the days on which they are listed. Warning:
/// INSTRUMENT_NOT_LISTED.
base::Problems check_listing_days(const ScenarioConfig& config, const market::PriceHistory& prices);

}  // namespace cadre::config
