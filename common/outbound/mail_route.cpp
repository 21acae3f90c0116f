// SPDX-License-Identifier: Apache-2.0
#include "outbound/mail_route.hpp"

#include "core/text.hpp"
#include "mail/dns_answer.hpp"
#include "mail/domain.hpp"
#include "mail/ip_address.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

namespace holdback::outbound {

namespace {

using mail::DnsAnswer;
using mail::DnsOutcome;
using mail::DnsQuestion;
using mail::DnsType;
using mail::DomainAnswers;
using mail::MxHost;

/// This many MX hosts are asked about at once; the others follow when none of these is usable.
constexpr std::size_t kFirstBatch = 2;

enum class HostState : std::uint8_t { Usable, Unusable, Unknown };

/// The state of one host by the answers, and the reason when it is not usable.
struct HostView {
    HostState state;
    std::string why;
};

bool is_under_any(std::string_view name, std::span<const std::string_view> parents) {
    return std::ranges::any_of(
        parents, [&](std::string_view parent) { return is_at_or_under(name, parent); });
}

/// No top-level domain is numeric (RFC 3696 section 2).
bool has_numeric_last_label(std::string_view name) {
    const std::size_t dot = name.rfind('.');
    const std::string_view last = dot == std::string_view::npos ? name : name.substr(dot + 1);
    return !last.empty() && std::ranges::all_of(last, core::is_ascii_digit);
}

bool is_never_asked(std::string_view domain) {
    return domain.empty() || domain.starts_with('[') || is_special_use(domain) ||
           has_numeric_last_label(domain);
}

/// The reason why an MX exchange is unusable by its name alone; empty when DNS has to be asked.
std::string_view unusable_by_name(std::string_view exchange) {
    constexpr std::array<std::string_view, 1> kLoopback{"localhost"};
    constexpr std::array<std::string_view, 1> kNeverInDns{"onion"};
    if (exchange == ".") {
        return "is the root";
    }
    if (mail::IpAddress::parse(exchange).has_value() || has_numeric_last_label(exchange)) {
        return "is an IP address where a name must stand";
    }
    if (is_under_any(exchange, kLoopback)) {
        return "is this machine";
    }
    if (is_under_any(exchange, kNeverInDns)) {
        return "is not a name of the DNS";
    }
    return {};
}

bool is_null_mx(std::span<const MxHost> hosts) {
    return hosts.size() == 1 && hosts.front().exchange == ".";
}

/// The hosts in order of preference, each once, without the root.
std::vector<std::string> hosts_in_order(std::span<const MxHost> mx) {
    std::vector<MxHost> sorted(mx.begin(), mx.end());
    std::ranges::stable_sort(sorted, {}, &MxHost::preference);
    std::vector<std::string> hosts;
    for (MxHost& host : sorted) {
        if (host.exchange != "." && std::ranges::find(hosts, host.exchange) == hosts.end()) {
            hosts.push_back(std::move(host.exchange));
        }
    }
    return hosts;
}

std::string_view plain_words(mail::AddressScope scope) {
    switch (scope) {
        case mail::AddressScope::Global:
            return "public";
        case mail::AddressScope::Loopback:
            return "loopback";
        case mail::AddressScope::Private:
            return "private";
        case mail::AddressScope::Special:
            return "special";
    }
    return "";
}

std::string trouble_of(const DnsAnswer* answer) {
    if (answer == nullptr) {
        return "no answer in time";
    }
    if (answer->outcome != DnsOutcome::Unresolved) {
        return "a negative answer that nobody confirmed";
    }
    return answer->trouble.empty() ? "no usable answer" : core::printable(answer->trouble);
}

const mail::IpAddress* public_address(const DnsAnswer* answer) {
    if (answer == nullptr || answer->outcome != DnsOutcome::Found) {
        return nullptr;
    }
    const auto found =
        std::ranges::find(answer->addresses, mail::AddressScope::Global, &mail::IpAddress::scope);
    return found == answer->addresses.end() ? nullptr : &*found;
}

/// True when there are records, but none has a public address.
bool has_only_odd_addresses(const DnsAnswer* answer) {
    return answer != nullptr && answer->outcome == DnsOutcome::Found &&
           public_address(answer) == nullptr;
}

bool is_certain_no(const DnsAnswer* answer) {
    return answer != nullptr && answer->is_certain_no();
}

HostView view_host(const std::string& host, const DomainAnswers& answers) {
    const std::string name = core::printable(host);
    if (const std::string_view why = unusable_by_name(host); !why.empty()) {
        return {HostState::Unusable, fmt::format("{} {}", name, why)};
    }
    const DnsAnswer* const v4 = answers.find({host, DnsType::A});
    const DnsAnswer* const v6 = answers.find({host, DnsType::Aaaa});
    if (public_address(v4) != nullptr || public_address(v6) != nullptr) {
        return {HostState::Usable, {}};
    }
    for (const DnsAnswer* const answer : {v4, v6}) {
        if (!is_certain_no(answer) && !has_only_odd_addresses(answer)) {
            return {HostState::Unknown, fmt::format("{}: {}", name, trouble_of(answer))};
        }
    }
    for (const DnsAnswer* const answer : {v4, v6}) {
        if (has_only_odd_addresses(answer) && !answer->addresses.empty()) {
            const mail::IpAddress& address = answer->addresses.front();
            return {HostState::Unusable,
                    fmt::format("{} has the {} address {}",
                                name,
                                plain_words(address.scope()),
                                address.text())};
        }
    }
    const bool absent = v4->outcome == DnsOutcome::NoSuchName;
    return {HostState::Unusable,
            fmt::format("{} {}", name, absent ? "does not exist" : "has no address")};
}

bool is_answered(const std::string& host, const DomainAnswers& answers, DnsType type) {
    return answers.find({host, type}) != nullptr;
}

/// Unanswered questions about the hosts; empty as soon as one host is usable.
std::vector<DnsQuestion> missing_about(std::span<const std::string> hosts,
                                       const DomainAnswers& answers) {
    std::vector<DnsQuestion> missing;
    for (const std::string& host : hosts) {
        if (!unusable_by_name(host).empty()) {
            continue;
        }
        if (view_host(host, answers).state == HostState::Usable) {
            return {};
        }
        for (const DnsType type : {DnsType::A, DnsType::Aaaa}) {
            if (!is_answered(host, answers, type)) {
                missing.push_back({host, type});
            }
        }
    }
    return missing;
}

bool any_usable(std::span<const std::string> hosts, const DomainAnswers& answers) {
    return std::ranges::any_of(hosts, [&](const std::string& host) {
        return view_host(host, answers).state == HostState::Usable;
    });
}

std::vector<DnsQuestion> questions_about_hosts(const std::vector<std::string>& hosts,
                                               const DomainAnswers& answers) {
    const std::span all(hosts.data(), std::min(hosts.size(), kMostMxHosts));
    if (any_usable(all, answers)) {
        return {};
    }
    const std::span first = all.first(std::min(all.size(), kFirstBatch));
    if (std::vector<DnsQuestion> missing = missing_about(first, answers); !missing.empty()) {
        return missing;
    }
    return missing_about(all, answers);
}

MailRoute route_by_hosts(std::vector<std::string> hosts, const DomainAnswers& answers) {
    const std::span asked(hosts.data(), std::min(hosts.size(), kMostMxHosts));
    std::string unusable;
    std::string unknown;
    for (const std::string& host : asked) {
        HostView view = view_host(host, answers);
        switch (view.state) {
            case HostState::Usable:
                return {RouteKind::Mx, std::move(hosts), "an MX host has a public address"};
            case HostState::Unknown:
                unknown = unknown.empty() ? std::move(view.why) : std::move(unknown);
                break;
            case HostState::Unusable:
                unusable = unusable.empty() ? std::move(view.why) : std::move(unusable);
                break;
        }
    }
    if (!unknown.empty()) {
        return {RouteKind::Unresolved, std::move(hosts), std::move(unknown)};
    }
    if (hosts.size() > asked.size()) {
        return {RouteKind::Unresolved, std::move(hosts), "more MX hosts than are asked about"};
    }
    if (hosts.empty()) {
        return {RouteKind::UnusableMx, {}, "every MX record names the root"};
    }
    return {RouteKind::UnusableMx, std::move(hosts), std::move(unusable)};
}

/// Without an MX record the domain itself is the host (RFC 5321 section 5.1).
MailRoute implicit_route(const std::string& domain, const DomainAnswers& answers) {
    HostView view = view_host(domain, answers);
    switch (view.state) {
        case HostState::Usable:
            return {RouteKind::Implicit, {domain}, "no MX record, but a public address"};
        case HostState::Unknown:
            return {RouteKind::Unresolved, {}, std::move(view.why)};
        case HostState::Unusable:
            break;
    }
    const bool has_address = has_only_odd_addresses(answers.find({domain, DnsType::A})) ||
                             has_only_odd_addresses(answers.find({domain, DnsType::Aaaa}));
    if (has_address) {
        return {RouteKind::UnusableMx, {domain}, std::move(view.why)};
    }
    return {RouteKind::NoMailHost, {}, "neither an MX record nor an address"};
}

MailRoute route_by_answers(const std::string& domain, const DomainAnswers& answers) {
    const DnsAnswer* const mx = answers.find({domain, DnsType::Mx});
    if (mx == nullptr || mx->outcome == DnsOutcome::Unresolved) {
        return {RouteKind::Unresolved, {}, fmt::format("MX: {}", trouble_of(mx))};
    }
    if (mx->outcome == DnsOutcome::Found) {
        if (is_null_mx(mx->mx)) {
            return {RouteKind::NullMx, {}, "its only MX record is the root"};
        }
        return route_by_hosts(hosts_in_order(mx->mx), answers);
    }
    if (!mx->is_certain_no()) {
        return {RouteKind::Unresolved, {}, fmt::format("MX: {}", trouble_of(mx))};
    }
    if (mx->outcome == DnsOutcome::NoSuchName) {
        return {RouteKind::NoSuchDomain, {}, "DNS says that the name does not exist"};
    }
    return implicit_route(domain, answers);
}

}  // namespace

bool takes_no_mail(RouteKind kind) {
    switch (kind) {
        case RouteKind::NoSuchDomain:
        case RouteKind::NoMailHost:
        case RouteKind::NullMx:
        case RouteKind::UnusableMx:
            return true;
        case RouteKind::Mx:
        case RouteKind::Implicit:
        case RouteKind::Unresolved:
        case RouteKind::Local:
        case RouteKind::Literal:
            return false;
    }
    return false;
}

bool is_at_or_under(std::string_view name, std::string_view parent) {
    while (parent.starts_with('.')) {
        parent.remove_prefix(1);
    }
    if (parent.ends_with('.')) {
        parent.remove_suffix(1);
    }
    if (parent.empty() || name.size() < parent.size()) {
        return false;
    }
    const std::size_t start = name.size() - parent.size();
    return core::equals_ignoring_case(name.substr(start), parent) &&
           (start == 0 || name[start - 1] == '.');
}

bool is_special_use(std::string_view domain) {
    constexpr std::array<std::string_view, 5> kParents{
        "localhost", "local", "internal", "home.arpa", "onion"};
    return is_under_any(domain, kParents);
}

std::vector<DnsQuestion> next_questions(std::string_view domain, const DomainAnswers& answers) {
    if (is_never_asked(domain)) {
        return {};
    }
    const DnsQuestion about_mx{std::string(domain), DnsType::Mx};
    const DnsAnswer* const mx = answers.find(about_mx);
    if (mx == nullptr) {
        return {about_mx};
    }
    if (mx->outcome == DnsOutcome::Found && !is_null_mx(mx->mx)) {
        return questions_about_hosts(hosts_in_order(mx->mx), answers);
    }
    if (mx->outcome == DnsOutcome::NoData && mx->is_certain_no()) {
        return questions_about_hosts({std::string(domain)}, answers);
    }
    return {};
}

MailRoute mail_route(const mail::Domain& domain, const DomainAnswers& answers) {
    if (domain.is_literal()) {
        return {RouteKind::Literal, {}, "an address literal"};
    }
    if (is_special_use(domain.text())) {
        return {RouteKind::Local, {}, "special-use name"};
    }
    if (has_numeric_last_label(domain.text())) {
        return {RouteKind::NoSuchDomain, {}, "no top-level domain is a number"};
    }
    return route_by_answers(domain.text(), answers);
}

std::string_view wire_name(RouteKind kind) {
    switch (kind) {
        case RouteKind::Mx:
            return "mx";
        case RouteKind::Implicit:
            return "implicit";
        case RouteKind::NullMx:
            return "null-mx";
        case RouteKind::NoSuchDomain:
            return "no-such-domain";
        case RouteKind::NoMailHost:
            return "no-mail-host";
        case RouteKind::UnusableMx:
            return "unusable-mx";
        case RouteKind::Unresolved:
            return "unresolved";
        case RouteKind::Local:
            return "local";
        case RouteKind::Literal:
            return "literal";
    }
    return "";
}

std::string shown(const MailRoute& route) {
    const std::string_view kind = wire_name(route.kind);
    return route.kind == RouteKind::Local && !route.why.empty()
               ? fmt::format("{}:{}", kind, route.why)
               : std::string(kind);
}

std::optional<RouteKind> parse_route_kind(std::string_view name) {
    for (const RouteKind kind : kAllRouteKinds) {
        if (wire_name(kind) == name) {
            return kind;
        }
    }
    return std::nullopt;
}

}  // namespace holdback::outbound
