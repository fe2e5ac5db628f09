#include "settings.hpp"

#include <cmath>
#include <string>

namespace cadre::simulated_execution {

namespace {

std::int64_t from_bp(double basis_points) {
  return std::llround(basis_points * 1e5);
}

std::int64_t in_e9(double value) {
  return std::llround(value * 1e9);
}

std::optional<std::int64_t> optional_share(const sdk::Config& config, const std::string& pointer) {
  const double share = config.number_or(pointer, std::nan(""));
  return std::isnan(share) ? std::nullopt : std::optional(in_e9(share));
}

std::string shown(double number) {
  std::string text = std::to_string(number);
  while (text.find('.') != std::string::npos && (text.back() == '0' || text.back() == '.')) {
    const bool is_point = text.back() == '.';
    text.pop_back();
    if (is_point) break;
  }
  return text;
}

Latency read_latency(const sdk::Config& config) {
  Latency latency;
  const double bars = config.number_or("/latency", 0);
  if (bars > 0) {
    latency.bars = static_cast<std::uint32_t>(bars);
    return latency;
  }
  const std::string text = config.text("/latency");
  latency.is_none = text == "none";
  if (!latency.is_none) latency.time_ns = std::stoll(text) * 1'000'000;  // "250ms", as the schema says
  return latency;
}

FillAt read_fill_at(const sdk::Config& config) {
  const std::string text = config.text("/fill_at");
  return text == "open" ? FillAt::open : text == "touch" ? FillAt::touch : FillAt::close;
}

Rate read_rate(const sdk::Config& config, const std::string& bp, const std::string& per_share) {
  return {in_e9(config.number_or(per_share, 0)), from_bp(config.number_or(bp, 0))};
}

/// A schedule out of the members at `prefix`, "/commission_" or those of an entry.
Schedule read_schedule(const sdk::Config& config, const std::string& prefix) {
  Schedule schedule;
  schedule.rate = read_rate(config, prefix + "bp", prefix + "per_share");
  schedule.per_order_e6 = std::llround(config.number_or(prefix + "per_order", 0) * 1e6);
  schedule.minimum_e6 = std::llround(config.number_or(prefix + "minimum", 0) * 1e6);
  schedule.maximum_share_e9 = optional_share(config, prefix + "maximum_share");
  return schedule;
}

void read_tiers(const sdk::Config& config, Commission& commission) {
  commission.by_money = config.text("/commission_tiers_by") == "money";
  const std::string list = "/commission_tiers";
  for (std::uint64_t k = 0, count = config.count(list); k < count; ++k) {
    const std::string entry = list + "/" + std::to_string(k);
    const double from = config.number(entry + "/from");
    const std::int64_t bound = std::llround(from * (commission.by_money ? 1e6 : 1e9));
    if (k == 0 && bound != 0)
      throw sdk::Refusal(entry + "/from: " + shown(from) +
                         " leaves the volume below it without a rate; let the first tier begin at 0");
    if (k > 0 && bound <= commission.tiers.back().from)
      throw sdk::Refusal(entry + "/from: " + shown(from) +
                         " is not above that of the tier before; list the tiers by rising volume");
    commission.tiers.push_back({bound, read_rate(config, entry + "/bp", entry + "/per_share")});
  }
  const Rate& flat = commission.usual.rate;
  if (!commission.tiers.empty() && (flat.per_share_e9 != 0 || flat.share_e9 != 0))
    throw sdk::Refusal(
        std::string(flat.share_e9 != 0 ? "/commission_bp: " : "/commission_per_share: ") +
        shown(flat.share_e9 != 0 ? config.number("/commission_bp") : config.number("/commission_per_share")) +
        " cannot hold beside commission_tiers; give each tier its rate, or leave the tiers out");
  commission.usual.is_tiered = !commission.tiers.empty();
}

Commission read_commission(const sdk::Config& config) {
  Commission commission;
  commission.usual = read_schedule(config, "/commission_");
  read_tiers(config, commission);
  const std::string list = "/commission_by_instrument";
  for (std::uint64_t k = 0, count = config.count(list); k < count; ++k) {
    const std::string entry = list + "/" + std::to_string(k);
    const std::string id = config.text(entry + "/instrument");
    if (commission.set(id, read_schedule(config, entry + "/"))) continue;
    std::string sentence = entry + "/instrument: \"";
    sentence.append(id).append("\" stands in the list before; keep one of the entries");
    throw sdk::Refusal(sentence);
  }
  return commission;
}

void refuse_what_does_not_go_together(const sdk::Config& config, const Settings& settings) {
  if (settings.latency.is_none && settings.fill_at == FillAt::open)
    throw sdk::Refusal(
        "/latency: \"none\" fills at the quotes of the bar that has closed, and fill_at \"open\" at the next "
        "open; "
        "set fill_at to \"touch\", or latency to 1");
  if (settings.needs_quotes() && settings.half_spread_e9 != 0)
    throw sdk::Refusal("/half_spread_bp: " + shown(config.number("/half_spread_bp")) +
                       " would be paid on top of the spread between bid and ask; set it to 0 with fill_at "
                       "\"touch\" or latency "
                       "\"none\"");
  const auto& whole = settings.max_participation_e9;
  const auto& auction = settings.auction_participation_e9;
  if (whole && auction && *auction > *whole)
    throw sdk::Refusal(
        "/auction_participation: " + shown(config.number("/auction_participation")) +
        " is above max_participation, which bounds the auctions too; lower it, or raise max_participation");
}

}  // namespace

Settings read_settings(const sdk::Config& config) {
  Settings settings;
  settings.fill_at = read_fill_at(config);
  settings.latency = read_latency(config);
  settings.commission = read_commission(config);
  settings.half_spread_e9 = from_bp(config.number("/half_spread_bp"));
  settings.slippage_e9 = from_bp(config.number("/slippage_bp"));
  settings.reject_probability_e9 = in_e9(config.number("/reject_probability"));
  settings.partial_fill_probability_e9 = in_e9(config.number("/partial_fill_probability"));
  settings.seed = static_cast<std::uint64_t>(config.integer("/seed"));
  settings.requires_borrow = config.flag("/require_borrow");
  settings.max_participation_e9 = optional_share(config, "/max_participation");
  settings.auction_participation_e9 = optional_share(config, "/auction_participation");
  refuse_what_does_not_go_together(config, settings);
  if (settings.latency.is_none) settings.fill_at = FillAt::touch;  // what rests is filled there later
  return settings;
}

}  // namespace cadre::simulated_execution
