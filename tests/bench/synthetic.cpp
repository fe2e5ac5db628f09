#include "tests/bench/synthetic.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "host/base/date.hpp"
#include "host/model/bar.hpp"

namespace cadre::bench {

SyntheticMarket::SyntheticMarket(std::size_t instruments) : price_(instruments, 50) {
  bar_.close_e9.resize(instruments);
  bar_.valid.assign(instruments, 1);
}

const model::Bar& SyntheticMarket::next() {
  bar_.date = base::date_of_days(++day_);
  bar_.time_ns = base::close_time_ns(bar_.date);
  const double common = 0.010 * normal_(random_);
  double own = 0;
  for (std::size_t i = 0; i < price_.size(); ++i) {
    own = i % 10 == 1 ? 0.95 * own : 0.012 * normal_(random_);
    const double pull = 0.002 * std::log(50 / price_[i]);
    price_[i] *= std::exp(common + own + pull);
    bar_.close_e9[i] = std::max<std::int64_t>(1, std::llround(price_[i] * 100)) * 10'000'000;
  }
  return bar_;
}

const model::Bar& SyntheticMarket::next_with_holes(unsigned one_in) {
  next();
  for (std::uint8_t& valid : bar_.valid)
    valid = random_() % one_in != 0;
  return bar_;
}

std::vector<std::string> SyntheticMarket::names(std::size_t instruments) {
  std::vector<std::string> names;
  for (std::size_t i = 0; i < instruments; ++i) {
    char name[24];
    std::snprintf(name, sizeof name, "S%04zu", i);
    names.emplace_back(name);
  }
  return names;
}

}  // namespace cadre::bench
