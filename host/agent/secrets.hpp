#pragma once

#include <boost/json/value.hpp>
#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "host/base/result.hpp"

namespace cadre::agent {

/// A setting of an agent whose value is {"secret": "name"}: a reference. The value is in no configuration,
/// revision, journal or log; it crosses by a descriptor into the process of the agent that is made with it.
struct SecretUse {
  std::string pointer;  ///< within the agent's settings
  std::string name;

  bool operator==(const SecretUse&) const = default;
};

/// The references in an agent's settings: at every place where its schema takes a text.
std::vector<SecretUse> secret_uses(const boost::json::value& settings, const boost::json::value& schema);

/// A folder with one file a secret, read anew whenever an agent is made.
class Secrets {
 public:
  static constexpr std::uint64_t bytes_most = std::uint64_t{64} * 1024;
  static constexpr std::size_t name_bytes_most = 63;

  /// Empty: there is no folder, and every reference is refused.
  explicit Secrets(std::filesystem::path folder = {}) : folder_(std::move(folder)) {}

  /// The text of a file, without one line end behind it. `place`: of the reference. Errors: SECRET_BAD_NAME,
  /// SECRETS_NOT_GIVEN, SECRETS_FOLDER_NOT_PRIVATE, SECRET_MISSING, SECRET_NOT_PRIVATE, SECRET_NOT_USABLE.
  /// [any-thread]
  base::Result<std::string> read(const std::string& name, const base::Place& place) const;

 private:
  std::filesystem::path folder_;
};

/// All of them as a memory file, for the process that takes them. Owns its descriptor.
class SecretsOnTheirWay {
 public:
  /// Errors: those of Secrets::read; ISOLATION_START without memory. `place`: of the settings.
  static base::Result<SecretsOnTheirWay> pack(const Secrets& secrets, const std::vector<SecretUse>& uses,
                                              const base::Place& place);
  SecretsOnTheirWay(SecretsOnTheirWay&& other) noexcept;
  SecretsOnTheirWay& operator=(SecretsOnTheirWay&&) = delete;
  ~SecretsOnTheirWay();
  int descriptor() const { return descriptor_; }
  std::uint64_t bytes() const { return bytes_; }

  /// What was packed, by pointer. Empty: it cannot be read.
  static std::map<std::string, std::string> unpack(int descriptor, std::uint64_t bytes);

 private:
  SecretsOnTheirWay(int descriptor, std::uint64_t bytes) : descriptor_(descriptor), bytes_(bytes) {}
  int descriptor_;
  std::uint64_t bytes_;
};

/// The settings with the values in the places of their references; canonical.
std::string with_secrets(const std::string& settings, const std::map<std::string, std::string>& values);
/// A sentence of an agent without the values of its secrets: whole, as one line of several, in quotes, or cut
/// off with the sentence.
std::string without_secrets(std::string sentence, const std::map<std::string, std::string>& values);

}  // namespace cadre::agent
