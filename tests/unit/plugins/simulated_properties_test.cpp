// What holds of the simulated environment whatever the orders and the market: thousands of random books.

#include "tests/unit/plugins/simulated_market.hpp"

namespace cadre::test {
namespace {

constexpr std::uint32_t instruments = 4;
constexpr int bars = 6;

/// A market and its orders, out of one seed.
struct Scene {
  struct Given {
    int bar;
    Order order;
  };
  struct Prices {
    Numbers open, high, low, close, volume;
  };

  explicit Scene(std::uint64_t seed) : random(seed) {
    cash = static_cast<double>(number(0, 20'000));
    for (std::uint32_t i = 0; i < instruments; ++i) {
      lots.push_back(static_cast<double>(1 + 9 * number(0, 1)));
      held.push_back(static_cast<double>(number(-3, 6)) * 10 * lots.back());
    }
    for (int bar = 0; bar < bars; ++bar)
      add_bar(bar);
  }

  std::int64_t number(std::int64_t from, std::int64_t to) {
    return from + static_cast<std::int64_t>(random() % static_cast<std::uint64_t>(to - from + 1));
  }
  void add_bar(int bar) {
    Prices all;
    for (std::uint32_t i = 0; i < instruments; ++i) {
      const double open = static_cast<double>(number(800, 1200)) / 100;
      const double close = static_cast<double>(number(800, 1200)) / 100;
      all.open.push_back(open);
      all.close.push_back(number(0, 19) == 0 ? missing : close);
      all.high.push_back(std::max(open, close) + static_cast<double>(number(0, 100)) / 100);
      all.low.push_back(std::min(open, close) - static_cast<double>(number(0, 100)) / 100);
      all.volume.push_back(static_cast<double>(number(0, 9) == 0 ? 0 : number(1, 5000)));
    }
    prices.push_back(all);
    for (std::int64_t k = number(0, 5); k > 0; --k)
      orders.push_back({bar, order("order " + std::to_string(orders.size()))});
  }
  Order order(const std::string& id) {
    const auto i = static_cast<std::uint32_t>(number(0, instruments - 1));
    Order made(id, i, static_cast<double>(number(1, 60)) * lots[i] * (number(0, 2) == 0 ? -1 : 1));
    const auto price = [&] { return static_cast<double>(number(850, 1150)) / 100; };
    constexpr std::uint32_t lasting[] = {CADRE_TIF_DAY, CADRE_TIF_GTC};
    constexpr std::uint32_t all[] = {
        CADRE_TIF_DAY,         CADRE_TIF_GTC, CADRE_TIF_IOC, CADRE_TIF_FOK, CADRE_TIF_AT_THE_OPENING,
        CADRE_TIF_AT_THE_CLOSE};
    const std::int64_t type = number(0, 5);
    if (type == 1 || type == 3) made.limit(price());
    if (type == 2 || type == 3) made.stop(price());
    if (type == 4) made.on_close();
    made.lives(type >= 2 && type <= 4 ? lasting[number(0, 1)] : all[number(0, 5)]);
    return made;
  }

  std::mt19937_64 random;
  double cash;
  Numbers lots, held;
  std::vector<Prices> prices;
  std::vector<Given> orders;
};

/// Where each instrument stands in the universe of a run.
using Places = std::array<std::uint32_t, instruments>;
constexpr Places as_they_are{0, 1, 2, 3};

struct Outcome {
  std::vector<cadre_execution_report> reports;  // by bar, as they came
  std::vector<std::size_t> ends;                // where the reports of each bar end
  std::vector<Ledger> books;                    // after each bar
  std::string state;
};

struct Player {
  Player(const Scene& played, const std::string& config, Places where = as_they_are)
      : scene(played), places(where), market(config, ids()), book(instruments, played.cash) {
    for (std::uint32_t i = 0; i < instruments; ++i) {
      market.state.instrument(places[i], 0.01, scene.lots[i], 1);
      book.position[places[i]] = e9(scene.held[i]);
    }
  }
  std::vector<std::string> ids() const {
    std::vector<std::string> all(instruments);
    for (std::uint32_t i = 0; i < instruments; ++i)
      all[places[i]] = std::string(1, static_cast<char>('A' + i));
    return all;
  }
  Numbers placed(const Numbers& numbers) const {
    Numbers all(instruments);
    for (std::uint32_t i = 0; i < instruments; ++i)
      all[places[i]] = numbers[i];
    return all;
  }
  void send_orders(int bar, bool backwards) {
    std::vector<Order> given;
    for (const Scene::Given& each : scene.orders) {
      if (each.bar == bar) given.push_back(each.order);
    }
    if (backwards) std::reverse(given.begin(), given.end());
    for (Order& order : given) {
      order.raw.instrument = places[order.raw.instrument];
      (void)market.send(order);
    }
  }
  std::vector<cadre_execution_report> meet(int bar) {
    const Scene::Prices& p = scene.prices[static_cast<std::size_t>(bar)];
    book.show(market.state);
    market.state.at(bar + 1, 20000103 + bar).open(placed(p.open)).high(placed(p.high)).low(placed(p.low));
    market.state.close(placed(p.close)).volume(placed(p.volume));
    auto reports = market.bar();
    for (const auto& report : reports)
      book.take(report);
    return reports;
  }

  const Scene& scene;
  Places places;
  SimulatedMarket market;
  Ledger book;
};

Outcome run(const Scene& scene, const std::string& config, Places places = as_they_are,
            bool backwards = false) {
  Player player(scene, config, places);
  Outcome all;
  for (int bar = 0; bar < bars; ++bar) {
    player.send_orders(bar, backwards);
    const auto reports = player.meet(bar);
    all.reports.insert(all.reports.end(), reports.begin(), reports.end());
    all.ends.push_back(all.reports.size());
    all.books.push_back(player.book);
  }
  all.state = player.market.test.agent.save();
  return all;
}

std::string random_config(Scene& scene) {
  std::string config = scene.number(0, 1) == 0 ? R"({"fill_at": "open")" : R"({"fill_at": "close")";
  if (scene.number(0, 1) == 0) config += R"(, "max_participation": 0.02, "auction_participation": 0.01)";
  if (scene.number(0, 1) == 0) config += R"(, "commission_per_share": 0.01, "commission_minimum": 3)";
  if (scene.number(0, 2) == 0) config += R"(, "commission_per_order": 5, "half_spread_bp": 10)";
  if (scene.number(0, 3) == 0) config += R"(, "partial_fill_probability": 0.3, "slippage_bp": 20)";
  if (scene.number(0, 3) == 0) config += R"(, "reject_probability": 0.1, "require_borrow": true)";
  if (scene.number(0, 3) == 0) config += R"(, "latency": 2)";
  return config + "}";
}

constexpr int books = 3000;

TEST(SimulatedProperties,
     no_purchase_takes_cash_that_is_not_there_and_nothing_fills_beyond_order_and_volume) {
  for (int seed = 0; seed < books; ++seed) {
    Scene scene(static_cast<std::uint64_t>(seed));
    const std::string config = random_config(scene);
    SCOPED_TRACE("seed " + std::to_string(seed) + " " + config);
    const bool capped = config.find("max_participation") != std::string::npos;
    Player player(scene, config);
    std::map<std::string, std::int64_t> wanted, got;
    for (int bar = 0; bar < bars; ++bar) {
      player.send_orders(bar, false);
      const Ledger before = player.book;
      const auto reports = player.meet(bar);
      std::array<std::int64_t, instruments> traded{};
      bool increases_long = false;
      for (const auto& report : reports) {
        traded[report.instrument] += report.quantity_e9;
        got[report.client_id.text] += report.quantity_e9;
        const std::int64_t position = before.position[report.instrument];
        increases_long |=
            report.side == CADRE_SIDE_BUY && report.quantity_e9 > std::max<std::int64_t>(0, -position);
      }
      EXPECT_TRUE(!increases_long || player.book.cash >= 0) << player.book.cash;
      for (std::uint32_t i = 0; i < instruments; ++i) {
        const double volume = scene.prices[static_cast<std::size_t>(bar)].volume[i];
        EXPECT_LE(traded[i], volume == 0 ? 0 : capped ? e9(volume * 0.02) + 1 : INT64_MAX);
      }
    }
    for (const Scene::Given& given : scene.orders)
      wanted[given.order.raw.client_id.text] = given.order.raw.quantity_e9;
    for (const auto& [id, quantity] : got)
      ASSERT_LE(quantity, wanted[id]) << id;
    if (HasFailure()) return;
  }
}

TEST(SimulatedProperties, the_order_of_orders_and_instruments_changes_nothing) {
  for (int seed = 0; seed < books / 3; ++seed) {
    Scene scene(static_cast<std::uint64_t>(seed));
    const std::string config = random_config(scene);
    SCOPED_TRACE("seed " + std::to_string(seed) + " " + config);
    const Places elsewhere{2, 0, 3, 1};
    const Outcome one_way = run(scene, config), other = run(scene, config, elsewhere, true);
    ASSERT_EQ(one_way.reports.size(), other.reports.size());
    for (std::size_t k = 0; k < one_way.reports.size(); ++k) {
      cadre_execution_report expected = one_way.reports[k];
      expected.instrument = elsewhere[expected.instrument];
      ASSERT_EQ(std::memcmp(&expected, &other.reports[k], sizeof expected), 0) << k;
    }
    ASSERT_EQ(one_way.books.back().cash, other.books.back().cash);
  }
}

TEST(SimulatedProperties, a_name_gives_no_order_more_than_another) {
  // Twins: the same order in two instruments that are alike, so that nothing but their names differs.
  for (int seed = 0; seed < books / 3; ++seed) {
    Scene scene(static_cast<std::uint64_t>(seed));
    SCOPED_TRACE("seed " + std::to_string(seed));
    SimulatedMarket market(R"({"commission_per_order": 1})", {"A", "B", "C", "D"});
    const double price = static_cast<double>(scene.number(1, 40)),
                 units = static_cast<double>(scene.number(1, 99));
    const double other = static_cast<double>(scene.number(1, 40));
    market.state.cash(static_cast<double>(scene.number(0, 4000))).close({price, price, other, other});
    for (const std::uint32_t i : {0U, 1U})
      market.send(Order(std::to_string(i), i, units));
    market.send(Order("2", 2, static_cast<double>(scene.number(1, 99))));
    std::array<std::int64_t, instruments> got{};
    for (const auto& report : market.bar())
      got[report.instrument] += report.quantity_e9;
    ASSERT_EQ(got[0], got[1]);
  }
}

TEST(SimulatedProperties, more_cost_with_the_same_fills_never_makes_a_book_richer) {
  for (int seed = 0; seed < books / 3; ++seed) {
    Scene scene(static_cast<std::uint64_t>(seed));
    scene.cash = 1e9;  // so that no cost changes a fill
    SCOPED_TRACE("seed " + std::to_string(seed));
    const Outcome cheap = run(scene, R"({"commission_bp": 1})");
    for (const char* config :
         {R"({"commission_bp": 2})", R"({"commission_bp": 1, "commission_minimum": 4})",
          R"({"commission_bp": 1, "half_spread_bp": 3})", R"({"commission_bp": 1, "slippage_bp": 5})"}) {
      const Outcome dear = run(scene, config);
      ASSERT_EQ(cheap.books.back().position, dear.books.back().position);
      ASSERT_LE(dear.books.back().cash, cheap.books.back().cash) << config;
    }
  }
}

TEST(SimulatedProperties, state_saved_anywhere_goes_on_with_the_same_reports) {
  for (int seed = 0; seed < books / 3; ++seed) {
    Scene scene(static_cast<std::uint64_t>(seed));
    const std::string config = random_config(scene);
    SCOPED_TRACE("seed " + std::to_string(seed) + " " + config);
    const auto saved_at = static_cast<int>(scene.number(0, bars - 1));
    const bool before_its_orders = scene.number(0, 1) == 0;
    const Outcome whole = run(scene, config);
    Player first(scene, config), second(scene, config);
    for (int bar = 0; bar < bars; ++bar) {
      Player& player = bar < saved_at ? first : second;
      if (bar == saved_at) {
        if (!before_its_orders) first.send_orders(bar, false);
        for (int lived = 0; lived < bar; ++lived)  // it has counted as many events as the first one
          second.meet(lived);
        const std::string bytes = first.market.test.agent.save();
        ASSERT_EQ(second.market.test.agent.load(bytes, instruments), CADRE_OK) << second.market.test.said();
        ASSERT_EQ(second.market.test.agent.save(), bytes);
        second.book = first.book;
      }
      if (bar != saved_at || before_its_orders) player.send_orders(bar, false);
      const auto reports = player.meet(bar);
      const std::size_t begin = bar == 0 ? 0 : whole.ends[static_cast<std::size_t>(bar) - 1];
      ASSERT_EQ(reports.size(), whole.ends[static_cast<std::size_t>(bar)] - begin);
      for (std::size_t k = 0; k < reports.size(); ++k)
        ASSERT_EQ(std::memcmp(&reports[k], &whole.reports[begin + k], sizeof reports[k]), 0)
            << bar << " " << k;
    }
    ASSERT_EQ(second.market.test.agent.save(), whole.state);
  }
}

}  // namespace
}  // namespace cadre::test
