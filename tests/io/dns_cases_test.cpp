// SPDX-License-Identifier: Apache-2.0
// The states in which a domain can be, one row each, against real servers: unbound in front of NSD
// and of a misbehaving server, and these two asked directly.

#include "config/settings.hpp"
#include "core/clock.hpp"
#include "core/text.hpp"
#include "io/dns/domain_lookup.hpp"
#include "mail/dns_answer.hpp"
#include "mail/domain.hpp"
#include "mail/ip_address.hpp"
#include "mail/syntax.hpp"
#include "outbound/mail_route.hpp"
#include "tests/support/child_process.hpp"
#include "tests/support/temp_dir.hpp"

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

namespace holdback::io {

namespace {

using outbound::RouteKind;

constexpr std::uint16_t kNsd = 5300;
constexpr std::uint16_t kBadns = 5301;
constexpr std::uint16_t kUnbound = 5310;
constexpr std::chrono::milliseconds kBudget{2000};
/// For rows that have an answer: a busy machine may need longer than a message's budget.
constexpr std::chrono::milliseconds kPatience{8000};

std::filesystem::path corpus() {
    return std::filesystem::path(HOLDBACK_SOURCE_DIR) / "../shared/corpus/dns";
}

/// Who is asked when the resolver is left out.
enum class Direct : std::uint8_t { Nsd, Badns, Nobody };

struct Row {
    int id;
    std::string_view domain;
    std::optional<RouteKind> by_resolver;  ///< nullopt: differs from time to time
    Direct direct;
    RouteKind directly;  ///< when `direct` is not `Nobody`
};

constexpr Row nsd(int id, std::string_view domain, RouteKind want) {
    return {id, domain, want, Direct::Nsd, want};
}

constexpr Row badns(int id, std::string_view domain, RouteKind want) {
    return {id, domain, want, Direct::Badns, want};
}

constexpr Row differs(
    int id, std::string_view domain, RouteKind by_resolver, Direct direct, RouteKind directly) {
    return {id, domain, by_resolver, direct, directly};
}

constexpr Row directly_only(int id, std::string_view domain, Direct direct, RouteKind want) {
    return {id, domain, std::nullopt, direct, want};
}

constexpr Row resolver_only(int id, std::string_view domain, RouteKind want) {
    return {id, domain, want, Direct::Nobody, want};
}

using enum outbound::RouteKind;

constexpr auto kRows = std::to_array<Row>({
    nsd(1, "mx-ok.dnscase.test", Mx),
    nsd(2, "implicit-a.dnscase.test", Implicit),
    nsd(3, "implicit-aaaa.dnscase.test", Implicit),
    nsd(4, "cname-mx.dnscase.test", Mx),
    // The chain leaves the zone: directly, the target is asked for by a query of ours.
    nsd(4, "cname-out.dnscase.test", Mx),
    nsd(5, "implicit-cname.dnscase.test", Implicit),
    nsd(6, "chain8-1.dnscase.test", Mx),
    // Both are right: unbound follows the chain, or gives up on it with SERVFAIL when it is busy.
    directly_only(6, "chain30-1.dnscase.test", Direct::Nsd, Mx),
    nsd(7, "host.dn.dnscase.test", Mx),
    nsd(8, "cname-loop.dnscase.test", Unresolved),
    nsd(8, "cname-self.dnscase.test", Unresolved),
    nsd(9, "cname-nx.dnscase.test", NoSuchDomain),
    nsd(10, "cname-nodata.dnscase.test", NoMailHost),
    nsd(11, "x.y.wild.dnscase.test", Mx),
    nsd(11, "q.wilda.dnscase.test", Implicit),
    // The parker's host lies outside of these servers, which fail for it.
    nsd(12, "parked-mx.dnscase.test", Unresolved),
    nsd(12, "parked-wild.dnscase.test", UnusableMx),
    nsd(13, "nullmx.dnscase.test", NullMx),
    nsd(13, "nullmx-a.dnscase.test", NullMx),
    nsd(13, "cname-nullmx.dnscase.test", NullMx),
    nsd(14, "nullmx-pref10.dnscase.test", NullMx),
    nsd(15, "nullmx-mixed.dnscase.test", Mx),
    nsd(16, "nxdomain-here.dnscase.test", NoSuchDomain),
    nsd(16, "absent.dnscase.test", NoSuchDomain),
    nsd(17, "nodata.dnscase.test", NoMailHost),
    nsd(18, "ent.dnscase.test", NoMailHost),
    badns(19, "mxnodata-aservfail.bad.dnscase.test", Unresolved),
    badns(20, "mxservfail.bad.dnscase.test", Unresolved),
    nsd(21, "mx-nx.dnscase.test", UnusableMx),
    nsd(22, "mx-nodata.dnscase.test", UnusableMx),
    nsd(23, "mx-nx-some.dnscase.test", Mx),
    badns(24, "mxok-aservfail.bad.dnscase.test", Unresolved),
    nsd(25, "mx-cname.dnscase.test", Mx),
    nsd(26, "mx-iptext.dnscase.test", UnusableMx),
    nsd(27, "mx-localhost.dnscase.test", UnusableMx),
    nsd(27, "mx-lo4.dnscase.test", UnusableMx),
    nsd(27, "mx-lo6.dnscase.test", UnusableMx),
    nsd(27, "mx-zero.dnscase.test", UnusableMx),
    nsd(27, "mx-v4mapped.dnscase.test", UnusableMx),
    nsd(28, "mx-rfc1918.dnscase.test", UnusableMx),
    nsd(28, "mx-cgnat.dnscase.test", UnusableMx),
    nsd(28, "mx-linklocal.dnscase.test", UnusableMx),
    nsd(28, "mx-ula.dnscase.test", UnusableMx),
    nsd(29, "mx-multicast.dnscase.test", UnusableMx),
    nsd(29, "mx-classe.dnscase.test", UnusableMx),
    nsd(29, "mx-docs.dnscase.test", UnusableMx),
    nsd(30, "mx-part-priv.dnscase.test", Mx),
    nsd(30, "mx-badbest.dnscase.test", Mx),
    nsd(31, "a-loopback.dnscase.test", UnusableMx),
    nsd(31, "a-private.dnscase.test", UnusableMx),
    badns(32, "servfail.bad.dnscase.test", Unresolved),
    badns(33, "timeout.bad.dnscase.test", Unresolved),
    // Directly, NSD answers for the zone above with a referral.
    nsd(33, "x.deadns.dnscase.test", Unresolved),
    // The misbehaving server remembers names, so each way has its own.
    resolver_only(33, "drop1-a.bad.dnscase.test", Mx),
    differs(33, "drop1-b.bad.dnscase.test", Mx, Direct::Badns, Mx),
    badns(34, "refused.bad.dnscase.test", Unresolved),
    badns(34, "notimp.bad.dnscase.test", Unresolved),
    badns(34, "formerr.bad.dnscase.test", Unresolved),
    badns(34, "formerredns.bad.dnscase.test", Mx),
    badns(35, "tcudp.bad.dnscase.test", Mx),
    nsd(35, "mx-many.dnscase.test", Mx),
    badns(36, "tcloop.bad.dnscase.test", Unresolved),
    badns(36, "tctimeout.bad.dnscase.test", Unresolved),
    badns(37, "lame.bad.dnscase.test", Unresolved),
    nsd(37, "x.lame.dnscase.test", Unresolved),
    // NSD does not validate, so the damaged signature shows to the resolver alone.
    differs(38, "bogus.test", Unresolved, Direct::Nsd, Mx),
    nsd(39, "signed.test", Mx),
    nsd(39, "absent.signed.test", NoSuchDomain),
    badns(40, "wrongid.bad.dnscase.test", Unresolved),
    badns(40, "wrongq.bad.dnscase.test", Unresolved),
    badns(40, "wrongport.bad.dnscase.test", Unresolved),
    badns(40, "late.bad.dnscase.test", Mx),
    badns(41, "short.bad.dnscase.test", Unresolved),
    badns(41, "garbage.bad.dnscase.test", Unresolved),
    badns(41, "ptrloop.bad.dnscase.test", Unresolved),
    badns(41, "badlen.bad.dnscase.test", Unresolved),
    badns(41, "noq.bad.dnscase.test", Unresolved),
    badns(42, "nxmx.bad.dnscase.test", NoSuchDomain),
    badns(42, "case.bad.dnscase.test", Mx),
    badns(42, "dup.bad.dnscase.test", Mx),
    nsd(43, "xn--bcher-kva.dnscase.test", Mx),
    nsd(44, "tldmx", Mx),
    nsd(45, "tldnomx", NoMailHost),
    nsd(46, "mx-ok.dnscase.test.", Mx),
    // NSD has no zone .invalid and refuses.
    differs(48, "foo.invalid", NoSuchDomain, Direct::Nsd, Unresolved),
    nsd(50, "localhost", Local),
    nsd(51, "[198.41.0.4]", Literal),
    nsd(52, "[127.0.0.1]", Literal),
    nsd(54, "under_score.dnscase.test", Mx),
});

/// Rows that DNS does not decide: the reserved and special names of the settings (47, 49), a bare
/// address for a domain (53, the address parser and `mail_route`'s unit test), transport maps (55).
constexpr std::array kWithoutDns{47, 49, 53, 55};

bool are_ports_free() {
    return support::is_port_free(kNsd) && support::is_port_free(kBadns) &&
           support::is_port_free(kUnbound);
}

/// Programs that end keep their ports for a moment, and other runs of this test for a minute.
bool are_ports_free_soon() {
    constexpr int kTries = 120;
    for (int i = 0; i < kTries && !are_ports_free(); ++i) {
        std::this_thread::sleep_for(std::chrono::seconds(1));
    }
    return are_ports_free();
}

/// The servers of the corpus, for the length of the test.
class Bed {
public:
    explicit Bed(std::string script) : script_(std::move(script)) {
        constexpr int kTries = 3;
        for (int i = 0; i < kTries && !up_; ++i) {
            stop();
            up_ = are_ports_free_soon() && start();
        }
    }
    Bed(const Bed&) = delete;
    Bed& operator=(const Bed&) = delete;
    Bed(Bed&&) = delete;
    Bed& operator=(Bed&&) = delete;
    ~Bed() { stop(); }

    [[nodiscard]] bool is_up() const { return up_; }

private:
    [[nodiscard]] bool start() const {
        return support::run_program({"/bin/bash", script_, "start", folder_.path()}) == 0 &&
               support::wait_for_port(kNsd, kPatience) &&
               support::wait_for_port(kBadns, kPatience) &&
               support::wait_for_port(kUnbound, kPatience);
    }
    void stop() const {
        static_cast<void>(support::run_program({"/bin/bash", script_, "stop", folder_.path()}));
    }

    std::string script_;
    support::TempDir folder_;
    bool up_ = false;
};

/// Why the bed cannot be used here; empty when it can.
std::string why_not() {
    if (!std::filesystem::exists(corpus() / "bed.sh")) {
        return "the shared corpus is not beside the source tree";
    }
    for (const std::string_view program :
         {"nsd", "unbound", "ldns-keygen", "ldns-signzone", "python3"}) {
        if (!support::find_program(program).has_value()) {
            return std::string(program) + " is not installed";
        }
    }
    return are_ports_free_soon() ? "" : "another process uses the ports 5300, 5301 or 5310";
}

mail::Domain domain(std::string_view text) {
    return mail::Domain::parse(text, mail::Smtputf8::No).value().value;
}

std::unique_ptr<dns::DomainLookup> resolver_at(std::uint16_t port, const core::Clock& clock) {
    config::DnsSettings settings;
    settings.nameservers = {{mail::IpAddress::from_v4({127, 0, 0, 1}), port}};
    return dns::make_resolver(settings, clock).value();
}

struct Wanted {
    Row row;
    RouteKind kind;
};

void check_routes(std::span<const Wanted> wanted,
                  const std::vector<mail::DomainAnswers>& collected) {
    REQUIRE(collected.size() == wanted.size());
    for (std::size_t i = 0; i < wanted.size(); ++i) {
        const outbound::MailRoute route =
            outbound::mail_route(domain(wanted[i].row.domain), collected[i]);
        CAPTURE(wanted[i].row.id);
        CAPTURE(wanted[i].row.domain);
        CAPTURE(route.why);
        CHECK(wire_name(route.kind) == wire_name(wanted[i].kind));
    }
}

std::vector<mail::Domain> domains_of(std::span<const Wanted> wanted) {
    std::vector<mail::Domain> domains;
    domains.reserve(wanted.size());
    for (const Wanted& entry : wanted) {
        domains.push_back(domain(entry.row.domain));
    }
    return domains;
}

/// What has no answer is so at the end of the budget, and stays so; all else is as the row says.
void check_all(std::uint16_t port, std::span<const Wanted> wanted) {
    const core::SystemClock clock;
    const auto resolver = resolver_at(port, clock);
    std::vector<Wanted> unresolved;
    std::vector<Wanted> answered;
    for (const Wanted& entry : wanted) {
        (entry.kind == RouteKind::Unresolved ? unresolved : answered).push_back(entry);
    }
    // These first: after many timeouts, unbound takes its time with that server's other names.
    check_routes(answered, resolver->collect(domains_of(answered), clock.steady_now() + kPatience));

    const std::vector<mail::Domain> hopeless = domains_of(unresolved);
    const auto start = clock.steady_now();
    check_routes(unresolved, resolver->collect(hopeless, start + kBudget));
    CHECK(clock.steady_now() - start < kBudget + std::chrono::seconds(1));
    check_routes(unresolved, resolver->collect(hopeless, clock.steady_now() + kPatience));
}

std::vector<Wanted> wanted_directly(Direct direct) {
    std::vector<Wanted> wanted;
    for (const Row& row : kRows) {
        if (row.direct == direct) {
            wanted.push_back({row, row.directly});
        }
    }
    return wanted;
}

}  // namespace

TEST_CASE("every state of a domain has the route of its row") {
    if (const std::string reason = why_not(); !reason.empty()) {
        MESSAGE("skipped: " << reason);
        return;
    }
    const Bed bed((corpus() / "bed.sh").string());
    REQUIRE(bed.is_up());
    SUBCASE("through a validating resolver") {
        std::vector<Wanted> wanted;
        wanted.reserve(kRows.size());
        for (const Row& row : kRows) {
            if (row.by_resolver.has_value()) {
                wanted.push_back({row, *row.by_resolver});
            }
        }
        check_all(kUnbound, wanted);
        // An authenticated NXDOMAIN needs no second query.
        const core::SystemClock clock;
        const auto resolver = resolver_at(kUnbound, clock);
        const std::vector<mail::Domain> absent{domain("absent.signed.test")};
        const auto answers = resolver->collect(absent, clock.steady_now() + kPatience);
        REQUIRE(answers.at(0).answers.size() == 1);
        CHECK(answers[0].answers[0].authenticated);
        CHECK(resolver->counters().queries == 1);
    }
    SUBCASE("with the authoritative server in place of a resolver") {
        check_all(kNsd, wanted_directly(Direct::Nsd));
    }
    SUBCASE("with the misbehaving server in place of a resolver") {
        check_all(kBadns, wanted_directly(Direct::Badns));
    }
}

TEST_CASE("the table has every state that DNS decides") {
    std::ifstream file(corpus() / "cases.tsv");
    if (!file) {
        MESSAGE("skipped: the shared corpus is not beside the source tree");
        return;
    }
    std::set<int> known(kWithoutDns.begin(), kWithoutDns.end());
    for (const Row& row : kRows) {
        known.insert(row.id);
    }
    std::string line;
    std::getline(file, line);
    int states = 0;
    while (std::getline(file, line)) {
        CAPTURE(line);
        const auto id = core::parse_decimal(core::split(line, '\t').front()).value_or(0);
        CHECK(known.contains(static_cast<int>(id)));
        ++states;
    }
    CHECK(states >= 55);
}

}  // namespace holdback::io
