// What a book does for its agents besides asking them to decide: timers, outcomes to learn from, and a way
// back for those that failed.

#include <boost/json.hpp>

#include "cadre/cadre.h"
#include "host/base/date.hpp"
#include "host/base/hash.hpp"
#include "host/base/json.hpp"
#include "host/base/log.hpp"
#include "host/book/agent_restart.hpp"
#include "host/book/book.hpp"
#include "host/book/deadline_missed.hpp"

namespace cadre::book {

namespace json = boost::json;

void Book::take_timers(std::int64_t now_ns) {
  while (const journal::TimerRecord* due = timers_.pop_due(now_ns)) {
    const journal::TimerRecord timer = *due;
    const std::uint64_t sequence = ledger_.begin_event();
    for (BookListener* listener : listeners_)
      listener->on_timer(sequence, timer);
    tell_alone(timer);
  }
}

void Book::tell_alone(const journal::TimerRecord& timer) {
  if (!agents_observe_) return;
  refresh_state();
  state_.hide_decision();
  const cadre_timer payload{sizeof(cadre_timer), 0, timer.id, timer.due_ns, timer.expirations};
  const cadre_event event{sizeof(cadre_event), CADRE_EVENT_TIMER, ledger_.sequence(), timer.due_ns, &payload};
  chains_.observe_alone(timer.stage, event, state_.state());
  after_observe();
}

/// What agents asked for while they took in an event, and which of them could not.
void Book::after_observe() {
  const auto tell = [&](const chain::ObserveFailure& failure) {
    for (BookListener* listener : listeners_)
      listener->on_observe_failure(ledger_.sequence(), failure);
  };
  for (const chain::TimerAsked& asked : chains_.timers_asked()) {
    if (!timers_.take(asked.stage, asked.request))
      tell({asked.stage, CADRE_REJECTED, "it armed more than " + std::to_string(CADRE_TIMERS_MAX) + " timers",
            false});
  }
  for (const chain::ObserveFailure& failure : chains_.observe_failures()) {
    tell(failure);
    if (!failure.replaced) note_trouble(failure.stage, failure.status, failure.reason);
  }
}

void Book::take_outcome(const journal::OutcomeRecord& record) {
  const std::uint64_t sequence = ledger_.begin_event();
  for (BookListener* listener : listeners_)
    listener->on_outcome(sequence, record);
  refresh_state();
  tell_agents(CADRE_EVENT_OUTCOME, &record.outcome);
}

/// Views are followed for those who want to hear what became of them.
void Book::begin_views() {
  if (!chains_.anyone_observes(CADRE_EVENT_OUTCOME)) return;
  views_.begin(ledger_, state_.state(), [&](const journal::ViewRecord& record) {
    for (BookListener* listener : listeners_)
      listener->on_view(ledger_.sequence(), record);
  });
}

void Book::note_trouble(const std::string& stage, cadre_status status, const std::string& reason) {
  if (status == CADRE_ERROR || status == CADRE_FATAL)
    troubles_.push_back({stage, agent::status_name(status), reason, status == CADRE_ERROR});
}

namespace {

/// What was treated: another version, or other settings, are not it.
json::object identity_of(const chain::Stage& stage) {
  return {{"stage", stage.name},
          {"sha256", stage.agent->manifest().sha256},
          {"settings", base::sha256_hex(stage.agent->spec().config)}};
}

/// The stage whose agent an identity is of; null when another one is there by now.
const chain::Stage* stage_of(const json::value& identity, const chain::Chain& chain) {
  const json::value* name = base::find(identity, "/stage");
  const bool is_named = name != nullptr && name->is_string();
  const chain::Stage* stage = is_named ? chain.stage_named(std::string_view(name->as_string())) : nullptr;
  if (stage == nullptr) return nullptr;
  const auto is_alike = [&](const json::object& one) {
    return std::all_of(one.begin(), one.end(), [&](const auto& member) {
      const json::value* said = identity.as_object().if_contains(member.key());
      return said != nullptr && *said == member.value();
    });
  };
  return is_alike(identity_of(*stage)) ? stage : nullptr;
}

/// The stage whose agent a command was about; null when another one is there by now.
const chain::Stage* stage_meant(const journal::CommandRecord& command, const chain::Chain& chain) {
  const auto document = base::JsonDocument::parse("command", command.text);
  return document ? stage_of(document->root(), chain) : nullptr;
}

constexpr const char* ended_quarantines = "ended_quarantines";
constexpr const char* process_is_gone = "process_is_gone";

bool says_process_is_gone(const journal::CommandRecord& command) {
  const auto document = base::JsonDocument::parse("command", command.text);
  return document && document->root().is_object() &&
         document->root().get_object().if_contains(process_is_gone) != nullptr;
}

}  // namespace

journal::CommandRecord missed_deadline(const agent::FlightCard& card, std::int32_t date,
                                       const std::string& what) {
  const json::object identity{{"stage", card.stage}, {"sha256", card.digest}, {"settings", card.config}};
  return {deadline_missed, date, "host", card.stage + ": " + what, json::serialize(identity)};
}

void Book::count_missed_deadline(const journal::CommandRecord& command) {
  const chain::Stage* stage = stage_meant(command, chain());
  if (stage == nullptr || !deadline_misses_.add(stage->name, ledger_.bars())) return;
  troubles_.push_back({stage->name, "too slow",
                       "it missed its deadline " + std::to_string(TooOften::too_many) + " times within " +
                           std::to_string(TooOften::within_bars) + " bars",
                       false});
}

/// Between two events, so that nobody is replaced while it is called. The environment has a rule of its own:
/// a book whose environment fails stops.
void Book::treat_troubles() {
  const std::vector<Trouble> troubles = std::exchange(troubles_, {});
  for (const Trouble& trouble : troubles) {
    const chain::Stage* stage = chain().stage_named(trouble.stage);
    if (stage == nullptr || stage == &chain().environment() || stage->agent->quarantine().holds()) continue;
    std::string why = trouble.what + " on " + base::format_date(ledger_.date()) +
                      (trouble.reason.empty() ? "" : ": " + trouble.reason);
    bool is_reset = trouble.may_be_reset && stage->on_error == config::OnError::reset;
    if (is_reset) {
      const base::Problems problems = chains_.reset(stage->name, present());
      is_reset = !problems.has_errors();
      if (!is_reset) why += "; a fresh instance cannot be made: " + problems[0].message;
    }
    json::object text = identity_of(*stage);
    if (!is_reset) stage->agent->quarantine().begin(why, agent::is_gone(*stage->agent));
    if (stage->agent->quarantine().lost_its_process()) text[process_is_gone] = true;
    const char* const kind = is_reset ? "agent_reset" : agent_quarantined;
    // What a stage does at every bar is logged once; its events and the journal have each of them.
    std::string text_of_it = kind + trouble.what + trouble.reason;
    if (std::exchange(told_troubles_[stage->name], text_of_it) != text_of_it)
      base::log_event(base::LogLevel::error, kind,
                      {{"book", config_.book.id}, {"stage", stage->name}, {"why", why}});
    take_command({kind, ledger_.date(), "host", stage->name + ": " + why, json::serialize(text)});
  }
}

std::vector<journal::CommandRecord> quarantines_of(const Book& book) {
  std::vector<journal::CommandRecord> all;
  book.chain().each_stage([&](const chain::Stage& stage) {
    const agent::InstanceQuarantine& quarantine = stage.agent->quarantine();
    if (!quarantine.holds()) return;
    json::object text = identity_of(stage);
    if (quarantine.lost_its_process()) text[process_is_gone] = true;
    all.push_back({agent_quarantined, book.ledger_.date(), "host", stage.name + ": " + quarantine.why(),
                   json::serialize(text)});
  });
  return all;
}

std::string identity_text(const chain::Stage& stage) {
  return json::serialize(identity_of(stage));
}

journal::RevisionRecord with_ended_quarantines(journal::RevisionRecord record, const chain::Chain& before,
                                               const chain::Chain& next) {
  json::array ended;
  before.each_stage([&](const chain::Stage& stage) {
    if (stage.agent->quarantine().holds() && !next.runs(stage.agent)) ended.push_back(identity_of(stage));
  });
  if (ended.empty()) return record;
  json::value text = json::parse(record.text);
  text.as_object()[ended_quarantines] = std::move(ended);
  record.text = base::canonical(text);
  return record;
}

void Book::retell_ended_quarantines(const journal::RevisionRecord& record) {
  const auto document = base::JsonDocument::parse("revision", record.text);
  if (!document || !document->root().is_object()) return;
  const json::value* ended = document->root().get_object().if_contains(ended_quarantines);
  if (ended == nullptr || !ended->is_array()) return;
  for (const json::value& identity : ended->get_array()) {
    if (const chain::Stage* stage = stage_of(identity, chain())) stage->agent->quarantine().end();
  }
}

const chain::Stage* Book::retell_trouble(const journal::CommandRecord& command, bool observing) {
  const chain::Stage* stage = stage_meant(command, chain());
  if (stage == nullptr || !stage->agent->left_out().empty()) return nullptr;
  if (command.kind == agent_quarantined) {
    stage->agent->quarantine().begin(
        command.reason.substr(std::min(command.reason.size(), stage->name.size() + 2)),
        says_process_is_gone(command));
  } else if (command.kind == deadline_missed) {
    (void)deadline_misses_.add(stage->name, ledger_.bars());
  } else if (command.kind == agent_restarted) {
    stage->agent->quarantine().end();  // what it knew then is in the checkpoint that follows
  } else if (observing) {
    (void)chains_.reset(stage->name, present());
  }
  return stage;
}

}  // namespace cadre::book
