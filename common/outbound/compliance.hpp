// SPDX-License-Identifier: Apache-2.0
#pragma once
// What large providers expect of bulk mail: facts about a message's header -> findings that all its
// recipients have alike.

#include "config/settings.hpp"
#include "mail/address.hpp"
#include "mail/domain.hpp"
#include "mail/envelope.hpp"
#include "mail/header.hpp"
#include "outbound/bulk.hpp"
#include "outbound/findings.hpp"
#include "outbound/plain_text.hpp"
#include "terms/finding.hpp"

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace holdback::outbound {

/// What is known about a message when it is decided upon. A recorded value, as `RecipientFacts` is.
struct MessageFacts {
    /// List-Unsubscribe names an https URI and List-Unsubscribe-Post says one click (RFC 8058).
    bool has_one_click = false;
    /// The domain of From; nullopt when From does not name exactly one mailbox.
    std::optional<mail::Domain> from;
    bool is_signed = false;  ///< has a DKIM-Signature
    PlainText plain_text = PlainText::Unknown;
    bool has_valid_reply_to = true;  ///< true without Reply-To as well
    /// The mailboxes of Reply-To, the first `kMostReplyTo`, as far as they were asked about.
    std::vector<RecipientFacts> reply_to;
};

inline constexpr std::size_t kMostReplyTo = 3;

/// The facts that the message tells: all but `reply_to`. `body` is the beginning of the body, as
/// much as was read, see `plain_text`.
[[nodiscard]] MessageFacts message_facts(const mail::HeaderList& headers,
                                         std::string_view body = {});

/// The mailboxes of Reply-To as recipients, the first `kMostReplyTo`: so their routes are asked.
[[nodiscard]] std::vector<mail::Recipient> reply_recipients(const mail::HeaderList& headers);

/// The findings about the message, in the order of `FindingName`.
[[nodiscard]] std::vector<Finding> compliance_findings(const MessageFacts& facts,
                                                       const config::Settings& settings);

/// The findings about a recipient with those about its message behind them; an allow entry stands
/// above both. In the order of `FindingName`.
[[nodiscard]] std::vector<Finding> all_findings(const RecipientFacts& recipient,
                                                std::span<const Finding> about_message,
                                                const config::Settings& settings);

/// The domains that From may name; empty: any.
[[nodiscard]] const std::vector<std::string>& domains_of_from(const config::Settings& settings);

/// True for findings that are about the message and not about a recipient.
[[nodiscard]] bool is_about_message(terms::FindingName name);

/// True when the policy does something about such findings in mail of this stream.
[[nodiscard]] bool looks_at_message(Stream stream,
                                    SentTo sent_to,
                                    const config::PolicySettings& policy);

}  // namespace holdback::outbound
