#include <cmath>
#include <limits>
#include <stdexcept>

#include "script.hpp"

namespace cadre::scripted {

std::vector<double> numbers_at(const sdk::Config& config, const std::string& pointer) {
  std::vector<double> numbers;
  for (std::uint64_t i = 0, n = config.count(pointer); i < n; ++i)
    numbers.push_back(config.number(pointer + "/" + std::to_string(i)));
  return numbers;
}

void Script::read(const sdk::Config& config) {
  rows_.clear();
  for (std::uint64_t row = 0, n = config.count("/targets"); row < n; ++row)
    rows_.push_back(numbers_at(config, "/targets/" + std::to_string(row)));
  failure_ = config.text("/failure");
  fail_from_ = config.integer("/fail_from");
  fail_until_ = config.integer("/fail_until");
  if (failure_ == "configure") throw sdk::Refusal("it was told to refuse its configuration");
}

cadre_status Script::status() const {
  const std::string_view word = failure();
  if (word == "throw") throw std::runtime_error("it was told to throw");
  if (word == "discard") return CADRE_DISCARD;
  if (word == "rejected") return CADRE_REJECTED;
  if (word == "error") return CADRE_ERROR;
  if (word == "fatal") return CADRE_FATAL;
  return CADRE_OK;
}

void Script::write_targets(cadre_targets& targets) const {
  if (!rows_.empty()) {
    const auto last = static_cast<std::int64_t>(rows_.size());
    const auto& row = rows_[static_cast<std::size_t>(std::min(std::max<std::int64_t>(bar_, 1), last) - 1)];
    for (std::uint32_t i = 0; i < targets.instrument_count && i < row.size(); ++i)
      targets.weight[i] = row[i];
  }
  const std::string_view word = failure();
  if (word == "nan") targets.weight[0] = std::nan("");
  if (word == "infinite") targets.weight[0] = std::numeric_limits<double>::infinity();
  if (word == "short") targets.weight[0] = -0.1;
  if (word == "huge") targets.weight[0] = 1e6;
}

}  // namespace cadre::scripted
