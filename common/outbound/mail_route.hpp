// SPDX-License-Identifier: Apache-2.0
#pragma once
// DNS answers -> the mail route of a domain (RFC 5321 section 5.1, RFC 7505, RFC 2308).

#include "mail/dns_answer.hpp"
#include "mail/domain.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace holdback::outbound {

/// How mail for a domain would travel.
enum class RouteKind : std::uint8_t {
    Mx,            ///< at least one MX host has a public address
    Implicit,      ///< no MX record, but a public address (RFC 5321 section 5.1)
    NullMx,        ///< the domain states that it takes no mail (RFC 7505)
    NoSuchDomain,  ///< NXDOMAIN, or a name that cannot exist (RFC 3696 section 2)
    NoMailHost,    ///< the name exists, but has neither MX nor address
    UnusableMx,    ///< each host is absent, loopback, private, special or an IP literal
    Unresolved,    ///< we could not find out; never counts against a recipient
    Local,         ///< DNS does not decide
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

struct MailRoute {
    RouteKind kind = RouteKind::Unresolved;
    /// Names of the MX hosts in order of preference, without the root. The domain itself for
    /// `Implicit`, and for `UnusableMx` without MX records.
    std::vector<std::string> hosts;
    /// One clause in plain words; foreign names in it are printable ASCII. For `Local` the value of
    /// `why_local`.
    std::string why;
    /// DNS may not decide: the MTA may deliver to the domain itself, but this could not be found
    /// out.
    bool perhaps_local = false;

    bool operator==(const MailRoute&) const = default;
};

/// At most this many MX hosts are asked about. When all of these are unusable and there are more,
/// the domain is `Unresolved`.
inline constexpr std::size_t kMostMxHosts = 16;

/// True for a name that is `parent` or below it, in any letter case. Leading dots of `parent` and
/// one trailing dot are ignored.
[[nodiscard]] bool is_at_or_under(std::string_view name, std::string_view parent);

/// True for localhost, .local, .internal, .home.arpa and .onion and all names below them. They
/// belong to this machine or this site, or must not appear in DNS at all (RFC 6761, 6762, 7686,
/// 8375).
[[nodiscard]] bool is_special_use(std::string_view domain);

/// The next questions on the way to the route of `domain` (canonical text). Empty when the route is
/// decided, or when DNS is never asked. Unanswered questions are repeated in the next call.
[[nodiscard]] std::vector<mail::DnsQuestion> next_questions(std::string_view domain,
                                                            const mail::DomainAnswers& answers);

/// The route that follows from the answers. A missing answer counts as unresolved. A negative
/// answer counts only if `is_certain_no()`. A failed MX query never falls back to addresses.
[[nodiscard]] MailRoute mail_route(const mail::Domain& domain, const mail::DomainAnswers& answers);

/// "null-mx", "no-such-domain", …
[[nodiscard]] std::string_view wire_name(RouteKind kind);
/// The route for logs: its kind, and for `Local` also the reason, "local:mydestination".
[[nodiscard]] std::string shown(const MailRoute& route);
[[nodiscard]] std::optional<RouteKind> parse_route_kind(std::string_view name);

}  // namespace holdback::outbound
