// What the log takes, part by part, and what it had to drop.

#include <boost/json.hpp>

#include "host/base/json.hpp"
#include "host/base/log.hpp"
#include "host/base/log_output.hpp"
#include "host/base/text.hpp"
#include "host/control/host_parts.hpp"
#include "host/control/operation.hpp"

namespace cadre::control {

namespace json = boost::json;

namespace {

live::Answer levels(HostParts&, const Call&) {
  json::object parts;
  for (std::size_t part = 0; part < base::log_parts; ++part) {
    const auto named = static_cast<base::LogPart>(part);
    parts[base::log_part_name(named)] = base::log_level_name(base::log_level(named));
  }
  return {
      live::Outcome::done, json::object{{"levels", std::move(parts)}, {"dropped", base::log_dropped()}}, {}};
}

live::Answer refused(const std::string& what, const std::string& word,
                     const std::vector<std::string>& known) {
  base::Problems problems;
  problems.error("LOG_WORD_UNKNOWN", {},
                 "there is no " + what + " " + base::quote(word) + base::did_you_mean(word, known),
                 "use one of " + base::join(known, ", "));
  return {live::Outcome::invalid, {}, problems};
}

live::Answer set_level(HostParts& host, const Call& call) {
  const std::string level_word = call.text("level"), part_word = call.text("part");
  const auto level = base::log_level_named(level_word);
  if (!level) return refused("level", level_word, {"debug", "info", "warn", "error", "off"});
  const auto part = base::log_part_named(part_word);
  if (!part && !part_word.empty()) {
    std::vector<std::string> names;
    for (std::size_t each = 0; each < base::log_parts; ++each)
      names.emplace_back(base::log_part_name(static_cast<base::LogPart>(each)));
    return refused("part", part_word, names);
  }
  if (part)
    base::set_log_level(*part, *level);
  else
    base::set_log_level(*level);
  return levels(host, call);
}

}  // namespace

std::span<const Operation> log_operations() {
  using Brings = Operation::Brings;
  static const Operation rows[] = {
      {"GET", "/v1/log", "the level of each part, and how many lines were dropped", levels},
      {"POST",
       "/v1/log",
       "log more or less, of one part or of all, until the configuration says otherwise or the host ends",
       set_level,
       Brings::change,
       {{"part"}, {"level", Member::Kind::text, true}}}};
  return rows;
}

}  // namespace cadre::control
