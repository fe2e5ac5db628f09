#include "host/agent/secrets.hpp"

#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <boost/json.hpp>
#include <cerrno>
#include <cstring>
#include <utility>

#include "cadre/ext/reason.h"
#include "host/base/codec.hpp"
#include "host/base/json.hpp"
#include "host/base/text.hpp"

namespace cadre::agent {

namespace json = boost::json;

namespace {

bool takes_text(const json::value& schema) {
  const json::value* type = base::find(schema, "/type");
  if (type == nullptr) return false;
  if (type->is_string()) return type->get_string() == "string";
  const auto is_text = [](const json::value& each) {
    return each.is_string() && each.get_string() == "string";
  };
  return type->is_array() && std::any_of(type->get_array().begin(), type->get_array().end(), is_text);
}

const std::string* referred(const json::value& value, std::string& name) {
  if (!value.is_object() || value.get_object().size() != 1) return nullptr;
  const json::value* secret = value.get_object().if_contains("secret");
  if (secret == nullptr || !secret->is_string()) return nullptr;
  name = secret->get_string();
  return &name;
}

void collect(const json::value& value, const json::value& schema, const std::string& pointer,
             std::vector<SecretUse>& uses) {
  std::string name;
  if (takes_text(schema) && referred(value, name) != nullptr) {
    uses.push_back({pointer, name});
  } else if (const json::value* properties = base::find(schema, "/properties");
             value.is_object() && properties != nullptr) {
    for (const auto& member : value.get_object()) {
      if (const json::value* inner = properties->as_object().if_contains(member.key()))
        collect(member.value(), *inner, pointer + "/" + base::pointer_token(member.key()), uses);
    }
  } else if (const json::value* items = base::find(schema, "/items"); value.is_array() && items != nullptr) {
    for (std::size_t k = 0; k < value.get_array().size(); ++k)
      collect(value.get_array()[k], *items, pointer + "/" + std::to_string(k), uses);
  }
}

bool is_name(const std::string& name) {
  const auto is_allowed = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '_' || c == '-';
  };
  return !name.empty() && name.size() <= Secrets::name_bytes_most && name[0] != '.' &&
         std::all_of(name.begin(), name.end(), is_allowed);
}

void wipe(std::string& text) {
  explicit_bzero(text.data(), text.size());
}

/// A descriptor that is closed.
struct Opened {
  explicit Opened(int file) : descriptor(file) {}
  Opened(const Opened&) = delete;
  Opened& operator=(const Opened&) = delete;
  ~Opened() {
    if (descriptor >= 0) close(descriptor);
  }
  int descriptor;
};

/// What is wrong with the file, and what to do about it; empty while nothing is.
struct Fault {
  const char* code = "SECRET_NOT_USABLE";
  std::string what, next;
};

Fault fault_of(const struct stat& about, const std::string& file) {
  if (!S_ISREG(about.st_mode)) return {.what = "is no regular file", .next = "write the value into a file"};
  if ((about.st_mode & (S_IRWXG | S_IRWXO)) != 0)
    return {"SECRET_NOT_PRIVATE", "may be used by others than its owner", "`chmod 400 " + file + "`"};
  if (about.st_uid != geteuid() && about.st_uid != 0)
    return {"SECRET_NOT_PRIVATE", "belongs to another user",
            "it has to belong to the user of the host, or to root"};
  if (static_cast<std::uint64_t>(about.st_size) > Secrets::bytes_most)
    return {.what = "has " + std::to_string(about.st_size) + " bytes, a secret at most " +
                    std::to_string(Secrets::bytes_most),
            .next = "is it the right file?"};
  return {};
}

/// Whoever may write into the folder may put another file in the place of a secret.
Fault folder_fault(const std::filesystem::path& folder) {
  struct stat about {};
  struct statvfs mounted {};
  // What is missing is said of the file.
  if (stat(folder.c_str(), &about) != 0) return {};
  if (statvfs(folder.c_str(), &mounted) == 0 && (mounted.f_flag & ST_RDONLY) != 0) return {};
  if ((about.st_mode & (S_IWGRP | S_IWOTH)) != 0)
    return {"SECRETS_FOLDER_NOT_PRIVATE", "may be written by others than its owner",
            "`chmod 700 " + folder.string() + "`, or mount it read-only"};
  if (about.st_uid != geteuid() && about.st_uid != 0)
    return {"SECRETS_FOLDER_NOT_PRIVATE", "belongs to another user",
            "it has to belong to the user of the host, or to root"};
  return {};
}

Fault read_all(int descriptor, std::string& text) {
  text.resize(Secrets::bytes_most + 1);
  std::size_t size = 0;
  while (size < text.size()) {
    const ssize_t got = ::read(descriptor, text.data() + size, text.size() - size);
    if (got < 0) return {.what = "cannot be read: " + std::string(std::strerror(errno)), .next = ""};
    if (got == 0) break;
    size += static_cast<std::size_t>(got);
  }
  text.resize(size);
  if (text.ends_with('\n')) text.pop_back();
  if (text.ends_with('\r')) text.pop_back();
  if (text.empty()) return {.what = "is empty", .next = "write the value into it"};
  if (base::first_invalid_utf8(text) || text.find('\0') != std::string::npos)
    return {.what = "is no UTF-8 text", .next = "encode it, in base64 for instance"};
  return {};
}

}  // namespace

std::vector<SecretUse> secret_uses(const json::value& settings, const json::value& schema) {
  std::vector<SecretUse> uses;
  collect(settings, schema, "", uses);
  return uses;
}

base::Result<std::string> Secrets::read(const std::string& name, const base::Place& place) const {
  base::Problems problems;
  if (!is_name(name)) {
    problems.error("SECRET_BAD_NAME", place, base::quote(name) + " is no name of a secret",
                   "use 1 to 63 letters, digits, '.', '_' and '-', no '.' in front");
    return problems;
  }
  if (folder_.empty()) {
    problems.error(
        "SECRETS_NOT_GIVEN", place,
        "the secret " + base::quote(name) + " is asked for, and there is no folder of secrets",
        "`cadre run --secrets DIR`, or `cadre check --secrets DIR` of a host file; backtests have none");
    return problems;
  }
  if (const Fault fault = folder_fault(folder_); !fault.what.empty()) {
    problems.error(fault.code, place, "the folder of secrets " + folder_.string() + " " + fault.what,
                   fault.next);
    return problems;
  }
  const std::string file = (folder_ / name).string();
  const Opened opened(::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  if (opened.descriptor < 0) {
    const bool is_missing = errno == ENOENT;
    problems.error(
        is_missing ? "SECRET_MISSING" : "SECRET_NOT_USABLE", place,
        "the secret " + base::quote(name) + " cannot be read: " + file + ": " + std::strerror(errno),
        "write its value into that file, readable by its owner alone");
    return problems;
  }
  struct stat about {};
  Fault fault{.what = "cannot be looked at", .next = ""};
  std::string text;
  if (fstat(opened.descriptor, &about) == 0) fault = fault_of(about, file);
  if (fault.what.empty()) fault = read_all(opened.descriptor, text);
  if (fault.what.empty()) return text;
  wipe(text);
  problems.error(fault.code, place,
                 "the secret " + base::quote(name) + " cannot be used: " + file + " " + fault.what,
                 fault.next);
  return problems;
}

base::Result<SecretsOnTheirWay> SecretsOnTheirWay::pack(const Secrets& secrets,
                                                        const std::vector<SecretUse>& uses,
                                                        const base::Place& place) {
  base::Problems problems;
  std::vector<std::string> values;
  std::size_t bytes = sizeof(std::uint32_t);
  for (const SecretUse& use : uses) {
    base::Place at = place;
    at.pointer += "/config" + use.pointer;
    auto value = secrets.read(use.name, at);
    problems.append(value.problems());
    values.push_back(value ? std::move(value).take() : std::string());
    bytes += 2 * sizeof(std::uint32_t) + use.pointer.size() + values.back().size();
  }
  const Opened file(memfd_create("cadre-secrets", MFD_CLOEXEC | MFD_ALLOW_SEALING));
  const bool is_sized = file.descriptor >= 0 && ftruncate(file.descriptor, static_cast<off_t>(bytes)) == 0;
  void* memory =
      !is_sized ? MAP_FAILED : mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, file.descriptor, 0);
  if (memory == MAP_FAILED)
    problems.error("ISOLATION_START", place, "no memory for secrets: " + std::string(std::strerror(errno)));
  if (!problems.has_errors()) {
    char* to = static_cast<char*>(memory);
    const auto put = [&](const void* from, std::size_t size) {
      std::memcpy(to, from, size);
      to += size;
    };
    const auto put_text = [&](const std::string& text) {
      const auto size = static_cast<std::uint32_t>(text.size());
      put(&size, sizeof size);
      put(text.data(), text.size());
    };
    const auto count = static_cast<std::uint32_t>(uses.size());
    put(&count, sizeof count);
    for (std::size_t k = 0; k < uses.size(); ++k) {
      put_text(uses[k].pointer);
      put_text(values[k]);
    }
  }
  for (std::string& value : values)
    wipe(value);
  if (memory != MAP_FAILED) munmap(memory, bytes);
  if (problems.has_errors()) return problems;
  return SecretsOnTheirWay(fcntl(file.descriptor, F_DUPFD_CLOEXEC, 0), bytes);
}

SecretsOnTheirWay::SecretsOnTheirWay(SecretsOnTheirWay&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)), bytes_(other.bytes_) {}

SecretsOnTheirWay::~SecretsOnTheirWay() {
  if (descriptor_ >= 0) close(descriptor_);
}

std::map<std::string, std::string> SecretsOnTheirWay::unpack(int descriptor, std::uint64_t bytes) {
  void* memory = mmap(nullptr, bytes, PROT_READ, MAP_SHARED, descriptor, 0);
  if (memory == MAP_FAILED) return {};
  std::map<std::string, std::string> values;
  base::Decoder from(std::span(static_cast<const std::byte*>(memory), bytes));
  const std::size_t count = from.get_count(2 * sizeof(std::uint32_t));
  for (std::size_t k = 0; k < count; ++k) {
    std::string pointer;
    from.get_text(pointer);
    from.get_text(values[pointer]);
  }
  munmap(memory, bytes);
  return from.finished() ? values : std::map<std::string, std::string>{};
}

std::string with_secrets(const std::string& settings, const std::map<std::string, std::string>& values) {
  json::value document = json::parse(settings);
  for (const auto& [pointer, value] : values) {
    boost::system::error_code error;
    if (json::value* at = document.find_pointer(pointer, error)) *at = value;
  }
  return base::canonical(document);
}

namespace {

/// A line of a secret that is shorter may be any word.
constexpr std::size_t line_bytes_least = 8;

/// How a value may stand in a sentence, the longest first: one may be the beginning of another.
std::vector<std::string> shapes_of(const std::map<std::string, std::string>& values) {
  std::vector<std::string> shapes;
  for (const auto& [pointer, value] : values) {
    shapes.push_back(value);
    shapes.push_back(base::on_one_line(value));
    const std::string quoted = base::quote(value);
    shapes.push_back(quoted.substr(1, quoted.size() - 2));
    for (std::size_t begin = 0, end = 0; end != std::string::npos; begin = end + 1) {
      end = value.find_first_of("\r\n", begin);
      const std::string line = value.substr(begin, end - begin);
      if (line.size() >= line_bytes_least) shapes.push_back(line);
    }
  }
  std::sort(shapes.begin(), shapes.end(), [](const std::string& a, const std::string& b) {
    return a.size() != b.size() ? a.size() > b.size() : a < b;
  });
  shapes.erase(std::unique(shapes.begin(), shapes.end()), shapes.end());
  return shapes;
}

/// How many bytes at the end of a sentence are the beginning of a shape.
std::size_t begun_at_end(const std::string& sentence, const std::string& shape) {
  for (std::size_t bytes = std::min(sentence.size(), shape.size()); bytes != 0; --bytes) {
    if (sentence.ends_with(std::string_view(shape).substr(0, bytes))) return bytes;
  }
  return 0;
}

}  // namespace

std::string without_secrets(std::string sentence, const std::map<std::string, std::string>& values) {
  constexpr std::string_view shown = "(a secret)";
  constexpr std::size_t longest_character = 4;  // one that would have been cut is left out
  const bool is_cut = sentence.size() + longest_character > CADRE_REASON_BYTES_MAX;
  const std::vector<std::string> shapes = shapes_of(values);
  for (const std::string& shape : shapes) {
    for (std::size_t at = sentence.find(shape); at != std::string::npos;
         at = sentence.find(shape, at + shown.size()))
      sentence.replace(at, shape.size(), shown);
  }
  std::size_t begun = 0;
  for (const std::string& shape : shapes)
    begun = std::max(begun, is_cut ? begun_at_end(sentence, shape) : 0);
  if (begun != 0) sentence.replace(sentence.size() - begun, begun, shown);
  return sentence;
}

}  // namespace cadre::agent
