// SPDX-License-Identifier: Apache-2.0
#pragma once
// The recorded facts behind a decision, and the decision itself: metadata alone, no subject and no
// body. They allow yesterday's decisions to be replayed under other settings.

#include "config/policy.hpp"
#include "config/settings.hpp"
#include "core/clock.hpp"
#include "mail/envelope.hpp"
#include "mail/header.hpp"
#include "mail/syntax.hpp"
#include "outbound/bulk.hpp"
#include "outbound/direction.hpp"
#include "outbound/findings.hpp"
#include "terms/failure_code.hpp"
#include "terms/finding.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace holdback::replay {

/// The point of the dialogue at which the message was decided.
enum class DecidedAt : std::uint8_t {
    Recipient,  ///< refused at RCPT: the header and later recipients are unknown
    Message,    ///< at the end of the headers or later
};

inline constexpr std::string_view kAllListFields = "list-*";

/// The signs of the stream in the header: the fields that were looked for, and those that were
/// found.
struct HeaderSigns {
    /// Names in lower case, each once; `kAllListFields` stands for all that begin with "List-".
    std::vector<std::string> asked;
    std::vector<std::string> present;  ///< those of `asked` that the header has
    std::string precedence;            ///< value of Precedence, if present

    bool operator==(const HeaderSigns&) const = default;
};

/// Looks for the fields that the settings name and for the usual fields of lists.
[[nodiscard]] HeaderSigns header_signs(const mail::HeaderList& headers,
                                       const config::BulkSettings& settings);

/// One recipient and the decision about it.
struct RecordedRecipient {
    std::string address;  ///< in the spelling that came, without brackets
    std::string mailer;   ///< {rcpt_mailer}
    outbound::RecipientFacts facts;
    std::vector<terms::FindingName> found;  ///< all findings, not only the deciding one
    config::PolicyAction action = config::PolicyAction::Pass;
    config::PolicyAction unshadowed = config::PolicyAction::Pass;
    std::string reason;  ///< as in the decision line; empty without findings
    std::optional<terms::FailureCode> code;
    std::optional<std::int64_t> held_id;
    bool overridden = false;  ///< the sender's override let it pass
};

/// What the settings of that time looked for besides the facts of a recipient. Only about these
/// things does the record also tell that they were absent.
struct WatchSigns {
    /// Findings about the message on which the policy acted.
    std::vector<terms::FindingName> about_message;
    std::size_t stop_above = 100;  ///< `[bulk] stop_above` in percent; 100: not looked at
    std::size_t stop_minimum = 0;
    std::chrono::seconds repeat_window{0};  ///< `[bulk] repeat_window`; zero: not looked at
    /// Digest of the domains allowed in From, in any order; 0: any domain. nullopt: not recorded.
    std::optional<std::uint64_t> from_digest;
    /// The same of the enrolled domains and of the sources of `sender_logins`.
    std::optional<std::uint64_t> enrolled_digest;

    bool operator==(const WatchSigns&) const = default;
};

/// The signs that these settings look for in a message of this stream.
[[nodiscard]] WatchSigns watch_signs(outbound::Stream stream,
                                     outbound::SentTo sent_to,
                                     const config::Settings& settings);

/// The facts that decided about refusing or sparing the client, besides settings and verdicts.
struct RecordedDialogue {
    outbound::DialogueSoFar before;  ///< includes this message's refusals at RCPT
    bool asked_at_rcpt = false;      ///< the settings of that time allowed refusals at RCPT
    /// The whole message could be returned in a DSN; always false at `DecidedAt::Recipient`.
    bool can_be_returned = false;
    bool had_enough = false;  ///< refusals reached the limit of that time: see `is_spared`

    bool operator==(const RecordedDialogue&) const = default;
};

/// The list files against which recipients were checked; empty: none.
struct ListFiles {
    std::string role_addresses;
    std::string disposable_domains;

    bool operator==(const ListFiles&) const = default;
};

struct RecordedMessage {
    std::int64_t id = 0;  ///< grows in the order of recording; given by the store
    core::TimePoint at;
    DecidedAt decided_at = DecidedAt::Message;
    config::Mode mode = config::Mode::Shadow;
    std::string session;
    std::string queue_id;
    mail::EnvelopeSender sender = mail::NullSender{};
    mail::Smtputf8 utf8 = mail::Smtputf8::No;
    outbound::Origin origin;
    std::size_t named = 0;   ///< recipients named by the time of the decision
    std::size_t window = 0;  ///< the sender's recipients within `window_length`, these included
    std::chrono::seconds window_length{0};
    /// `[bulk] repeats` of that time. The content was in fewer messages, unless `stream` gives
    /// their number. 0: not recorded.
    std::size_t repeats_limit = 0;
    WatchSigns watched;
    std::optional<RecordedDialogue> dialogue;  ///< nullopt: not recorded
    std::optional<ListFiles> lists;            ///< nullopt: not recorded
    HeaderSigns headers;                       ///< nothing asked at `DecidedAt::Recipient`
    std::string campaign;
    std::string message_id;
    outbound::StreamDecision stream;
    std::vector<RecordedRecipient> recipients;

    [[nodiscard]] std::string sender_text() const;
};

/// The facts without a column of their own in the store, in the form of a `FactWriter`. Most
/// foreign texts are cut to 200 octets; at most three hosts of a route are kept.
[[nodiscard]] std::string message_facts(const RecordedMessage& message);
[[nodiscard]] std::string recipient_facts(const RecordedRecipient& recipient);

/// Reads the text of `message_facts` into a message whose columns are already filled in. Absent
/// facts keep their defaults.
void read_message_facts(std::string_view text, RecordedMessage& message);
/// The same for a recipient, whose `address` must be set; `utf8` is the message's.
void read_recipient_facts(std::string_view text, mail::Smtputf8 utf8, RecordedRecipient& recipient);

/// The envelope sender for a text from `sender_text`.
[[nodiscard]] mail::EnvelopeSender recorded_sender(const std::string& text);

[[nodiscard]] std::string_view wire_name(DecidedAt when);

}  // namespace holdback::replay
