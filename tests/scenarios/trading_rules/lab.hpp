#pragma once

#include <cstdint>
#include <filesystem>
#include <iosfwd>
#include <map>
#include <string>
#include <vector>

#include "host/backtest/backtest.hpp"
#include "host/backtest/prepared_run.hpp"
#include "host/base/temporary_folder.hpp"
#include "host/journal/journal.hpp"
#include "host/journal/records.hpp"

namespace cadre::test {

/// Daily bars to be written as a CSV file. A price of 0 is a missing one.
struct Market {
  std::vector<std::string> instruments;
  std::vector<std::int32_t> dates;
  std::vector<std::vector<double>> close;  ///< [row][column], two decimals
  std::vector<std::vector<double>> open;   ///< empty: closes only
  std::vector<std::vector<double>> high;
  std::vector<std::vector<double>> low;
  std::vector<std::vector<double>> volume;  ///< with opens; empty: 1,000,000 everywhere

  std::string csv() const;
  void keep_rows(std::size_t count);
};

/// Weekdays from 2020-01-02 on.
std::vector<std::int32_t> weekdays(std::size_t count);
/// A random walk of `instruments` names A0 .. with 1.5 % a day, closes only.
Market random_market(unsigned seed, std::size_t instruments, std::size_t rows);
/// Given closes of one instrument per column, with the same weekdays.
Market market_of(std::vector<std::string> instruments, std::vector<std::vector<double>> closes);

/// One order of a run, with the names instead of indices.
struct Order {
  std::int32_t date = 0;  ///< of its decision
  std::string id, instrument;
  std::int64_t quantity = 0;  ///< signed, 1e-9
  std::uint32_t type = 0;
  std::int64_t limit_e9 = 0;
  std::vector<std::string> failed;
  bool operator==(const Order&) const = default;
};
/// For messages.
void PrintTo(const Order& order, std::ostream* out);

/// One report of a run.
struct Report {
  std::int32_t date = 0;  ///< of the bar it came with
  std::string id, instrument;
  std::uint32_t status = 0, reason = 0;
  std::int64_t quantity = 0;  ///< signed, 1e-9
  std::int64_t price_e9 = 0, fees_e6 = 0, spread_e6 = 0;
};

/// All that a journal says.
struct Trace {
  std::vector<Order> orders;
  std::vector<Report> reports;
  std::vector<journal::DecisionRecord> decisions;
  std::vector<journal::AccountRecord> accounts;
  std::vector<journal::UniverseRecord> universes;
  std::vector<journal::RevisionRecord> revisions;
  std::vector<std::int32_t> bars;
  std::map<std::string, std::int64_t> positions;  ///< at the end, by the fills

  std::vector<Order> orders_until(std::int32_t date) const;
};

Trace read_trace(const std::filesystem::path& run);

/// A folder with a market, a scenario and its runs.
class Lab {
 public:
  /// A scenario over `market`: momentum of 20 days, equal weights, risk limits over 20 days, pair
  /// correlation; changed by `overrides`, as --set does. Or another scenario, whose prices are in prices.csv.
  explicit Lab(const Market& market, std::vector<config::Override> overrides = {},
               const char* scenario = nullptr);

  void write(const std::string& name, const std::string& text) const;
  void set(const std::string& pointer, const std::string& value) { overrides_.push_back({pointer, value}); }
  std::filesystem::path path(const std::string& name) const { return folder_.path() / name; }
  backtest::BacktestOptions options(const std::string& run) const;

  /// Runs and reads the journal; fails the test when the run is refused.
  Trace run(const std::string& name = "run");
  /// Of the last run.
  const report::RunResult& result() const { return result_; }
  /// The problems of a run that has to be refused; codes.
  std::vector<std::string> refusal(const std::string& name = "run");

 private:
  base::TemporaryFolder folder_;
  std::vector<config::Override> overrides_;
  report::RunResult result_;
};

/// The scripted chain in place of the lab's own: targets per bar, filled as the environment says.
std::vector<config::Override> scripted(const std::string& targets);

/// The same for a book of 100,000, long and short, that trades these targets with market orders at the next
/// close, without costs unless `environment` says some.
std::vector<config::Override> free_trading(const std::string& targets, const std::string& environment = "{}");

/// Runs the program; its exit code, and what it wrote to standard output.
int run_program(const std::string& arguments, std::string& output,
                const std::filesystem::path& errors = "/dev/null");

}  // namespace cadre::test
