// SPDX-License-Identifier: Apache-2.0
#pragma once
// Checks what large providers expect of bulk mail. The findings hold for all recipients of a
// message.

#include "config/sender_logins.hpp"
#include "config/settings.hpp"
#include "mail/address.hpp"
#include "mail/domain.hpp"
#include "mail/envelope.hpp"
#include "mail/header.hpp"
#include "mail/mailbox_list.hpp"
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

/// The facts about a message at the time of the decision. They are recorded, like `RecipientFacts`.
struct MessageFacts {
    /// List-Unsubscribe names an https URI and List-Unsubscribe-Post says one click (RFC 8058).
    bool has_one_click = false;
    /// The domain of From; nullopt when From does not name exactly one mailbox.
    std::optional<mail::Domain> from;
    /// The mailboxes of all From fields; nullopt: there is no such field.
    std::optional<mail::MailboxList> named_in_from;
    bool is_signed = false;  ///< has a DKIM-Signature
    PlainText plain_text = PlainText::Unknown;
    bool has_valid_reply_to = true;  ///< also true without a Reply-To field
    /// The first `kMostReplyTo` mailboxes of Reply-To, as far as they were looked up.
    std::vector<RecipientFacts> reply_to;
};

inline constexpr std::size_t kMostReplyTo = 3;

/// All facts but `reply_to`. `body` is the beginning of the body, as far as it was read; see
/// `plain_text`.
[[nodiscard]] MessageFacts message_facts(const mail::HeaderList& headers,
                                         std::string_view body = {});

/// The first `kMostReplyTo` mailboxes of Reply-To, as recipients whose routes can be looked up.
[[nodiscard]] std::vector<mail::Recipient> reply_recipients(const mail::HeaderList& headers);

/// The findings about the message but for `unaligned_from`, in the order of `FindingName`.
[[nodiscard]] std::vector<Finding> compliance_findings(const MessageFacts& facts,
                                                       const config::Settings& settings);

/// The sender with whom From is compared. All that it refers to outlives it.
struct FromSender {
    const mail::EnvelopeSender& envelope;
    std::string_view user;  ///< SASL user or empty
    const config::SenderLogins& logins;
};

/// The finding that From names a mailbox which has nothing to do with the sender: its domain is
/// neither the envelope sender's nor enrolled (`[outgoing] sender_domains`, `own_domains`,
/// `[compliance] own_domains`), nor above or below one of these, and no source of `sender_logins`
/// permits it to the user. Each mailbox counts. nullopt also for the null sender, without a From
/// field, and when there is no domain to compare with.
[[nodiscard]] std::optional<Finding> unaligned_from(const MessageFacts& facts,
                                                    const FromSender& sender,
                                                    const config::Settings& settings);

/// The findings about a recipient and its message, in the order of `FindingName`. An allow entry
/// removes both kinds.
[[nodiscard]] std::vector<Finding> all_findings(const RecipientFacts& recipient,
                                                std::span<const Finding> about_message,
                                                const config::Settings& settings);

/// The domains allowed in From; empty: any.
[[nodiscard]] const std::vector<std::string>& domains_of_from(const config::Settings& settings);

/// True for findings about the message rather than about a recipient.
[[nodiscard]] bool is_about_message(terms::FindingName name);

/// True when the policy acts on findings about the message in mail of this stream.
[[nodiscard]] bool looks_at_message(Stream stream,
                                    SentTo sent_to,
                                    const config::PolicySettings& policy);

}  // namespace holdback::outbound
