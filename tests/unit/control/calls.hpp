#pragma once

#include <boost/json.hpp>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "host/control/host_control.hpp"
#include "host/revision/reload.hpp"

namespace cadre::control {

/// The operations of a running host as the C++ tests call them.
class Calls {
 public:
  explicit Calls(HostControl& host) : host_(host) {}

  live::Answer status() { return run("GET", "/v1/status"); }
  live::Answer portfolio(std::string book) {
    return run("GET", "/v1/books/{book}/portfolio", {.path = {std::move(book)}});
  }
  live::Answer post_bars(std::string book, std::vector<std::string> bars) {
    return run("POST", "/v1/books/{book}/bars", {.path = {std::move(book)}, .inputs = std::move(bars)});
  }
  live::Answer halt(live::Mandate mandate, std::string_view book, bool cancel_orders, bool flatten) {
    return run("POST", "/v1/halt",
               {.mandate = std::move(mandate),
                .members = {{"book", book}, {"cancel_orders", cancel_orders}, {"flatten", flatten}}});
  }
  live::Answer resume(live::Mandate mandate, std::string_view book) {
    return run("POST", "/v1/resume", {.mandate = std::move(mandate), .members = {{"book", book}}});
  }
  live::Answer revisions() { return run("GET", "/v1/revisions"); }
  live::Answer apply(const revision::ApplyRequest& request) {
    return run("POST", request.dry_run ? "/v1/revisions:validate" : "/v1/revisions",
               {.mandate = request.mandate,
                .members = {{"origin", request.origin}, {"book", request.book}},
                .documents = {{"config", request.text}},
                .based_on = request.based_on});
  }
  live::Answer experiments() { return run("GET", "/v1/experiments"); }
  live::Answer start_experiment(live::Mandate mandate, const std::string& text, std::string_view origin) {
    return run("POST", "/v1/experiments",
               {.mandate = std::move(mandate),
                .members = {{"origin", origin}},
                .documents = {{"experiment", text}}});
  }
  live::Answer stop_experiment(live::Mandate mandate, std::string name) {
    return run("POST", "/v1/experiments/{name}:stop",
               {.path = {std::move(name)}, .mandate = std::move(mandate)});
  }
  live::Answer experiment_results(std::string name) {
    return run("GET", "/v1/experiments/{name}/results", {.path = {std::move(name)}});
  }

  /// Any operation, by method and path as its row says them.
  live::Answer run(std::string_view method, std::string_view path, const Call& call = {}) {
    for (const Operation* operation : operations()) {
      if (operation->method == method && operation->path == path) return host_.run(*operation, call);
    }
    throw std::logic_error("there is no operation " + std::string(path));
  }

 private:
  HostControl& host_;
};

}  // namespace cadre::control
