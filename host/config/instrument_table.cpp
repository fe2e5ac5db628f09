#include "host/config/instrument_table.hpp"

#include <algorithm>
#include <boost/json.hpp>
#include <iterator>
#include <map>
#include <set>

#include "host/base/capped_problems.hpp"
#include "host/base/date.hpp"
#include "host/base/text.hpp"

namespace cadre::config {

namespace {

namespace json = boost::json;

/// A row as it is written: what it leaves out is for the defaults.
struct WrittenRow {
#define KEY(name, type, schema) type name{};
#include "host/config/keys/instrument_row.inc"
#undef KEY
};

/// The group that the defaults name for each instrument.
std::string group_of(const InstrumentDefaults& defaults, std::string_view id) {
  std::string group;
  for (const auto& [instrument, named] : defaults.groups) {
    if (instrument == id) group = named;
  }
  return group;
}

model::Instrument defaults_of(const InstrumentDefaults& defaults, std::string_view id) {
  model::Instrument about;
  about.id = id;
  about.kind = model::find_kind(defaults.kind)->number;
  about.currency = defaults.currency;
  about.tick = defaults.tick;
  about.lot = defaults.lot;
  about.multiplier = defaults.multiplier;
  about.borrow_rate = defaults.borrow_rate;
  about.margin_rate = defaults.margin_rate;
  about.group = group_of(defaults, id);
  if (!about.group.empty()) about.groups = {about.group};
  return about;
}

/// Reads the rows of a table.
class TableReader {
 public:
  TableReader(const base::JsonDocument& scenario, const InstrumentDefaults& defaults,
              const std::string& book_currency)
      : scenario_(scenario),
        defaults_(defaults),
        book_currency_(book_currency),
        problems_(scenario.place("/instruments/table").file),
        reader_(
            scenario.root(), [this](std::string_view pointer) { return scenario_.place(pointer); }, {},
            found_) {}

  std::shared_ptr<const InstrumentTable> read(base::Problems& problems) {
    auto table = std::make_shared<InstrumentTable>();
    const std::size_t rows = reader_.count("/instruments/table");
    if (rows == 0)
      problems_.error("INSTRUMENT_TABLE_EMPTY", scenario_.place("/instruments/table"),
                      "the table has no instrument", "write one row for each instrument, or leave it out");
    for (std::size_t i = 0; i < rows && !problems_.is_enough(); ++i) {
      const std::string at = "/instruments/table/" + std::to_string(i);
      table->rows.push_back({read_row(at), at});
      problems_.append(found_);
      found_ = {};
    }
    std::stable_sort(table->rows.begin(), table->rows.end(),
                     [](const auto& a, const auto& b) { return a.about.id < b.about.id; });
    problems.append(problems_.take());
    return table;
  }

 private:
  model::Instrument read_row(const std::string& at) {
    WrittenRow row;
#define KEY(name, type, schema) reader_.read(at + "/" #name, row.name);
#include "host/config/keys/instrument_row.inc"
#undef KEY
    model::Instrument about = defaults_of(defaults_, row.id);
    if (!row.kind.empty()) about.kind = model::find_kind(row.kind)->number;
    if (!row.currency.empty()) about.currency = row.currency;
    if (row.lot) about.lot = *row.lot;
    if (row.multiplier) about.multiplier = *row.multiplier;
    if (row.minimum_notional) about.minimum_notional = *row.minimum_notional;
    if (row.average_daily_volume) about.average_daily_volume = *row.average_daily_volume;
    if (row.groups) take_groups(*row.groups, about);
    if (row.tick) take_ticks(*row.tick, at + "/tick", about);
    about.calendar = row.calendar;
    if (row.borrow_rate) about.borrow_rate = row.borrow_rate;
    if (row.margin_rate) about.margin_rate = row.margin_rate;
    about.listed_from = row.listed_from.date;
    about.listed_to = row.listed_to.date;
    check_row(at, about);
    return about;
  }

  void check_row(const std::string& at, const model::Instrument& about) {
    if (about.currency != book_currency_)
      reader_.error("CONFIG_CURRENCY", at + "/currency",
                    base::quote(about.id) + " is in " + about.currency +
                        ", which needs a conversion to the book's " + book_currency_ +
                        ", and there is none yet",
                    "use one currency in a book");
    if (about.listed_to != 0 && about.listed_from > about.listed_to)
      reader_.error("INSTRUMENT_DATES", at + "/listed_to",
                    base::quote(about.id) + " would be listed until a day before its first one",
                    "exchange listed_from and listed_to");
  }

  static void take_groups(const json::value& written, model::Instrument& about) {
    about.groups.clear();
    if (written.is_string()) {
      about.groups = {std::string(written.get_string())};
    } else {
      for (const json::value& group : written.get_array())
        about.groups.emplace_back(group.get_string());
    }
    about.group = about.groups.empty() ? std::string() : about.groups.front();
  }

  void take_ticks(const json::value& written, const std::string& at, model::Instrument& about) {
    if (!written.is_array()) {
      about.tick = reader_.decimal<base::Price>(at);
      return;
    }
    for (std::size_t k = 0; k < written.get_array().size(); ++k) {
      const std::string step = at + "/" + std::to_string(k);
      const auto from = base::Price::parse(base::canonical(reader_.at(step + "/from")));
      about.ticks.push_back({from.value_or(base::Price{}), reader_.decimal<base::Price>(step + "/tick")});
    }
    about.tick = about.ticks.front().tick;
    const bool starts_at_zero = about.ticks.front().from.raw() == 0;
    const auto odd = std::adjacent_find(
        about.ticks.begin(), about.ticks.end(), [](const model::TickStep& a, const model::TickStep& b) {
          return b.from.raw() <= a.from.raw() || b.tick.raw() % a.tick.raw() != 0 ||
                 b.from.raw() % b.tick.raw() != 0;
        });
    if (starts_at_zero && odd == about.ticks.end()) return;
    reader_.error("INSTRUMENT_TICKS", at,
                  starts_at_zero ? "the ticks of " + base::quote(about.id) + " do not fit each other"
                                 : "the ticks of " + base::quote(about.id) + " do not begin at the price 0",
                  "begin at 0, with rising prices, and make each tick a multiple of the one before, and each "
                  "price a multiple of its tick");
  }

  const base::JsonDocument& scenario_;
  const InstrumentDefaults& defaults_;
  const std::string& book_currency_;
  base::CappedProblems problems_;
  base::Problems found_;  ///< in the row that is read
  KeyReader reader_;
};

}  // namespace

const InstrumentTable::Row* InstrumentTable::find(std::string_view id) const {
  const auto found =
      std::lower_bound(rows.begin(), rows.end(), id,
                       [](const Row& row, std::string_view name) { return row.about.id < name; });
  return found != rows.end() && found->about.id == id ? &*found : nullptr;
}

base::Problems check_instrument_ids(const base::JsonDocument& scenario) {
  const json::value* table = base::find(scenario.root(), "/instruments/table");
  if (table == nullptr || !table->is_array()) return {};
  base::CappedProblems problems(scenario.place("/instruments/table").file);
  std::map<std::string, std::string, std::less<>> first;  // id to the pointer of its row
  for (std::size_t i = 0; i < table->get_array().size(); ++i) {
    const std::string at = "/instruments/table/" + std::to_string(i);
    const json::value* id = base::find(table->get_array()[i], "/id");
    if (id == nullptr || !id->is_string()) continue;
    const auto [row, is_new] = first.emplace(id->get_string(), at);
    if (is_new) continue;
    const base::Place before = scenario.place(row->second);
    problems.error("INSTRUMENT_TWICE", scenario.place(at + "/id"),
                   base::quote(row->first) + " stands in the table before" +
                       (before.line != 0 ? ", in line " + std::to_string(before.line) : std::string()),
                   "keep one of the rows");
  }
  return problems.take();
}

std::shared_ptr<const InstrumentTable> read_instrument_table(const base::JsonDocument& scenario,
                                                             const InstrumentDefaults& defaults,
                                                             const std::string& book_currency,
                                                             base::Problems& problems) {
  if (base::find(scenario.root(), "/instruments/table") == nullptr) return nullptr;
  return TableReader(scenario, defaults, book_currency).read(problems);
}

model::Instrument describe_instrument(const InstrumentDefaults& instruments, const std::string& id) {
  const InstrumentTable::Row* row = instruments.table != nullptr ? instruments.table->find(id) : nullptr;
  return row != nullptr ? row->about : defaults_of(instruments, id);
}

std::vector<std::string> traded_instruments(const InstrumentDefaults& instruments,
                                            const std::vector<std::string>& ids) {
  if (instruments.table == nullptr) return ids;
  std::vector<std::string> traded;
  std::copy_if(ids.begin(), ids.end(), std::back_inserter(traded), [&](const std::string& id) {
    return describe_instrument(instruments, id).kind != CADRE_KIND_INDEX;
  });
  return traded;
}

std::vector<std::string> traded_instruments(const json::value& scenario,
                                            const std::vector<std::string>& ids) {
  std::set<std::string, std::less<>> indices;
  const json::value* table = base::find(scenario, "/instruments/table");
  for (const json::value& row : table != nullptr && table->is_array() ? table->get_array() : json::array()) {
    const json::value* id = base::find(row, "/id");
    const json::value* kind = base::find(row, "/kind");
    if (id != nullptr && id->is_string() && kind != nullptr && *kind == "index")
      indices.emplace(id->get_string());
  }
  std::vector<std::string> traded;
  std::copy_if(ids.begin(), ids.end(), std::back_inserter(traded),
               [&](const std::string& id) { return indices.count(id) == 0; });
  return traded;
}

std::vector<KindInUse> kinds_in_use(const ScenarioConfig& config) {
  const InstrumentDefaults& instruments = config.instruments;
  const std::vector<std::string>& named = config.data.prices.instruments;
  std::vector<KindInUse> kinds;
  if (instruments.table == nullptr || instruments.unlisted == Unlisted::defaults)
    kinds.push_back({model::find_kind(instruments.kind), "/instruments/kind", {}});
  if (instruments.table == nullptr) return kinds;
  for (const InstrumentTable::Row& row : instruments.table->rows) {
    const bool is_used = named.empty() || std::find(named.begin(), named.end(), row.about.id) != named.end();
    if (!is_used || row.about.kind == CADRE_KIND_INDEX) continue;
    kinds.push_back({model::find_kind(row.about.kind), row.pointer + "/kind", row.about.id});
  }
  return kinds;
}

base::Problems check_listed(const ScenarioConfig& config, const std::vector<std::string>& ids) {
  base::Problems problems;
  const InstrumentDefaults& instruments = config.instruments;
  if (instruments.table == nullptr || instruments.unlisted == Unlisted::defaults) return problems;
  std::vector<std::string> known;
  for (const InstrumentTable::Row& row : instruments.table->rows)
    known.push_back(row.about.id);
  const base::Place place = config.document.place("/instruments/table");
  for (const std::string& id : ids) {
    if (instruments.table->find(id) != nullptr) continue;
    problems.error("INSTRUMENT_NOT_IN_TABLE", place,
                   "the data have " + base::quote(id) + ", which is not in the table of instruments" +
                       base::did_you_mean(id, known),
                   R"(add a row for it, or say "unlisted": "defaults")");
  }
  return problems;
}

namespace {

/// Whether the constraints, or a dated change of them, allow a position below zero.
bool may_go_short(const ScenarioConfig& config) {
  constexpr std::string_view key = "/chain/constraints/long_only";
  return !config.chain.constraints.long_only ||
         std::any_of(config.changes.begin(), config.changes.end(), [&](const RevisionChange& change) {
           return std::any_of(change.set.begin(), change.set.end(), [&](const auto& set) {
             return set.first == key && set.second == json::value(false);
           });
         });
}

}  // namespace

base::Problems check_short_rates(const ScenarioConfig& config, const std::vector<std::string>& ids) {
  base::Problems problems;
  if (!may_go_short(config)) return problems;
  std::vector<std::string> lacking;
  for (const std::string& id : traded_instruments(config.instruments, ids)) {
    const model::Instrument about = describe_instrument(config.instruments, id);
    if (!about.borrow_rate || !about.margin_rate) lacking.push_back(id);
  }
  if (lacking.empty()) return problems;
  constexpr std::size_t most_named = 5;
  const std::size_t more = lacking.size() - std::min(lacking.size(), most_named);
  lacking.resize(lacking.size() - more);
  problems.error("INSTRUMENT_SHORT_RATES", config.document.place("/chain/constraints/long_only"),
                 "the book may go short, and what that costs and needs is not said of " +
                     base::join(lacking, ", ") +
                     (more != 0 ? " and " + std::to_string(more) + " more" : std::string()),
                 "state borrow_rate and margin_rate, at /instruments or in the table of instruments: 0 is a "
                 "rate");
  return problems;
}

base::Problems check_listing_days(const ScenarioConfig& config, const market::PriceHistory& prices) {
  base::Problems problems;
  if (config.instruments.table == nullptr) return problems;
  base::CappedProblems found(config.document.place("/instruments/table").file);
  for (std::size_t column = 0; column < prices.columns(); ++column) {
    const InstrumentTable::Row* row = config.instruments.table->find(prices.instruments[column]);
    if (row == nullptr) continue;
    std::size_t outside = 0;
    std::int32_t first = 0;
    for (std::size_t day = 0; day < prices.rows(); ++day) {
      const bool is_priced = prices.valid[day * prices.columns() + column] != 0;
      if (!is_priced || row->about.is_listed(prices.dates[day])) continue;
      if (outside++ == 0) first = prices.dates[day];
    }
    if (outside == 0) continue;
    found.warning("INSTRUMENT_NOT_LISTED", config.document.place(row->pointer),
                  base::quote(row->about.id) + " has prices on " + std::to_string(outside) +
                      " days on which it is not listed, the first is " + base::format_date(first) +
                      ": it is marked at them and cannot be bought",
                  "correct listed_from or listed_to, or the prices");
  }
  problems.append(found.take());
  return problems;
}

}  // namespace cadre::config
