// SPDX-License-Identifier: Apache-2.0
#include "terms/held_label.hpp"

#include "core/clock.hpp"
#include "core/digest.hpp"
#include "core/result.hpp"
#include "core/text.hpp"
#include "terms/failure_code.hpp"
#include "terms/held.hpp"
#include "terms/held_finding.hpp"
#include "terms/stream.hpp"

#include <array>
#include <charconv>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include <fmt/format.h>

namespace holdback::terms {

namespace {

constexpr std::string_view kFirstLine = "holdback-label 1\n";
constexpr std::string_view kAnyFirstLine = "holdback-label ";
constexpr std::string_view kEnd = "end ";
constexpr std::size_t kLengthDigits = 8;
constexpr std::size_t kDigestDigits = 64;
static_assert(kLabelEndOctets == kEnd.size() + kLengthDigits + 1 + kDigestDigits + 1);

std::string digest_of(std::string_view text) {
    core::RunningDigest digest;
    digest.update(text);
    return digest.finish_hex();
}

/// A value on one line, with control characters and backslashes as \xNN.
std::string escaped(std::string_view value) {
    std::string text;
    text.reserve(value.size());
    for (const char c : value) {
        const auto octet = static_cast<unsigned char>(c);
        if (octet < 0x20U || octet == 0x7FU || c == '\\') {
            text += fmt::format("\\x{:02x}", octet);
        } else {
            text += c;
        }
    }
    return text;
}

/// The value back; nullopt when `escaped` never gives such a text.
std::optional<std::string> unescaped(std::string_view text) {
    constexpr std::size_t kEscape = 4;
    std::string value;
    value.reserve(text.size());
    while (!text.empty()) {
        if (text.front() != '\\') {
            value += text.front();
            text.remove_prefix(1);
            continue;
        }
        unsigned octet = 0;
        if (text.size() < kEscape || text[1] != 'x') {
            return std::nullopt;
        }
        const std::string_view digits = text.substr(2, 2);
        const auto parsed = std::from_chars(digits.begin(), digits.end(), octet, 16);
        if (parsed.ec != std::errc() || parsed.ptr != digits.end()) {
            return std::nullopt;
        }
        value += static_cast<char>(octet);
        text.remove_prefix(kEscape);
    }
    return value;
}

/// Adds lines to a label; an empty value gets none.
class Lines {
public:
    explicit Lines(std::string& text) : text_(&text) {}

    void add(std::string_view name, std::string_view value) {
        if (!value.empty()) {
            always(name, value);
        }
    }
    void always(std::string_view name, std::string_view value) {
        *text_ += fmt::format("{} {}\n", name, escaped(value));
    }
    void add(std::string_view name, std::span<const std::string> values) {
        for (const std::string& value : values) {
            always(name, value);
        }
    }
    void add(std::string_view name, std::optional<core::TimePoint> at) {
        if (at.has_value()) {
            always(name, fmt::format("{}", at->time_since_epoch().count()));
        }
    }

private:
    std::string* text_;
};

void add_message(Lines lines, const HeldMessage& message) {
    lines.always("spool-id", message.spool_id);
    lines.always("octets", fmt::format("{}", message.octets));
    lines.always("digest", message.digest);
    lines.always("kind", wire_name(message.kind));
    lines.always("held-at", fmt::format("{}", message.held_at.time_since_epoch().count()));
    lines.always("sender", message.sender);
    lines.add("sender-argument", message.sender_arguments);
    lines.add("user", message.user);
    lines.add("client", message.client);
    lines.add("daemon", message.daemon);
    lines.add("queue-id", message.queue_id);
    lines.add("campaign", message.campaign);
    lines.add("issue", message.issue);
    lines.add("message-id", message.message_id);
    lines.add("subject", message.subject);
    lines.add("fingerprint", message.fingerprint);
    lines.always("stream", wire_name(message.stream));
    lines.add("vouched", message.vouched ? "yes" : "");
}

void add_recipient(Lines lines, const HeldRecipient& recipient) {
    lines.always("recipient", recipient.address);
    lines.add("argument", recipient.arguments);
    lines.always("state", wire_name(recipient.state));
    lines.always("finding", recipient.finding.word());
    lines.always("code", fmt::format("{}", recipient.code.number()));
    lines.add("reason", recipient.reason);
    lines.add("advice", recipient.advice);
    lines.add("suggestion", recipient.suggestion);
    lines.add("tell", recipient.tell ? "yes" : "");
    lines.add("release-at", recipient.release_at);
    lines.add("expires-at", recipient.expires_at);
    lines.add("recheck-at", recipient.recheck_at);
    lines.add("mta-queue-id", recipient.mta_queue_id);
}

/// Each `set_…` sets a field from its text; false when the text is no such value.
bool set_text(std::string& field, std::string value) {
    field = std::move(value);
    return true;
}

bool set_number(std::uint64_t& field, std::string_view value) {
    const auto number = core::parse_decimal(value);
    field = number.value_or(0);
    return number.has_value();
}

/// Only times that can be compared and added to without overflow: up to the year 5138.
bool set_time(core::TimePoint& field, std::string_view value) {
    constexpr std::uint64_t kLast = 100'000'000'000'000;
    const auto number = core::parse_decimal(value);
    if (!number.has_value() || *number > kLast) {
        return false;
    }
    field = core::TimePoint(std::chrono::milliseconds(static_cast<std::int64_t>(*number)));
    return true;
}

bool set_time(std::optional<core::TimePoint>& field, std::string_view value) {
    return set_time(field.emplace(), value);
}

template <typename Value>
bool set_parsed(Value& field, std::optional<Value> value) {
    if (!value.has_value()) {
        return false;
    }
    field = *std::move(value);
    return true;
}

std::optional<FailureCode> parse_code(std::string_view value) {
    const auto number = core::parse_decimal(value);
    if (!number.has_value() ||
        *number > static_cast<std::uint64_t>(std::numeric_limits<int>::max())) {
        return std::nullopt;
    }
    return FailureCode::from_number(static_cast<int>(*number));
}

bool read_message_line(HeldMessage& message, std::string_view name, std::string value) {
    const std::array texts{
        std::pair{std::string_view("spool-id"), &message.spool_id},
        std::pair{std::string_view("digest"), &message.digest},
        std::pair{std::string_view("sender"), &message.sender},
        std::pair{std::string_view("user"), &message.user},
        std::pair{std::string_view("client"), &message.client},
        std::pair{std::string_view("daemon"), &message.daemon},
        std::pair{std::string_view("queue-id"), &message.queue_id},
        std::pair{std::string_view("campaign"), &message.campaign},
        std::pair{std::string_view("issue"), &message.issue},
        std::pair{std::string_view("message-id"), &message.message_id},
        std::pair{std::string_view("subject"), &message.subject},
        std::pair{std::string_view("fingerprint"), &message.fingerprint},
    };
    for (const auto& [known, field] : texts) {
        if (name == known) {
            return set_text(*field, std::move(value));
        }
    }
    if (name == "sender-argument") {
        message.sender_arguments.push_back(std::move(value));
        return true;
    }
    if (name == "octets") {
        return set_number(message.octets, value);
    }
    if (name == "held-at") {
        return set_time(message.held_at, value);
    }
    if (name == "stream") {
        message.stream = parse_stream(value).value_or(message.stream);
        return true;
    }
    if (name == "vouched") {
        message.vouched = value == "yes";
        return true;
    }
    return name != "kind" || set_parsed(message.kind, parse_held_kind(value));
}

bool read_recipient_line(HeldRecipient& recipient, std::string_view name, std::string value) {
    const std::array texts{
        std::pair{std::string_view("reason"), &recipient.reason},
        std::pair{std::string_view("advice"), &recipient.advice},
        std::pair{std::string_view("suggestion"), &recipient.suggestion},
        std::pair{std::string_view("mta-queue-id"), &recipient.mta_queue_id},
    };
    for (const auto& [known, field] : texts) {
        if (name == known) {
            return set_text(*field, std::move(value));
        }
    }
    const std::array times{
        std::pair{std::string_view("release-at"), &recipient.release_at},
        std::pair{std::string_view("expires-at"), &recipient.expires_at},
        std::pair{std::string_view("recheck-at"), &recipient.recheck_at},
    };
    for (const auto& [known, field] : times) {
        if (name == known) {
            return set_time(*field, value);
        }
    }
    if (name == "argument") {
        recipient.arguments.push_back(std::move(value));
    } else if (name == "finding") {
        recipient.finding = HeldFinding::parse(value);
    } else if (name == "tell") {
        recipient.tell = value == "yes";
    } else if (name == "state") {
        return set_parsed(recipient.state, parse_held_state(value));
    } else if (name == "code") {
        return set_parsed(recipient.code, parse_code(value));
    }
    return true;
}

bool read_line(HeldLabel& label, std::string_view line) {
    const std::size_t space = line.find(' ');
    if (space == std::string_view::npos) {
        return false;
    }
    const std::string_view name = line.substr(0, space);
    auto value = unescaped(line.substr(space + 1));
    if (!value.has_value()) {
        return false;
    }
    if (name == "recipient") {
        HeldRecipient recipient;
        recipient.spool_id = label.message.spool_id;
        recipient.address = *std::move(value);
        recipient.changed_at = label.message.held_at;
        recipient.finding = HeldFinding::parse("");
        label.recipients.push_back(std::move(recipient));
        return true;
    }
    return label.recipients.empty()
               ? read_message_line(label.message, name, *std::move(value))
               : read_recipient_line(label.recipients.back(), name, *std::move(value));
}

}  // namespace

std::string_view explain(LabelError error) {
    switch (error) {
        case LabelError::Missing:
            return "it has no label that says whom it is for";
        case LabelError::Damaged:
            return "its label is damaged";
        case LabelError::Newer:
            return "its label was written by a newer version of the program";
    }
    return {};
}

std::string encode_label(const HeldMessage& message, std::span<const HeldRecipient> recipients) {
    std::string text(kFirstLine);
    const Lines lines(text);
    add_message(lines, message);
    for (const HeldRecipient& recipient : recipients) {
        add_recipient(lines, recipient);
    }
    const std::string digest = digest_of(text);
    text += fmt::format("{}{:08x} {}\n", kEnd, text.size(), digest);
    return text;
}

std::optional<std::size_t> label_octets(std::string_view end) {
    if (end.size() != kLabelEndOctets || !end.starts_with(kEnd) || end.back() != '\n' ||
        end[kEnd.size() + kLengthDigits] != ' ') {
        return std::nullopt;
    }
    const std::string_view digits = end.substr(kEnd.size(), kLengthDigits);
    std::size_t octets = 0;
    const auto parsed = std::from_chars(digits.begin(), digits.end(), octets, 16);
    if (parsed.ec != std::errc() || parsed.ptr != digits.end() ||
        octets > kMostLabelOctets - kLabelEndOctets) {
        return std::nullopt;
    }
    return octets + kLabelEndOctets;
}

core::Result<HeldLabel, LabelError> decode_label(std::string_view text) {
    if (text.size() < kLabelEndOctets) {
        return std::unexpected(LabelError::Missing);
    }
    const std::string_view end = text.substr(text.size() - kLabelEndOctets);
    if (label_octets(end) != text.size()) {
        return std::unexpected(LabelError::Missing);
    }
    text.remove_suffix(kLabelEndOctets);
    if (end.substr(kEnd.size() + kLengthDigits + 1, kDigestDigits) != digest_of(text)) {
        return std::unexpected(LabelError::Damaged);
    }
    if (!text.starts_with(kFirstLine)) {
        return std::unexpected(text.starts_with(kAnyFirstLine) ? LabelError::Newer
                                                               : LabelError::Damaged);
    }
    text.remove_prefix(kFirstLine.size());
    HeldLabel label;
    while (!text.empty()) {
        const std::size_t line_end = text.find('\n');
        if (line_end == std::string_view::npos || !read_line(label, text.substr(0, line_end))) {
            return std::unexpected(LabelError::Damaged);
        }
        text.remove_prefix(line_end + 1);
    }
    return label;
}

}  // namespace holdback::terms
