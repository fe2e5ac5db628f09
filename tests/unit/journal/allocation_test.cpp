#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>

#include "host/journal/journal.hpp"
#include "sample_records.hpp"

namespace {
std::int64_t allocations = 0;
}

// The linker sends every operator new of this program, the library included, here.
extern "C" void* __real__Znwm(std::size_t size);
extern "C" void* __wrap__Znwm(std::size_t size) {
  ++allocations;
  return __real__Znwm(size);
}

namespace {

using namespace cadre;

TEST(JournalAllocation, is_seen_by_this_test) {
  const std::int64_t before = allocations;
  const std::vector<double> numbers(10);
  EXPECT_EQ(allocations - before, 1);
}

TEST(JournalAllocation, encoding_and_appending_a_decision_does_not_allocate_after_the_first) {
  const std::filesystem::path path =
      std::filesystem::path(testing::TempDir()) / ("cadre_allocation_" + std::to_string(::getpid()));
  auto writer = journal::JournalWriter::create(path);
  ASSERT_TRUE(writer);
  const journal::DecisionRecord record = sample::decision(30, 8);
  base::Encoder encoder;
  encode(encoder, record);
  const std::int64_t before = allocations;
  for (uint64_t sequence = 0; sequence < 1000; ++sequence) {  // 6 MB: the buffer is written out several times
    encoder.clear();
    encode(encoder, record);
    (*writer)->append(journal::RecordType::decision, sequence, encoder.bytes());
  }
  EXPECT_TRUE((*writer)->flush().empty());
  EXPECT_EQ(allocations, before);
  EXPECT_GT((*writer)->size_bytes(), 2u << 20);
  std::filesystem::remove(path);
}

}  // namespace
