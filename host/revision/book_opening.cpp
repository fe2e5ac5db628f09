#include "host/revision/book_opening.hpp"

#include <set>

#include "host/base/text.hpp"
#include "host/book/dated_changes.hpp"
#include "host/book/run_head.hpp"
#include "host/config/changeability.hpp"
#include "host/config/market_data.hpp"
#include "host/journal/records.hpp"
#include "host/journal/segments.hpp"
#include "host/revision/book_part.hpp"

namespace cadre::revision {

namespace fs = std::filesystem;

namespace {

/// What a journal began with. Nothing when it never got as far.
base::Result<std::optional<book::RunHead>> head_of(const fs::path& journal) {
  auto reader = journal::JournalReader::open(journal);
  if (!reader) return reader.problems();
  const auto record = reader->next();
  if (!record || record->type != journal::RecordType::head) return std::optional<book::RunHead>{};
  base::Decoder from(record->payload);
  journal::HeadRecord said;
  if (!decode(from, said, record->format)) return std::optional<book::RunHead>{};
  auto head = book::read_head(journal, said.text);
  if (!head) return head.problems();
  return std::optional<book::RunHead>(std::move(head).take());
}

/// One side leaves a setting of an agent to its default.
bool is_a_default(const Change& change) {
  return (!change.before || !change.after) && change.pointer.find("/config/") != std::string::npos;
}

}  // namespace

fs::path book_folder(const fs::path& state, const std::string& book) {
  return state / "books" / book;
}

std::string host_of_books(const fs::path& state) {
  std::set<std::string> hosts;
  std::error_code error;
  for (fs::directory_iterator at(state / "books", error), end; !error && at != end; at.increment(error)) {
    const auto segments = journal::segments_of(at->path() / "journal");
    if (segments && segments->back().head.is_named()) hosts.insert(segments->back().head.host);
  }
  return hosts.size() == 1 ? *hosts.begin() : std::string();
}

base::Result<std::shared_ptr<live::BookRunner>> open_book(const BookGround& ground,
                                                          const config::HostConfig& host,
                                                          const config::BookConfig& book,
                                                          const std::shared_ptr<chain::Chain>& chain,
                                                          const Revision& revision) {
  const std::string& id = book.scenario.book.id;
  const fs::path folder = book_folder(ground.state, id);
  std::error_code error;
  auto instruments = fs::exists(folder / "journal", error)
                         ? base::Result<std::vector<std::string>>(std::vector<std::string>{})
                         : config::instruments_of(book.scenario);
  if (!instruments) return instruments.problems();
  const book::RevisionFits fits = [&ground, id, part = part_of(revision, id)](std::uint64_t number) {
    const auto other = ground.revisions.get(number);
    return other && part_of(*other, id) == part;
  };
  journal::RevisionRecord record =
      book::revision_record(revision.number, revision.based_on, 0, book.scenario, *chain);
  record.actor = revision.actor;
  record.reason = revision.reason;
  auto runner = live::BookRunner::open(host, book, std::move(instruments).take(), folder,
                                       {chain, std::move(record), fits}, ground.of_host);
  if (!runner) return runner.problems();
  const base::Problems warnings = runner.problems();
  return {std::shared_ptr<live::BookRunner>(std::move(runner).take()), warnings};
}

base::Problems check_returning(const config::BookConfig& book, const fs::path& state,
                               const std::string& origin) {
  const std::string& id = book.scenario.book.id;
  const fs::path journal = book_folder(state, id) / "journal";
  std::error_code error;
  if (!fs::exists(journal, error)) return {};
  auto head = head_of(journal);
  if (!head) return head.problems();
  base::Problems problems;
  if (!*head) return problems;
  for (const Change& change : difference((*head)->config.root(), book.scenario.document.root())) {
    const config::ChangeRule& rule = config::scenario_change_rule(change.pointer);
    if (rule.changes != config::Changes::never || is_a_default(change)) continue;
    problems.error("CONFIG_NEVER_CHANGES", {origin, 0, 0, change.pointer},
                   "the book " + base::quote(id) + " was in this host before, and its journal began with " +
                       change.before.value_or("nothing") + " in the place of " +
                       change.after.value_or("nothing"),
                   std::string(rule.why) + "; give the new book another id, or move " +
                       journal.parent_path().string() + " away");
  }
  return problems;
}

}  // namespace cadre::revision
