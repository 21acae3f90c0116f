// SPDX-License-Identifier: Apache-2.0
#include "dsn/legacy_report.hpp"

#include "core/text.hpp"
#include "dsn/address_block.hpp"
#include "dsn/delivery_status.hpp"
#include "dsn/phrases.hpp"
#include "dsn/report.hpp"
#include "dsn/sendmail_transcript.hpp"
#include "mail/header.hpp"
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

constexpr std::size_t kPhraseOctets = 8000;
/// The most recipients that are read from a text.
constexpr std::size_t kMostMerged = 200;

/// A form of bounce: its marks, and the function that reads it. The first form that is recognised
/// and yields recipients decides.
struct Form {
    std::string_view name;
    std::array<std::string_view, 4> marks;  ///< any of these in the phrase text; empty ones unused
    std::vector<RecipientReport> (*read)(const LegacyInput& input);
};

Action action_of(const LegacyInput& input) {
    const std::string subject = input.message.subject.empty()
                                    ? input.message.headers.first("Subject").value_or(std::string{})
                                    : input.message.subject;
    const std::string text =
        phrase_text(subject, 500) + " | " + phrase_text(input.text.report, kPhraseOctets);
    const PhraseSigns signs = phrase_signs(text);
    return signs.says_delayed && !signs.says_final ? Action::Delayed : Action::Failed;
}

std::string lower_address(std::string_view text) {
    return core::to_lower(reading::first_address(text));
}

/// The addresses of those who sent the failed message or wrote the report. They are never its
/// recipients, unless nobody else is named.
std::vector<std::string> bystanders(const LegacyInput& input) {
    std::vector<std::string> all{core::to_lower(input.returned.sender)};
    for (const std::string_view name : {"To", "From", "Return-Path", "Reply-To", "Delivered-To"}) {
        all.push_back(lower_address(input.message.headers.first(name).value_or(std::string{})));
    }
    all.push_back(
        lower_address(input.returned.headers.first("Return-Path").value_or(std::string{})));
    std::erase(all, std::string{});
    return all;
}

bool is_service_address(std::string_view address) {
    static constexpr auto kNames = std::to_array<std::string_view>({"postmaster@",
                                                                    "mailer-daemon@",
                                                                    "abuse@",
                                                                    "support@",
                                                                    "helpdesk@",
                                                                    "hostmaster@",
                                                                    "noreply@",
                                                                    "no-reply@",
                                                                    "webmaster@",
                                                                    "admin@",
                                                                    "info-bounce"});
    return std::ranges::any_of(kNames, [address](std::string_view name) {
        return core::starts_with_ignoring_case(address, name);
    });
}

enum class Unless : std::uint8_t { NobodyElse, Never };

void drop_bystanders(std::vector<AddressBlock>& blocks, const LegacyInput& input, Unless unless) {
    const std::vector<std::string> others = bystanders(input);
    const auto is_other = [&others](const AddressBlock& block) {
        return std::ranges::find(others, core::to_lower(block.address)) != others.end();
    };
    if (unless == Unless::Never || !std::ranges::all_of(blocks, is_other)) {
        std::erase_if(blocks, is_other);
    }
}

/// One recipient per address. The block that tells more about it stays.
std::vector<RecipientReport> merged(const std::vector<AddressBlock>& blocks, Action action) {
    std::vector<RecipientReport> recipients;
    for (const AddressBlock& block : blocks) {
        RecipientReport report = recipient_of(block, action);
        const auto known =
            std::ranges::find_if(recipients, [&report](const RecipientReport& other) {
                return core::equals_ignoring_case(other.final_recipient, report.final_recipient);
            });
        if (known == recipients.end()) {
            recipients.push_back(std::move(report));
        } else if (known->diagnostic.empty() ||
                   (!known->reply.has_value() && report.reply.has_value())) {
            *known = std::move(report);
        }
        if (recipients.size() >= kMostMerged) {
            break;
        }
    }
    return recipients;
}

/// Gives a sole recipient whose own lines show no reason what the whole text says.
std::vector<RecipientReport> with_whole_text(std::vector<RecipientReport> recipients,
                                             const LegacyInput& input) {
    if (recipients.size() != 1 || recipients.front().reply.has_value()) {
        return recipients;
    }
    const RecipientReport& sole = recipients.front();
    const RecipientReport whole = recipient_of({.address = sole.final_recipient,
                                                .original = sole.original_recipient,
                                                .text = input.text.report},
                                               sole.action);
    if (whole.reply.has_value() || sole.diagnostic.size() < 12) {
        return {whole};
    }
    return recipients;
}

// --------------------------------------------------------------------------------------- readers

/// Reads lines that begin with an address and give its reason.
std::vector<RecipientReport> read_blocks(const LegacyInput& input) {
    std::vector<AddressBlock> blocks = address_blocks(input.text.report);
    drop_bystanders(blocks, input, Unless::NobodyElse);
    return with_whole_text(merged(blocks, action_of(input)), input);
}

/// Reads the addresses of X-Failed-Recipients, with the text behind their mention.
std::vector<RecipientReport> read_failed_recipients(const LegacyInput& input) {
    std::vector<AddressBlock> blocks;
    const std::vector<AddressBlock> told = address_blocks(input.text.report);
    for (const std::string& value : input.message.headers.all("X-Failed-Recipients")) {
        for (const reading::FoundAddress& found : reading::find_addresses(value, 50)) {
            if (blocks.size() >= kMostMerged) {
                break;
            }
            const auto same = std::ranges::find_if(told, [&found](const AddressBlock& block) {
                return core::equals_ignoring_case(block.address, found.text);
            });
            blocks.push_back({.address = std::string(found.text),
                              .original = {},
                              .text = same != told.end()
                                          ? same->text
                                          : text_near(input.text.report, found.text)});
        }
    }
    // Exim names the mailed address in the header; the text says what happened to it.
    if (blocks.size() == 1 && told.size() == 1 && blocks.front().text.empty()) {
        blocks.front().text = told.front().text;
    }
    return with_whole_text(merged(blocks, action_of(input)), input);
}

std::vector<RecipientReport> read_transcript(const LegacyInput& input) {
    std::vector<RecipientReport> recipients = read_sendmail_transcript(input.text.report);
    const Action action = action_of(input);
    for (RecipientReport& recipient : recipients) {
        recipient.action = action;
    }
    return recipients;
}

/// Reads local parts alone, each on an indented line of its own. The domain is the writer's.
std::vector<RecipientReport> read_bare_names(const LegacyInput& input) {
    const std::string from =
        lower_address(input.message.headers.first("From").value_or(std::string{}));
    const std::size_t at = from.find('@');
    std::vector<AddressBlock> blocks;
    for (const std::string_view line : reading::lines_of(input.text.report)) {
        const std::string_view name = core::trim(line);
        const bool is_name = !line.empty() && core::is_ascii_space(line.front()) && !name.empty() &&
                             name.size() <= 64 && std::ranges::all_of(name, [](char c) {
                                 return core::is_ascii_alpha(c) || core::is_ascii_digit(c) ||
                                        c == '.' || c == '_' || c == '-';
                             });
        if (is_name && at != std::string::npos && blocks.size() < 50) {
            blocks.push_back({.address = std::string(name) + from.substr(at),
                              .original = {},
                              .text = input.text.report});
        }
    }
    return merged(blocks, action_of(input));
}

/// The string behind `"key":"` in JSON, with simple escapes resolved.
std::string json_string(std::string_view text, std::string_view key) {
    const std::string quoted = "\"" + std::string(key) + "\":\"";
    const std::size_t at = text.find(quoted);
    std::string value;
    if (at == std::string_view::npos) {
        return value;
    }
    for (std::size_t index = at + quoted.size(); index < text.size() && value.size() < 2048;
         ++index) {
        if (text[index] == '"') {
            break;
        }
        if (text[index] == '\\' && index + 1 < text.size()) {
            ++index;
        }
        value.push_back(text[index]);
    }
    return value;
}

/// Reads the event that a sending service mails as JSON.
std::vector<RecipientReport> read_json_event(const LegacyInput& input) {
    const std::string_view text = input.text.report;
    const bool delivered = json_string(text, "notificationType") == "Delivery";
    const std::size_t bounced = text.find(R"("bouncedRecipients")");
    const std::size_t recipients = text.find(R"("recipients":[)");
    const std::size_t at = bounced != std::string_view::npos ? bounced : recipients;
    if (at == std::string_view::npos) {
        return {};
    }
    const std::string_view rest = text.substr(at, 4096);
    const std::string address = bounced != std::string_view::npos
                                    ? json_string(rest, "emailAddress")
                                    : std::string(reading::first_address(rest));
    const std::string reply = json_string(text, delivered ? "smtpResponse" : "diagnosticCode");
    RecipientReport report;
    report.final_recipient = core::to_valid_utf8(address);
    report.action = delivered ? Action::Delivered : Action::Failed;
    set_diagnostic(report, reply.starts_with("smtp;") ? std::string_view(reply).substr(5) : reply);
    report.remote_mta =
        core::to_valid_utf8(json_string(text, delivered ? "reportingMTA" : "remoteMtaIp"));
    return {report};
}

bool names_recipient(std::string_view line) {
    const std::string lower = core::to_lower(line.substr(0, 400));
    static constexpr auto kWords = std::to_array<std::string_view>({"recipient",
                                                                    "rcpt to",
                                                                    "deliver",
                                                                    "address",
                                                                    "failed",
                                                                    "unknown",
                                                                    "mailbox",
                                                                    "userid",
                                                                    "user ",
                                                                    "account",
                                                                    " to ",
                                                                    "to:",
                                                                    "rejected",
                                                                    "quota"});
    return std::ranges::any_of(
        kWords, [&lower](std::string_view word) { return lower.find(word) != std::string::npos; });
}

/// Addresses in the text that do not belong to one of the parties.
std::vector<AddressBlock> mentioned(const LegacyInput& input) {
    std::vector<AddressBlock> named;
    std::vector<AddressBlock> others;
    for (const std::string_view line : reading::lines_of(input.text.report)) {
        for (const reading::FoundAddress& found : reading::find_addresses(line, 4)) {
            if (is_service_address(found.text) || named.size() + others.size() >= 50) {
                continue;
            }
            std::vector<AddressBlock>& list = names_recipient(line) ? named : others;
            list.push_back(
                {.address = std::string(found.text), .original = {}, .text = std::string(line)});
        }
    }
    drop_bystanders(named, input, Unless::Never);
    drop_bystanders(others, input, Unless::Never);
    return named.empty() ? others : named;
}

std::vector<std::string> addressees(const ReturnedMessage& returned) {
    std::vector<std::string> all;
    for (const std::string_view name : {"To", "X-Original-To", "Envelope-To"}) {
        const std::string value = returned.headers.first(name).value_or(std::string{});
        for (const reading::FoundAddress& found : reading::find_addresses(value, 3)) {
            all.emplace_back(found.text);
        }
        if (!all.empty()) {
            break;
        }
    }
    return all;
}

/// The last resort: an address in the text, otherwise the sole addressee of the returned message.
std::vector<RecipientReport> read_any(const LegacyInput& input) {
    const Action action = action_of(input);
    std::vector<AddressBlock> blocks = mentioned(input);
    const std::vector<std::string> to = addressees(input.returned);
    const auto is_addressee = [&to](const AddressBlock& block) {
        return std::ranges::any_of(to, [&block](const std::string& address) {
            return core::equals_ignoring_case(address, block.address);
        });
    };
    if (std::ranges::any_of(blocks, is_addressee)) {
        std::erase_if(blocks, [&](const AddressBlock& block) { return !is_addressee(block); });
    }
    if (blocks.empty() && to.size() == 1) {
        blocks.push_back({.address = to.front(), .original = {}, .text = input.text.report});
    }
    return with_whole_text(merged(blocks, action), input);
}

constexpr auto kForms = std::to_array<Form>({
    {.name = "notification in JSON", .marks = {R"("notificationtype":)"}, .read = read_json_event},
    {.name = "sendmail transcript",
     .marks = {"transcript of session", "session transcript"},
     .read = read_transcript},
    {.name = "postfix text",
     .marks = {"this is the mail system at host", "this is the postfix"},
     .read = read_blocks},
    {.name = "qmail text",
     .marks = {"qmail-send program", "i'm afraid i wasn't able to deliver"},
     .read = read_blocks},
    {.name = "exchange text",
     .marks = {"did not reach the following recipient", "delivery has failed to these"},
     .read = read_blocks},
    {.name = "exim text",
     .marks = {"following address(es) failed", "smtp error from remote"},
     .read = read_blocks},
    {.name = "gmail text",
     .marks = {"technical details of permanent failure",
               "technical details of temporary failure",
               "delivery to the following recipient"},
     .read = read_blocks},
    {.name = "yahoo text",
     .marks = {"unable to deliver message to the following", "remote host said"},
     .read = read_blocks},
    {.name = "names without domain",
     .marks = {"because they are not accepting mail"},
     .read = read_bare_names},
    {.name = "address before a reason", .marks = {}, .read = read_blocks},
    {.name = "address near a reason", .marks = {}, .read = read_any},
});

bool is_known(const Form& form, std::string_view text) {
    if (form.marks.front().empty()) {
        return true;
    }
    return std::ranges::any_of(form.marks, [text](std::string_view mark) {
        return !mark.empty() && text.find(mark) != std::string_view::npos;
    });
}

}  // namespace

LegacyReport read_legacy_report(const LegacyInput& input) {
    if (input.message.headers.has("X-Failed-Recipients")) {
        std::vector<RecipientReport> recipients = read_failed_recipients(input);
        if (!recipients.empty()) {
            return {.form = "X-Failed-Recipients", .recipients = std::move(recipients)};
        }
    }
    const std::string text = phrase_text(input.text.report, kPhraseOctets);
    for (const Form& form : kForms) {
        if (!is_known(form, text)) {
            continue;
        }
        std::vector<RecipientReport> recipients = form.read(input);
        if (!recipients.empty()) {
            return {.form = std::string(form.name), .recipients = std::move(recipients)};
        }
    }
    return {};
}

bool is_guess(const LegacyReport& report) {
    return report.recipients.empty() || report.form == kForms.back().name;
}

}  // namespace holdback::dsn
