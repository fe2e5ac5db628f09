#include <cmath>

#include "tests/unit/plugins/agent_under_test.hpp"

namespace cadre::test {
namespace {

constexpr const char* small = R"({"window": 4, "min_observations": 2})";

struct Published {
  cadre_status status = 0;
  std::uint32_t observations = 0;
  Rows lower;  // [row][column], row >= column
};

Published publish(const TestAgent& agent, const FakeState& state) {
  Numbers room(std::size_t{state.size()} * state.size(), missing);
  cadre_service_output out{};
  out.size = sizeof out;
  out.rows = out.columns = state.size();
  out.data = room.data();
  out.stride = state.size();
  Published result;
  result.status = agent.table<cadre_service_provider>().publish(agent.self(), &state.raw(),
                                                                CADRE_TEXT("cadre.covariance/1"), &out);
  result.observations = out.observations;
  if (out.observations == 0) return result;
  const double* values = out.lent != nullptr ? out.lent : out.data;
  result.lower.assign(state.size(), Numbers(state.size(), missing));
  for (std::uint32_t column = 0; column < state.size(); ++column) {
    for (std::uint32_t row = column; row < state.size(); ++row)
      result.lower[row][column] = values[column * out.stride + row];
  }
  return result;
}

// The last `count` rows of `all`, as the host's window has them after bar `end`.
Rows window(const Rows& all, std::size_t end, std::size_t count) {
  const std::size_t begin = end > count ? end - count : 0;
  return Rows(all.begin() + static_cast<std::ptrdiff_t>(begin),
              all.begin() + static_cast<std::ptrdiff_t>(end));
}

Rows random_rows(std::size_t periods, std::size_t instruments) {
  std::mt19937_64 random(11);
  std::normal_distribution<double> normal(0.0, 0.01);
  Rows rows(periods, Numbers(instruments));
  for (Numbers& row : rows) {
    for (double& value : row)
      value = normal(random);
  }
  return rows;
}

double covariance_of(const Rows& rows, std::size_t a, std::size_t b) {
  double mean_a = 0;
  double mean_b = 0;
  for (const Numbers& row : rows) {
    mean_a += row[a] / static_cast<double>(rows.size());
    mean_b += row[b] / static_cast<double>(rows.size());
  }
  double sum = 0;
  for (const Numbers& row : rows)
    sum += (row[a] - mean_a) * (row[b] - mean_b);
  return sum / static_cast<double>(rows.size() - 1);
}

TEST(SampleCovariance, equals_the_figure_by_hand) {
  AgentUnderTest test("sample_covariance", "cadre.sample_covariance", small);
  FakeState state({"A", "B"});
  // Means 0.02 and 0.01; deviations -0.01, 0, 0.01 and 0.02, 0, -0.02.
  const Rows all = {{0.01, 0.03}, {0.02, 0.01}, {0.03, -0.01}};
  for (std::size_t t = 1; t <= all.size(); ++t) {
    state.returns(window(all, t, 5));
    ASSERT_EQ(test.agent.observe_bar(state), CADRE_OK);
  }
  const Published published = publish(test.agent, state);
  EXPECT_EQ(published.observations, 3U);
  EXPECT_NEAR(published.lower[0][0], 1e-4, 1e-18);
  EXPECT_NEAR(published.lower[1][0], -2e-4, 1e-18);
  EXPECT_NEAR(published.lower[1][1], 4e-4, 1e-18);
}

TEST(SampleCovariance, asks_for_one_row_more_than_its_window) {
  AgentUnderTest test("sample_covariance", "cadre.sample_covariance");
  EXPECT_EQ(test.agent.requirements().sessions.returns, 253U);
}

TEST(SampleCovariance, follows_the_window_over_many_bars) {
  AgentUnderTest test("sample_covariance", "cadre.sample_covariance", R"({"window": 20})");
  const Rows all = random_rows(300, 3);
  FakeState state({"A", "B", "C"});
  for (std::size_t t = 1; t <= all.size(); ++t) {
    state.returns(window(all, t, 21));
    ASSERT_EQ(test.agent.observe_bar(state), CADRE_OK);
  }
  const Published published = publish(test.agent, state);
  const Rows last = window(all, all.size(), 20);
  EXPECT_EQ(published.observations, 20U);
  for (std::size_t a = 0; a < 3; ++a) {
    for (std::size_t b = 0; b <= a; ++b)
      EXPECT_NEAR(published.lower[a][b], covariance_of(last, a, b), 1e-18);
  }
}

TEST(SampleCovariance, publishes_nothing_before_the_first_observations) {
  AgentUnderTest test("sample_covariance", "cadre.sample_covariance", small);
  FakeState state({"A", "B"});
  EXPECT_EQ(publish(test.agent, state).observations, 0U);
  state.returns({{missing, missing}, {missing, missing}});
  test.agent.observe_bar(state);
  EXPECT_EQ(publish(test.agent, state).observations, 0U);
  state.returns({{missing, missing}, {0.01, 0.02}});
  test.agent.observe_bar(state);
  EXPECT_EQ(publish(test.agent, state).observations, 0U);
}

// Observes the rows one by one, as a host with a window of `kept` rows shows them.
void observe_all(TestAgent& agent, FakeState& state, const Rows& all, std::size_t kept) {
  for (std::size_t t = 1; t <= all.size(); ++t) {
    state.returns(window(all, t, kept));
    ASSERT_EQ(agent.observe_bar(state), CADRE_OK);
  }
}

// The textbook figure over the rows that have both.
double pairwise_of(const Rows& rows, std::size_t a, std::size_t b) {
  Rows common;
  for (const Numbers& row : rows) {
    if (!std::isnan(row[a]) && !std::isnan(row[b])) common.push_back(row);
  }
  return covariance_of(common, a, b);
}

TEST(SampleCovariance, is_pairwise_where_returns_lack_and_leaves_out_what_has_too_few) {
  AgentUnderTest test("sample_covariance", "cadre.sample_covariance", small);
  FakeState state({"A", "B", "C"});
  const Rows all = {
      {0.01, 0.02, missing}, {-0.01, missing, 0.01}, {0.01, -0.04, missing}, {-0.02, 0.05, missing}};
  observe_all(test.agent, state, all, 5);
  const Published published = publish(test.agent, state);
  // A: mean -0.0025, squares 7e-4 - 4 * 6.25e-6. B: of three, mean 0.01, squares 45e-4 - 3e-4.
  EXPECT_NEAR(published.lower[0][0], (7e-4 - 0.25e-4) / 3, 1e-18);
  EXPECT_NEAR(published.lower[1][1], 42e-4 / 2, 1e-18);
  // Both on days 1, 3 and 4: products 2e-4 - 4e-4 - 10e-4, sums 0 and 0.03.
  EXPECT_NEAR(published.lower[1][0], -12e-4 / 2, 1e-18);
  EXPECT_TRUE(std::isnan(published.lower[2][0]));
  EXPECT_TRUE(std::isnan(published.lower[2][1]));
  EXPECT_TRUE(std::isnan(published.lower[2][2]));
}

TEST(SampleCovariance, equals_the_covariance_of_the_common_rows_wherever_the_holes_are) {
  const std::size_t n = 7;
  AgentUnderTest test("sample_covariance", "cadre.sample_covariance", R"({"window": 70})");
  Rows all = random_rows(200, n);
  std::mt19937_64 random(5);
  for (Numbers& row : all) {
    for (double& value : row)
      if (random() % 6 == 0) value = missing;
  }
  std::vector<std::string> ids{"A", "B", "C", "D", "E", "F", "G"};
  FakeState state(ids);
  observe_all(test.agent, state, all, 71);
  const Published published = publish(test.agent, state);
  const Rows last = window(all, all.size(), 70);
  for (std::size_t a = 0; a < n; ++a) {
    for (std::size_t b = 0; b <= a; ++b)
      EXPECT_NEAR(published.lower[a][b], pairwise_of(last, a, b), 1e-17) << a << ' ' << b;
  }
}

TEST(SampleCovariance, of_pairs_without_holes_is_the_same_to_the_bit_beside_one_with_a_hole) {
  AgentUnderTest with("sample_covariance", "cadre.sample_covariance", R"({"window": 20})");
  AgentUnderTest without("sample_covariance", "cadre.sample_covariance", R"({"window": 20})");
  Rows whole = random_rows(50, 3);
  Rows holed = whole;
  holed[45][2] = missing;
  FakeState one({"A", "B", "C"}), other({"A", "B", "C"});
  observe_all(with.agent, one, holed, 21);
  observe_all(without.agent, other, whole, 21);
  const Published a = publish(with.agent, one), b = publish(without.agent, other);
  EXPECT_EQ(a.lower[0][0], b.lower[0][0]);
  EXPECT_EQ(a.lower[1][0], b.lower[1][0]);
  EXPECT_EQ(a.lower[1][1], b.lower[1][1]);
  EXPECT_NE(a.lower[2][2], b.lower[2][2]);
}

TEST(SampleCovariance, of_two_that_share_less_than_two_periods_is_zero) {
  AgentUnderTest test("sample_covariance", "cadre.sample_covariance", small);
  FakeState state({"A", "B"});
  observe_all(test.agent, state, {{0.01, missing}, {0.03, missing}, {missing, 0.01}, {missing, -0.01}}, 5);
  const Published published = publish(test.agent, state);
  EXPECT_NEAR(published.lower[0][0], 2e-4, 1e-18);
  EXPECT_EQ(published.lower[1][0], 0.0);
}

TEST(SampleCovariance, a_price_that_stands_still_has_no_variance_at_all) {
  AgentUnderTest test("sample_covariance", "cadre.sample_covariance",
                      R"({"window": 20, "min_observations": 10})");
  Rows all = random_rows(39, 2);  // the last one before the sums are computed afresh
  all[5][1] = 80;                 // a bad print: what leaves the window leaves a residue
  for (std::size_t t = 6; t < all.size(); ++t)
    all[t][1] = t == 30 ? missing : 0.0;
  FakeState state({"A", "B"});
  observe_all(test.agent, state, all, 21);
  const Published published = publish(test.agent, state);
  EXPECT_GT(published.lower[0][0], 0.0);
  EXPECT_EQ(published.lower[1][0], 0.0);
  EXPECT_EQ(published.lower[1][1], 0.0);
  const std::string bytes = test.agent.save();
  AgentUnderTest other("sample_covariance", "cadre.sample_covariance",
                       R"({"window": 20, "min_observations": 10})", false);
  EXPECT_EQ(other.agent.load(bytes, 2), CADRE_OK) << other.said();
}

TEST(SampleCovariance, publishes_nothing_where_the_history_lacks_rows_that_it_is_of) {
  AgentUnderTest test("sample_covariance", "cadre.sample_covariance", small);
  FakeState state({"A"});
  observe_all(test.agent, state, random_rows(6, 1), 5);
  state.returns({{0.01}, {0.02}});
  EXPECT_EQ(publish(test.agent, state).observations, 0U);
}

TEST(SampleCovariance, holes_leave_the_window_again) {
  AgentUnderTest test("sample_covariance", "cadre.sample_covariance", small);
  Rows all = random_rows(12, 2);
  all[3][1] = missing;
  FakeState state({"A", "B"});
  for (std::size_t t = 1; t <= all.size(); ++t) {
    state.returns(window(all, t, 5));
    ASSERT_EQ(test.agent.observe_bar(state), CADRE_OK);
  }
  EXPECT_NEAR(publish(test.agent, state).lower[1][1], covariance_of(window(all, 12, 4), 1, 1), 1e-18);
}

TEST(SampleCovariance, rebuilds_from_the_history_of_a_new_universe) {
  AgentUnderTest test("sample_covariance", "cadre.sample_covariance", small);
  const Rows all = random_rows(9, 3);
  FakeState two({"A", "B"});
  for (std::size_t t = 1; t <= 8; ++t) {
    Rows rows;
    for (const Numbers& row : window(all, t, 5))
      rows.push_back({row[0], row[1]});
    two.returns(rows);
    ASSERT_EQ(test.agent.observe_bar(two), CADRE_OK);
  }
  FakeState three({"B", "C", "A"});
  const auto moved = [](Rows rows) {
    for (Numbers& row : rows)
      row = {row[1], row[2], row[0]};
    return rows;
  };
  three.epoch(2).returns(moved(window(all, 8, 5)));
  ASSERT_EQ(test.agent.change_universe(three, {2, 0}), CADRE_OK);
  EXPECT_NEAR(publish(test.agent, three).lower[2][1], covariance_of(window(all, 8, 4), 2, 0), 1e-18);
  three.returns(moved(window(all, 9, 5)));
  ASSERT_EQ(test.agent.observe_bar(three), CADRE_OK);
  EXPECT_NEAR(publish(test.agent, three).lower[2][1], covariance_of(window(all, 9, 4), 2, 0), 1e-18);
}

TEST(SampleCovariance, publishing_changes_nothing_and_saved_state_is_sound) {
  AgentUnderTest test("sample_covariance", "cadre.sample_covariance", small);
  Rows all = random_rows(7, 2);
  all[5][0] = missing;
  FakeState state({"A", "B"});
  for (std::size_t t = 1; t <= 6; ++t) {
    state.returns(window(all, t, 5));
    test.agent.observe_bar(state);
  }
  const std::string before = test.agent.save();
  publish(test.agent, state);
  EXPECT_EQ(test.agent.save(), before);
  expect_sound_state("sample_covariance", "cadre.sample_covariance", small, before, 2);

  AgentUnderTest other("sample_covariance", "cadre.sample_covariance", small, false);
  ASSERT_EQ(other.agent.load(before, 2), CADRE_OK);
  ASSERT_EQ(other.agent.activate(), CADRE_OK);
  EXPECT_EQ(publish(other.agent, state).lower[1][0], publish(test.agent, state).lower[1][0]);
  state.returns(window(all, 7, 5));
  other.agent.observe_bar(state);
  test.agent.observe_bar(state);
  EXPECT_EQ(other.agent.save(), test.agent.save());
}

TEST(SampleCovariance, refuses_state_of_another_window_and_a_window_below_the_minimum) {
  AgentUnderTest test("sample_covariance", "cadre.sample_covariance", small);
  FakeState state({"A"});
  state.returns({{0.01}, {0.02}});
  test.agent.observe_bar(state);
  AgentUnderTest other("sample_covariance", "cadre.sample_covariance",
                       R"({"window": 5, "min_observations": 2})", false);
  EXPECT_EQ(other.agent.load(test.agent.save(), 1), CADRE_REJECTED);
  AgentUnderTest bad("sample_covariance", "cadre.sample_covariance", R"({"window": 5})", false);
  EXPECT_EQ(bad.status, CADRE_REJECTED);
  EXPECT_THAT(bad.agent.refusal(), ::testing::HasSubstr("/min_observations"));
}

}  // namespace
}  // namespace cadre::test
