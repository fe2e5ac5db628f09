#include "host/app/expected_files.hpp"

#include "host/base/json.hpp"

namespace cadre::app {

namespace fs = std::filesystem;

namespace {

base::Problems unmet(const Expectations& expectations) {
  base::Problems problems;
  for (const ExpectedFile& file : expectations.files) {
    if (!file.path->empty()) problems.append(config::expect_kind(*file.path, file.kinds));
  }
  for (const ExpectedName& name : expectations.names) {
    std::error_code error;
    if (name.text->find('/') == std::string::npos && !name.text->ends_with(".json") &&
        !fs::is_directory(*name.text, error))
      continue;
    if (!fs::exists(*name.text, error)) continue;
    const config::FileKind kind = config::file_kind(fs::path(*name.text));
    const std::string noun =
        kind == config::FileKind::unknown ? "a file" : std::string(config::noun_of(kind));
    problems.error("COMMAND_SWAPPED", base::Place::of(*name.text),
                   "this is " + noun + ", expected " + name.what, name.next_step);
  }
  return problems;
}

}  // namespace

Run expecting(Expectations expectations, Run run) {
  return [expected = std::move(expectations), run = std::move(run)] {
    const base::Problems problems = unmet(expected);
    if (!problems.has_errors()) return run();
    print_refusal(problems, expected.as_json != nullptr && *expected.as_json);
    return int{exit_invalid_input};
  };
}

}  // namespace cadre::app
