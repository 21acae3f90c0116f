// SPDX-License-Identifier: Apache-2.0
#include "config/sender_login_text.hpp"

#include "config/sender_logins.hpp"
#include "config/table_lines.hpp"
#include "core/result.hpp"
#include "core/text.hpp"
#include "mail/address.hpp"
#include "mail/domain.hpp"
#include "mail/syntax.hpp"
#include "terms/suppression_subject.hpp"

#include <algorithm>
#include <cstddef>
#include <expected>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

namespace holdback::config {

namespace {

constexpr std::size_t kMostMistakes = 20;
constexpr std::size_t kMostShown = 60;
constexpr std::size_t kMostUserOctets = 256;

/// The length of the first word: up to white space or a comma outside of quotes. npos: a quote is
/// left open.
std::size_t word_length(std::string_view text) {
    bool quoted = false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        if (quoted && c == '\\') {
            ++i;
        } else if (c == '"') {
            quoted = !quoted;
        } else if (!quoted && (c == ',' || core::is_ascii_space(c))) {
            return i;
        }
    }
    return quoted ? std::string_view::npos : text.size();
}

/// The words of a line up to a comment; nullopt: a quote is left open.
std::optional<std::vector<std::string_view>> words_of(std::string_view line) {
    std::vector<std::string_view> words;
    while (true) {
        const std::size_t start = line.find_first_not_of(", \t\r\f\v");
        if (start == std::string_view::npos || line[start] == '#') {
            return words;
        }
        line.remove_prefix(start);
        const std::size_t length = word_length(line);
        if (length == std::string_view::npos) {
            return std::nullopt;
        }
        words.push_back(line.substr(0, length));
        line.remove_prefix(length);
    }
}

bool has_wildcard(std::string_view word) {
    bool quoted = false;
    for (std::size_t i = 0; i < word.size(); ++i) {
        if (quoted && word[i] == '\\') {
            ++i;
        } else if (word[i] == '"') {
            quoted = !quoted;
        } else if (!quoted && (word[i] == '*' || word[i] == '?')) {
            return true;
        }
    }
    return false;
}

std::string without_quotes(std::string_view word) {
    if (!word.starts_with('"') || !word.ends_with('"') || word.size() < 2) {
        return std::string(word);
    }
    std::string bare;
    for (std::size_t i = 1; i + 1 < word.size(); ++i) {
        if (word[i] == '\\' && i + 2 < word.size()) {
            ++i;
        }
        bare += word[i];
    }
    return bare;
}

/// The pattern as it is compared with keys of addresses: a domain behind "@" or "@*." in its
/// canonical form.
core::Result<std::string, std::string> canonical_glob(std::string_view word) {
    if (word.size() > terms::kMostPatternOctets) {
        return std::unexpected(std::string("the pattern is too long"));
    }
    const std::size_t at = word.rfind('@');
    if (at == std::string_view::npos) {
        return core::to_lower_utf8(word);
    }
    std::string_view domain = word.substr(at + 1);
    std::string_view below;
    if (domain.starts_with("*.")) {
        below = domain.substr(0, 2);
        domain.remove_prefix(2);
    }
    std::string pattern = core::to_lower_utf8(word.substr(0, at + 1));
    if (domain.find_first_of("*?") != std::string_view::npos) {
        if (core::has_non_ascii(domain)) {
            return std::unexpected(
                std::string("write the domain of a pattern in its ASCII form, xn--"));
        }
        return pattern.append(below).append(core::to_lower(domain));
    }
    const auto canonical = mail::canonical_domain(domain);
    if (!canonical.has_value()) {
        return std::unexpected(std::string(mail::plain_words(canonical.error())));
    }
    return pattern.append(below).append(*canonical);
}

core::Result<SenderPattern, std::string> parse_sender(std::string_view word) {
    if (has_wildcard(word)) {
        auto glob = canonical_glob(word);
        if (!glob.has_value()) {
            return std::unexpected(std::move(glob.error()));
        }
        return SenderPattern{.kind = SenderPattern::Kind::Glob, .text = *std::move(glob)};
    }
    if (word.starts_with('@')) {
        auto domain = mail::canonical_domain(word.substr(1));
        if (!domain.has_value()) {
            return std::unexpected(std::string(mail::plain_words(domain.error())));
        }
        return SenderPattern{.kind = SenderPattern::Kind::Domain, .text = *std::move(domain)};
    }
    const auto address = mail::Address::parse(word, mail::Smtputf8::Yes);
    if (!address.has_value()) {
        return std::unexpected(std::string(mail::plain_words(address.error())));
    }
    return SenderPattern{.kind = SenderPattern::Kind::Address, .text = address->value.key()};
}

/// Adds the line to `all`; gives what is wrong with it, or "".
std::string add_line(std::string_view line, UserSenders& all) {
    if (!core::is_utf8(line) || line.find('\0') != std::string_view::npos) {
        return "it is not UTF-8 text";
    }
    const auto words = words_of(line);
    if (!words.has_value()) {
        return "a quote is left open";
    }
    if (words->empty()) {
        return "";
    }
    const std::string_view user = words->front();
    if (user.size() > kMostUserOctets) {
        return fmt::format("the user has more than {} octets", kMostUserOctets);
    }
    if (words->size() == 1) {
        return fmt::format(R"(user "{}" has no sender: the form is USER SENDER[, SENDER...])",
                           core::printable(user, kMostShown));
    }
    std::vector<SenderPattern> senders;
    for (const std::string_view word : std::span(*words).subspan(1)) {
        auto sender = parse_sender(word);
        if (!sender.has_value()) {
            return fmt::format(
                R"("{}" is no sender (an address, "@example.org", or a pattern with * or ?): {})",
                core::printable(word, kMostShown),
                sender.error());
        }
        senders.push_back(*std::move(sender));
    }
    all.add(core::to_lower_utf8(without_quotes(user)), senders);
    return "";
}

std::string key_of_table(std::string_view word) {
    if (word.starts_with('@')) {
        const auto domain = mail::canonical_domain(word.substr(1));
        return domain.has_value() ? "@" + *domain : core::to_lower(word);
    }
    const auto address = mail::Address::parse(word, mail::Smtputf8::Yes);
    return address.has_value() ? address->value.key() : core::to_lower(without_quotes(word));
}

bool is_absolute(std::string_view path) {
    return path.size() > 1 && path.starts_with('/') && path.find('\0') == std::string_view::npos;
}

}  // namespace

std::optional<LoginSourceName> parse_login_source(std::string_view text) {
    constexpr std::string_view kFile = "file:";
    constexpr std::string_view kPostfix = "postfix:";
    if (text == "postfix") {
        return PostfixLoginMaps{};
    }
    if (text.starts_with(kFile) && is_absolute(text.substr(kFile.size()))) {
        return UserSendersFile{std::string(text.substr(kFile.size()))};
    }
    if (text.starts_with(kPostfix) && is_absolute(text.substr(kPostfix.size()))) {
        return PostfixLoginMaps{std::string(text.substr(kPostfix.size()))};
    }
    return std::nullopt;
}

core::Result<UserSenders, std::vector<LineMistake>> parse_user_senders(std::string_view text) {
    UserSenders all;
    std::vector<LineMistake> mistakes;
    int line = 0;
    if (constexpr std::string_view kMark = "\xEF\xBB\xBF"; text.starts_with(kMark)) {
        text.remove_prefix(kMark.size());
    }
    while (!text.empty() && mistakes.size() < kMostMistakes) {
        ++line;
        std::string wrong = add_line(core::trim(core::cut_off(text, '\n')), all);
        if (!wrong.empty()) {
            mistakes.push_back({.line = line, .message = std::move(wrong)});
        }
    }
    if (!mistakes.empty()) {
        return std::unexpected(std::move(mistakes));
    }
    return all;
}

KeyTable parse_key_table(std::string_view text) {
    KeyTable table;
    for (const TableLine& line : table_lines(text)) {
        const std::string_view whole = line.text;
        const bool quoted = whole.find('"') < whole.find_first_of(" \t");
        const std::size_t end =
            std::min(quoted ? word_length(whole) : whole.find_first_of(" \t"), whole.size());
        table.emplace(key_of_table(whole.substr(0, end)), core::trim(whole.substr(end)));
    }
    return table;
}

}  // namespace holdback::config
