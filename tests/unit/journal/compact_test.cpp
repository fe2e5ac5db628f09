#include "host/journal/compact.hpp"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <limits>
#include <optional>
#include <random>

#include "host/base/invariant.hpp"
#include "host/journal/journal.hpp"
#include "host/journal/records.hpp"

namespace {

using namespace cadre;
using namespace cadre::journal;

template <class Number>
std::vector<std::byte> written(const std::vector<std::vector<Number>>& columns) {
  base::Encoder encoder;
  CompactWriter writer(encoder);
  for (const auto& column : columns) {
    writer.put_count(column.size(), sizeof(Number));
    writer.put_column(Column<Number>(column.data(), column.size()));
  }
  return {encoder.bytes().begin(), encoder.bytes().end()};
}

/// Nothing: refused, or something was left over.
template <class Number>
std::optional<std::vector<std::vector<Number>>> read(const std::vector<std::byte>& bytes, std::size_t count) {
  base::Decoder decoder(bytes);
  CompactReader reader(decoder);
  std::vector<std::vector<Number>> columns(count);
  for (auto& column : columns) {
    column.resize(reader.get_count(sizeof(Number), 0));
    reader.get_column(column.data(), column.size());
  }
  if (!decoder.finished()) return std::nullopt;
  return columns;
}

template <class Number>
bool same_bits(const std::vector<Number>& a, const std::vector<Number>& b) {
  return a.size() == b.size() &&
         (a.empty() || std::memcmp(a.data(), b.data(), a.size() * sizeof(Number)) == 0);
}

template <class Number>
void expect_back(const std::vector<std::vector<Number>>& columns) {
  const auto bytes = written(columns);
  const auto back = read<Number>(bytes, columns.size());
  ASSERT_TRUE(back);
  for (std::size_t k = 0; k < columns.size(); ++k)
    EXPECT_TRUE(same_bits(columns[k], (*back)[k])) << "column " << k;
  for (std::size_t length = 0; length < bytes.size(); ++length)
    EXPECT_FALSE(
        read<Number>({bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(length)}, columns.size()))
        << "cut to " << length << " of " << bytes.size();
}

template <class Number>
Number any(std::mt19937_64& random) {
  static constexpr std::array<std::int64_t, 6> steps = {1, 100, 100'000, 10'000'000, 1'000'000'000, 1};
  if constexpr (std::is_same_v<Number, double>) {
    switch (random() % 6) {
      case 0:
        return 0;
      case 1:
        return 0.0625;
      case 2:
        return std::numeric_limits<double>::quiet_NaN();
      case 3:
        return -0.0;
      case 4:
        return static_cast<double>(random() % 1000);
      default:
        return std::bit_cast<double>(random());
    }
  } else {
    if (random() % 4 == 0) return 0;
    if (random() % 16 == 0)
      return random() % 2 == 0 ? std::numeric_limits<Number>::max() : std::numeric_limits<Number>::min();
    return static_cast<Number>((random() >> random() % 64) * static_cast<std::uint64_t>(steps[random() % 6]));
  }
}

/// Columns as they are: constant, sparse, of round numbers, wild, or mostly those of one before.
template <class Number>
void expect_random_columns_back() {
  const std::uint64_t seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937_64 random(seed);
  for (int round = 0; round < 2000; ++round) {
    std::vector<std::vector<Number>> columns(1 + random() % 5);
    const std::size_t count = random() % 12;
    for (auto& column : columns) {
      const auto usual = any<Number>(random);
      const std::uint64_t rare = 1 + random() % 8;
      const bool repeats = random() % 2 == 0 && columns[0].size() == count;
      for (std::size_t i = 0; i < count + (random() % 8 == 0 ? 1 : 0); ++i) {
        const bool differs = random() % rare == 0;
        column.push_back(differs ? any<Number>(random) : repeats && i < count ? columns[0][i] : usual);
      }
    }
    expect_back(columns);
    if (testing::Test::HasFailure()) return;
  }
}

TEST(Compact, random_columns_of_every_kind_come_back_to_the_bit_and_are_refused_when_cut) {
  expect_random_columns_back<std::uint8_t>();
  expect_random_columns_back<std::uint32_t>();
  expect_random_columns_back<std::uint64_t>();
  expect_random_columns_back<std::int32_t>();
  expect_random_columns_back<std::int64_t>();
  expect_random_columns_back<double>();
}

TEST(Compact, what_is_the_same_zero_or_round_takes_few_bytes) {
  const std::vector<double> weights = {0.0825, 0, 0.0825, 0, 0, 0.0606, 0, 0};
  EXPECT_EQ(written<double>({std::vector<double>(500, 0.0)}).size(), 4u) << "count, form, no bytes of a zero";
  EXPECT_EQ(written<double>({weights}).size(), 1u + 1 + 2 + 16) << "two that are new";
  EXPECT_EQ(written<double>({weights, {}, weights}).size(), 20u + 1 + 2) << "as two columns before";
  EXPECT_EQ(written<std::int64_t>({{16'480'000'000, 88'640'000'000}}).size(), 1u + 1 + 4) << "cents";
  EXPECT_EQ(written<std::int64_t>({std::vector<std::int64_t>(30, 0)}).size(), 3u);
}

template <class Number>
void expect_number_back(Number value, std::size_t bytes_most) {
  base::Encoder encoder;
  CompactWriter(encoder).put(value);
  EXPECT_LE(encoder.bytes().size(), bytes_most) << value;
  base::Decoder decoder(encoder.bytes());
  Number back{};
  CompactReader(decoder).get(back);
  EXPECT_TRUE(decoder.finished());
  // NOLINTNEXTLINE(bugprone-suspicious-memory-comparison): to the bit is what is meant, for doubles too
  EXPECT_EQ(std::memcmp(&back, &value, sizeof value), 0) << value;
}

TEST(Compact, numbers_come_back_to_the_bit) {
  using Limits = std::numeric_limits<std::int64_t>;
  for (const std::int64_t value :
       {std::int64_t{0}, std::int64_t{1}, std::int64_t{-1}, Limits::max(), Limits::min(), Limits::min() + 1,
        std::int64_t{-9'000'000'000'000'000'000}})
    expect_number_back(value, 9);
  expect_number_back(std::int64_t{881'355'600'000'000'000}, 5);
  expect_number_back(std::int64_t{692'000'000'000}, 3);
  for (const std::int32_t value : {0, -1, 19941214, std::numeric_limits<std::int32_t>::min()})
    expect_number_back(value, 5);
  expect_number_back(std::numeric_limits<std::uint64_t>::max(), 10);
  expect_number_back(1.0, 3);
  expect_number_back(std::numeric_limits<double>::quiet_NaN(), 3);
  expect_number_back(-0.0, 2);
  expect_number_back(0.1, 9);
}

template <class Number>
bool is_read(std::initializer_list<unsigned> bytes) {
  std::vector<std::byte> payload;
  for (const unsigned byte : bytes)
    payload.push_back(static_cast<std::byte>(byte));
  base::Decoder decoder(payload);
  Number value{};
  CompactReader(decoder).get(value);
  return decoder.finished();
}

TEST(Compact, numbers_that_nobody_writes_are_refused) {
  EXPECT_FALSE(is_read<std::uint64_t>({0x80, 0x00})) << "a byte too many";
  EXPECT_FALSE(is_read<std::uint64_t>({0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x02}))
      << "65 bits";
  EXPECT_FALSE(is_read<std::uint64_t>({0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01}));
  EXPECT_FALSE(is_read<std::uint32_t>({0x80, 0x80, 0x80, 0x80, 0x10})) << "33 bits";
  EXPECT_FALSE(is_read<std::int64_t>({0x9f, 0, 0, 0, 0, 0, 0, 0, 0, 0})) << "nine bytes";
  EXPECT_FALSE(is_read<std::int64_t>({0x8f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff})) << "too large";
  EXPECT_FALSE(is_read<double>({9, 0, 0, 0, 0, 0, 0, 0, 0, 0})) << "nine bytes";
}

TEST(Compact, a_column_without_a_form_or_a_reference_is_refused) {
  for (const unsigned form : {0x04u, 0x92u, 0x81u}) {
    const std::vector<std::byte> payload = {std::byte{2}, static_cast<std::byte>(form)};
    EXPECT_FALSE(read<double>(payload, 1)) << form;
  }
  EXPECT_FALSE(read<double>({std::byte{2}, std::byte{1}}, 1)) << "there is no reference";
  EXPECT_FALSE(read<double>({std::byte{2}, std::byte{2}, std::byte{0x0a}}, 1)) << "nor for one number";
  EXPECT_FALSE(read<std::uint8_t>({std::byte{1}, std::byte{2}, std::byte{0}, std::byte{0}}, 1))
      << "two bytes of one";
  EXPECT_FALSE(read<std::uint32_t>({std::byte{1}, std::byte{0x21}, std::byte{0}}, 1))
      << "only i64 have scales";
}

TEST(Compact, a_count_that_claims_more_than_a_record_may_hold_is_refused_before_it_is_made) {
  base::Encoder encoder;
  encoder.put_varint(record_bytes_max / sizeof(double) + 1);
  encoder.put(std::uint8_t{0});
  encoder.put(std::uint8_t{0});
  EXPECT_FALSE(read<double>({encoder.bytes().begin(), encoder.bytes().end()}, 1));

  base::Encoder many;  // each of them is allowed, and all of them are not
  for (int k = 0; k < 3; ++k) {
    many.put_varint(record_bytes_max / sizeof(double) / 2);
    many.put(std::uint8_t{0});
    many.put(std::uint8_t{0});
  }
  EXPECT_FALSE(read<double>({many.bytes().begin(), many.bytes().end()}, 3));
}

TEST(Compact, a_record_that_nobody_could_read_is_not_written) {
  base::Encoder encoder;
  CompactWriter writer(encoder);
  EXPECT_THROW(writer.put_count(record_bytes_max / sizeof(double) + 1, sizeof(double)),
               base::InvariantBroken);
}

}  // namespace
