// SPDX-License-Identifier: Apache-2.0
#pragma once
// Looks at what bulk mail is expected to have, while the look-ups of the recipients are on their
// way.

#include "config/policy.hpp"
#include "config/settings.hpp"
#include "core/clock.hpp"
#include "mail/envelope.hpp"
#include "mail/header.hpp"
#include "outbound/bulk.hpp"
#include "outbound/findings.hpp"
#include "ports/resolver.hpp"

#include <string_view>
#include <vector>

namespace holdback::flow::outgoing {

/// One look at one message. All that it is made of outlives it.
class MessageLook {
public:
    /// Begins the look-ups of Reply-To, unless the policy does nothing about messages of this
    /// stream to those it is sent to.
    MessageLook(const mail::HeaderList& headers,
                const outbound::StreamDecision& stream,
                const config::Settings& settings,
                ports::Resolver& resolver);

    /// The findings about the message that the policy does something about; those about Reply-To as
    /// far as DNS has answered by the deadline. `body` is its beginning, or empty where it is not
    /// read.
    [[nodiscard]] std::vector<outbound::Finding> findings(std::string_view body,
                                                          core::SteadyPoint deadline,
                                                          core::TimePoint now) const;

    /// True when only the body tells whether there is plain text, and the policy wants to know.
    [[nodiscard]] bool wants_body() const;

private:
    [[nodiscard]] bool is_passed(terms::FindingName name) const;

    const mail::HeaderList* headers_;
    const config::Settings* settings_;
    ports::Resolver* resolver_;
    outbound::Stream stream_;
    outbound::SentTo sent_to_;
    bool looks_;
    std::vector<mail::Recipient> reply_to_;
};

}  // namespace holdback::flow::outgoing
