// SPDX-License-Identifier: Apache-2.0
#pragma once
// What a reply says, before it is a code: whom it speaks of, and what is wrong with him.

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace holdback::reading {

/// Whom a reply speaks of.
enum class Whom : std::uint8_t {
    Nobody,   ///< it does not say
    Mailbox,  ///< the recipient's
    Domain,   ///< the recipient's
    Sender,   ///< the envelope sender, his account or his domain
    Host,     ///< the sending host: its address, its name
    Message,  ///< content, size, form, header, links
    System,   ///< the receiving system
    Relay,    ///< a relay or queue of ours, and the connection between
};

/// What is wrong.
enum class What : std::uint8_t {
    Unknown,      ///< does not exist
    Invalid,      ///< called invalid or bad, without saying how
    Malformed,    ///< an address that is none
    Unavailable,  ///< not there, without saying for how long or why
    Moved,        ///< gone to another place, or left for good
    Disabled,     ///< locked
    Inactive,     ///< not used
    Full,         ///< over its storage
    Restricted,   ///< takes mail from some only
    Suppressed,   ///< held back upstream, by a list of former bounces
    Listed,       ///< on a blocklist, of bad reputation
    BadLink,      ///< a link or a domain in the message is
    Spam,
    Virus,
    Refused,          ///< without a reason
    Policy,           ///< against somebody's rules, without saying which
    Limited,          ///< too much in a time: messages, recipients, connections
    Quota,            ///< what he may send is used up
    Suspended,        ///< may not send any more
    NotPermitted,     ///< may not send as this, or to these
    Login,            ///< has to log in, or failed to
    Unauthenticated,  ///< SPF, DKIM, DMARC
    NoRdns,           ///< PTR, HELO name, DNS of the client
    TooBig,
    Unreachable,
    Tls,    ///< no encryption, or none that is good enough
    Busy,   ///< down, overloaded, out of disk: for now
    Fault,  ///< an error of the system's own
    TimedOut,
    TooOld,      ///< the time in the queue is over
    Protocol,    ///< syntax, commands
    NotRelayed,  ///< the domain is not served there
    NoMail,      ///< takes no mail at all (null MX)
    Loop,
    Challenge,  ///< wants a confirmation
    Greylisted,
    TryLater,
    Info,  ///< no failure
};

/// Whom and what: "sender limited".
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
