// SPDX-License-Identifier: Apache-2.0
#include "io/submit/smtp_submit.hpp"

#include "core/clock.hpp"
#include "core/result.hpp"
#include "core/text.hpp"
#include "io/submit/smtp_wire.hpp"
#include "io/submit/submission_check.hpp"
#include "mail/esmtp_arguments.hpp"
#include "mail/smtp_reply.hpp"
#include "ports/submitter.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include <fmt/format.h>

namespace holdback::io::submit {

namespace {

using ports::Accepted;
using ports::Interrupted;
using ports::RecipientOutcome;
using ports::Refused;

constexpr std::size_t kMaxReplyText = 512;
constexpr std::chrono::seconds kQuitPatience{1};

/// Makes a message fit for DATA (RFC 5321 section 4.5.2). Nothing that some system takes for an end
/// of line may let a line with a lone dot through, so bare LF becomes CRLF first.
class DotStuffer {
public:
    /// The octets to send for the next piece.
    std::string stuff(std::string_view piece) {
        std::string out;
        out.reserve(piece.size() + (piece.size() / 32) + 16);
        for (const char c : piece) {
            if (c == '\n') {
                out += after_cr_ ? "\n" : "\r\n";
                at_line_start_ = true;
            } else {
                if (at_line_start_ && c == '.') {
                    out += '.';
                }
                out += c;
                at_line_start_ = false;
            }
            after_cr_ = c == '\r';
        }
        return out;
    }

    /// Ends the last line, if it is still open, and the data.
    [[nodiscard]] std::string_view terminator() const {
        if (at_line_start_) {
            return ".\r\n";
        }
        return after_cr_ ? "\n.\r\n" : "\r\n.\r\n";
    }

private:
    bool at_line_start_ = true;
    bool after_cr_ = false;
};

/// The whole reply as one line. Of a repeated enhanced status (RFC 2034), only the first stays.
std::string reply_line(const WireReply& reply) {
    std::string line = fmt::format("{} {}", reply.code, reply.lines.front());
    const std::string_view first = reply.lines.front();
    const std::string_view status = first.substr(0, first.find(' '));
    const bool has_status = status.size() > 4 && status[1] == '.';
    for (std::size_t i = 1; i < reply.lines.size() && line.size() < kMaxReplyText; ++i) {
        std::string_view text = reply.lines[i];
        if (has_status && text.starts_with(status)) {
            text.remove_prefix(status.size());
        }
        line += ' ';
        line += core::trim(text);
    }
    return core::printable(line, kMaxReplyText);
}

bool is_positive(const WireReply& reply) {
    return reply.code < 300;
}

RecipientOutcome refused(const WireReply& reply) {
    if (const auto parsed = mail::SmtpReply::parse(reply_line(reply));
        parsed.has_value() && reply.code >= 400) {
        return Refused{*parsed};
    }
    return Interrupted{.what = fmt::format("unexpected reply: {}", reply_line(reply))};
}

/// The extensions that the server offers.
struct Extensions {
    bool eight_bit = false;
    bool utf8 = false;
    bool dsn = false;
    bool require_tls = false;  ///< RFC 8689
    bool deliver_by = false;   ///< RFC 2852
    bool priority = false;     ///< RFC 6710
};

Extensions extensions_in(const WireReply& reply) {
    Extensions offered;
    // The first line is the server's name.
    for (std::size_t i = 1; i < reply.lines.size(); ++i) {
        const std::string_view line = reply.lines[i];
        const std::string_view word = line.substr(0, line.find(' '));
        offered.eight_bit = offered.eight_bit || core::equals_ignoring_case(word, "8BITMIME");
        offered.utf8 = offered.utf8 || core::equals_ignoring_case(word, "SMTPUTF8");
        offered.dsn = offered.dsn || core::equals_ignoring_case(word, "DSN");
        offered.require_tls = offered.require_tls || core::equals_ignoring_case(word, "REQUIRETLS");
        offered.deliver_by = offered.deliver_by || core::equals_ignoring_case(word, "DELIVERBY");
        offered.priority = offered.priority || core::equals_ignoring_case(word, "MT-PRIORITY");
    }
    return offered;
}

/// One message on one connection.
class Transaction {
public:
    Transaction(const ports::Submission& submission, std::string_view helo_name)
        : submission_(submission),
          helo_name_(helo_name),
          outcomes_(submission.recipients.size()),
          declares_utf8_(
              mail::argument_value(submission.sender_arguments, "SMTPUTF8").has_value()) {
        if (const auto reply = refuse_submission(submission)) {
            settle_rest(Refused{*reply});
        }
        for (std::size_t i = 0; i < outcomes_.size(); ++i) {
            const auto reply = refuse_recipient(submission.recipients[i]);
            if (reply.has_value() && !outcomes_[i].has_value()) {
                outcomes_[i] = Refused{*reply};
            }
        }
    }

    Transaction(const Transaction&) = delete;
    Transaction& operator=(const Transaction&) = delete;
    Transaction(Transaction&&) = delete;
    Transaction& operator=(Transaction&&) = delete;
    ~Transaction() = default;

    [[nodiscard]] bool is_settled() const {
        return std::ranges::all_of(outcomes_, [](const auto& one) { return one.has_value(); });
    }

    void settle_rest(const RecipientOutcome& outcome) {
        for (auto& one : outcomes_) {
            if (!one.has_value()) {
                one = outcome;
            }
        }
    }

    void run(SmtpWire& wire) {
        if (greet(wire) && send_envelope(wire)) {
            send_data(wire);
        }
        // Politeness only: every outcome is known, or the connection is gone.
        if (!broken_) {
            wire.hurry(std::chrono::steady_clock::now() + kQuitPatience);
            static_cast<void>(command(wire, "QUIT"));
        }
    }

    [[nodiscard]] std::vector<RecipientOutcome> outcomes() const {
        std::vector<RecipientOutcome> all;
        all.reserve(outcomes_.size());
        for (const auto& one : outcomes_) {
            all.push_back(one.value_or(Interrupted{.what = "no answer"}));
        }
        return all;
    }

private:
    /// Sends a line and reads the reply; a broken connection settles all open recipients.
    std::optional<WireReply> command(SmtpWire& wire, std::string_view line) {
        const auto sent = wire.send(fmt::format("{}\r\n", line));
        if (!sent.has_value()) {
            broken(sent.error());
            return std::nullopt;
        }
        return reply_from(wire);
    }

    std::optional<WireReply> reply_from(SmtpWire& wire) {
        auto reply = wire.read_reply();
        if (!reply.has_value()) {
            broken(reply.error());
            return std::nullopt;
        }
        return *std::move(reply);
    }

    void broken(const WireError& error) {
        broken_ = true;
        settle_rest(Interrupted{.what = fmt::format("{}: {}", stage_, error.what)});
    }

    /// True when the reply is 2xx; otherwise all open recipients are refused with it.
    bool accepted(const std::optional<WireReply>& reply) {
        if (!reply.has_value()) {
            return false;
        }
        if (!is_positive(*reply)) {
            settle_rest(refused(*reply));
            return false;
        }
        return true;
    }

    bool greet(SmtpWire& wire) {
        stage_ = "greeting";
        if (!accepted(reply_from(wire))) {
            return false;
        }
        stage_ = "EHLO";
        const auto reply = command(wire, fmt::format("EHLO {}", helo_name_));
        if (reply.has_value() && is_positive(*reply)) {
            offered_ = extensions_in(*reply);
            return true;
        }
        // RFC 5321 section 3.2: a server that does not know EHLO still knows HELO.
        return reply.has_value() && accepted(command(wire, fmt::format("HELO {}", helo_name_)));
    }

    bool send_envelope(SmtpWire& wire) {
        refuse_non_ascii();
        refuse_unfit();
        if (is_settled()) {
            return false;
        }
        stage_ = "MAIL";
        if (!accepted(command(wire, mail_line()))) {
            return false;
        }
        stage_ = "RCPT";
        for (std::size_t i = 0; i < outcomes_.size(); ++i) {
            if (outcomes_[i].has_value()) {
                continue;
            }
            const auto reply = command(wire, rcpt_line(submission_.recipients[i]));
            if (!reply.has_value()) {
                return false;
            }
            if (!is_positive(*reply)) {
                outcomes_[i] = refused(*reply);
            }
        }
        if (is_settled()) {
            static_cast<void>(command(wire, "RSET"));
            return false;
        }
        return true;
    }

    /// RFC 6531 section 3.2: addresses that need SMTPUTF8 cannot go where it is not offered. Those
    /// without the declaration came raw, and go out raw.
    void refuse_non_ascii() {
        if (!declares_utf8_ || offered_.utf8) {
            return;
        }
        const auto reply = mail::SmtpReply::own(553, "5.6.7", "The MTA does not offer SMTPUTF8");
        if (core::has_non_ascii(submission_.sender)) {
            settle_rest(Refused{reply});
        }
        for (std::size_t i = 0; i < outcomes_.size(); ++i) {
            if (!outcomes_[i].has_value() &&
                core::has_non_ascii(submission_.recipients[i].address)) {
                outcomes_[i] = Refused{reply};
            }
        }
    }

    /// Refuses what the sender asked for and the server can't do. A report goes without TLS if it
    /// must (RFC 8689 section 5).
    void refuse_unfit() {
        if (mail::requires_tls(submission_.sender_arguments) && !offered_.require_tls &&
            !submission_.sender.empty()) {
            settle_rest(Refused{require_tls_refusal()});
        }
        const auto by = mail::deliver_by(submission_.sender_arguments, submission_.waited);
        if (offered_.deliver_by && by.has_value() && by->is_over) {
            settle_rest(Refused{mail::SmtpReply::own(
                550, "5.4.7", "The time within which the sender wanted delivery (BY) is over")});
        }
    }

    /// Mail from sendmail(1) comes without the declaration, but needs it too.
    [[nodiscard]] bool has_non_ascii_address() const {
        return core::has_non_ascii(submission_.sender) ||
               std::ranges::any_of(submission_.recipients, [](const auto& recipient) {
                   return core::has_non_ascii(recipient.address);
               });
    }

    [[nodiscard]] std::string mail_line() const {
        std::string line = fmt::format("MAIL FROM:<{}>", submission_.sender);
        const auto body = mail::argument_value(submission_.sender_arguments, "BODY");
        if (offered_.eight_bit && body.has_value() &&
            (core::equals_ignoring_case(*body, "8BITMIME") ||
             core::equals_ignoring_case(*body, "7BIT"))) {
            line += fmt::format(" BODY={}", *body);
        }
        if (offered_.utf8 && (declares_utf8_ || has_non_ascii_address())) {
            line += " SMTPUTF8";
        }
        append_dsn_arguments(line, submission_.sender_arguments, {"RET", "ENVID"});
        if (offered_.require_tls && mail::requires_tls(submission_.sender_arguments)) {
            line += " REQUIRETLS";
        }
        if (const auto by = mail::deliver_by(submission_.sender_arguments, submission_.waited);
            offered_.deliver_by && by.has_value()) {
            line += fmt::format(" BY={}", by->value);
        }
        if (const auto priority = mail::argument_value(submission_.sender_arguments, "MT-PRIORITY");
            offered_.priority && !priority.value_or("").empty()) {
            line += fmt::format(" MT-PRIORITY={}", *priority);
        }
        return line;
    }

    [[nodiscard]] std::string rcpt_line(const ports::SubmissionRecipient& recipient) const {
        std::string line = fmt::format("RCPT TO:<{}>", recipient.address);
        append_dsn_arguments(line, recipient.arguments, {"NOTIFY", "ORCPT"});
        return line;
    }

    void append_dsn_arguments(std::string& line,
                              const std::vector<std::string>& arguments,
                              const std::array<std::string_view, 2>& names) const {
        if (!offered_.dsn) {
            return;
        }
        for (const std::string_view name : names) {
            const auto value = mail::argument_value(arguments, name);
            if (value.has_value() && !value->empty()) {
                line += fmt::format(" {}={}", name, *value);
            }
        }
    }

    void send_data(SmtpWire& wire) {
        stage_ = "DATA";
        const auto reply = command(wire, "DATA");
        if (!reply.has_value()) {
            return;
        }
        if (reply->code < 300 || reply->code > 399) {
            settle_rest(refused(*reply));
            return;
        }
        DotStuffer stuffer;
        auto sent = wire.send(stuffer.stuff(submission_.first_header));
        const bool complete = submission_.read([&](std::string_view piece) {
            sent = sent.has_value() ? wire.send(stuffer.stuff(piece)) : sent;
            return sent.has_value();
        });
        if (sent.has_value() && !complete) {
            // Without the final dot the server drops the message (RFC 5321 section 4.1.1.4).
            broken({.what = "the message could not be read from the spool"});
            return;
        }
        if (sent.has_value() && submission_.before_end && !submission_.before_end()) {
            broken({.what = "the store did not note that the message is leaving"});
            return;
        }
        if (sent.has_value()) {
            stage_ = "end of data";
            sent = wire.send(stuffer.terminator());
        }
        finish_data(wire, sent);
    }

    void finish_data(SmtpWire& wire, const core::Result<void, WireError>& sent) {
        const auto reply = wire.read_reply();
        if (!sent.has_value()) {
            // A server that had enough may have said so before it closed the connection.
            if (reply.has_value() && reply->code >= 400) {
                settle_rest(refused(*reply));
            }
            broken(sent.error());
            return;
        }
        if (!reply.has_value()) {
            broken_ = true;
            settle_rest(Interrupted{.what = fmt::format("{}: {}", stage_, reply.error().what),
                                    .in_doubt = true});
            return;
        }
        RecipientOutcome outcome =
            is_positive(*reply) ? RecipientOutcome(Accepted{reply_line(*reply)}) : refused(*reply);
        if (auto* interrupted = std::get_if<Interrupted>(&outcome)) {
            interrupted->in_doubt = true;
        }
        settle_rest(outcome);
    }

    const ports::Submission& submission_;
    std::string_view helo_name_;
    std::vector<std::optional<RecipientOutcome>> outcomes_;
    bool declares_utf8_;
    Extensions offered_;
    std::string_view stage_ = "connect";
    bool broken_ = false;
};

}  // namespace

std::vector<RecipientOutcome> SmtpSubmitter::submit(const ports::Submission& submission,
                                                    core::SteadyPoint deadline) {
    Transaction transaction(submission, helo_name_);
    if (!transaction.is_settled()) {
        auto wire = SmtpWire::open(host_, port_, deadline);
        if (wire.has_value()) {
            transaction.run(*wire);
        } else {
            transaction.settle_rest(Interrupted{.what = wire.error().what});
        }
    }
    return transaction.outcomes();
}

}  // namespace holdback::io::submit
