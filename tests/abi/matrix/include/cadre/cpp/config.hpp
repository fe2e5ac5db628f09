#pragma once

#include <cmath>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "cadre/ext/config_reader.h"
#include "cadre/host.h"

namespace cadre::sdk {

inline cadre_string text_of(std::string_view text) {
  return cadre_string{text.data(), text.size()};
}
inline std::string_view view_of(cadre_string text) {
  return {text.data, text.length};
}
inline std::string_view view_of(const cadre_id& id) {
  std::size_t length = 0;
  while (length < sizeof(id.text) && id.text[length] != '\0')
    ++length;
  return {id.text, length};
}

/// A sentence to the user: the agent will not work with what it was given. The guard makes CADRE_REJECTED of
/// it.
class Refusal : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// The identifier with this text. Throws Refusal for more than CADRE_ID_BYTES_MAX bytes: what is cut means
/// something else.
inline cadre_id id_of(std::string_view text) {
  cadre_id id{};
  if (text.size() > CADRE_ID_BYTES_MAX)
    throw Refusal("\"" + std::string(text) + "\" has " + std::to_string(text.size()) +
                  " bytes, an identifier has at most " + std::to_string(CADRE_ID_BYTES_MAX));
  text.copy(id.text, text.size());
  return id;
}

/// An agent's configuration: valid against the manifest's schema and complete. Pointers are JSON pointers
/// ("/var_limit"). Throws Refusal where a value is missing or of another type, which a correct schema
/// prevents.
class Config {
 public:
  Config(const cadre_host* host, cadre_string json) : host_(host), json_(json) {
    reader_ = static_cast<const cadre_config_reader*>(
        host->get_extension(host, CADRE_TEXT(CADRE_EXT_CONFIG_READER)));
    if (reader_ == nullptr) throw Refusal("this host does not offer " CADRE_EXT_CONFIG_READER);
  }

  double number(std::string_view pointer) const {
    double value = 0;
    if (reader_->number(host_, json_, text_of(pointer), &value) != CADRE_OK) missing(pointer, "a number");
    return value;
  }
  double number_or(std::string_view pointer, double otherwise) const {
    double value = otherwise;
    return reader_->number(host_, json_, text_of(pointer), &value) == CADRE_OK ? value : otherwise;
  }
  std::int64_t integer(std::string_view pointer) const {
    const double value = number(pointer);
    if (value != std::floor(value) || std::fabs(value) > 9007199254740992.0) missing(pointer, "an integer");
    return static_cast<std::int64_t>(value);
  }
  bool flag(std::string_view pointer) const { return number(pointer) != 0; }

  std::string text(std::string_view pointer) const {
    std::string value(64, '\0');
    for (;;) {
      cadre_buffer buffer{reinterpret_cast<std::uint8_t*>(value.data()), value.size(), 0};
      if (reader_->text(host_, json_, text_of(pointer), &buffer) != CADRE_OK) missing(pointer, "text");
      const bool fits = buffer.needed <= value.size();
      value.resize(buffer.needed);
      if (fits) return value;
    }
  }

  /// How many elements the array at `pointer` has; 0 when there is none.
  std::uint64_t count(std::string_view pointer) const {
    std::uint64_t value = 0;
    return reader_->count(host_, json_, text_of(pointer), &value) == CADRE_OK ? value : 0;
  }
  std::vector<std::string> texts(std::string_view pointer) const {
    std::vector<std::string> values;
    for (std::uint64_t i = 0, n = count(pointer); i < n; ++i) {
      values.push_back(text(std::string(pointer) + "/" + std::to_string(i)));
    }
    return values;
  }

 private:
  [[noreturn]] static void missing(std::string_view pointer, const char* expected) {
    throw Refusal(std::string(pointer) + ": expected " + expected);
  }

  const cadre_host* host_;
  cadre_string json_;
  const cadre_config_reader* reader_;
};

}  // namespace cadre::sdk
