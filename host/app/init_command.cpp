// init: the files of a desk of one's own.

#include <algorithm>
#include <filesystem>
#include <vector>

#include "host/app/command.hpp"
#include "host/app/desk_files.hpp"
#include "host/base/file.hpp"
#include "host/base/json.hpp"

namespace cadre::app {

namespace fs = std::filesystem;

namespace {

base::Problems wrong_arguments(const InitArguments& arguments) {
  base::Problems problems;
  if (arguments.is_empty && arguments.instruments.empty())
    problems.error("INIT_NO_INSTRUMENTS", base::Place::of("--empty"), "an empty desk needs its instruments",
                   "name each with --instrument ID");
  if (!arguments.is_empty && !arguments.instruments.empty())
    problems.error("INIT_NO_INSTRUMENTS", base::Place::of("--instrument"), "the demo has its own instruments",
                   "add --empty");
  for (std::size_t i = 0; i < arguments.instruments.size(); ++i) {
    const std::string& id = arguments.instruments[i];
    const bool is_cell =
        !id.empty() && id.size() <= 63 && id.find_first_of(",\"\r\n \t;") == std::string::npos;
    if (!is_cell)
      problems.error(
          "INIT_BAD_INSTRUMENT", base::Place::of("--instrument"),
          base::quote(id) + " is not the id of an instrument",
          "1 to 63 bytes without blanks, commas and quotation marks; name each of several with its "
          "own --instrument");
    if (std::find(arguments.instruments.begin(),
                  arguments.instruments.begin() + static_cast<std::ptrdiff_t>(i),
                  id) != arguments.instruments.begin() + static_cast<std::ptrdiff_t>(i))
      problems.error("INIT_BAD_INSTRUMENT", base::Place::of("--instrument"),
                     base::quote(id) + " is there twice", "name it once");
  }
  std::error_code error;
  if (fs::exists(fs::symlink_status(arguments.folder, error)) &&
      (!fs::is_directory(arguments.folder, error) || !fs::is_empty(arguments.folder, error)))
    problems.error("INIT_NOT_EMPTY", base::Place::of(arguments.folder),
                   "there is something here already, and nothing of it is replaced",
                   "name a folder that is not there, or an empty one");
  return problems;
}

/// What was written of a desk that cannot be written in full goes again, so that the next try finds what the
/// first one found. Nothing else goes: a folder with more in it stays.
void remove_written(const fs::path& folder, const std::vector<fs::path>& written, bool folder_was_there) {
  std::error_code ignored;
  for (const fs::path& path : written)
    fs::remove(path, ignored);
  for (const fs::path& path : written) {
    if (path.parent_path() != folder) fs::remove(path.parent_path(), ignored);
  }
  if (!folder_was_there) fs::remove(folder, ignored);
}

}  // namespace

int run_init_command(const InitArguments& arguments) {
  base::Problems problems = wrong_arguments(arguments);
  if (problems.has_errors()) {
    print_refusal(problems, arguments.json);
    return exit_invalid_input;
  }
  const fs::path folder = fs::absolute(arguments.folder).lexically_normal();
  const fs::path last = folder.has_filename() ? folder.filename() : folder.parent_path().filename();
  const auto files = desk_files({last.string(), arguments.instruments});
  std::error_code error;
  const bool folder_was_there = fs::exists(arguments.folder, error);
  std::vector<fs::path> written;
  for (const auto& [name, text] : files) {
    const fs::path path = arguments.folder / name;
    written.push_back(path);
    fs::create_directories(path.parent_path(), error);
    if (error)
      problems.error("FILE_NOT_WRITABLE", base::Place::of(path.parent_path()),
                     "cannot make this folder: " + error.message(),
                     "check its permissions and the space left");
    else
      problems.append(base::write_file_atomically(path, text));
    if (problems.has_errors()) break;
  }
  if (problems.has_errors()) {
    remove_written(arguments.folder, written, folder_was_there);
    print_refusal(problems, arguments.json);
    return exit_invalid_input;
  }
  const std::string at = shown(arguments.folder);
  if (arguments.json) {
    print_json("{\"folder\":" + base::quote(folder.string()) + "}");
    return exit_fine;
  }
  print_text("A desk in " + at + ": host.json, scenarios/main.json, chains/main.json, prices/daily.csv\n\n");
  if (!arguments.is_empty) print_text("Try:   cadre backtest " + at + "/scenarios/main.json\n");
  print_text("Check: cadre check " + at + "/host.json\nRun:   cadre run " + at + "/host.json\n" +
             "Feed:  cadre feed main FILE\n");
  return exit_fine;
}

}  // namespace cadre::app
