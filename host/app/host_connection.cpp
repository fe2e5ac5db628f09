#include "host/app/host_connection.hpp"

#include <pwd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <boost/json.hpp>
#include <cerrno>
#include <cstdio>
#include <cstdlib>

#include "host/app/status_screen.hpp"
#include "host/base/file.hpp"
#include "host/base/json.hpp"
#include "host/base/problem_json.hpp"
#include "host/base/text.hpp"
#include "host/config/file_kind.hpp"
#include "host/config/host_config.hpp"

namespace cadre::app {

namespace fs = std::filesystem;
namespace json = boost::json;

namespace {

constexpr const char* socket_name = "admin.sock";
/// Of the host that the system's service runs (host/package/cadre.service.in).
constexpr const char* service_socket = "/run/cadre/admin.sock";
constexpr std::chrono::seconds probe_timeout{2};

/// Sockets of hosts that answer, in the working directory and the folders in it.
std::vector<fs::path> running_hosts() {
  std::vector<fs::path> candidates{socket_name};
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(".", error)) {
    if (entry.is_directory(error)) candidates.push_back(entry.path().lexically_normal() / socket_name);
  }
  std::sort(candidates.begin(), candidates.end());
  std::erase_if(candidates, [&](const fs::path& path) {
    if (!fs::is_socket(path, error)) return true;
    return admin::send({.socket = path}, {.target = "/healthz"}, probe_timeout).delivery ==
           admin::Delivery::not_reachable;
  });
  return candidates;
}

/// State folders here whose hosts do not run, as a sentence; empty: there are none.
std::string resting_hosts() {
  std::vector<std::string> folders;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(".", error)) {
    if (entry.is_directory(error) && fs::exists(entry.path() / "CURRENT", error))
      folders.push_back(entry.path().lexically_normal().string());
  }
  if (folders.empty()) return {};
  std::sort(folders.begin(), folders.end());
  return "; the host of " + base::join(folders, ", that of ") + " does not run: `cadre run FILE` starts it";
}

/// The first line of the file, without what surrounds it.
base::Result<std::string> read_token(const fs::path& path) {
  auto text = base::read_file(path);
  if (!text) return text.problems();
  std::string token = text->substr(0, text->find_first_of("\r\n"));
  if (!token.empty()) return token;
  base::Problems problems;
  problems.error("HOST_TOKEN_EMPTY", {.file = path.string()}, "there is no token in its first line");
  return problems;
}

int exit_code_of(unsigned status) {
  switch (status) {
    case 409:
    case 412:
      return exit_conflict;
    case 401:
    case 500:
    case 503:
      return exit_not_reachable;
    case 429:
      return exit_conflict;
    default:
      return exit_invalid_input;
  }
}

/// One problem, printed as the command prints problems.
void print_failure(const HostArguments& arguments, std::string code, std::string message, std::string next) {
  base::Problems problems;
  problems.error(std::move(code), {}, std::move(message), std::move(next));
  print_refusal(problems, arguments.json);
}

/// The socket of the one host that runs here, or else of the system's service; prints why there is none.
std::optional<fs::path> only_running_host(const HostArguments& arguments) {
  const std::vector<fs::path> running = running_hosts();
  if (running.size() == 1) return running.front();
  if (running.empty()) {
    if (::access(service_socket, R_OK | W_OK) == 0) return service_socket;
    if (errno == EACCES) {
      print_failure(
          arguments, "HOST_SERVICE_FORBIDDEN",
          base::join({"you may not use the socket of the service, ", service_socket}, ""),
          base::join({"as root `usermod --append --groups cadre ", own_user(), "`, then log in again"}, ""));
      return std::nullopt;
    }
  }
  std::string found;
  for (const fs::path& path : running)
    found += " " + path.string();
  if (running.empty())
    print_failure(arguments, "HOST_NOT_FOUND", "no host runs with its state folder here" + resting_hosts(),
                  "name its socket with --host");
  else
    print_failure(arguments, "HOST_NOT_NAMED", "several hosts run here", "name one with --host:" + found);
  return std::nullopt;
}

}  // namespace

int find_host(const HostArguments& arguments, admin::HostAddress& address) {
  std::string named = arguments.host;
  if (const char* variable = std::getenv("CADRE_HOST"); named.empty() && variable != nullptr)
    named = variable;
  if (named.empty()) {
    const auto running = only_running_host(arguments);
    if (!running) return exit_not_reachable;
    named = running->string();
  }
  std::error_code error;
  if (fs::is_directory(named, error)) named = (fs::path(named) / socket_name).string();
  auto parsed = admin::parse_host_address(named);
  if (!parsed) {
    print_refusal(parsed.problems(), arguments.json);
    return exit_usage;
  }
  address = std::move(*parsed);
  if (arguments.token_file.empty()) return exit_fine;
  auto token = read_token(arguments.token_file);
  if (!token) {
    print_refusal(token.problems(), arguments.json);
    return exit_invalid_input;
  }
  address.token = std::move(*token);
  return exit_fine;
}

/// The host knows pointers, this side knows where in which file they lead to.
static base::Problems with_places(const base::Problems& problems, const SentDocument* sent) {
  if (sent == nullptr || !sent->places) return problems;
  base::Problems placed;
  for (base::Problem problem : problems) {
    if (problem.place.file == sent->origin && problem.place.line == 0 && !problem.place.pointer.empty())
      problem.place = sent->places->place(problem.place.pointer);
    placed.add(std::move(problem));
  }
  return placed;
}

int explain_refusal(const HostArguments& arguments, const admin::ClientResponse& response,
                    const SentDocument* sent) {
  if (response.delivery != admin::Delivery::answered) {
    const bool timed_out = response.delivery == admin::Delivery::timed_out;
    print_failure(arguments, timed_out ? "HOST_TIMED_OUT" : "HOST_NOT_REACHABLE", response.failure,
                  timed_out ? "it may do it yet: look at `cadre status`, then ask again" : "");
    return timed_out ? exit_time_out : exit_not_reachable;
  }
  std::error_code error;
  const json::value body = json::parse(response.body, error);
  const base::Problems problems =
      with_places(base::problems_from_json(json::value(list_at(body, "/problems"))), sent);
  if (response.status < 300) {
    print_problems(problems);  // what was done has warnings
    return exit_fine;
  }
  if (!problems.empty()) {
    print_refusal(problems, arguments.json);
  } else {
    const std::string detail = text_at(body, "/detail");
    print_failure(arguments, "HOST_REFUSED",
                  detail.empty() ? "the host answered " + std::to_string(response.status) : detail,
                  response.status == 401 ? "name the file with the host's token: --token-file FILE" : "");
  }
  return exit_code_of(response.status);
}

HostAnswer ask_host(const HostArguments& arguments, const admin::HostAddress& address,
                    const admin::ClientRequest& request, const SentDocument* sent) {
  const admin::ClientResponse response = admin::send(address, request, std::chrono::minutes(5));
  HostAnswer answer{explain_refusal(arguments, response, sent), response.status, {}};
  std::error_code error;
  answer.body = json::parse(response.body, error);
  if (error && answer.exit_code == exit_fine) {
    print_failure(arguments, "HOST_NOT_A_HOST", address.shown() + " answers with something that is not JSON",
                  "is that a host?");
    answer.exit_code = exit_not_reachable;
  }
  return answer;
}

HostAnswer ask_host(const HostArguments& arguments, const admin::ClientRequest& request) {
  admin::HostAddress address;
  if (const int code = find_host(arguments, address); code != exit_fine) return {code, 0, {}};
  return ask_host(arguments, address, request);
}

base::Result<SentDocument> document_to_send(const fs::path& path) {
  const base::Problems other = config::expect_kind(path, std::array{config::FileKind::experiment});
  if (other.has_errors()) return other;
  auto document = base::JsonDocument::load(path);
  if (!document) return document.problems();
  auto text = base::read_file(path);
  if (!text) return text.problems();
  return SentDocument{std::move(*text), fs::absolute(path).lexically_normal().string()};
}

base::Result<SentDocument> configuration_to_send(const fs::path& path,
                                                 const std::vector<config::Override>& changes) {
  auto document = base::JsonDocument::load(path);
  if (!document) return document.problems();
  const std::string origin = fs::absolute(path).lexically_normal().string();
  if (!config::says_scenario(document->root())) {
    auto host = config::load_host(path);
    if (!host) return host.problems();
    if (!changes.empty()) {
      base::Problems problems;
      problems.error("CONFIG_NOT_A_SCENARIO", base::Place::of(path),
                     "--set changes the scenario of a book, this file holds several",
                     "leave the file out and name a book with --book");
      return problems;
    }
    return SentDocument{base::canonical(host->complete), origin};
  }
  auto scenario = config::load_scenario_document(path, changes);
  if (!scenario) return scenario.problems();
  const auto read = config::read_scenario(*scenario, path.parent_path());
  if (!read) return read.problems();
  return SentDocument{base::canonical(scenario->root()), origin, std::move(scenario).take()};
}

std::string own_user() {
  const passwd* entry = ::getpwuid(::getuid());
  return entry != nullptr ? entry->pw_name : "uid " + std::to_string(::getuid());
}

std::string default_actor() {
  for (const char* variable : {"USER", "LOGNAME"}) {
    if (const char* name = std::getenv(variable); name != nullptr && *name != '\0') return name;
  }
  return own_user();
}

std::string change_body(const HostArguments& arguments, json::object members, const std::string& document_key,
                        const std::string& document) {
  members["actor"] = arguments.actor.empty() ? default_actor() : arguments.actor;
  members["reason"] = arguments.reason;
  if (!arguments.book.empty()) members["book"] = arguments.book;
  std::string body = json::serialize(members);
  if (document_key.empty()) return body;
  body.pop_back();
  return body + "," + base::quote(document_key) + ":" + document + "}";
}

HostAnswer get(const HostArguments& arguments, const std::string& target) {
  return ask_host(arguments, {.method = "GET", .target = target});
}

HostAnswer post(const HostArguments& arguments, const std::string& target, std::string body) {
  return ask_host(arguments, {.method = "POST", .target = target, .body = std::move(body)});
}

int print(const HostArguments& arguments, const HostAnswer& answer,
          const std::function<std::string()>& text) {
  if (answer.exit_code != exit_fine) return answer.exit_code;
  if (arguments.json)
    print_json(json::serialize(answer.body));
  else
    print_text(text());
  return exit_fine;
}

}  // namespace cadre::app
