// SPDX-License-Identifier: Apache-2.0
#pragma once
// How use cases hand a message to the MTA.

#include "core/clock.hpp"
#include "mail/smtp_reply.hpp"

#include <chrono>
#include <functional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace holdback::ports {

struct SubmissionRecipient {
    std::string address;                 ///< without brackets
    std::vector<std::string> arguments;  ///< NOTIFY and ORCPT, passed on where the MTA offers DSN
};

/// A message to submit. `read` gives its octets (CRLF line ends) in pieces, any number of times.
struct Submission {
    std::string sender;  ///< without brackets; "" is the null sender
    /// As they came; passed on where the MTA offers what they are of.
    std::vector<std::string> sender_arguments;
    std::chrono::seconds waited{0};  ///< since they came, which counts for BY (RFC 2852)
    std::vector<SubmissionRecipient> recipients;
    std::string first_header;  ///< one header field with CRLF put before the octets, or empty
    std::function<bool(const std::function<bool(std::string_view)>& take)> read;
    /// Called when all octets are sent and only the end of the message is not: from then on the MTA
    /// may take it, whatever becomes of us. False: the end is not sent, and the MTA drops it.
    /// May be empty.
    std::function<bool()> before_end;
};

/// The MTA took the recipient's copy: the answer to the end of the data was 2xx.
struct Accepted {
    std::string answer;
};
/// The MTA said 4xx or 5xx to MAIL, this RCPT, DATA or the end of the data.
struct Refused {
    mail::SmtpReply reply;
};
/// It cannot be known whether the MTA took it: no connection, time-out, broken off.
struct Interrupted {
    std::string what;
    /// True when the whole message was sent and only the last answer is missing.
    bool in_doubt = false;
};
using RecipientOutcome = std::variant<Accepted, Refused, Interrupted>;

/// Hands messages to the MTA. Safe from several threads.
class Submitter {
public:
    Submitter() = default;
    Submitter(const Submitter&) = delete;
    Submitter& operator=(const Submitter&) = delete;
    Submitter(Submitter&&) = delete;
    Submitter& operator=(Submitter&&) = delete;
    virtual ~Submitter() = default;

    /// True when the recipients of one submission can't be told apart: NOTIFY (RFC 3461
    /// section 4.1) is passed on where it is the same for all, and not at all otherwise.
    [[nodiscard]] virtual bool has_one_notify() const { return false; }

    /// One outcome per recipient, in their order. Never throws; ends by `deadline`.
    [[nodiscard]] virtual std::vector<RecipientOutcome> submit(const Submission& submission,
                                                               core::SteadyPoint deadline) = 0;
};

}  // namespace holdback::ports
