// SPDX-License-Identifier: Apache-2.0
#pragma once
// What a resolver said about a domain, as plain values. These are the recorded facts by which a
// mail route is decided, now or when a decision is replayed.

#include "mail/ip_address.hpp"

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace holdback::mail {

enum class DnsType : std::uint8_t { A, Aaaa, Mx };

/// A question in canonical form: lower case, no trailing dot.
struct DnsQuestion {
    std::string name;
    DnsType type;

    auto operator<=>(const DnsQuestion&) const = default;
};

enum class DnsOutcome : std::uint8_t {
    Found,       ///< records of the wanted type, at the end of the CNAME chain
    NoData,      ///< the name exists, the type does not (RFC 2308 section 2.2, with SOA)
    NoSuchName,  ///< NXDOMAIN for the last name of the chain (RFC 2308 section 2.1, RFC 8020)
    Unresolved,  ///< no answer that can be believed: timeout, SERVFAIL, REFUSED, lame, bogus, loop
};

/// An MX record (RFC 5321 section 5.1). `exchange` is canonical; "." for the root (RFC 7505).
struct MxHost {
    std::uint16_t preference;
    std::string exchange;

    auto operator<=>(const MxHost&) const = default;
};

// The empty initializers let designated ones leave a member out.
// NOLINTBEGIN(readability-redundant-member-init)

/// The answer to one question.
struct DnsAnswer {
    DnsQuestion question{};
    DnsOutcome outcome = DnsOutcome::Unresolved;
    std::vector<MxHost> mx{};            ///< sorted by preference; type MX, `Found`
    std::vector<IpAddress> addresses{};  ///< types A and AAAA, `Found`
    bool authenticated = false;          ///< AD bit from a resolver that the settings name
    bool confirmed = false;              ///< a second query gave the same negative outcome
    std::chrono::seconds ttl{0};         ///< how long it may be cached
    std::string trouble{};               ///< `Unresolved`: "timeout", "servfail", "refused", …

    /// True for NODATA or NXDOMAIN that can be believed.
    [[nodiscard]] bool is_certain_no() const {
        return (outcome == DnsOutcome::NoData || outcome == DnsOutcome::NoSuchName) &&
               (authenticated || confirmed);
    }
};

/// All questions about one domain and their answers, in the order in which they were needed.
struct DomainAnswers {
    std::string domain;
    std::vector<DnsAnswer> answers{};

    /// The answer to a question; nullptr when it was not asked or the answer did not come in time.
    [[nodiscard]] const DnsAnswer* find(const DnsQuestion& question) const;
};

// NOLINTEND(readability-redundant-member-init)

[[nodiscard]] std::string_view wire_name(DnsType type);
[[nodiscard]] std::string_view wire_name(DnsOutcome outcome);

}  // namespace holdback::mail
