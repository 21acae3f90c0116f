// SPDX-License-Identifier: Apache-2.0
#include "lists/row_meaning.hpp"

#include "core/text.hpp"
#include "terms/suppression.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace holdback::lists {

namespace {

using terms::SuppressionReason;

/// Words that say nothing against an address; only their letters.
constexpr auto kWelcome = std::to_array<std::string_view>({"accepted",       "active",
                                                           "byuser",         "bymoderator",
                                                           "click",          "clicked",
                                                           "clicks",         "confirmed",
                                                           "contactable",    "contactdeleted",
                                                           "contactupdated", "deliverable",
                                                           "delivered",      "delivery",
                                                           "enabled",        "error",
                                                           "firstopening",   "good",
                                                           "listaddition",   "loadedbyproxy",
                                                           "member",         "neversubscribed",
                                                           "none",           "nonsubscribed",
                                                           "normal",         "ok",
                                                           "open",           "opened",
                                                           "opens",          "optedin",
                                                           "optin",          "pending",
                                                           "processed",      "proxyopen",
                                                           "queued",         "request",
                                                           "requests",       "sent",
                                                           "subscribe",      "subscribed",
                                                           "subscriber",     "transactional",
                                                           "unconfirmed",    "uniqueopened",
                                                           "valid",          "verified"});

/// Words for a passing failure; only their letters.
constexpr auto kSoft = std::to_array<std::string_view>(
    {"deferred", "deferral", "delayed", "soft", "temporary", "temporaryfailure", "transient"});

struct Part {
    std::string_view text;
    SuppressionReason reason;
};

/// Parts of words; the first that occurs counts.
constexpr auto kParts = std::to_array<Part>(
    {{"spam", SuppressionReason::Complaint},       {"junk", SuppressionReason::Complaint},
     {"complain", SuppressionReason::Complaint},   {"abuse", SuppressionReason::Complaint},
     {"unsub", SuppressionReason::Unsubscribe},    {"optout", SuppressionReason::Unsubscribe},
     {"optedout", SuppressionReason::Unsubscribe}, {"bounce", SuppressionReason::Bounce},
     {"cleaned", SuppressionReason::Bounce},       {"invalid", SuppressionReason::Bounce},
     {"hardfail", SuppressionReason::Bounce},      {"failed", SuppressionReason::Bounce},
     {"undeliverable", SuppressionReason::Bounce}, {"manual", SuppressionReason::Manual},
     {"blocklist", SuppressionReason::Manual},     {"blacklist", SuppressionReason::Manual},
     {"blocked", SuppressionReason::Manual},       {"suppress", SuppressionReason::Manual},
     {"donotcontact", SuppressionReason::Manual},  {"donotemail", SuppressionReason::Manual},
     {"compliance", SuppressionReason::Manual}});

/// Parts of the names of columns of yes and no; the first that occurs counts.
constexpr auto kFlags = std::to_array<Part>({{"markedasspam", SuppressionReason::Complaint},
                                             {"spamreport", SuppressionReason::Complaint},
                                             {"complain", SuppressionReason::Complaint},
                                             {"unsub", SuppressionReason::Unsubscribe},
                                             {"optout", SuppressionReason::Unsubscribe},
                                             {"optedout", SuppressionReason::Unsubscribe},
                                             {"nobulkemail", SuppressionReason::Unsubscribe},
                                             {"bounce", SuppressionReason::Bounce},
                                             {"cleantime", SuppressionReason::Bounce},
                                             {"invalidemail", SuppressionReason::Bounce},
                                             {"donotcontact", SuppressionReason::Manual},
                                             {"donotemail", SuppressionReason::Manual},
                                             {"blacklist", SuppressionReason::Manual},
                                             {"blocklist", SuppressionReason::Manual}});

/// Columns beside a status: they tell how often, by what or where, or are not about mail.
constexpr auto kBeside = std::to_array<std::string_view>({"count",
                                                          "number",
                                                          "total",
                                                          "campaign",
                                                          "other",
                                                          "link",
                                                          "url",
                                                          "rate",
                                                          "score",
                                                          "message",
                                                          "soft",
                                                          "sms",
                                                          "whatsapp",
                                                          "phone",
                                                          "mobile"});
/// Ends of the names of columns that tell how often.
constexpr auto kCounts = std::to_array<std::string_view>({"emailsbounced",
                                                          "timesbounced",
                                                          "bounces",
                                                          "complaints",
                                                          "optouts",
                                                          "spamreports",
                                                          "unsubscribes"});

constexpr auto kWordColumns = std::to_array<std::string_view>({"suppressionreason",
                                                               "status",
                                                               "state",
                                                               "reason",
                                                               "event",
                                                               "eventtype",
                                                               "bouncetype",
                                                               "sttext",
                                                               "deliverystatus",
                                                               "emailstatus",
                                                               "emailmarketing",
                                                               "contactstatus",
                                                               "memberstatus",
                                                               "subscriberstatus",
                                                               "subscriptionstatus"});

template <typename List>
bool has(const List& list, std::string_view text) {
    return std::ranges::find(list, text) != list.end();
}

template <typename List>
std::optional<SuppressionReason> part_in(const List& parts, std::string_view text) {
    const auto* const found =
        std::ranges::find_if(parts, [&](const Part& part) { return text.contains(part.text); });
    return found == parts.end() ? std::nullopt : std::optional(found->reason);
}

/// True for a number that tells how often: above 1, and not a time. A column with a time in its
/// name may hold a date that is only digits.
bool is_count(std::string_view name, std::string_view text) {
    constexpr std::uint64_t kLeastTime = 100'000'000;  // seconds, of 1973
    const std::size_t point = std::min(text.find('.'), text.size());
    const auto whole = core::parse_decimal(text.substr(0, point));
    const std::string_view rest = text.substr(point);
    const bool is_number =
        whole.has_value() && rest.find_first_not_of("0123456789", 1) == std::string_view::npos;
    if (!is_number || name.contains("date") || name.contains("time") || name.ends_with("at")) {
        return false;
    }
    const bool has_part = rest.find_first_not_of(".0") != std::string_view::npos;
    return (*whole > 1 || has_part) && *whole < kLeastTime;
}

/// True for the address of a page or mailbox by which people can do what the column says.
bool is_link(std::string_view text) {
    return text.contains("://") || core::starts_with_ignoring_case(text, "www.") ||
           core::starts_with_ignoring_case(text, "mailto:");
}

/// The meaning of letters without a negation in front.
std::optional<RowMeaning> by_word(const std::string& word) {
    if (word.empty()) {
        return std::nullopt;
    }
    if (has(kWelcome, word)) {
        return Welcome{word};
    }
    if (has(kSoft, word) || word.contains("softbounce") || word.contains("softfail")) {
        return SoftBounced{};
    }
    if (word == "hard" || word == "permanent") {
        return Suppressed{SuppressionReason::Bounce};
    }
    if (const auto reason = part_in(kParts, word)) {
        return Suppressed{*reason};
    }
    return std::nullopt;
}

/// The letters after "not", "never", "no" or "non"; nullopt for words that do not begin so.
std::optional<std::string> negated(const std::string& word) {
    constexpr auto kNegations = std::to_array<std::string_view>({"never", "non", "not", "no"});
    const auto* const found = std::ranges::find_if(
        kNegations, [&](std::string_view each) { return word.starts_with(each); });
    return found == kNegations.end() ? std::nullopt : std::optional(word.substr(found->size()));
}

/// True for "no", "0", "false" and the like, and for dashes alone.
bool is_no(std::string_view text) {
    constexpr auto kNo = std::to_array<std::string_view>(
        {"", "0", "n", "f", "no", "false", "off", "null", "none", "never", "nan"});
    return has(kNo, core::to_lower(text)) || text.find_first_not_of('-') == std::string_view::npos;
}

/// HubSpot has one column for each kind of mail that people can opt out of: "Opted out of email:
/// One to One" in exports, "hs_email_optout_4711" in its API.
bool is_of_one_kind(std::string_view name) {
    constexpr std::string_view kShown = "optedoutofemail:";
    constexpr std::string_view kInternal = "hsemailoptout";
    return (name.starts_with(kShown) && name.size() > kShown.size()) ||
           (name.starts_with(kInternal) &&
            core::parse_decimal(name.substr(kInternal.size())).has_value());
}

RowMeaning flag_meaning(SuppressionReason reason, std::string_view name, std::string_view text) {
    if (is_no(text) || is_count(name, text) || is_link(text)) {
        return Untold{};
    }
    const RowMeaning word = meaning_of_word(text);
    const bool tells_more =
        std::holds_alternative<Welcome>(word) || std::holds_alternative<Suppressed>(word);
    return tells_more ? word : RowMeaning(Suppressed{reason});
}

/// The strength of a meaning: the highest counts.
std::size_t strength(const RowMeaning& meaning) {
    constexpr std::size_t kBounce = 3;  // after nothing, an unknown word and a welcome
    constexpr std::size_t kSoftBounce = 4;
    constexpr std::size_t kUnsubscribe = 5;
    constexpr std::size_t kComplaint = 6;
    constexpr std::size_t kBan = 7;
    const auto* const suppressed = std::get_if<Suppressed>(&meaning);
    if (suppressed == nullptr) {
        return std::holds_alternative<SoftBounced>(meaning) ? kSoftBounce : meaning.index();
    }
    switch (suppressed->reason) {
        case SuppressionReason::Bounce:
            return kBounce;
        case SuppressionReason::Unsubscribe:
            return kUnsubscribe;
        case SuppressionReason::Complaint:
            return kComplaint;
        case SuppressionReason::Manual:
        case SuppressionReason::Allow:
            return kBan;
    }
    std::unreachable();
}

}  // namespace

std::string letters_of(std::string_view text) {
    std::string word;
    for (const char c : text) {
        if (core::is_ascii_alpha(c)) {
            word += core::ascii_lower(c);
        }
    }
    return word;
}

std::optional<RowMeaning> meaning_of_code(std::string_view cell) {
    const std::string_view text = core::trim(cell);
    // A year of four digits is not a code.
    const bool is_code = text.size() >= 3 && core::is_ascii_digit(text[0]) &&
                         (text[1] == '.' || core::is_ascii_digit(text[1])) &&
                         core::is_ascii_digit(text[2]) &&
                         (text.size() == 3 || !core::is_ascii_alpha(text[3])) &&
                         (text.size() == 3 || text[1] == '.' || !core::is_ascii_digit(text[3]));
    if (!is_code) {
        return std::nullopt;
    }
    switch (text.front()) {
        case '2':
            return Welcome{"delivered"};
        case '4':
            return SoftBounced{};
        case '5':
            return Suppressed{SuppressionReason::Bounce};
        default:
            return std::nullopt;
    }
}

RowMeaning meaning_of_word(std::string_view cell) {
    const std::string_view text = core::trim(cell);
    if (text.empty()) {
        return Untold{};
    }
    if (const auto code = meaning_of_code(text)) {
        return *code;
    }
    const std::string word = letters_of(text.substr(text.rfind('.') + 1));
    if (has(kWelcome, word)) {
        return Welcome{word};
    }
    if (const auto rest = negated(word)) {
        const auto meaning = by_word(*rest);
        if (meaning.has_value() && !std::holds_alternative<Welcome>(*meaning)) {
            return Welcome{word};
        }
    } else if (const auto meaning = by_word(letters_of(text))) {
        return *meaning;
    } else if (const auto last = by_word(word)) {
        return *last;
    }
    return UnknownWord{.column = {}, .word = std::string(text)};
}

StatusColumns::StatusColumns(const std::vector<std::string>& names) {
    const bool has_word =
        std::ranges::any_of(names, [](const std::string& name) { return has(kWordColumns, name); });
    constexpr auto kSigns = std::to_array<std::string_view>(
        {"active", "confirmed", "enabled", "optin", "optedin", "subscribed", "verified"});
    for (std::size_t i = 0; i < names.size(); ++i) {
        const std::string& name = names[i];
        Column column{.index = i, .kind = Kind::Word, .reason = {}, .name = name};
        const bool is_beside =
            std::ranges::any_of(kBeside, [&](auto part) { return name.contains(part); }) ||
            std::ranges::any_of(kCounts, [&](auto end) { return name.ends_with(end); });
        const auto flag = is_beside ? std::nullopt : part_in(kFlags, name);
        if (name == "dncreason" || (name == "reason" && has(names, "channel"))) {
            column.kind = Kind::Numbers;
        } else if (name == "onhold") {
            column.kind = Kind::OnHold;
        } else if (has(kWordColumns, name) || (name == "type" && !has_word)) {
            column.kind = Kind::Word;
        } else if (name == "source" || name == "severity" || name == "type") {
            column.kind = Kind::Aside;
        } else if (is_of_one_kind(name)) {
            column.kind = Kind::OneKind;
        } else if (flag.has_value()) {
            column.kind = Kind::Flag;
            column.reason = *flag;
        } else if (has(kSigns, name) || name == "isthissubscriberconfirmed") {
            column.kind = Kind::Sign;
        } else {
            continue;
        }
        any_ = any_ || column.kind != Kind::Aside;
        columns_.push_back(std::move(column));
    }
}

RowMeaning StatusColumns::cell_meaning(const Column& column, std::string_view cell) {
    const std::string_view text = core::trim(cell);
    switch (column.kind) {
        case Kind::Word:
            return meaning_of_word(text);
        case Kind::Aside: {
            // "manual" says how the address was added.
            RowMeaning meaning = meaning_of_word(text);
            const auto* const suppressed = std::get_if<Suppressed>(&meaning);
            const bool counts =
                std::holds_alternative<SoftBounced>(meaning) ||
                (suppressed != nullptr && suppressed->reason != SuppressionReason::Manual);
            return counts ? meaning : RowMeaning(Untold{});
        }
        case Kind::Flag:
            return flag_meaning(column.reason, column.name, text);
        case Kind::OneKind:
            return is_no(text) ? RowMeaning(Untold{})
                               : RowMeaning(Welcome{"opted out of one kind of mail"});
        case Kind::Sign:
            return is_no(text) ? RowMeaning(Untold{}) : RowMeaning(Welcome{column.name});
        case Kind::Numbers:
        case Kind::OnHold: {
            constexpr std::array kMautic{SuppressionReason::Unsubscribe,
                                         SuppressionReason::Bounce,
                                         SuppressionReason::Manual};
            constexpr std::array kCivicrm{SuppressionReason::Bounce,
                                          SuppressionReason::Unsubscribe};
            const auto numbers = column.kind == Kind::Numbers
                                     ? std::span<const SuppressionReason>(kMautic)
                                     : std::span<const SuppressionReason>(kCivicrm);
            if (const auto number = core::parse_decimal(text);
                number.has_value() && *number <= numbers.size()) {
                return *number == 0 ? RowMeaning(Welcome{"0"})
                                    : RowMeaning(Suppressed{numbers[*number - 1]});
            }
            return column.kind == Kind::OnHold
                       ? flag_meaning(SuppressionReason::Bounce, column.name, text)
                       : meaning_of_word(text);
        }
    }
    std::unreachable();
}

RowMeaning StatusColumns::meaning_of(std::span<const std::string> fields) const {
    RowMeaning strongest = Untold{};
    for (const Column& column : columns_) {
        if (column.index >= fields.size()) {
            continue;
        }
        RowMeaning meaning = cell_meaning(column, fields[column.index]);
        if (auto* const unknown = std::get_if<UnknownWord>(&meaning)) {
            unknown->column = column.name;
        }
        if (strength(meaning) > strength(strongest)) {
            strongest = std::move(meaning);
        }
    }
    return strongest;
}

}  // namespace holdback::lists
