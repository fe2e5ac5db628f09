// journal verify, show, backup, restore, prune: what is done with journals beside a host, or without one.

#include <algorithm>
#include <boost/json.hpp>
#include <iostream>

#include "host/app/command.hpp"
#include "host/app/host_connection.hpp"
#include "host/base/date.hpp"
#include "host/journal/journal.hpp"
#include "host/live/journal_tools.hpp"
#include "host/report/table.hpp"

namespace cadre::app {

namespace {

namespace json = boost::json;

std::string date_text(std::int32_t date) {
  return date == 0 ? "-" : base::format_date(date);
}

json::array kinds_of(const live::Verified& found) {
  json::array all;
  for (const auto& [kind, sum] : found.kinds)
    all.push_back({{"kind", kind}, {"records", sum.records}, {"bytes", sum.bytes}});
  return all;
}

/// What a journal is made of, so that it is seen what makes it large.
void add_kinds(report::TextTable& table, const live::JournalPlace& place, const live::Verified& found) {
  for (const auto& [kind, sum] : found.kinds)
    table.add_row({place.book.empty() ? "-" : place.book, kind, report::with_thousands(sum.records),
                   report::with_thousands(sum.bytes),
                   report::with_thousands(sum.bytes / std::max<std::uint64_t>(found.decisions, 1))});
}

json::object to_json(const live::JournalPlace& place, const live::Verified& found) {
  return {{"book", place.book},
          {"journal", place.journal.string()},
          {"segments", found.segments},
          {"records", found.records},
          {"decisions", found.decisions},
          {"orders", found.orders},
          {"sequence", found.sequence},
          {"from", date_text(found.from)},
          {"to", date_text(found.to)},
          {"bytes", found.bytes},
          {"stored_bytes", found.stored_bytes},
          {"begins_at", found.begins_at},
          {"uncommitted_bytes", found.uncommitted},
          {"checkpoints", found.checkpoints},
          {"incarnation", found.incarnation},
          {"kinds", kinds_of(found)}};
}

/// A date of an option; a problem when it is none.
std::int32_t date_of(const std::string& text, const char* option, base::Problems& problems) {
  if (text.empty()) return 0;
  if (const auto date = base::parse_date(text)) return *date;
  problems.error("COMMAND_DATE", {}, std::string(option) + ": " + text + " is no date",
                 "write it as YYYY-MM-DD");
  return 0;
}

int refuse(const base::Problems& problems) {
  print_problems(problems);
  return exit_invalid_input;
}

}  // namespace

int run_journal_verify_command(const JournalArguments& arguments) {
  const auto places = live::find_journals(arguments.path, arguments.book);
  if (!places) return refuse(places.problems());
  base::Problems problems = live::lost_journals(arguments.path, arguments.book);
  json::array all;
  using report::Align;
  report::TextTable table({{"book"},
                           {"from"},
                           {"to"},
                           {"segments", Align::right},
                           {"records", Align::right},
                           {"decisions", Align::right},
                           {"events", Align::right},
                           {"bytes", Align::right},
                           {"on disk", Align::right},
                           {"checkpoints", Align::right}});
  report::TextTable kinds({{"book"},
                           {"kind"},
                           {"records", Align::right},
                           {"bytes", Align::right},
                           {"bytes a decision", Align::right}});
  for (const live::JournalPlace& place : *places) {
    const auto found = live::verify_journal(place);
    problems.append(found.problems());
    if (!found) continue;
    add_kinds(kinds, place, *found);
    all.push_back(to_json(place, *found));
    table.add_row({place.book.empty() ? "-" : place.book, date_text(found->from), date_text(found->to),
                   std::to_string(found->segments), report::with_thousands(found->records),
                   report::with_thousands(found->decisions), report::with_thousands(found->sequence),
                   report::with_thousands(found->bytes), report::with_thousands(found->stored_bytes),
                   std::to_string(found->checkpoints)});
  }
  if (arguments.json)
    std::cout << json::serialize(all) << "\n";
  else if (!all.empty())
    std::cout << table.to_string(width_of_output()) << "\n" << kinds.to_string(width_of_output());
  print_problems(problems);
  return problems.has_errors() ? exit_invalid_input : exit_fine;
}

int run_journal_show_command(const JournalArguments& arguments) {
  base::Problems problems;
  live::ShowFilter filter;
  filter.kinds = arguments.kinds;
  filter.instrument = arguments.instrument;
  filter.last = arguments.last;
  filter.since = date_of(arguments.since, "--since", problems);
  filter.until = date_of(arguments.until, "--until", problems);
  for (const std::string& kind : arguments.kinds) {
    if (!journal::is_record_type_name(kind))
      problems.error("COMMAND_KIND", {}, "--kind: there are no records of kind " + kind,
                     "docs/reference/journal.md lists them: order, decision, bar ...");
  }
  if (problems.has_errors()) return refuse(problems);
  const auto places = live::find_journals(arguments.path, arguments.book);
  if (!places) return refuse(places.problems());
  base::Problems without;
  std::size_t places_without = 0;
  for (const live::JournalPlace& place : *places) {
    base::Problems found = live::show_journal(
        place, filter, [](const json::object& record) { std::cout << json::serialize(record) << "\n"; });
    const bool is_without = found.has_errors() && found[0].code == "COMMAND_INSTRUMENT";
    places_without += is_without ? 1 : 0;
    (is_without ? without : problems).append(found);
  }
  std::cout.flush();
  // An instrument of one book need not be one of the others.
  if (places_without == places->size()) problems.append(without);
  print_problems(problems);
  return problems.has_errors() ? exit_invalid_input : exit_fine;
}

int run_journal_backup_command(const JournalArguments& arguments) {
  const base::Problems problems = live::back_up(arguments.path, arguments.book, arguments.to);
  if (problems.has_errors()) return refuse(problems);
  print_problems(problems);
  JournalArguments verified = arguments;
  verified.path = arguments.to;
  return run_journal_verify_command(verified);
}

int run_journal_restore_command(const JournalArguments& arguments) {
  const auto restored =
      live::restore(arguments.path, arguments.to, arguments.book, arguments.accepts_loss, default_actor());
  if (!restored) return refuse(restored.problems());
  for (const live::Restored& book : *restored) {
    std::cout << book.book << " is restored up to event " << book.sequence << " of " << date_text(book.date);
    if (!book.aside.empty()) std::cout << "; what was there lies in " << book.aside.string();
    if (book.is_halted)
      std::cout << "; it begins halted: compare its positions with the venue, then `cadre resume --book "
                << book.book << "`";
    std::cout << "\n";
  }
  return exit_fine;
}

int run_journal_prune_command(const JournalArguments& arguments) {
  const auto places = live::find_journals(arguments.path, arguments.book);
  if (!places) return refuse(places.problems());
  base::Problems problems;
  for (const live::JournalPlace& place : *places) {
    const auto gone = live::prune(place, arguments.keep_segments);
    problems.append(gone.problems());
    if (gone)
      std::cout << (place.book.empty() ? place.journal.string() : place.book) << ": " << *gone
                << (*gone == 1 ? " segment" : " segments") << " removed\n";
  }
  print_problems(problems);
  return problems.has_errors() ? exit_invalid_input : exit_fine;
}

}  // namespace cadre::app
