#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "host/base/decimal.hpp"
#include "host/model/instrument.hpp"
#include "host/model/portfolio.hpp"

namespace cadre::execution {

/// An account as a venue sees it.
struct VenueAccount {
  std::map<std::string, base::Quantity, std::less<>> positions;  ///< by instrument; what is not in it is zero
  std::optional<base::Money> cash{};
};

/// A position that the book and its venue do not agree about.
struct VenueBreak {
  std::string instrument;
  base::Quantity ours, venues;  ///< when the venue was asked
};

/// What a venue holds that a book did not trade: manual trades, and positions that nobody knows. It is not
/// traded away, limits how much may be closed, and ends when the venue agrees again or an operator adopts it.
/// [decision-thread]
class VenueBreaks {
 public:
  /// The book has another universe.
  void enter(const model::Universe& universe);

  /// What a book says of a venue's account, as the text of a command; empty breaks too.
  static std::string compared(const VenueAccount& account, const model::Universe& universe,
                              const model::Portfolio& portfolio);
  /// Takes such a text. False: it is none.
  bool take(std::string_view text);
  /// The same again, for a checkpoint; empty when nothing was ever said.
  const std::string& text() const { return text_; }

  bool any() const { return !breaks_.empty() || cash_difference_.raw() != 0; }
  const std::vector<VenueBreak>& breaks() const { return breaks_; }
  /// How many there are, a difference in cash with them.
  std::size_t size() const { return breaks_.size() + (cash_difference_.raw() != 0 ? 1 : 0); }
  /// The venue's cash less the book's, where it knows it.
  base::Money cash_difference() const { return cash_difference_; }
  /// The venue's position less the book's, 1e-9.
  std::int64_t external_e9(std::uint32_t instrument) const { return external_e9_[instrument]; }
  /// One sentence; empty: they agree.
  std::string to_string() const;

 private:
  void derive();

  std::string text_;
  std::vector<VenueBreak> breaks_;
  base::Money cash_difference_{};
  std::vector<std::string> instruments_;
  std::vector<std::int64_t> external_e9_;  ///< by instrument
};

}  // namespace cadre::execution
