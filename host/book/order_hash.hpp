#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "host/base/hash.hpp"
#include "host/book/listener.hpp"

namespace cadre::book {

/// SHA-256 over every order a run decided, accepted or not, in order: client id, instrument, side, type, time
/// in force, quantity, prices, codes of the failed checks; and over what was asked of open ones, where it was
/// asked. Two runs with the same hash decided the same to the last bit.
class OrderHash final : public BookListener {
 public:
  void on_order(std::uint64_t sequence, const chain::DecidedOrder& decided) override;
  void on_order_request(std::uint64_t sequence, const execution::OrderRequest& request) override;
  /// Likewise, out of a journal.
  void add(const execution::OrderRequest& request);
  /// An order out of a journal.
  void add(const cadre_order& order, std::span<const std::string> failed_checks);
  /// Ends it.
  std::string hex() { return hash_.hex(); }
  std::string hex_so_far() const { return hash_.hex_so_far(); }
  /// How far it got, for a hash that goes on from there. False: that is not what save() gave.
  std::string save() const { return hash_.save(); }
  [[nodiscard]] bool load(std::string_view saved) { return hash_.load(saved); }

 private:
  base::Sha256 hash_;
};

/// Journals of earlier formats have a hash in which rejected orders were hashed otherwise.
inline constexpr std::uint32_t order_hash_since_format = 2;

/// The bytes that are hashed, for comparing two orders.
std::string order_bytes(const cadre_order& order, std::span<const std::string> failed_checks);
std::string order_bytes(const chain::DecidedOrder& decided);
/// The same of a request.
std::string request_bytes(const execution::OrderRequest& request);

}  // namespace cadre::book
