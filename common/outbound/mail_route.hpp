// SPDX-License-Identifier: Apache-2.0
#pragma once
// DNS answers -> the mail route of a domain (RFC 5321 section 5.1, RFC 7505, RFC 2308).

#include "mail/dns_answer.hpp"
#include "mail/domain.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace holdback::outbound {

/// How mail for a domain would travel.
enum class RouteKind : std::uint8_t {
    Mx,            ///< at least one MX host has a public address
    Implicit,      ///< no MX, but a public address (RFC 5321 section 5.1)
    NullMx,        ///< the domain states that it takes no mail (RFC 7505)
    NoSuchDomain,  ///< NXDOMAIN, or a name that cannot exist (RFC 3696 section 2)
    NoMailHost,    ///< the name exists, with neither MX nor address
    UnusableMx,    ///< hosts, but each is absent, loopback, private, special or an IP literal
    Unresolved,    ///< we could not find out; never counts against a recipient
    Local,         ///< not for DNS to say
    Literal,       ///< an address literal
};

inline constexpr std::array kAllRouteKinds{
    RouteKind::Mx,
    RouteKind::Implicit,
    RouteKind::NullMx,
    RouteKind::NoSuchDomain,
    RouteKind::NoMailHost,
    RouteKind::UnusableMx,
    RouteKind::Unresolved,
    RouteKind::Local,
    RouteKind::Literal,
};

/// True for a route by which no mail can go, as far as DNS knows.
[[nodiscard]] bool takes_no_mail(RouteKind kind);

/// A route, and why it is that one.
struct MailRoute {
    RouteKind kind = RouteKind::Unresolved;
    /// Names of the MX hosts in order of preference, without the root; the domain itself for
    /// `Implicit` and for an `UnusableMx` without MX records.
    std::vector<std::string> hosts;
    /// One clause in plain words; foreign names in it are printable ASCII. For `Local` what
    /// `why_local` gives.
    std::string why;
    /// What DNS says may not count: the MTA may deliver to the domain itself, and it could not be
    /// found out whether it does.
    bool perhaps_local = false;

    bool operator==(const MailRoute&) const = default;
};

/// More MX hosts than this are not asked about; when all of these are unusable and there are more,
/// the domain is `Unresolved`.
inline constexpr std::size_t kMostMxHosts = 16;

/// True for a name that is `parent` or below it, in any letter case; dots in front of `parent` and
/// one behind it are passed over.
[[nodiscard]] bool is_at_or_under(std::string_view name, std::string_view parent);

/// Localhost, .local, .internal, .home.arpa and .onion with all below them, which belong to this
/// machine or this site, or must not appear in DNS at all (RFC 6761, 6762, 7686, 8375).
[[nodiscard]] bool is_special_use(std::string_view domain);

/// What has to be asked next to find the route of `domain` (canonical text); empty when it is
/// decided, or never asked in DNS. Questions repeat until their answers are there.
[[nodiscard]] std::vector<mail::DnsQuestion> next_questions(std::string_view domain,
                                                            const mail::DomainAnswers& answers);

/// The route by what the answers say; what is missing in them counts as unresolved. A negative
/// answer counts when `is_certain_no()`, and a failed MX query never falls back to addresses.
[[nodiscard]] MailRoute mail_route(const mail::Domain& domain, const mail::DomainAnswers& answers);

/// "null-mx", "no-such-domain", …
[[nodiscard]] std::string_view wire_name(RouteKind kind);
/// The route for logs: its kind, and for `Local` behind a colon why it is, "local:mydestination".
[[nodiscard]] std::string shown(const MailRoute& route);
[[nodiscard]] std::optional<RouteKind> parse_route_kind(std::string_view name);

}  // namespace holdback::outbound
