// SPDX-License-Identifier: Apache-2.0
#pragma once
// The recorded set of facts on which a message was decided, and what the decision was: metadata
// alone, no subject and no body. With it yesterday's decisions are made again under other settings.

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

/// When in the dialogue a decision fell.
enum class DecidedAt : std::uint8_t {
    Recipient,  ///< refused at RCPT: the header is not known, and no later recipient
    Message,    ///< at the end of the headers or later
};

inline constexpr std::string_view kAllListFields = "list-*";

/// What the header says about the stream: for which fields it was looked, and which are there.
struct HeaderSigns {
    /// Names in lower case, each once; `kAllListFields` stands for all that begin with "List-".
    std::vector<std::string> asked;
    std::vector<std::string> present;  ///< those of `asked` that the header has
    std::string precedence;            ///< value of Precedence where it is there

    bool operator==(const HeaderSigns&) const = default;
};

/// Looks for the fields that the settings name and for the usual ones of lists.
[[nodiscard]] HeaderSigns header_signs(const mail::HeaderList& headers,
                                       const config::BulkSettings& settings);

/// One recipient, with what was decided.
struct RecordedRecipient {
    std::string address;  ///< in the spelling that came, without brackets
    std::string mailer;   ///< {rcpt_mailer}
    outbound::RecipientFacts facts;
    std::vector<terms::FindingName> found;  ///< all of them, not only the one that decided
    config::PolicyAction action = config::PolicyAction::Pass;
    config::PolicyAction unshadowed = config::PolicyAction::Pass;
    std::string reason;  ///< as in the decision line; empty when nothing was found
    std::optional<terms::FailureCode> code;
    std::optional<std::int64_t> held_id;
    bool overridden = false;  ///< the sender's override let it pass
};

/// What was looked for beside the facts of a recipient, by the settings of then: only of that does
/// the record tell that it was not there.
struct WatchSigns {
    /// Findings about the message that the policy acted on.
    std::vector<terms::FindingName> about_message;
    std::size_t stop_above = 100;  ///< `[bulk] stop_above` in percent; 100: not looked at
    std::size_t stop_minimum = 0;
    std::chrono::seconds repeat_window{0};  ///< `[bulk] repeat_window`; zero: not looked at
    /// Of the domains that From may name, in any order; 0: any. nullopt: not recorded.
    std::optional<std::uint64_t> from_digest;

    bool operator==(const WatchSigns&) const = default;
};

/// What these settings look for in a message of this stream.
[[nodiscard]] WatchSigns watch_signs(outbound::Stream stream,
                                     outbound::SentTo sent_to,
                                     const config::Settings& settings);

/// What decided about refusing or sparing the client, beside settings and verdicts.
struct RecordedDialogue {
    outbound::DialogueSoFar before;  ///< with the refusals at RCPT of this message
    bool asked_at_rcpt = false;      ///< the settings of then let recipients be refused at RCPT
    /// All of the message could be returned in a DSN; false too at `DecidedAt::Recipient`.
    bool can_be_returned = false;
    bool had_enough = false;  ///< of refusals, by the settings of then: see `is_spared`

    bool operator==(const RecordedDialogue&) const = default;
};

/// The files with lists that recipients were held against; empty: none.
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
    std::size_t named = 0;   ///< recipients named when the decision fell
    std::size_t window = 0;  ///< recipients of the sender within `window_length`, these included
    std::chrono::seconds window_length{0};
    /// `[bulk] repeats` then: the content was in fewer messages, unless `stream` says how many; 0:
    /// not recorded.
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

/// The facts that have no column of their own in a store, as a `FactWriter` writes them. Foreign
/// texts are cut: to 200 octets each, of the hosts of a route three are kept.
[[nodiscard]] std::string message_facts(const RecordedMessage& message);
[[nodiscard]] std::string recipient_facts(const RecordedRecipient& recipient);

/// Puts what `message_facts` wrote into a message whose columns are filled in; what is absent keeps
/// its default.
void read_message_facts(std::string_view text, RecordedMessage& message);
/// The same for a recipient: `address` is there already, `utf8` is the message's.
void read_recipient_facts(std::string_view text, mail::Smtputf8 utf8, RecordedRecipient& recipient);

/// The envelope sender of a text as `sender_text` gives it.
[[nodiscard]] mail::EnvelopeSender recorded_sender(const std::string& text);

[[nodiscard]] std::string_view wire_name(DecidedAt when);

}  // namespace holdback::replay
