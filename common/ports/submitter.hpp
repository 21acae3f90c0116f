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
    std::vector<std::string> arguments;  ///< NOTIFY and ORCPT, passed on if the MTA offers DSN
};

/// A message to submit. `read` gives its octets (CRLF line ends) in pieces, any number of times.
struct Submission {
    std::string sender;  ///< without brackets; "" is the null sender
    /// As they came; each is passed on if the MTA offers its extension.
    std::vector<std::string> sender_arguments;
    std::chrono::seconds waited{0};  ///< since the arguments came; counts for BY (RFC 2852)
    std::vector<SubmissionRecipient> recipients;
    std::string first_header;  ///< one header field with CRLF to put before the octets, or empty
    std::function<bool(const std::function<bool(std::string_view)>& take)> read;
    /// Called when all octets are sent except the end of the message. From then on the MTA may take
    /// the message, whatever happens to us. False: the end is not sent, and the MTA drops the
    /// message. May be empty.
    std::function<bool()> before_end;
};

/// The MTA took the recipient's copy: it replied 2xx to the end of the data.
struct Accepted {
    std::string answer;
};
/// The MTA replied 4xx or 5xx to MAIL, this RCPT, DATA or the end of the data.
struct Refused {
    mail::SmtpReply reply;
};
/// The submission broke off: no connection, time-out, connection lost.
struct Interrupted {
    std::string what;
    /// True when the MTA may have taken the message: only its last reply is missing.
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

    /// True when the recipients of one submission can't have different options: NOTIFY (RFC 3461
    /// section 4.1) is passed on only if it is the same for all.
    [[nodiscard]] virtual bool has_one_notify() const { return false; }

    /// One outcome per recipient, in their order. Never throws; ends by `deadline`.
    [[nodiscard]] virtual std::vector<RecipientOutcome> submit(const Submission& submission,
                                                               core::SteadyPoint deadline) = 0;
};

}  // namespace holdback::ports
