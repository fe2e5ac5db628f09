#include "host/app/word_order.hpp"

namespace cadre::app {

namespace {

bool is_option(const std::string& word) {
  return word.size() > 1 && word[0] == '-';
}

CLI::App* subcommand(CLI::App& at, const std::string& word) {
  for (CLI::App* each : at.get_subcommands([](const CLI::App*) { return true; })) {
    if (each->get_name() == word) return each;
  }
  return nullptr;
}

/// The option of this parser that a word names, with "=value" or without; null when there is none.
const CLI::Option* option_of(const CLI::App& at, const std::string& word) {
  return at.get_option_no_throw(word.substr(0, word.find('=')));
}

/// The same in any command below: options may come before the word that says which command is meant.
const CLI::Option* option_anywhere(const CLI::App& at, const std::string& word) {
  if (const CLI::Option* found = option_of(at, word)) return found;
  for (const CLI::App* each : at.get_subcommands([](const CLI::App*) { return true; })) {
    if (const CLI::Option* found = option_anywhere(*each, word)) return found;
  }
  return nullptr;
}

/// Whether the word behind this one is its value.
bool takes_next(const CLI::Option* option, const std::string& word) {
  return option != nullptr && option->get_items_expected_min() > 0 && word.find('=') == std::string::npos;
}

bool may_take_next(const CLI::Option* option, const std::string& word) {
  return option != nullptr && option->get_expected_min() == 0 && option->get_expected_max() > 0 &&
         option->get_type_size() > 0 && word.find('=') == std::string::npos;
}

/// Sorts the words of one command line by where they belong.
class Arranger {
 public:
  Arranger(CLI::App& root, const std::vector<std::string>& words) : root_(root), at_(&root), words_(words) {}

  std::vector<std::string> run() {
    std::size_t i = 0;
    while (i < words_.size() && walk(i)) {
    }
    for (; i < words_.size(); ++i)
      place(i);
    if (asks_help_) answer_help();
    std::vector<std::string> all = global_;
    for (const auto* part : {&path_, &early_, &own_, &last_})
      all.insert(all.end(), part->begin(), part->end());
    return all;
  }

 private:
  /// Nothing is run for who asks for help. Behind a group other words are left, to be refused.
  void answer_help() {
    if (takes_a_name() && plain_words_ > 0) return;
    own_ = {"--help"};
    early_.clear();
    last_.clear();
  }

  /// Takes one word of the command's name, or an option among them; false behind the name.
  bool walk(std::size_t& i) {
    const std::string& word = words_[i];
    if (word == "--" || !takes_a_name()) return false;
    if (is_option(word)) {
      const bool is_global = option_of(root_, word) != nullptr && word != "-h" && word != "--help";
      const CLI::Option* option = is_global ? option_of(root_, word) : option_anywhere(root_, word);
      std::vector<std::string>& part = is_global ? global_ : early_;
      part.push_back(word);
      if (takes_next(option, word) && i + 1 < words_.size()) part.push_back(words_[++i]);
      ++i;
      return true;
    }
    if (word == "help") {
      asks_help_ = true;
      ++i;
      return true;
    }
    CLI::App* next = subcommand(*at_, word);
    if (next == nullptr) return false;
    at_ = next;
    path_.push_back(word);
    ++i;
    return true;
  }

  bool takes_a_name() const {
    return !at_->get_subcommands([](const CLI::App*) { return true; }).empty();
  }

  /// A word behind the command's name: an option of the whole program goes before it.
  void place(std::size_t& i) {
    const std::string& word = words_[i];
    if (!is_option(word) || word == "--") {
      own_.push_back(word);
      ++plain_words_;
      if (word == "--") {
        own_.insert(own_.end(), words_.begin() + static_cast<std::ptrdiff_t>(i) + 1, words_.end());
        i = words_.size();
      }
      return;
    }
    const CLI::Option* own = option_of(*at_, word);
    const CLI::Option* global = own == nullptr ? option_of(root_, word) : nullptr;
    if (may_take_next(own, word) && leaves_too_few(i + 1)) {
      last_.push_back(word);
      return;
    }
    std::vector<std::string>& part = global != nullptr ? global_ : own_;
    part.push_back(word);
    if ((takes_next(own, word) || takes_next(global, word)) && i + 1 < words_.size())
      part.push_back(words_[++i]);
  }

  /// Whether the command would lack a word if the one at `i` were an option's value.
  bool leaves_too_few(std::size_t i) const {
    if (i >= words_.size() || is_option(words_[i])) return false;
    std::size_t needed = 0;
    for (const CLI::Option* option : at_->get_options())
      needed += option->get_positional() && option->get_required() ? 1 : 0;
    std::size_t there = plain_words_;
    for (std::size_t k = i + 1; k < words_.size(); ++k) {
      if (!is_option(words_[k])) {
        ++there;
      } else if (takes_next(option_anywhere(root_, words_[k]), words_[k])) {
        ++k;
      }
    }
    return there < needed;
  }

  CLI::App& root_;
  CLI::App* at_;
  const std::vector<std::string>& words_;
  bool asks_help_ = false;
  std::size_t plain_words_ = 0;  ///< behind the name, that are neither options nor their values
  std::vector<std::string> global_, path_, early_, own_, last_;
};

}  // namespace

std::vector<std::string> in_parser_order(CLI::App& root, const std::vector<std::string>& words) {
  return Arranger(root, words).run();
}

CLI::App& command_named(CLI::App& root, const std::vector<std::string>& words) {
  CLI::App* at = &root;
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (is_option(words[i])) {
      if (takes_next(option_anywhere(root, words[i]), words[i])) ++i;
      continue;
    }
    CLI::App* next = subcommand(*at, words[i]);
    if (next == nullptr) break;
    at = next;
  }
  return *at;
}

std::string path_of(const CLI::App& command) {
  const CLI::App* above = command.get_parent();
  return above == nullptr ? command.get_name() : path_of(*above) + " " + command.get_name();
}

}  // namespace cadre::app
