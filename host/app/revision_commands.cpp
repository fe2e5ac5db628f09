// The commands about the revisions of a running host: list, show, diff, apply, rollback.

#include <boost/json.hpp>

#include "host/app/host_connection.hpp"
#include "host/app/preview_text.hpp"
#include "host/app/status_screen.hpp"
#include "host/base/json.hpp"
#include "host/base/text.hpp"
#include "host/report/table.hpp"

namespace cadre::app {

namespace json = boost::json;

namespace {

/// What applying or rolling back came to.
std::string applied_text(const json::value& body) {
  const std::string number = text_at(body, "/revision");
  if (text_at(body, "/unchanged") == "true")
    return "nothing changes: revision " + number + " is that already\n";
  std::string text;
  if (const json::value* difference = base::find(body, "/difference"); difference != nullptr)
    text += difference_text(*difference);
  const std::string stages = stages_table(json::value(list_at(body, "/stages")), width_of_output());
  if (!stages.empty()) text += (text.empty() ? "" : "\n") + stages;
  for (const json::value& preview : list_at(body, "/preview"))
    text += "\n" + preview_text(preview);
  return number.empty() ? text : text + "revision " + number + " is current\n";
}

std::string revision_text(const json::value& body) {
  std::string text = "revision " + text_at(body, "/revision");
  if (const std::string before = text_at(body, "/based_on"); !before.empty() && before != "0")
    text += ", made from " + before;
  if (const std::string restores = text_at(body, "/restores"); !restores.empty() && restores != "0")
    text += ", brings back " + restores;
  if (const std::string book = text_at(body, "/restores_book"); !book.empty()) text += " for book " + book;
  if (const std::string before = text_at(body, "/line"); !before.empty() && before != "0")
    text += "; a rollback goes to " + before;
  text += "\n" + text_at(body, "/time") + " by " + text_at(body, "/actor") + ": " + text_at(body, "/reason") +
          "\n";
  if (const std::string version = text_at(body, "/host/version"); !version.empty())
    text += "written by cadre " + version + ", SHA-256 " + text_at(body, "/host/sha256") + ", built by " +
            text_at(body, "/host/compiler") + "\n";
  const json::array& plugins = list_at(body, "/plugins");
  if (!plugins.empty()) {
    report::TextTable table({{"plugin"}, {"version"}, {"sha256"}, {"manifest"}, {"books"}});
    for (const json::value& plugin : plugins) {
      std::vector<std::string> books;
      for (const json::value& book : list_at(plugin, "/books"))
        books.push_back(text_at(book, ""));
      table.add_row({text_at(plugin, "/id"), text_at(plugin, "/version"),
                     text_at(plugin, "/sha256").substr(0, 12),
                     text_at(plugin, "/manifest_sha256").substr(0, 12), base::join(books, ", ")});
    }
    text += "\n" + table.to_string(width_of_output());
  }
  if (const json::value* config = base::find(body, "/config"); config != nullptr)
    text += "\n" + base::pretty(*config) + "\n";
  return text;
}

int list(const HostArguments& arguments) {
  const HostAnswer answer = get(arguments, "/v1/revisions");
  return print(arguments, answer, [&] { return revisions_table(answer.body, width_of_output()); });
}

int show(const HostArguments& arguments) {
  const HostAnswer answer = get(arguments, "/v1/revisions/" + std::to_string(arguments.number));
  return print(arguments, answer, [&] { return revision_text(answer.body); });
}

/// From the current revision, or the one that is named, to what the files say now.
HostAnswer ask_for_files(const HostArguments& arguments) {
  admin::HostAddress address;
  if (const int code = find_host(arguments, address); code != exit_fine) return {code, 0, {}};
  std::string from = std::to_string(arguments.number);
  if (arguments.number == 0) {
    HostAnswer status = ask_host(arguments, address, {.target = "/v1/status"});
    if (status.exit_code != exit_fine) return status;
    from = text_at(status.body, "/revision/number");
  }
  return ask_host(arguments, address, {.target = "/v1/revisions/" + from + "/diff/files"});
}

int diff(const HostArguments& arguments) {
  const bool names_both = arguments.number != 0 && arguments.other_number != 0;
  if (arguments.files ? arguments.other_number != 0 : !names_both) {
    base::Problems problems;
    problems.error("COMMAND_USAGE", {}, "it takes two revisions, A and B, or --files",
                   "`cadre revision diff --help` shows what it takes");
    print_refusal(problems, arguments.json);
    return exit_usage;
  }
  const HostAnswer answer = arguments.files
                                ? ask_for_files(arguments)
                                : get(arguments, "/v1/revisions/" + std::to_string(arguments.number) +
                                                     "/diff/" + std::to_string(arguments.other_number));
  const std::string text = difference_text(answer.body);
  const std::string same = arguments.files ? "the files say what runs\n" : "the revisions are the same\n";
  const int code = print(arguments, answer, [&] { return text.empty() ? same : text; });
  return code == exit_fine && !text.empty() ? exit_difference : code;
}

/// The scenario that a book of the host runs, with some values changed.
base::Result<SentDocument> running_with_changes(const json::value& revision, const std::string& book,
                                                const std::vector<config::Override>& changes) {
  base::Problems problems;
  const json::value* books = base::find(revision, "/config/books");
  const json::value* scenario = nullptr;
  const std::size_t count = books != nullptr ? books->as_array().size() : 0;
  for (std::size_t b = 0; b < count; ++b) {
    const json::value& each = books->as_array()[b];
    if (book.empty() ? count == 1 : text_at(each, "/scenario/book/id") == book)
      scenario = base::find(each, "/scenario");
  }
  if (scenario == nullptr) {
    problems.error("BOOK_NOT_NAMED", base::Place::of("--set"),
                   book.empty() ? "the host has several books" : "there is no book " + base::quote(book),
                   "name one with --book; `cadre status` lists them");
    return problems;
  }
  auto document = base::JsonDocument::parse("--set", base::canonical(*scenario));
  if (!document) return document.problems();
  for (const config::Override& change : changes)
    problems.append(document->set(change.pointer, change.value, change.origin));
  if (problems.has_errors()) return problems;
  return SentDocument{base::canonical(document->root()), "--set"};
}

/// The revision that a change is made from: the one that is named, or the current one; prints why there is
/// none, and says the exit code.
int find_base(const HostArguments& arguments, const admin::HostAddress& address, std::string& base) {
  if (arguments.based_on) {
    base = std::to_string(*arguments.based_on);
    return exit_fine;
  }
  const HostAnswer status = ask_host(arguments, address, {.target = "/v1/status"});
  base = text_at(status.body, "/revision/number");
  return status.exit_code;
}

/// Sends a change that names its base. When that is not the current one any more, what changed meanwhile is
/// printed too.
HostAnswer send_change(const HostArguments& arguments, const admin::HostAddress& address,
                       const std::string& target, std::string body, const std::string& base,
                       const SentDocument* sent = nullptr) {
  HostAnswer answer = ask_host(arguments, address,
                               {.method = "POST",
                                .target = target,
                                .body = std::move(body),
                                .headers = {{"If-Match", "\"" + base + "\""}}},
                               sent);
  const json::value* meanwhile = base::find(answer.body, "/difference");
  if (answer.exit_code == exit_conflict && meanwhile != nullptr)
    std::fputs(base::printable_lines(difference_text(*meanwhile)).c_str(), stderr);
  return answer;
}

int apply(const HostArguments& arguments) {
  std::vector<config::Override> changes;
  base::Problems problems;
  for (const std::string& text : arguments.set) {
    auto change = config::parse_override(text);
    problems.append(change.problems());
    if (change) changes.push_back(std::move(change).take());
  }
  if (arguments.file.empty() && arguments.set.empty())
    problems.error("NOTHING_TO_APPLY", base::Place::of("revision apply"),
                   "neither a file nor a change is named", "give a FILE, or --set POINTER=VALUE");
  if (arguments.decisions && !arguments.dry_run)
    problems.error("PREVIEW_NOT_DRY", base::Place::of("revision apply"),
                   "--decisions is about a look at what would have been, and this changes what runs",
                   "add --dry-run");
  std::optional<SentDocument> document;
  if (!problems.has_errors() && !arguments.file.empty()) {
    auto read = configuration_to_send(arguments.file, changes);
    problems.append(read.problems());
    if (read) document = std::move(read).take();
  }
  if (problems.has_errors()) {
    print_refusal(problems, arguments.json);
    return exit_invalid_input;
  }
  admin::HostAddress address;
  if (const int code = find_host(arguments, address); code != exit_fine) return code;
  std::string base;
  if (const int code = find_base(arguments, address, base); code != exit_fine) return code;
  if (!document) {
    const HostAnswer running = ask_host(arguments, address, {.target = "/v1/revisions/" + base});
    if (running.exit_code != exit_fine) return running.exit_code;
    auto changed = running_with_changes(running.body, arguments.book, changes);
    if (!changed) {
      print_refusal(changed.problems(), arguments.json);
      return exit_invalid_input;
    }
    document = std::move(changed).take();
  }
  json::object members{{"origin", document->origin}};
  if (arguments.file.empty()) members["keeps_plugins"] = true;  // it is about settings alone
  if (arguments.dry_run && arguments.decisions) members["decisions"] = *arguments.decisions;
  const HostAnswer answer =
      send_change(arguments, address, arguments.dry_run ? "/v1/revisions:validate" : "/v1/revisions",
                  change_body(arguments, std::move(members), "config", document->text), base, &*document);
  return print(arguments, answer, [&] { return applied_text(answer.body); });
}

int roll_back(const HostArguments& arguments) {
  const std::string target =
      "/v1/revisions" + (arguments.to ? "/" + std::to_string(*arguments.to) : std::string()) + ":rollback";
  admin::HostAddress address;
  if (const int code = find_host(arguments, address); code != exit_fine) return code;
  std::string base;
  if (const int code = find_base(arguments, address, base); code != exit_fine) return code;
  const HostAnswer answer = send_change(arguments, address, target, change_body(arguments), base);
  return print(arguments, answer, [&] { return applied_text(answer.body); });
}

int confirm(const HostArguments& arguments) {
  const HostAnswer answer = post(arguments, "/v1/revisions:confirm", change_body(arguments));
  return print(arguments, answer, [&] {
    std::string text;
    for (const json::value& each : list_at(answer.body, "/confirmed"))
      text += "revision " + text_at(each, "/revision") + " is confirmed for book " + text_at(each, "/book") +
              "\n";
    return text;
  });
}

}  // namespace

std::span<const HostCommand> revision_commands() {
  using Kind = HostCommand::Kind;
  using A = HostArguments;
  constexpr const char* number = "a revision's number";
  static const HostCommand rows[] = {
      {"revision", "what a running host runs under: look, change, go back"},
      {"revision list", "all revisions, newest first", Kind::reads, list},
      {"revision show",
       "one revision: who, why, plugins, configuration",
       Kind::reads,
       show,
       {{"N", &A::number, number, "", true}}},
      {"revision diff",
       "what leads from one revision to another, or to the files; exit code 1 when they differ",
       Kind::reads,
       diff,
       {{"A", &A::number, number},
        {"B", &A::other_number, number},
        {"--files", &A::files,
         "in the place of B: what the files say now (and A may be left out: what runs)"}}},
      {"revision apply",
       "make a configuration the next revision",
       Kind::changes,
       apply,
       {{"FILE", &A::file,
         "host file, or scenario file of one book; left out: what runs, with the changes of --set"},
        {"--set", &A::set, "change one value of a book's scenario; may be given several times",
         "POINTER=VALUE"},
        book_option(),
        {"--dry-run", &A::dry_run,
         "say what would change, and what the newest decisions would have been; change nothing"},
        {"--decisions", &A::decisions, "of a dry run: so many are looked at, at most 250 (default: 20)", "N"},
        {"--base", &A::based_on, "revision it was made from (default: the current one)", "N"}}},
      {"revision confirm",
       "end trials now as confirmed, of one book or of all",
       Kind::changes,
       confirm,
       {book_option()}},
      {"revision rollback",
       "go back along the line of revisions that were in charge, or to one",
       Kind::changes,
       roll_back,
       {{"--to", &A::to, "a revision's number (default: the one in charge before)", "N"},
        book_option(),
        {"--base", &A::based_on, "revision it goes back from (default: the current one)", "N"}}}};
  return rows;
}

}  // namespace cadre::app
