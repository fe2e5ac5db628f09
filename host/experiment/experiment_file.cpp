#include "host/experiment/experiment_file.hpp"

#include <boost/json.hpp>

#include "host/base/schema.hpp"

namespace cadre::experiment {

namespace fs = std::filesystem;
namespace json = boost::json;

namespace {

constexpr std::string_view schema_text = R"json({
  "type": "object",
  "required": ["candidate"],
  "properties": {
    "name": {"type": "string", "default": "experiment"},
    "description": {"type": "string"},
    "mode": {"type": "string", "enum": ["backtest", "shadow"], "default": "backtest", "description": "what it is meant for: backtest runs both arms over the same history (experiment run), shadow lets both decide on the inputs of a running book (experiment start); either command takes either"},
    "scenario": {"type": "string", "description": "the scenario file both arms of a backtest run, relative to this file; a shadow arm has the scenario of the running book"},
    "simulation": {"type": "object", "required": ["agent"], "description": "the execution environment of shadow arms; left out: that of the book, when it is simulated", "properties": {
      "agent": {"type": "string", "description": "an execution environment that its manifest declares as simulated"},
      "version": {"type": "string", "default": "*"},
      "config": {"type": "object", "additionalProperties": true, "default": {}}}},
    "control": {"type": "object", "default": {}, "properties": {
      "set": {"type": "object", "additionalProperties": true, "default": {}, "description": "JSON pointer to value: what this arm changes in the scenario"}}},
    "candidate": {"type": "object", "properties": {
      "set": {"type": "object", "additionalProperties": true, "default": {}, "description": "JSON pointer to value: another agent, version or setting of any stage"}}},
    "rule": {"type": "object", "default": {}, "description": "declared before the data are looked at", "properties": {
      "test": {"type": "string", "enum": ["sequential", "newey_west"], "default": "sequential", "description": "the one test that decides"},
      "alpha": {"type": "number", "exclusiveMinimum": 0, "maximum": 0.5, "default": 0.05, "description": "how often two equal versions may be called different"},
      "power": {"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 1, "default": 0.8, "description": "of the minimum detectable effect"},
      "margin_bp": {"type": "number", "exclusiveMinimum": 0, "description": "basis points per period that do not matter; without it nothing is equivalent"},
      "horizon": {"type": "integer", "minimum": 20, "description": "periods; left out: as many as there are"}}}
  }
})json";

std::vector<config::Override> overrides_of(const json::value& arm, const base::JsonDocument& document,
                                           const std::string& pointer) {
  std::vector<config::Override> overrides;
  for (const auto& [key, value] : arm.at("set").as_object()) {
    overrides.push_back({std::string(key), base::canonical(value), document.place(pointer + "/set").file});
  }
  return overrides;
}

}  // namespace

base::Result<ExperimentFile> read_experiment(const base::JsonDocument& document, const fs::path& folder) {
  base::Problems problems;
  static const json::value schema = json::parse(schema_text);
  base::validate(
      document.root(), schema, "", [&](std::string_view pointer) { return document.place(pointer); },
      problems);
  if (problems.has_errors()) return problems;
  const json::value root = base::with_defaults(document.root(), schema);
  ExperimentFile experiment;
  experiment.name = std::string(root.at("name").as_string());
  if (const json::value* description = root.as_object().if_contains("description"))
    experiment.description = std::string(description->as_string());
  if (const json::value* scenario = root.as_object().if_contains("scenario"))
    experiment.scenario = (folder / std::string(scenario->as_string())).lexically_normal();
  if (const json::value* simulation = root.as_object().if_contains("simulation"))
    experiment.simulation = *simulation;
  experiment.control = overrides_of(root.at("control"), document, "/control");
  experiment.candidate = overrides_of(root.at("candidate"), document, "/candidate");
  const json::object& rule = root.at("rule").as_object();
  experiment.rule.test =
      rule.at("test").as_string() == "newey_west" ? DecidingTest::newey_west : DecidingTest::sequential;
  experiment.rule.alpha = rule.at("alpha").to_number<double>();
  experiment.rule.power = rule.at("power").to_number<double>();
  if (const json::value* margin = rule.if_contains("margin_bp"))
    experiment.rule.margin_bp = margin->to_number<double>();
  if (const json::value* horizon = rule.if_contains("horizon"))
    experiment.rule.horizon = horizon->to_number<std::int64_t>();
  return experiment;
}

std::vector<std::string> lines_of(const std::vector<config::Override>& changes) {
  std::vector<std::string> lines;
  for (const config::Override& change : changes)
    lines.push_back(change.pointer + " = " + change.value);
  return lines;
}

std::string_view experiment_schema() {
  return schema_text;
}

}  // namespace cadre::experiment
