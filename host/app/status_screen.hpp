#pragma once

#include <boost/json/value.hpp>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace cadre::app {

/// Columns that screens of a host keep to where nothing else is said.
constexpr std::size_t screen_columns = 80;

/// The status of a host on one screen: what runs, since when, by whom and why, what is wrong, what to do
/// next. Members that are missing are left out.
std::string status_screen(const boost::json::value& status, std::size_t width = screen_columns);
/// The same for a terminal with so many rows, of which the last stays free: where it has too few, what is
/// wrong stands before the rest, and the last line says how many lines are left out. `notice`: first of all.
std::string watched_screen(const boost::json::value& status, std::size_t width, std::size_t rows,
                           const std::string& notice = {});

/// {"current": n, "revisions": [...]} as a table, newest first.
std::string revisions_table(const boost::json::value& body, std::size_t width = screen_columns);
/// {"changes": [{pointer, before, after}], "plugins": [{id, before, after}]}, a line for each.
std::string difference_text(const boost::json::value& difference);
/// [{book?, stage, agent, version, before?, how}] as a table; empty for none.
std::string stages_table(const boost::json::value& stages, std::size_t width = screen_columns);
/// Experiments as in the status, or {"experiments": [...]}, as a table.
std::string experiments_table(const boost::json::value& experiments, std::size_t width = screen_columns);
/// {"quarantine": [...]} as lines: who, and why.
std::string quarantine_table(const boost::json::value& body, std::size_t width = screen_columns);
/// One event on one line: time, kind, and its other members. Where that is wider than a line, lists and
/// objects are shortened.
std::string event_line(const boost::json::value& event, std::size_t width = screen_columns);

/// A member as text, whatever its type; empty when it is missing or null.
std::string text_at(const boost::json::value& value, std::string_view pointer);
/// A number with separators: "1,234,567"; a text as it is.
std::string count_at(const boost::json::value& value, std::string_view pointer);
/// A number at the pointer, or 0.
double number_at(const boost::json::value& value, const char* pointer);
/// "2026-11-25 02:04:39" of a time as programs write it.
std::string moment(std::string time);
/// An array at the pointer, or an empty one.
const boost::json::array& list_at(const boost::json::value& value, std::string_view pointer);

}  // namespace cadre::app
