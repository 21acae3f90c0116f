// SPDX-License-Identifier: Apache-2.0
#include "io/submit/sendmail_submit.hpp"

#include "core/clock.hpp"
#include "core/text.hpp"
#include "io/submit/submission_check.hpp"
#include "io/system/child_process.hpp"
#include "mail/esmtp_arguments.hpp"
#include "mail/smtp_reply.hpp"
#include "ports/submitter.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <sysexits.h>
#include <variant>
#include <vector>

#include <fmt/format.h>

namespace holdback::io::submit {

namespace {

using ports::Accepted;
using ports::Interrupted;
using ports::RecipientOutcome;
using ports::Refused;

/// CRLF becomes LF; other octets stay.
class LineEnds {
public:
    std::string convert(std::string_view piece) {
        std::string out;
        out.reserve(piece.size() + 1);
        for (const char c : piece) {
            if (after_cr_ && c != '\n') {
                out += '\r';
            }
            after_cr_ = c == '\r';
            if (!after_cr_) {
                out += c;
            }
        }
        return out;
    }

    [[nodiscard]] std::string_view rest() const { return after_cr_ ? "\r" : ""; }

private:
    bool after_cr_ = false;
};

/// The NOTIFY that all recipients share.
std::optional<std::string> common_notify(
    const std::vector<const ports::SubmissionRecipient*>& recipients) {
    std::optional<std::string> common;
    for (const auto* recipient : recipients) {
        const auto value = mail::argument_value(recipient->arguments, "NOTIFY");
        if (!value.has_value() ||
            (common.has_value() && !core::equals_ignoring_case(*common, *value))) {
            return std::nullopt;
        }
        if (!common.has_value()) {
            common = std::string(*value);
        }
    }
    return common;
}

std::vector<std::string> command_line(
    const ports::Submission& submission,
    const std::vector<const ports::SubmissionRecipient*>& recipients) {
    // Without it, Sendmail's own program would deliver to each recipient before it ends, with one
    // exit status for all, and send the sender a DSN for those refused. Others don't know this
    // option.
    constexpr const char* kOnceQueued = "-odb";
    std::vector<std::string> arguments{
        "sendmail", "-i", kOnceQueued, "-f", submission.sender.empty() ? "<>" : submission.sender};
    if (const auto notify = common_notify(recipients)) {
        arguments.insert(arguments.end(), {"-N", *notify});
    }
    if (const auto ret = mail::argument_value(submission.sender_arguments, "RET")) {
        arguments.insert(arguments.end(), {"-R", core::to_lower(*ret)});
    }
    // Postfix takes it as it is, Sendmail as xtext; without escapes both are the same.
    if (const auto id = mail::argument_value(submission.sender_arguments, "ENVID");
        id.has_value() && !id->empty() && id->find('+') == std::string_view::npos) {
        arguments.insert(arguments.end(), {"-V", std::string(*id)});
    }
    if (const auto body = mail::argument_value(submission.sender_arguments, "BODY");
        body.has_value() && core::equals_ignoring_case(*body, "8BITMIME")) {
        arguments.insert(arguments.end(), {"-B", "8BITMIME"});
    }
    arguments.emplace_back("--");
    for (const auto* recipient : recipients) {
        arguments.push_back(recipient->address);
    }
    return arguments;
}

/// Statuses after which a later attempt can help.
bool is_temporary(int status) {
    constexpr std::array kTemporary{EX_TEMPFAIL,
                                    EX_OSERR,
                                    EX_OSFILE,
                                    EX_CANTCREAT,
                                    EX_IOERR,
                                    EX_SOFTWARE,
                                    EX_UNAVAILABLE,
                                    EX_NOPERM,
                                    EX_CONFIG};
    return status < EX__BASE || status > EX__MAX ||
           std::ranges::find(kTemporary, status) != kTemporary.end();
}

RecipientOutcome outcome_of(const std::optional<system::ProcessEnd>& end) {
    if (!end.has_value()) {
        return Interrupted{.what = "sendmail: time-out", .in_doubt = true};
    }
    const std::string output = core::printable(core::trim(end->output), 256);
    if (!end->status.has_value()) {
        return Interrupted{.what = fmt::format("sendmail: killed by signal {}", end->signal),
                           .in_doubt = true};
    }
    if (*end->status == EX_OK) {
        return Accepted{output.empty() ? "sendmail: accepted" : output};
    }
    const std::string text = fmt::format("sendmail: exit status {}: {}", *end->status, output);
    return Refused{is_temporary(*end->status) ? mail::SmtpReply::own(451, "4.3.0", text)
                                              : mail::SmtpReply::own(554, "5.3.0", text)};
}

RecipientOutcome run(const std::string& program,
                     const ports::Submission& submission,
                     const std::vector<const ports::SubmissionRecipient*>& recipients,
                     core::SteadyPoint deadline) {
    auto child =
        system::ChildProcess::start(program, command_line(submission, recipients), deadline);
    if (!child.has_value()) {
        return Interrupted{.what = child.error()};
    }
    LineEnds ends;
    bool taken = child->write(ends.convert(submission.first_header));
    const bool complete = submission.read([&](std::string_view piece) {
        taken = taken && child->write(ends.convert(piece));
        return taken;
    });
    if (taken && !complete) {
        // The child is killed before its input ends, so that half a message does not go out.
        return Interrupted{.what = "the message could not be read from the spool"};
    }
    if (!taken && child->is_late()) {
        return Interrupted{.what = "sendmail: time-out"};
    }
    if (taken && submission.before_end && !submission.before_end()) {
        return Interrupted{.what = "the store did not note that the message is leaving"};
    }
    taken = taken && child->write(ends.rest());
    RecipientOutcome outcome = outcome_of(child->finish());
    if (!taken && std::holds_alternative<Accepted>(outcome)) {
        return Interrupted{.what = "sendmail: ended before it had read the message",
                           .in_doubt = true};
    }
    return outcome;
}

}  // namespace

std::vector<RecipientOutcome> SendmailSubmitter::submit(const ports::Submission& submission,
                                                        core::SteadyPoint deadline) {
    auto refusal = refuse_submission(submission);
    if (!refusal.has_value() && !submission.sender.empty() &&
        mail::requires_tls(submission.sender_arguments)) {
        refusal = require_tls_refusal();  // sendmail(1) has no option for it
    }
    std::vector<std::optional<RecipientOutcome>> outcomes(submission.recipients.size());
    std::vector<const ports::SubmissionRecipient*> recipients;
    for (std::size_t i = 0; i < outcomes.size(); ++i) {
        const auto reply =
            refusal.has_value() ? refusal : refuse_recipient(submission.recipients[i]);
        if (reply.has_value()) {
            outcomes[i] = Refused{*reply};
        } else {
            recipients.push_back(&submission.recipients[i]);
        }
    }
    if (!recipients.empty()) {
        const RecipientOutcome common = run(program_, submission, recipients, deadline);
        for (auto& outcome : outcomes) {
            if (!outcome.has_value()) {
                outcome = common;
            }
        }
    }
    std::vector<RecipientOutcome> all;
    all.reserve(outcomes.size());
    for (const auto& outcome : outcomes) {
        all.push_back(outcome.value_or(Interrupted{.what = "no answer"}));
    }
    return all;
}

}  // namespace holdback::io::submit
