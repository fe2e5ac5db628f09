#pragma once

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>

#include "host/admin/http_client.hpp"
#include "host/app/command.hpp"
#include "host/app/host_command.hpp"
#include "host/config/scenario_config.hpp"

namespace cadre::app {

/// The host that a command speaks to: the one named, or CADRE_HOST, or the one that runs with its state
/// folder in the working directory. Prints why there is none, and then gives an exit code.
int find_host(const HostArguments& arguments, admin::HostAddress& address);

/// A file as it goes to a host.
struct SentDocument {
  std::string text;
  std::string origin;  ///< absolute path, for the places of problems
  /// Where each value of the text was written; nothing when that is not one file.
  std::optional<base::JsonDocument> places{};
};

/// What the host answered to a command.
struct HostAnswer {
  int exit_code = exit_fine;  ///< what went wrong has been printed
  unsigned status = 0;
  boost::json::value body{};
};

/// Finds the host, sends, and prints the problems of a refusal.
HostAnswer ask_host(const HostArguments& arguments, const admin::ClientRequest& request);
/// The same for a host that was found.
/// `sent`: problems in it get the lines of its files.
HostAnswer ask_host(const HostArguments& arguments, const admin::HostAddress& address,
                    const admin::ClientRequest& request, const SentDocument* sent = nullptr);

HostAnswer get(const HostArguments& arguments, const std::string& target);
HostAnswer post(const HostArguments& arguments, const std::string& target, std::string body);

/// The members of a change, with room for one document as it was written.
std::string change_body(const HostArguments& arguments, boost::json::object members = {},
                        const std::string& document_key = {}, const std::string& document = {});

/// Prints an answer as JSON, or as `text` makes it for people. Gives the exit code.
int print(const HostArguments& arguments, const HostAnswer& answer, const std::function<std::string()>& text);

/// The exit code of an answer; prints the problems of one without success.
int explain_refusal(const HostArguments& arguments, const admin::ClientResponse& response,
                    const SentDocument* sent = nullptr);

/// Reads a file on this side, as it is.
base::Result<SentDocument> document_to_send(const std::filesystem::path& path);
/// Reads a host file or a scenario file with all files it names, checks it, and makes one document of it.
base::Result<SentDocument> configuration_to_send(const std::filesystem::path& path,
                                                 const std::vector<config::Override>& changes);

/// The user of this process, as the system says; "uid 7" without a name.
std::string own_user();
/// Who runs this command, when nobody says: as the environment names the user, else own_user().
std::string default_actor();

}  // namespace cadre::app
