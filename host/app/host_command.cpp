#include "host/app/host_command.hpp"

namespace cadre::app {

std::span<const HostOption> options_of(HostCommand::Kind kind) {
  using A = HostArguments;
  static const HostOption all[] = {
      {"--host", &A::host,
       "socket or http://127.0.0.1:PORT of the host (default: CADRE_HOST, or the one running here)",
       "SOCKET|URL"},
      {"--token-file", &A::token_file, "file with the token that a URL needs", "FILE"},
      {"--json", &A::json, "print JSON: one value, or one per line"},
      {"--reason", &A::reason, "why, for the journal", "TEXT", true},
      {"--actor", &A::actor, "who wants it (default: the user running this)", "NAME"}};
  constexpr std::size_t reading = 3;
  return kind == HostCommand::Kind::changes ? std::span(all) : std::span(all).first(reading);
}

HostOption book_option() {
  return {"--book", &HostArguments::book, "one book only", "BOOK"};
}

}  // namespace cadre::app
