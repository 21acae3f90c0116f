// SPDX-License-Identifier: Apache-2.0
#include "lists/access_map.hpp"

#include "core/safe_text.hpp"
#include "terms/suppression.hpp"

#include <algorithm>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <fmt/format.h>

namespace holdback::lists {

namespace {

using terms::SubjectKind;
using terms::SuppressionEntry;
using terms::SuppressionReason;

/// False for keys that a map cannot hold or would take for something else, and for those that would
/// drive a terminal or turn the direction of writing.
bool is_plain_key(std::string_view key) {
    const bool is_printable = std::ranges::all_of(key, [](char c) {
        const auto octet = static_cast<unsigned char>(c);
        return octet > 0x20 && octet != 0x7F && c != '"' && c != '\\';
    });
    return is_printable && core::one_line(key) == key && !key.starts_with('#') &&
           !key.starts_with('[');
}

std::optional<NoLine> why_not(const SuppressionEntry& entry) {
    if (entry.form == terms::SubjectForm::Hashed) {
        return NoLine::Hashed;
    }
    if (entry.kind == SubjectKind::Pattern) {
        return NoLine::Pattern;
    }
    if (entry.scope.kind() != terms::ScopeKind::Global) {
        return NoLine::Scoped;
    }
    if (!is_plain_key(entry.subject) || entry.subject.contains("@[")) {
        return NoLine::Syntax;
    }
    return std::nullopt;
}

/// By RFC 3463.
std::string_view status_of(const SuppressionEntry& entry) {
    if (entry.reason != SuppressionReason::Bounce) {
        return "5.7.1";
    }
    switch (entry.code.number()) {
        case 2002:
            return "5.1.2";
        case 2003:
            return "5.1.3";
        case 2004:
            return "5.1.6";
        case 3001:
            return "5.2.2";
        case 3002:
            return "5.2.1";
        default:
            return "5.1.1";
    }
}

std::string_view text_of(SuppressionReason reason) {
    switch (reason) {
        case SuppressionReason::Bounce:
            return "mail to this recipient bounced before";
        case SuppressionReason::Complaint:
            return "this recipient reported our mail as spam";
        case SuppressionReason::Unsubscribe:
            return "this recipient unsubscribed";
        case SuppressionReason::Manual:
            return "suppressed by the mail administrator";
        case SuppressionReason::Allow:
            return "";
    }
    std::unreachable();
}

}  // namespace

std::string_view plain_words(NoLine why) {
    switch (why) {
        case NoLine::Hashed:
            return "hashed";
        case NoLine::Pattern:
            return "patterns";
        case NoLine::Scoped:
            return "for the mail of some senders only";
        case NoLine::Syntax:
            return "with characters that the file can't hold";
    }
    std::unreachable();
}

AccessLines postfix_lines(const SuppressionEntry& entry) {
    if (const auto why = why_not(entry)) {
        return std::unexpected(*why);
    }
    const std::string value =
        entry.reason == SuppressionReason::Allow
            ? "DUNNO"
            : fmt::format("REJECT {} {}", status_of(entry), text_of(entry.reason));
    if (entry.kind == SubjectKind::Suffix) {
        return fmt::format(
            "{}\t{}\n{}\t{}\n", entry.subject.substr(1), value, entry.subject, value);
    }
    return fmt::format("{}\t{}\n", entry.subject, value);
}

AccessLines sendmail_lines(const SuppressionEntry& entry) {
    if (const auto why = why_not(entry)) {
        return std::unexpected(*why);
    }
    const std::string_view subject = entry.subject;
    const std::string value =
        entry.reason == SuppressionReason::Allow
            ? "OK"
            : fmt::format("ERROR:{}:\"550 {}\"", status_of(entry), text_of(entry.reason));
    return fmt::format(
        "To:{}\t{}\n", entry.kind == SubjectKind::Suffix ? subject.substr(1) : subject, value);
}

}  // namespace holdback::lists
