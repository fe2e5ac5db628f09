#include "host/model/arena.hpp"

#include <gtest/gtest.h>
#include <sys/mman.h>
#include <bit>

#include <cmath>
#include <cstring>
#include <deque>
#include <random>

namespace cadre::model {
namespace {

Universe universe_of(std::size_t count) {
  Universe universe;
  for (std::size_t i = 0; i < count; ++i) {
    Instrument about;
    about.id = "I" + std::to_string(1000 + i);
    about.group = i % 2 == 0 ? "even" : "odd";
    about.average_daily_volume = 100.0 * static_cast<double>(i);
    universe.instruments.push_back(about);
  }
  return universe;
}

ArenaShape shape_of(std::uint32_t n, std::uint32_t rows) {
  return {n, rows, rows + 1, rows + 2, 16, 2};
}

bool is_aligned(const void* address) {
  return reinterpret_cast<std::uintptr_t>(address) % 64 == 0;
}

TEST(Arena, everything_begins_on_a_cache_line) {
  for (const std::uint32_t n : {1u, 7u, 8u, 9u, 30u}) {
    {
      const Universe universe = universe_of(n);
      Arena arena(universe, shape_of(n, 5), "main", "USD");
      StateView view;
      view.bind(arena.memory().data());
      EXPECT_GE(arena.memory().descriptor(), 0);
      const cadre_execution_state& s = view.raw;
      for (const void* column :
           {static_cast<const void*>(s.close.values), static_cast<const void*>(s.price.values),
            static_cast<const void*>(s.weight), static_cast<const void*>(s.quantity_e9),
            static_cast<const void*>(s.working_sell_e9), static_cast<const void*>(s.signals),
            static_cast<const void*>(arena.service(0)), static_cast<const void*>(arena.service(1))})
        EXPECT_TRUE(is_aligned(column)) << n;
      const std::vector<double> row(n, 1);
      const std::vector<std::uint8_t> valid(n, 1);
      arena.push_row(WindowId::returns, row, valid);
      EXPECT_TRUE(is_aligned(arena.window(WindowId::returns).values));
      EXPECT_EQ(arena.window(WindowId::returns).stride % 8, 0u);
    }
  }
}

TEST(Arena, shows_the_tick_of_the_last_price_from_the_next_refresh_on) {
  Arena arena(universe_of(2), shape_of(2, 5), "main", "USD");
  StateView view;
  view.bind(arena.memory().data());
  const cadre_instrument* table = view.raw.instruments;
  EXPECT_EQ(table[1].tick_e9, 10'000'000);
  arena.show_tick(1, *base::Price::parse("0.05"));
  EXPECT_EQ(table[1].tick_e9, 10'000'000);
  view.refresh();
  EXPECT_EQ(table[1].tick_e9, 50'000'000);
  EXPECT_EQ(table[0].tick_e9, 10'000'000);
}

TEST(Arena, a_window_is_contiguous_and_right_over_three_turns_of_its_ring) {
  const unsigned seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random(seed);
  for (int round = 0; round < 40; ++round) {
    const std::uint32_t n = 1 + random() % 12;
    const std::uint32_t capacity = 1 + random() % 20;
    Arena arena(universe_of(n), {n, capacity, 0, 0, 1, 0}, "main", "USD");
    std::deque<std::vector<double>> expected;
    std::deque<std::vector<std::uint8_t>> expected_valid;
    for (std::uint32_t step = 0; step < 3 * capacity + 2; ++step) {
      std::vector<double> row(n);
      std::vector<std::uint8_t> valid(n);
      for (std::uint32_t i = 0; i < n; ++i) {
        valid[i] = random() % 5 != 0;
        row[i] = valid[i] != 0 ? static_cast<double>(step * 100 + i) : std::nan("");
      }
      arena.push_row(WindowId::returns, row, valid);
      expected.push_back(row);
      expected_valid.push_back(valid);
      if (expected.size() > capacity) {
        expected.pop_front();
        expected_valid.pop_front();
      }
      const cadre_window window = arena.window(WindowId::returns);
      ASSERT_EQ(window.rows, expected.size());
      ASSERT_EQ(window.columns, n);
      for (std::uint32_t r = 0; r < window.rows; ++r) {
        for (std::uint32_t i = 0; i < n; ++i) {
          const double value = window.values[r * window.stride + i];
          const std::uint8_t known = window.valid[r * window.stride + i];
          ASSERT_EQ(known, expected_valid[r][i]) << "capacity " << capacity << " step " << step;
          ASSERT_TRUE(known != 0 ? value == expected[r][i] : std::isnan(value))
              << "capacity " << capacity << " step " << step << " row " << r;
        }
      }
    }
  }
}

TEST(Arena, a_window_nobody_asked_for_stays_empty) {
  Arena arena(universe_of(2), {2, 0, 3, 0, 1, 0}, "main", "USD");
  const std::vector<double> row{1, 2};
  const std::vector<std::uint8_t> valid{1, 1};
  arena.push_row(WindowId::returns, row, valid);
  EXPECT_EQ(arena.window(WindowId::returns).rows, 0u);
  EXPECT_EQ(arena.window(WindowId::returns).values, nullptr);
}

TEST(Arena, the_same_block_at_another_address_gives_the_same_view) {
  const Universe universe = universe_of(9);
  Arena arena(universe, shape_of(9, 4), "main", "USD");
  arena.head().sequence = 17;
  arena.head().equity = 1234.5;
  arena.head().session_date = 20010531;
  arena.head().has_views = 1;
  std::vector<double> row(9);
  const std::vector<std::uint8_t> valid(9, 1);
  for (int step = 0; step < 11; ++step) {
    for (std::size_t i = 0; i < row.size(); ++i)
      row[i] = step + 0.125 * static_cast<double>(i);
    arena.push_row(WindowId::closes, row, valid);
  }
  for (std::uint32_t i = 0; i < 9; ++i) {
    arena.column(ColumnId::price)[i] = 10.0 + i;
    arena.integers(IntegerColumnId::quantity)[i] = -5 * static_cast<std::int64_t>(i);
  }
  const auto& memory = arena.memory();
  void* second = mmap(nullptr, memory.bytes(), PROT_READ, MAP_SHARED, memory.descriptor(), 0);
  ASSERT_NE(second, MAP_FAILED);
  ASSERT_NE(second, static_cast<void*>(memory.data()));
  StateView here, there;
  here.bind(memory.data());
  there.bind(static_cast<const std::byte*>(second));
  const cadre_execution_state &a = here.raw, &b = there.raw;
  const auto inside = [&](const void* address) {
    const auto offset = static_cast<const std::byte*>(address) - static_cast<const std::byte*>(second);
    return offset >= 0 && static_cast<std::size_t>(offset) < memory.bytes();
  };
  EXPECT_EQ(b.sequence, 17u);
  EXPECT_EQ(b.equity, 1234.5);
  EXPECT_EQ(b.session_date, 20010531);
  EXPECT_TRUE(inside(b.price.values) && inside(b.bars.closes.values) && inside(b.quantity_e9) &&
              inside(b.score.values) && inside(b.constraints) && inside(b.signals));
  for (std::size_t i = 0; i < 9; ++i)
    EXPECT_EQ(std::bit_cast<std::uint64_t>(a.price.values[i]),
              std::bit_cast<std::uint64_t>(b.price.values[i]));
  EXPECT_EQ(std::memcmp(a.quantity_e9, b.quantity_e9, 9 * sizeof(std::int64_t)), 0);
  ASSERT_EQ(b.bars.closes.rows, 5u);
  for (std::uint32_t r = 0; r < 5; ++r) {
    EXPECT_EQ(b.bars.closes.values[r * b.bars.closes.stride + 8], 6 + r + 1.0);  // rows 6 .. 10, plus 8/8
  }
  for (std::uint32_t i = 0; i < 9; ++i) {
    const cadre_instrument* about = cadre_instrument_at(&b, i);
    EXPECT_TRUE(inside(about->id.data));
    EXPECT_EQ(std::string(about->id.data, about->id.length), universe.instruments[i].id);
    EXPECT_EQ(std::string(about->group.data, about->group.length), i % 2 == 0 ? "even" : "odd");
    EXPECT_EQ(about->average_daily_volume, 100.0 * i);
  }
  // A write through the first mapping is seen through the second after a refresh.
  arena.head().equity = 99;
  there.refresh();
  EXPECT_EQ(there.raw.equity, 99);
  munmap(second, memory.bytes());
}

TEST(StateView, columns_the_data_do_not_have_are_null) {
  Arena arena(universe_of(3), shape_of(3, 2), "main", "USD");
  StateView view;
  view.bind(arena.memory().data());
  EXPECT_EQ(view.raw.open.values, nullptr);
  EXPECT_EQ(view.raw.volume.values, nullptr);
  EXPECT_EQ(view.raw.score.values, nullptr);
  EXPECT_NE(view.raw.close.values, nullptr);
  arena.head().has_intraday_prices = 1;
  arena.head().has_volume = 1;
  arena.head().has_views = 1;
  view.refresh();
  EXPECT_NE(view.raw.open.values, nullptr);
  EXPECT_NE(view.raw.volume.values, nullptr);
  EXPECT_NE(view.raw.score.values, nullptr);
  EXPECT_EQ(view.raw.confidence.valid, view.raw.score.valid);
}

TEST(Arena, shows_sessions_as_bars_unless_they_are_apart) {
  cadre_requirements need{};
  need.sessions.closes = 3;
  need.bars.closes = 5;
  for (const bool are_apart : {false, true}) {
    ArenaShape shape = shape_of(2, 0);
    set_rows(shape, need, are_apart);
    Arena arena(universe_of(2), shape, "main", "USD");
    StateView view;
    view.bind(arena.memory().shown());
    const double bar[] = {1, 2}, session[] = {3, 4};
    const std::uint8_t valid[] = {1, 1};
    arena.push_row(WindowId::closes, bar, valid);
    arena.push_row(WindowId::session_closes, session, valid);
    view.refresh();
    EXPECT_EQ(view.raw.bars.closes.values[0], 1);
    EXPECT_EQ(view.raw.bars.closes.period, std::uint32_t{CADRE_PERIOD_BAR});
    EXPECT_EQ(view.raw.sessions.closes.values[1], are_apart ? 4 : 2);
    EXPECT_EQ(view.raw.sessions.closes.period, std::uint32_t{CADRE_PERIOD_SESSION});
  }
}

TEST(Arena, shows_quotes_where_the_data_have_some) {
  Arena arena(universe_of(2), shape_of(2, 0), "main", "USD");
  StateView view;
  view.bind(arena.memory().shown());
  EXPECT_EQ(view.raw.bid.values, nullptr);
  EXPECT_EQ(view.raw.opening_ask.values, nullptr);
  EXPECT_EQ(view.raw.bar_period_ns, 0);
  arena.head().has_quotes = 1;
  arena.head().bar_period_ns = 60'000'000'000;
  arena.column(ColumnId::ask)[1] = 2.5;
  arena.valid(ColumnId::ask)[1] = 1;
  view.refresh();
  EXPECT_EQ(view.raw.ask.values[1], 2.5);
  EXPECT_EQ(view.raw.ask.valid[0], 0);
  EXPECT_EQ(view.raw.opening_ask.values, nullptr);
  EXPECT_EQ(view.raw.bar_period_ns, 60'000'000'000);
}

}  // namespace
}  // namespace cadre::model
