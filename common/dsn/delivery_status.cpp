// SPDX-License-Identifier: Apache-2.0
#include "dsn/delivery_status.hpp"

#include "core/text.hpp"
#include "dsn/report.hpp"
#include "mail/enhanced_status.hpp"
#include "mail/smtp_reply.hpp"
#include "reading/sendmail_status.hpp"
#include "reading/text_scan.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace holdback::dsn {

namespace {

constexpr std::size_t kLongestValue = 4096;
constexpr std::size_t kLongestAddress = 1024;

struct Field {
    std::string name;  ///< lower case
    std::string value;
    bool after_blank = false;  ///< an empty line stood in front of it
};

bool is_name_octet(char c) {
    return core::is_ascii_alpha(c) || core::is_ascii_digit(c) || c == '-' || c == '_';
}

/// The name at the start of a "Name: value" line, or empty.
std::string_view name_of(std::string_view line) {
    std::size_t end = 0;
    while (end < line.size() && end < 64 && is_name_octet(line[end])) {
        ++end;
    }
    std::size_t colon = end;
    while (colon < line.size() && line[colon] == ' ' && colon < end + 4) {
        ++colon;
    }
    const bool is_field = end > 0 && colon < line.size() && line[colon] == ':';
    return is_field ? line.substr(0, end) : std::string_view{};
}

/// The fields of a text, unfolded, in order.
std::vector<Field> fields_of(std::string_view text) {
    std::vector<Field> fields;
    bool blank = false;
    for (const std::string_view line : reading::lines_of(text)) {
        if (core::trim(line).empty()) {
            blank = true;
            continue;
        }
        const std::string_view name = name_of(line);
        if (!name.empty()) {
            const std::string_view value = core::trim(line.substr(line.find(':') + 1));
            fields.push_back({.name = core::to_lower(name),
                              .value = std::string(value.substr(0, kLongestValue)),
                              .after_blank = blank});
            blank = false;
        } else if (!fields.empty() && !blank) {
            // A folded line, or the rest of a reply that was not folded.
            std::string& value = fields.back().value;
            if (value.size() < kLongestValue) {
                value += value.empty() ? "" : " ";
                value += core::trim(line).substr(0, kLongestValue);
            }
        }
    }
    return fields;
}

/// Splits "smtp; text" into {"smtp", "text"}; without a type, {"", value}.
std::pair<std::string_view, std::string_view> typed(std::string_view value) {
    const std::size_t semicolon = value.substr(0, 40).find(';');
    if (semicolon == std::string_view::npos) {
        return {{}, core::trim(value)};
    }
    const std::string_view type = core::trim(value.substr(0, semicolon));
    const bool is_type =
        (type.empty() || core::is_ascii_alpha(type.front())) &&
        std::ranges::all_of(type, [](char c) { return is_name_octet(c) || c == '.'; });
    if (!is_type) {
        return {{}, core::trim(value)};
    }
    return {type, core::trim(value.substr(semicolon + 1))};
}

/// The character of "\x{NNNN}" at `at` and the octets that it takes; nullopt when there is none.
std::optional<std::pair<std::uint32_t, std::size_t>> escaped_character(std::string_view text,
                                                                       std::size_t at) {
    if (!text.substr(at).starts_with("\\x{")) {
        return std::nullopt;
    }
    std::uint32_t code = 0;
    std::size_t end = at + 3;
    while (end < text.size() && end < at + 9) {
        const char c = core::ascii_lower(text[end]);
        if (core::is_ascii_digit(c)) {
            code = code * 16 + static_cast<std::uint32_t>(c - '0');
        } else if (c >= 'a' && c <= 'f') {
            code = code * 16 + static_cast<std::uint32_t>(c - 'a') + 10;
        } else {
            break;
        }
        ++end;
    }
    const bool is_character = code >= 0x20 && code <= 0x10ffff && (code < 0xd800 || code > 0xdfff);
    if (end == at + 3 || end >= text.size() || text[end] != '}' || !is_character) {
        return std::nullopt;
    }
    return std::pair{code, end + 1 - at};
}

std::string unescaped(std::string_view text) {
    std::string out;
    for (std::size_t at = 0; at < text.size();) {
        if (const auto character = escaped_character(text, at); character.has_value()) {
            core::append_utf8(out, character->first);
            at += character->second;
        } else {
            out.push_back(text[at]);
            ++at;
        }
    }
    return out;
}

/// The host of an MTA field, without type, address literal and trailing dot.
std::string host_of(std::string_view value) {
    std::string_view host = typed(value).second;
    host = host.substr(0, host.find_first_of(" \t("));
    while (host.size() > 1 && host.back() == '.') {
        host.remove_suffix(1);
    }
    return core::to_valid_utf8(host.substr(0, kLongestAddress));
}

std::optional<mail::EnhancedStatus> status_in(std::string_view value) {
    const std::string_view word = value.substr(0, value.find_first_of(" \t(;,"));
    if (const auto parsed = mail::EnhancedStatus::parse(word); parsed.has_value()) {
        return *parsed;
    }
    return mail::EnhancedStatus::find_in(value);
}

/// "5.2.1 (mailbox disabled)" -> "mailbox disabled".
std::string comment_in(std::string_view value) {
    const std::size_t begin = value.find('(');
    const std::size_t end = value.rfind(')');
    const bool is_comment =
        begin != std::string_view::npos && end != std::string_view::npos && begin < end;
    return is_comment ? core::to_valid_utf8(core::trim(value.substr(begin + 1, end - begin - 1)))
                      : std::string{};
}

/// Collects one recipient's fields. The first value of a field stays.
struct Group {
    std::string original;
    std::string final;
    std::string actual;
    std::string action;
    std::string status;
    std::string diagnostic;
    std::string remote_mta;
    bool will_retry = false;

    /// Where the value of a field goes; nullptr for fields that are not kept.
    std::string* slot(std::string_view name) {
        const std::array<std::pair<std::string_view, std::string*>, 8> slots = {{
            {"original-recipient", &original},
            {"final-recipient", &final},
            {"x-actual-recipient", &actual},
            {"action", &action},
            {"status", &status},
            {"diagnostic-code", &diagnostic},
            {"remote-mta", &remote_mta},
            {"x-original-recipient", &original},
        }};
        const auto* const found =
            std::ranges::find(slots, name, &std::pair<std::string_view, std::string*>::first);
        return found == slots.end() ? nullptr : found->second;
    }

    [[nodiscard]] bool has_recipient() const { return !original.empty() || !final.empty(); }
    [[nodiscard]] bool is_empty() const {
        return !has_recipient() && action.empty() && status.empty() && diagnostic.empty();
    }
};

bool starts_group(std::string_view name) {
    return name == "original-recipient" || name == "final-recipient" || name == "action" ||
           name == "status";
}

Action action_of(const Group& group, const std::optional<mail::EnhancedStatus>& status) {
    if (const std::optional<Action> action = parse_action(group.action); action.has_value()) {
        return *action;
    }
    if (status.has_value() && status->status_class() == 2) {
        return Action::Delivered;
    }
    return group.will_retry ? Action::Delayed : Action::Failed;
}

RecipientReport finished(const Group& group) {
    RecipientReport report;
    report.original_recipient = recipient_address(group.original);
    report.final_recipient = recipient_address(group.final);
    const std::string actual = recipient_address(group.actual);
    const bool final_is_address = report.final_recipient.find('@') != std::string::npos;
    if (!final_is_address && actual.find('@') != std::string::npos) {
        report.final_recipient = actual;
    }
    // Exchange writes names from its directory as original recipients (type X400 and others).
    if (final_is_address && report.original_recipient.find('@') == std::string::npos) {
        report.original_recipient.clear();
    }
    report.status = status_in(group.status);
    report.status_comment = comment_in(group.status);
    report.remote_mta = host_of(group.remote_mta);
    report.action = action_of(group, report.status);
    set_diagnostic(report, typed(group.diagnostic).second);
    // Sendmail names the recipient a third time. It makes up what a reply leaves out.
    if (!group.actual.empty() && report.status.has_value()) {
        report.status = reading::without_guess(*report.status, report.reply);
    }
    return report;
}

/// Sorts the fields into the message's own and the recipients' groups.
class StatusReader {
public:
    void read(const Field& field) {
        if (read_message_field(field)) {
            return;
        }
        if (field.name == "will-retry-until") {
            group_.will_retry = true;
            return;
        }
        if (begins_next(field)) {
            finish_group();
        }
        if (std::string* const slot = group_.slot(field.name); slot != nullptr) {
            if (slot->empty()) {
                *slot = field.value;
            } else if (field.name == "diagnostic-code" && slot->size() < kLongestValue) {
                *slot += ' ';
                *slot += typed(field.value).second;
            }
        }
    }

    DeliveryStatus finish() && {
        finish_group();
        return std::move(status_);
    }

private:
    bool read_message_field(const Field& field) {
        const auto keep = [](std::string& target, std::string value) {
            if (target.empty()) {
                target = std::move(value);
            }
            return true;
        };
        if (field.name == "reporting-mta" || field.name == "x-reporting-mta") {
            return keep(status_.reporting_mta, host_of(field.value));
        }
        if (field.name == "original-envelope-id") {
            return keep(status_.envelope_id, core::to_valid_utf8(core::trim(field.value)));
        }
        if (field.name.ends_with("-queue-id")) {
            return keep(status_.queue_id, core::to_valid_utf8(typed(field.value).second));
        }
        if (field.name.starts_with("x-") && field.name.ends_with("-sender")) {
            return keep(status_.sender, recipient_address(field.value));
        }
        return false;
    }

    /// True for a field that the group already has, and for a recipient behind an empty line. An
    /// empty line alone begins no group: some systems put one between the fields of a group.
    bool begins_next(const Field& field) {
        if (group_.is_empty() || !starts_group(field.name)) {
            return false;
        }
        const std::string* const slot = group_.slot(field.name);
        if (slot != nullptr && !slot->empty()) {
            return group_.has_recipient() || field.after_blank;
        }
        const bool is_recipient = field.name.ends_with("-recipient");
        return is_recipient && field.after_blank && group_.has_recipient() &&
               !(group_.action.empty() && group_.status.empty());
    }

    void finish_group() {
        if (!group_.is_empty() && status_.recipients.size() < kMostRecipients) {
            status_.recipients.push_back(finished(group_));
        }
        group_ = Group{};
    }

    DeliveryStatus status_;
    Group group_;
};

}  // namespace

std::string recipient_address(std::string_view field_value) {
    const auto [type, rest] = typed(field_value.substr(0, kLongestAddress));
    std::string text = core::to_valid_utf8(rest);
    if (core::equals_ignoring_case(type, "utf-8")) {
        text = unescaped(text);
    }
    if (text.find('@') == std::string::npos) {
        const std::string_view bare = core::trim(text);
        const bool bracketed = bare.size() > 2 && bare.front() == '<' && bare.back() == '>';
        return std::string(bracketed ? bare.substr(1, bare.size() - 2) : bare);
    }
    const std::size_t open = text.find('<');
    const std::size_t close = open == std::string::npos ? open : text.find('>', open);
    if (close != std::string::npos &&
        text.substr(open, close - open).find('@') != std::string::npos) {
        return std::string(core::trim(std::string_view(text).substr(open + 1, close - open - 1)));
    }
    if (text.find_first_of(" \t(") == std::string::npos) {
        return text;
    }
    const std::string_view address = reading::first_address(text);
    return address.empty() ? text : std::string(address);
}

void set_diagnostic(RecipientReport& recipient, std::string_view text) {
    recipient.diagnostic =
        core::to_valid_utf8(reading::join_reply_lines(reading::utf8_prefix(text, kLongestValue)));
    const bool starts_so =
        reading::find_reply(recipient.diagnostic.substr(0, 4), reading::ReplyContext::Field) == 0U;
    recipient.reply = reading::quoted_reply(
        recipient.diagnostic,
        starts_so ? reading::ReplyContext::Field : reading::ReplyContext::Prose);
    if (!recipient.reply.has_value() && recipient.diagnostic.starts_with('2')) {
        recipient.reply = mail::SmtpReply::parse(recipient.diagnostic);
    }
    if (recipient.status.has_value()) {
        return;
    }
    recipient.status = recipient.reply.has_value()
                           ? recipient.reply->status()
                           : mail::EnhancedStatus::find_in(recipient.diagnostic);
}

bool has_status_fields(std::string_view text) {
    bool recipient = false;
    bool outcome = false;
    for (const std::string_view line : reading::lines_of(text)) {
        const std::string_view name = name_of(line);
        if (name.empty()) {
            continue;
        }
        const auto is = [name](std::string_view wanted) {
            return core::equals_ignoring_case(name, wanted);
        };
        recipient = recipient || is("final-recipient") || is("original-recipient");
        outcome = outcome || is("action") || is("diagnostic-code") || is("status");
    }
    return recipient && outcome;
}

DeliveryStatus parse_delivery_status(std::string_view text) {
    StatusReader reader;
    for (const Field& field : fields_of(text)) {
        reader.read(field);
    }
    return std::move(reader).finish();
}

}  // namespace holdback::dsn
