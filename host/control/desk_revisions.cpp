// The revisions of a running host: what they were, what a change would do, applying one, and going back.

#include <boost/json.hpp>

#include "host/base/text.hpp"
#include "host/control/host_parts.hpp"
#include "host/control/operation.hpp"
#include "host/revision/change_preview.hpp"

namespace cadre::control {

namespace {

live::Answer no_revision(const Call& call, std::size_t index) {
  base::Problems problems;
  problems.error("REVISION_UNKNOWN", {},
                 "there is no revision " + base::quote(call.path[index]) + ": they are numbered from 1 on");
  return {live::Outcome::unknown, {}, problems};
}

live::Answer list(HostParts& host, const Call&) {
  return host.reload->list();
}

live::Answer show(HostParts& host, const Call& call) {
  const auto number = call.number(0);
  return number ? host.reload->show(*number) : no_revision(call, 0);
}

live::Answer difference(HostParts& host, const Call& call) {
  const auto a = call.number(0);
  const bool is_of_files = call.path[1] == "files";
  const auto b = is_of_files ? std::nullopt : call.number(1);
  if (!a || (!b && !is_of_files)) return no_revision(call, a ? 1 : 0);
  return host.reload->difference_of(*a, b);
}

revision::ApplyRequest request_of(const Call& call, bool dry_run) {
  const std::string origin = call.text("origin");
  return {.mandate = call.mandate,
          .text = call.document("config"),
          .origin = origin.empty() ? "config" : origin,
          .book = call.text("book"),
          .based_on = call.based_on,
          .dry_run = dry_run,
          .decisions = call.count("decisions").value_or(revision::previewed_usually),
          .keeps_plugins = call.flag("keeps_plugins")};
}

live::Answer validate(HostParts& host, const Call& call) {
  return host.reload->apply(request_of(call, true));
}

live::Answer apply(HostParts& host, const Call& call) {
  return host.reload->apply(request_of(call, false));
}

live::Answer roll_back_to_previous(HostParts& host, const Call& call) {
  return host.reload->roll_back(
      {.mandate = call.mandate, .based_on = call.based_on, .book = call.text("book")});
}

live::Answer roll_back(HostParts& host, const Call& call) {
  const auto number = call.number(0);
  if (!number) return no_revision(call, 0);
  return host.reload->roll_back(
      {.mandate = call.mandate, .to = *number, .based_on = call.based_on, .book = call.text("book")});
}

live::Answer confirm(HostParts& host, const Call& call) {
  return host.reload->confirm(call.mandate, call.text("book"));
}

}  // namespace

std::span<const Operation> revision_operations() {
  using Brings = Operation::Brings;
  using BasedOn = Operation::BasedOn;
  static const std::vector<Member> configuration{
      {"book"}, {"origin"}, {"keeps_plugins", Member::Kind::flag}, {"config", Member::Kind::document, true}};
  static const std::vector<Member> configuration_and_past{
      {"book"},
      {"origin"},
      {"decisions", Member::Kind::count, false, revision::previewed_most},
      {"keeps_plugins", Member::Kind::flag},
      {"config", Member::Kind::document, true}};
  static const std::vector<Member> one_book{{"book"}};
  static const Operation rows[] = {
      {"GET", "/v1/revisions", "all revisions", list},
      {.method = "GET",
       .path = "/v1/revisions/{n}",
       .description = "one revision",
       .run = show,
       .revision_at = "/revision"},
      {"GET", "/v1/revisions/{a}/diff/{b}",
       "what leads from a to b; for b \"files\": to what the files say now", difference},
      {.method = "POST",
       .path = "/v1/revisions:validate",
       .description = "what applying would do, and would have done in the newest decisions",
       .run = validate,
       .brings = Brings::change,
       .members = configuration_and_past,
       .based_on = BasedOn::optional},
      {.method = "POST",
       .path = "/v1/revisions",
       .description = "apply a configuration, with If-Match: \"N\"",
       .run = apply,
       .brings = Brings::change,
       .members = configuration,
       .based_on = BasedOn::required},
      {.method = "POST",
       .path = "/v1/revisions:confirm",
       .description = "end trials as confirmed now, of one book or of all",
       .run = confirm,
       .brings = Brings::change,
       .members = one_book},
      {.method = "POST",
       .path = "/v1/revisions:rollback",
       .description = "back to what was in charge before, one book or all, with If-Match: \"N\"",
       .run = roll_back_to_previous,
       .brings = Brings::change,
       .members = one_book,
       .based_on = BasedOn::required},
      {.method = "POST",
       .path = "/v1/revisions/{n}:rollback",
       .description = "back to revision n, one book or all, with If-Match: \"N\"",
       .run = roll_back,
       .brings = Brings::change,
       .members = one_book,
       .based_on = BasedOn::required}};
  return rows;
}

}  // namespace cadre::control
