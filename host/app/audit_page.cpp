// docs/reference/audit.md: the rules of the audit and the lists that it goes by.

#include <span>

#include "host/agent/allowed_imports.hpp"
#include "host/agent/elf_image.hpp"
#include "host/app/reference_page.hpp"
#include "host/base/problem_codes.hpp"

namespace cadre::app {

namespace {

std::string listed(std::span<const agent::ImportGroup> groups) {
  std::string text;
  for (const agent::ImportGroup& group : groups) {
    text += "- **" + std::string(group.title) + "**: " + std::string(group.sentence) + " `" +
            std::string(group.names) + "`\n";
  }
  return text;
}

std::string in_mb(std::uint64_t bytes) {
  return std::to_string(bytes >> 20) + " MB";
}

}  // namespace

std::string audit_page() {
  std::string page = "# Audit\n\n";
  page += generated_note;
  page +=
      "What a library has to be before any of its code runs. Everything is refused that is not on a list. "
      "What it "
      "is worth, and what not: [security](../security.md).\n\n## Rules\n\n| code | refused when | what to do "
      "|\n|---|---|---|\n";
  for (const base::ProblemCode& row : base::problem_codes()) {
    if (!row.code.starts_with("AUDIT_")) continue;
    page += "| `" + std::string(row.code) + "` | " + cell(std::string(row.meaning)) + " | " +
            cell(std::string(row.what_to_do)) + " |\n";
  }
  page += "\n## Limits\n\nA library has at most " + in_mb(agent::library_bytes_most) + ", fills at most " +
          in_mb(agent::image_bytes_most) + " of addresses, and has at most " +
          std::to_string(agent::symbols_most) + " symbols, " + std::to_string(agent::relocations_most) +
          " relocations, " + std::to_string(agent::needed_most) + " needed libraries, " +
          std::to_string(agent::segments_most) + " segments, names of " +
          std::to_string(agent::name_bytes_most) + " bytes and " + std::to_string(agent::tls_bytes_most) +
          " bytes of thread-local storage.\n\n## What an agent in the host's process may import\n\n`*` "
          "stands for any "
          "text, `=fl` for the name and the same with f and l at its end.\n\n";
  page += listed(agent::allowed_imports());
  page += "\n## What one with a process of its own may import besides\n\n";
  page += listed(agent::isolated_imports());
  page +=
      "\n## What is refused with a reason\n\n| it | do instead | names | with a process of its own "
      "|\n|---|---|---|---|\n";
  for (const agent::RefusedGroup& group : agent::refused_imports()) {
    page += "| " + cell(std::string(group.sentence)) + " | " + cell(std::string(group.instead)) + " | `" +
            cell(std::string(group.names)) + "` | " +
            (group.isolated_too ? "refused too" : "if listed above") + " |\n";
  }
  return page;
}

}  // namespace cadre::app
