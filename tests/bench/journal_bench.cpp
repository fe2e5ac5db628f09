// What it takes to put the records of a journal into another one, once they are in memory.
//
// Usage: cadre_journal_bench JOURNAL [ROUNDS]

#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <tuple>
#include <vector>

#include "host/journal/fields.hpp"
#include "host/journal/journal.hpp"
#include "host/journal/records.hpp"

namespace {

using namespace cadre;
using journal::RecordType;

/// The records of three kinds, as they came.
struct Records {
  std::vector<std::tuple<RecordType, std::size_t>> order;
  std::vector<journal::DecisionRecord> decisions;
  std::vector<journal::OrderRecord> orders;
  std::vector<journal::ReportRecord> reports;
};

template <class Record>
void take(const journal::Record& from, Records& to, std::vector<Record>& all) {
  base::Decoder decoder(from.payload);
  Record record;
  if (!decode(decoder, record, from.format)) return;
  to.order.emplace_back(from.type, all.size());
  all.push_back(std::move(record));
}

Records read_all(journal::JournalReader& reader) {
  Records all;
  while (const auto record = reader.next()) {
    if (record->type == RecordType::decision) take(*record, all, all.decisions);
    if (record->type == RecordType::order) take(*record, all, all.orders);
    if (record->type == RecordType::report) take(*record, all, all.reports);
  }
  return all;
}

void write_all(const Records& all, journal::JournalWriter& to, base::Encoder& encoder) {
  for (const auto& [type, place] : all.order) {
    encoder.clear();
    if (type == RecordType::decision) encode(encoder, all.decisions[place]);
    if (type == RecordType::order) encode(encoder, all.orders[place]);
    if (type == RecordType::report) encode(encoder, all.reports[place]);
    to.append(type, 1, encoder.bytes());
  }
}

double seconds(const Records& all, const std::filesystem::path& file, double& bytes) {
  std::error_code error;
  std::filesystem::remove(file, error);
  auto writer = journal::JournalWriter::create(file);
  if (!writer) std::exit(3);
  base::Encoder encoder;
  const auto begin = std::chrono::steady_clock::now();
  write_all(all, **writer, encoder);
  const double took = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  bytes = static_cast<double>((*writer)->size_bytes());
  return took;
}

}  // namespace

int main(int count, char** words) {
  if (count < 2) return 2;
  auto reader = journal::JournalReader::open(words[1]);
  if (!reader) return 3;
  const Records all = read_all(*reader);
  if (all.decisions.empty()) return 3;
  const std::filesystem::path file =
      std::filesystem::temp_directory_path() / ("cadre_journal_bench_" + std::to_string(::getpid()));
  const int rounds = count > 2 ? std::atoi(words[2]) : 15;
  double best = 1e9, bytes = 0;
  for (int k = 0; k < rounds; ++k)
    best = std::min(best, seconds(all, file, bytes));
  std::error_code error;
  std::filesystem::remove(file, error);
  const auto decisions = static_cast<double>(all.decisions.size());
  std::printf("%zu decisions, %zu orders, %zu reports: %.0f bytes and %.2f us a decision with its orders\n",
              all.decisions.size(), all.orders.size(), all.reports.size(), bytes / decisions,
              best / decisions * 1e6);
  return 0;
}
