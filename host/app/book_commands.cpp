// The commands about the account of a running host's books: portfolio, orders.

#include <boost/json.hpp>

#include "host/admin/http_message.hpp"
#include "host/admin/routes.hpp"
#include "host/app/command.hpp"
#include "host/app/host_connection.hpp"
#include "host/app/status_screen.hpp"
#include "host/base/decimal.hpp"
#include "host/base/json.hpp"
#include "host/base/text.hpp"
#include "host/report/table.hpp"

namespace cadre::app {

namespace json = boost::json;

namespace {

using report::Align;

constexpr const char* exit_codes_text =
    "The portfolio's column `working` is what open orders would still buy or sell; `cadre explain` says why "
    "an\n"
    "order is what it is.\n"
    "Exit codes: 0 fine, 2 usage, 3 there is no such book, 7 no host answers.";

std::string target_of(const std::string& book, const std::string& rest) {
  return "/v1/books/" + admin::percent_encoded(book) + rest;
}

/// The number of a text, such as "1234.5", with separators; "-" where there is none.
std::string number(const json::value& value, std::string_view pointer) {
  const std::string text = text_at(value, pointer);
  return text.empty() ? "-" : report::with_thousands(std::string_view(text));
}

std::string money(const json::value& value, std::string_view pointer) {
  const auto amount = base::Money::parse(text_at(value, pointer));
  return amount ? report::money(*amount) : "-";
}

std::string weight(const json::value& position) {
  const auto fraction = base::Money::parse(text_at(position, "/weight"));
  return fraction ? report::percent(fraction->to_double()) : "-";
}

/// "buy 100, sell 5" of what is working in an instrument; empty: nothing is.
std::string working_text(const json::value& portfolio, const std::string& instrument) {
  std::string text;
  for (const json::value& working : list_at(portfolio, "/working")) {
    if (text_at(working, "/instrument") != instrument) continue;
    for (const auto& [side, pointer] : {std::pair{"buy ", "/buys"}, {"sell ", "/sells"}}) {
      const std::string quantity = text_at(working, pointer);
      if (quantity != "0") text += (text.empty() ? "" : ", ") + (side + number(working, pointer));
    }
  }
  return text;
}

std::string positions_table(const json::value& portfolio) {
  report::TextTable table({{"instrument"},
                           {"quantity", Align::right},
                           {"price", Align::right},
                           {"value", Align::right},
                           {"weight", Align::right},
                           {"working"}});
  std::vector<std::string> held;
  for (const json::value& position : list_at(portfolio, "/positions")) {
    held.push_back(text_at(position, "/instrument"));
    table.add_row({held.back(), number(position, "/quantity"), number(position, "/price"),
                   money(position, "/value"), weight(position), working_text(portfolio, held.back())});
  }
  for (const json::value& working : list_at(portfolio, "/working")) {
    const std::string instrument = text_at(working, "/instrument");
    if (std::find(held.begin(), held.end(), instrument) == held.end())
      table.add_row({instrument, "0", "-", "-", "-", working_text(portfolio, instrument)});
  }
  return table.to_string(width_of_output());
}

std::string portfolio_text(const json::value& portfolio) {
  const std::string date = text_at(portfolio, "/date"), currency = text_at(portfolio, "/currency");
  std::string text =
      text_at(portfolio, "/book") + (date.empty() ? ", before its first bar" : ", " + date) + "\n\n";
  report::TextTable account({{currency}, {"", Align::right}});
  for (const char* name : {"equity", "cash", "profit", "costs", "interest"})
    account.add_row({name, money(portfolio, std::string("/") + name)});
  text += account.to_string();
  if (list_at(portfolio, "/positions").empty() && list_at(portfolio, "/working").empty())
    return text + "\nno positions, and no order works\n";
  return text + "\n" + positions_table(portfolio);
}

/// Asks what books the host has.
int find_books(const HostArguments& arguments, const admin::HostAddress& address,
               std::vector<std::string>& books) {
  if (!arguments.book.empty()) {
    books.push_back(arguments.book);
    return exit_fine;
  }
  const HostAnswer status = ask_host(arguments, address, {.target = "/v1/status"});
  for (const json::value& book : list_at(status.body, "/books"))
    books.push_back(text_at(book, "/book"));
  return status.exit_code;
}

int portfolio(const HostArguments& arguments) {
  admin::HostAddress address;
  std::vector<std::string> books;
  if (const int code = find_host(arguments, address); code != exit_fine) return code;
  if (const int code = find_books(arguments, address, books); code != exit_fine) return code;
  for (std::size_t b = 0; b < books.size(); ++b) {
    const HostAnswer answer = ask_host(arguments, address, {.target = target_of(books[b], "/portfolio")});
    const int code =
        print(arguments, answer, [&] { return (b > 0 ? "\n" : "") + portfolio_text(answer.body); });
    if (code != exit_fine) return code;
  }
  return exit_fine;
}

/// Why an order is not what it was to be: the checks that it failed, or what its environment gave as reason.
std::string why_of(const json::value& order) {
  std::vector<std::string> checks;
  for (const json::value& check : list_at(order, "/failed_checks"))
    checks.push_back(text_at(check, ""));
  if (!checks.empty()) return "pre-trade checks: " + base::join(checks, ", ");
  const std::string reason = text_at(order, "/reason");
  return reason.empty() ? reason : "its execution environment, reason " + reason;
}

/// Orders that go in parts or wait.
std::string scheduled_text(const json::value& body) {
  const json::array& scheduled = list_at(body, "/scheduled");
  if (scheduled.empty()) return {};
  report::TextTable table({{"to be sent"},
                           {"instrument"},
                           {"side"},
                           {"type"},
                           {"quantity", Align::right},
                           {"left", Align::right},
                           {"parts left", Align::right},
                           {"next"},
                           {"why"}});
  for (const json::value& order : scheduled) {
    const std::string sessions = count_at(order, "/waited_sessions");
    std::string why = text_at(order, "/reason");
    if (!sessions.empty() && sessions != "0") why += ", for " + sessions + " sessions";
    table.add_row({text_at(order, "/client_id"), text_at(order, "/instrument"), text_at(order, "/side"),
                   text_at(order, "/type"), number(order, "/quantity"), number(order, "/left"),
                   count_at(order, "/parts_left"), moment(text_at(order, "/next")), why});
  }
  return '\n' + table.to_string(width_of_output());
}

std::string orders_text(const json::value& body, bool open_only) {
  const json::array& orders = list_at(body, "/orders");
  if (orders.empty())
    return text_at(body, "/book") + (open_only ? ": no order is open\n" : ": no orders\n") +
           scheduled_text(body);
  report::TextTable table({{"id"},
                           {"instrument"},
                           {"side"},
                           {"type"},
                           {"quantity", Align::right},
                           {"filled", Align::right},
                           {"limit", Align::right},
                           {"status"},
                           {"time"},
                           {"why"}});
  for (const json::value& order : orders)
    table.add_row({text_at(order, "/client_id"), text_at(order, "/instrument"), text_at(order, "/side"),
                   text_at(order, "/type"), number(order, "/quantity"), number(order, "/filled"),
                   number(order, "/limit_price"), text_at(order, "/status"),
                   moment(text_at(order, "/decided")), why_of(order)});
  return table.to_string(width_of_output()) + scheduled_text(body);
}

int orders(const HostArguments& arguments) {
  admin::HostAddress address;
  std::vector<std::string> books;
  if (const int code = find_host(arguments, address); code != exit_fine) return code;
  if (const int code = find_books(arguments, address, books); code != exit_fine) return code;
  if (books.size() != 1) {
    base::Problems problems;
    problems.error(
        "BOOK_NOT_NAMED", {},
        books.empty() ? "the host has no books" : "the host has several books: " + base::join(books, ", "),
        books.empty() ? "" : "name one with --book");
    print_refusal(problems, arguments.json);
    return exit_invalid_input;
  }
  const std::string limit = "?limit=" + std::to_string(arguments.last.value_or(admin::limit_default));
  const HostAnswer answer =
      ask_host(arguments, address,
               {.target = target_of(books[0], arguments.open ? "/orders/open" + limit : "/orders" + limit)});
  return print(arguments, answer, [&] { return orders_text(answer.body, arguments.open); });
}

int adopt(const HostArguments& arguments) {
  const HostAnswer answer = post(arguments, "/v1/books/" + admin::percent_encoded(arguments.name) + ":adopt",
                                 change_body(arguments));
  return print(arguments, answer, [&] {
    std::string text;
    for (const json::value& each : list_at(answer.body, "/adopted"))
      text += text_at(each, "/instrument") + " of " + arguments.name + " was " + text_at(each, "/ours") +
              " and is " + text_at(each, "/venue") + ", as at the venue\n";
    return text.empty() ? arguments.name + " has the venue's cash\n" : text;
  });
}

}  // namespace

std::span<const HostCommand> book_commands() {
  using Kind = HostCommand::Kind;
  using A = HostArguments;
  static const HostCommand rows[] = {
      {"portfolio",
       "cash, equity and positions of a running host's books",
       Kind::reads,
       portfolio,
       {book_option()},
       exit_codes_text},
      {"orders",
       "the orders of a running host's book, newest first",
       Kind::reads,
       orders,
       {book_option(),
        {"--open", &A::open, "only those that are open"},
        {"--last", &A::last, "so many of them, 1 to 1000 (default: 50)", "N"}},
       exit_codes_text},
      {"adopt",
       "make what a venue holds that a book did not trade the book's",
       Kind::changes,
       adopt,
       {{"BOOK", &A::name, "whose; `cadre status` says what differs", "", true}},
       "Positions are taken at their marks, so the equity stays; what the venue's cash differs by\n"
       "beyond that is a cost or a gain.\n"
       "Exit codes: 0 adopted, 2 usage, 3 there is no such book, 4 there is nothing to adopt, or the book "
       "has "
       "stopped, 7 no host answers."}};
  return rows;
}

}  // namespace cadre::app
