#pragma once

#include <map>
#include <string>
#include <string_view>

#include "host/base/capped_problems.hpp"
#include "host/base/json.hpp"

namespace cadre::base {

/// Walks text that the parser has accepted beside the values it gave. Records where each value stands,
/// refuses duplicate keys and numbers that do not fit, and rounds doubles correctly (the parser is off by a
/// unit in the last place at times). A part of JsonDocument::parse.
class JsonScanner {
 public:
  JsonScanner(std::string_view text, JsonDocument& document)
      : text_(text), document_(document), problems_(document.file_) {}
  Problems run();

 private:
  // `value` is null where the text has no counterpart: under a duplicate key.
  void scan_value(const std::string& pointer, boost::json::value* value);
  void scan_object(const std::string& pointer, boost::json::value* value);
  void scan_array(const std::string& pointer, boost::json::value* value);
  void scan_number(const std::string& pointer, boost::json::value* value);
  std::string_view scan_string();
  std::string scan_key();
  void scan_word();

  void skip_blanks();
  void advance();
  char current() const { return at_ < text_.size() ? text_[at_] : '\0'; }
  Place here(std::string pointer) const;

  std::string_view text_;
  JsonDocument& document_;
  CappedProblems problems_;
  size_t at_ = 0;
  uint32_t line_ = 1;
  uint32_t column_ = 1;
};

}  // namespace cadre::base
