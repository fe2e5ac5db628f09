#pragma once

#include <filesystem>
#include <set>
#include <string>

namespace cadre::live {

/// The books that have lived in a state folder and of which nobody has said that it is over, as its file
/// "incarnations" has them. It is only read, whoever writes it meanwhile; none where there is none.
std::set<std::string> living_books(const std::filesystem::path& state);

/// Of a copy the books that are in it without a journal that is a file.
std::set<std::string> books_without_journal(const std::filesystem::path& state);

}  // namespace cadre::live
