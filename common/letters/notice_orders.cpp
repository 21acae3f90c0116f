// SPDX-License-Identifier: Apache-2.0
#include "letters/notice_orders.hpp"

#include "core/text.hpp"
#include "letters/compose.hpp"
#include "letters/order_words.hpp"
#include "mail/address.hpp"
#include "mail/syntax.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace holdback::letters {

namespace {

constexpr std::size_t kMostOctets = std::size_t{64} * 1024;
/// At most this many lines of prose may precede the first command.
constexpr int kMostProse = 12;
constexpr std::size_t kMostRanges = 1000;
constexpr std::size_t kMostNotUnderstood = 5;
/// The octets of a line that are shown to its writer.
constexpr std::size_t kMostLine = 100;
/// A mail program may have broken a line this long: its list may go on in the next one.
constexpr std::size_t kLongLine = 60;

// ---------------------------------------------------------------------------------------- commands

using Word = OrderWord;
using Kind = OrderWordKind;

/// The orders of a line that begins with a command; nullopt when the rest does not fit a command.
std::optional<std::vector<Order>> orders_of(std::span<const Word> words) {
    std::vector<Order> orders;
    for (std::size_t i = 0; i < words.size(); ++i) {
        const Word& word = words[i];
        switch (word.kind) {
            case Kind::Release:
                orders.push_back({.action = OrderAction::Release, .all = false, .numbers = {}});
                break;
            case Kind::Discard:
                orders.push_back({.action = OrderAction::Discard, .all = false, .numbers = {}});
                break;
            case Kind::All:
                orders.back().all = true;
                break;
            case Kind::Number: {
                NumberRange range{word.number, word.number};
                if (i + 2 < words.size() && words[i + 1].kind == Kind::Dash &&
                    words[i + 2].kind == Kind::Number) {
                    range = {std::min(word.number, words[i + 2].number),
                             std::max(word.number, words[i + 2].number)};
                    i += 2;
                }
                if (orders.back().numbers.size() >= kMostRanges) {
                    return std::nullopt;
                }
                orders.back().numbers.push_back(range);
                break;
            }
            case Kind::Polite:
            case Kind::Filler:
                break;
            case Kind::Dash:
            case Kind::Other:
                return std::nullopt;
        }
    }
    const bool each_is_whole = std::ranges::all_of(
        orders, [](const Order& order) { return order.all != !order.numbers.empty(); });
    return each_is_whole ? std::optional(std::move(orders)) : std::nullopt;
}

/// The words of a line from its command on; empty when it does not begin with one. A leading dash
/// is a list mark.
std::span<const Word> command_in(std::span<const Word> words) {
    while (!words.empty() &&
           (words.front().kind == Kind::Polite || words.front().kind == Kind::Dash)) {
        words = words.subspan(1);
    }
    const bool begins = !words.empty() && (words.front().kind == Kind::Release ||
                                           words.front().kind == Kind::Discard);
    return begins ? words : std::span<const Word>{};
}

/// False for "Release notes are attached".
bool looks_like_command(std::span<const Word> words) {
    return std::ranges::any_of(
        words.subspan(1).first(std::min<std::size_t>(words.size() - 1, 3)),
        [](const Word& word) { return word.kind == Kind::Number || word.kind == Kind::All; });
}

bool is_list(std::span<const Word> words) {
    return !words.empty() && words.front().kind == Kind::Number &&
           std::ranges::all_of(words, [](const Word& word) {
               return word.kind == Kind::Number || word.kind == Kind::Dash ||
                      word.kind == Kind::Filler || word.kind == Kind::Polite;
           });
}

// ----------------------------------------------------------------------------------------- quoting

bool is_quoted(std::string_view line) {
    return line.starts_with('>') || line.starts_with('|') || line.starts_with("]");
}

/// The From field in the head that mail programs put above the quoted message, in many languages.
bool is_head_field(std::string_view line) {
    static constexpr auto kFrom =
        std::to_array<std::string_view>({"from",
                                         "von",
                                         "de",
                                         "da",
                                         "van",
                                         "fra",
                                         "fr\xC3\xA5n",
                                         "od",
                                         "l\xC3\xA4hett\xC3\xA4j\xC3\xA4",
                                         "kimden",
                                         "\xD0\xBE\xD1\x82",
                                         "felad\xC3\xB3",
                                         "expediteur",
                                         "exp\xC3\xA9"
                                         "diteur",
                                         "\xE5\x8F\x91\xE4\xBB\xB6\xE4\xBA\xBA",
                                         "\xE5\xB7\xAE\xE5\x87\xBA\xE4\xBA\xBA",
                                         "\xEB\xB3\xB4\xEB\x82\xB8 \xEC\x82\xAC\xEB\x9E\x8C"});
    std::string bare(line);
    std::erase(bare, '*');
    const std::size_t colon = bare.find(':');
    if (colon == std::string::npos) {
        return false;
    }
    const std::string name = core::to_lower_utf8(
        core::to_valid_utf8(core::trim(std::string_view(bare).substr(0, colon))));
    return std::ranges::find(kFrom, name) != kFrom.end();
}

/// True for the first words of a notice, which some programs quote without marks.
bool begins_notice(std::string_view line, std::span<const std::string> beginnings) {
    return std::ranges::any_of(
               beginnings,
               [&](std::string_view begins) { return !begins.empty() && line.contains(begins); }) ||
           line.contains("of your mail was held back") ||
           line.contains("of your mail were held back") ||
           line.starts_with("Your campaign was stopped as a whole");
}

/// True for a line that ends the sender's own text: a signature mark, a rule, "Original Message".
bool is_end(std::string_view raw, std::string_view line, std::span<const std::string> beginnings) {
    if (raw == "-- " || raw == "--") {
        return true;
    }
    const bool rule = line.size() >= 5 && std::ranges::all_of(line, [](char c) {
                          return c == '_' || c == '-' || c == '=' || c == ' ';
                      });
    return rule || line.starts_with("-----") || is_head_field(line) ||
           begins_notice(line, beginnings) ||
           core::starts_with_ignoring_case(line, "begin forwarded message") ||
           core::starts_with_ignoring_case(line, "sent from my ") ||
           core::starts_with_ignoring_case(line, "get outlook for ");
}

/// True for a line such as "On Fri, 27 Nov 2026 at 10:00, Holdback <…> wrote:" in any language: it
/// ends with a colon and names an address or a time. Programs may break it into two.
bool is_attribution(std::string_view line, std::string_view next) {
    const auto tells = [](std::string_view text) {
        return text.find('@') != std::string_view::npos ||
               (text.find(':') != text.rfind(':') &&
                std::ranges::count_if(text, core::is_ascii_digit) >= 4);
    };
    const auto ends = [](std::string_view text) {
        return text.ends_with(':') || text.ends_with("\xEF\xBC\x9A");
    };
    if (ends(line) && tells(line)) {
        return true;
    }
    return !line.empty() && line.size() > 20 && ends(next) &&
           tells(fmt::format("{} {}", line, next));
}

/// The text before "as" and the one address after it; the address is empty if there is no such
/// pair. A program that makes links may have repeated it as "mailto:".
std::pair<std::string_view, std::string> split_at_as(std::string_view line) {
    const std::string lower = core::to_lower(line);
    const std::size_t at = lower.find(" as ");
    if (at == std::string::npos) {
        return {line, {}};
    }
    std::string found;
    for (std::string_view word : core::split(line.substr(at + 4), ' ')) {
        while (!word.empty() && std::string_view("<(\"'*_").contains(word.front())) {
            word.remove_prefix(1);
        }
        while (!word.empty() && std::string_view(">)\"'*_.,;!").contains(word.back())) {
            word.remove_suffix(1);
        }
        const std::string plain = core::to_lower(word);
        if (plain.empty() || plain == "please" || plain == "thanks" ||
            plain == fmt::format("mailto:{}", core::to_lower(found))) {
            continue;
        }
        if (!found.empty() || !mail::Address::parse(word, mail::Smtputf8::Yes).has_value()) {
            return {line, {}};
        }
        found = word;
    }
    return {line.substr(0, at), found};
}

class Reader {
public:
    Reader(std::string_view text, std::span<const std::string> beginnings)
        : beginnings_(beginnings) {
        for (const std::string_view line : core::split(text.substr(0, kMostOctets), '\n')) {
            raw_.push_back(line.ends_with('\r') ? line.substr(0, line.size() - 1) : line);
            lines_.emplace_back(core::trim(with_plain_characters(raw_.back())));
        }
    }

    Orders read() {
        for (at_ = 0; at_ < lines_.size() && !ended_; ++at_) {
            take_line();
        }
        return std::move(found_);
    }

private:
    /// The next line that is not empty.
    [[nodiscard]] std::string_view next() const {
        for (std::size_t i = at_ + 1; i < lines_.size(); ++i) {
            if (!lines_[i].empty()) {
                return lines_[i];
            }
        }
        return {};
    }

    void take_line() {
        const std::string& line = lines_[at_];
        if (line.empty() || is_quoted(line)) {
            below_quoted_ = !line.empty();
            return;
        }
        if (below_quoted_) {
            return;  // the rest of a quoted line that a program broke
        }
        if (is_end(raw_[at_], line, beginnings_)) {
            ended_ = true;
            return;
        }
        const bool is_command = !command_in(order_words(line)).empty();
        if (!is_command && is_attribution(line, next())) {
            skip_attribution(line);
            return;
        }
        if (take_with_address(line)) {
            return;
        }
        const std::vector<Word> words = order_words(joined());
        if (const auto command = command_in(words); !command.empty()) {
            take_command(command);
        } else if (!found_.empty() || ++prose_ > kMostProse) {
            ended_ = true;
        }
    }

    /// Reading goes on only if the quoted text below is marked: else nobody can tell where it ends.
    void skip_attribution(std::string_view line) {
        if (!line.ends_with(':') && !line.ends_with("\xEF\xBC\x9A")) {
            while (at_ + 1 < lines_.size() && lines_[at_ + 1].empty()) {
                ++at_;
            }
            ++at_;
        }
        ended_ = !is_quoted(next());
    }

    /// Takes "release 5 as bo@gmail.com": one number, and the address to which it is to go.
    bool take_with_address(std::string_view line) {
        const auto [command, address] = split_at_as(line);
        if (address.empty()) {
            return false;
        }
        const std::vector<Word> words = order_words(command);
        const auto orders = orders_of(command_in(words));
        if (!orders.has_value() || orders->size() != 1 || orders->front().all ||
            orders->front().action != OrderAction::Release || orders->front().numbers.size() != 1 ||
            orders->front().numbers.front().first != orders->front().numbers.front().last) {
            return false;
        }
        Order order = orders->front();
        order.as = address;
        found_.orders.push_back(std::move(order));
        return true;
    }

    /// The current line, joined with the lines to which a mail program moved the rest of its list.
    std::string joined() {
        std::string text = lines_[at_];
        while (at_ + 1 < lines_.size() && goes_on(text) && is_list(order_words(lines_[at_ + 1]))) {
            ++at_;
            text += ' ';
            text += lines_[at_];
        }
        return text;
    }

    [[nodiscard]] bool goes_on(std::string_view text) const {
        return lines_[at_].size() >= kLongLine || raw_[at_].ends_with(' ') || text.ends_with(',') ||
               text.ends_with('-') || core::to_lower(text).ends_with(" and") ||
               core::equals_ignoring_case(text, "release") ||
               core::equals_ignoring_case(text, "discard") ||
               core::equals_ignoring_case(text, "release:") ||
               core::equals_ignoring_case(text, "discard:");
    }

    void take_command(std::span<const Word> words) {
        if (auto orders = orders_of(words); orders.has_value()) {
            found_.orders.insert(found_.orders.end(), orders->begin(), orders->end());
        } else if (looks_like_command(words)) {
            if (found_.not_understood.size() < kMostNotUnderstood) {
                found_.not_understood.push_back(
                    shortened(core::to_valid_utf8(lines_[at_]), kMostLine));
            }
        } else if (!found_.empty() || ++prose_ > kMostProse) {
            ended_ = true;
        }
    }

    std::span<const std::string> beginnings_;
    std::vector<std::string_view> raw_;
    std::vector<std::string> lines_;
    std::size_t at_ = 0;
    int prose_ = 0;
    bool ended_ = false;
    bool below_quoted_ = false;  // the line above is quoted, or continues a quoted one
    Orders found_;
};

}  // namespace

Orders read_orders(std::string_view text, std::span<const std::string> beginnings) {
    return Reader(text, beginnings).read();
}

}  // namespace holdback::letters
