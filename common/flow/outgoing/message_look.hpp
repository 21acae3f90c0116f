// SPDX-License-Identifier: Apache-2.0
#pragma once
// Checks a message for what bulk mail is expected to have, while the recipients are looked up.

#include "config/policy.hpp"
#include "config/settings.hpp"
#include "core/clock.hpp"
#include "flow/passing_message.hpp"
#include "mail/envelope.hpp"
#include "outbound/bulk.hpp"
#include "outbound/findings.hpp"
#include "ports/resolver.hpp"

#include <string_view>
#include <vector>

namespace holdback::flow::outgoing {

/// One check of one message. All its arguments outlive it.
class MessageLook {
public:
    /// Starts the look-ups of Reply-To, unless the policy does nothing about messages of this
    /// stream to such recipients.
    MessageLook(const PassingMessage& message,
                const outbound::StreamDecision& stream,
                ports::Resolver& resolver);

    /// The findings about the message for which the policy does something. Those about Reply-To
    /// cover what DNS has answered by the deadline. `body` is its beginning, or empty if it is not
    /// read.
    [[nodiscard]] std::vector<outbound::Finding> findings(std::string_view body,
                                                          core::SteadyPoint deadline,
                                                          core::TimePoint now) const;

    /// True when only the body shows whether there is plain text, and the policy needs to know.
    [[nodiscard]] bool wants_body() const;

private:
    [[nodiscard]] bool is_passed(terms::FindingName name) const;

    const PassingMessage* message_;
    const config::Settings* settings_;
    ports::Resolver* resolver_;
    outbound::Stream stream_;
    outbound::SentTo sent_to_;
    bool looks_;
    std::vector<mail::Recipient> reply_to_;
};

}  // namespace holdback::flow::outgoing
