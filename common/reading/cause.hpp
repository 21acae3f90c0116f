// SPDX-License-Identifier: Apache-2.0
#pragma once
// The cause that a reply states, before it becomes a code: whom it is about and what is wrong.

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace holdback::reading {

/// Whom a reply is about.
enum class Whom : std::uint8_t {
    Nobody,   ///< the reply does not say
    Mailbox,  ///< the recipient's mailbox
    Domain,   ///< the recipient's domain
    Sender,   ///< the envelope sender, their account or their domain
    Host,     ///< the sending host: its address, its name
    Message,  ///< content, size, form, header, links
    System,   ///< the receiving system
    Relay,    ///< our relay or queue, or the connection
};

/// What is wrong.
enum class What : std::uint8_t {
    Unknown,      ///< does not exist
    Invalid,      ///< called invalid or bad, without details
    Malformed,    ///< an address with wrong syntax
    Unavailable,  ///< not there, without a duration or a reason
    Moved,        ///< moved elsewhere, or left for good
    Disabled,     ///< locked
    Inactive,     ///< not used
    Full,         ///< over its storage
    Restricted,   ///< takes mail from some senders only
    Suppressed,   ///< held back upstream, by a list of earlier bounces
    Listed,       ///< on a blocklist, or of bad reputation
    BadLink,      ///< a link or a domain in the message is on a blocklist
    Spam,
    Virus,
    Refused,          ///< without a reason
    Policy,           ///< against a policy, without saying which
    Limited,          ///< too many messages, recipients or connections in a period
    Quota,            ///< the sender's quota is used up
    Suspended,        ///< may not send any more
    NotPermitted,     ///< may not send under this address, or to these recipients
    Login,            ///< has to log in, or failed to log in
    Unauthenticated,  ///< SPF, DKIM, DMARC
    NoRdns,           ///< PTR, HELO name, DNS of the client
    TooBig,
    Unreachable,
    Tls,    ///< no encryption, or encryption that is too weak
    Busy,   ///< down, overloaded or out of disk space, for now
    Fault,  ///< an internal error of the system
    TimedOut,
    TooOld,      ///< the time in the queue ran out
    Protocol,    ///< syntax, commands
    NotRelayed,  ///< the domain is not served there
    NoMail,      ///< takes no mail at all (null MX)
    Loop,
    Challenge,  ///< asks for a confirmation
    Greylisted,
    TryLater,
    Info,  ///< no failure
};

/// The cause of a failure, such as "sender limited".
struct Cause {
    Whom whom = Whom::Nobody;
    What what = What::Refused;

    auto operator<=>(const Cause&) const = default;
};

[[nodiscard]] std::string_view wire_name(Whom whom);
[[nodiscard]] std::string_view wire_name(What what);
[[nodiscard]] std::optional<Whom> parse_whom(std::string_view name);
[[nodiscard]] std::optional<What> parse_what(std::string_view name);

/// "sender-limited".
[[nodiscard]] std::string wire_name(const Cause& cause);
/// "the sender", "nobody in particular": for people.
[[nodiscard]] std::string_view words_for(Whom whom);

}  // namespace holdback::reading
