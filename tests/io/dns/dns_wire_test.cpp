// SPDX-License-Identifier: Apache-2.0
#include "io/dns/dns_wire.hpp"

#include "mail/dns_answer.hpp"
#include "mail/ip_address.hpp"
#include "tests/support/dns_message.hpp"

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

namespace holdback::io::dns {

namespace {

using mail::DnsQuestion;
using mail::DnsType;
using mail::MxHost;
using std::chrono::seconds;
using support::DnsMessage;
using support::Octets;

constexpr std::uint16_t kId = 0x1234;
const DnsQuestion about_mx{"example.net", DnsType::Mx};

DnsMessage response(std::uint16_t flags = support::kResponse) {
    return {kId, flags, "example.net", support::kTypeMx};
}

constexpr std::uint16_t with_rcode(std::uint16_t rcode) {
    return static_cast<std::uint16_t>(support::kResponse | rcode);
}

DnsReply parsed(const Octets& octets, const DnsQuestion& question = about_mx) {
    const auto reply = parse_reply(octets, kId, question);
    REQUIRE(reply.has_value());
    return *reply;
}

}  // namespace

TEST_CASE("a query asks for recursion and authentication, with 1232 octets by EDNS") {
    // Header with RD and AD; "example.net" MX IN; OPT of 1232 octets.
    CHECK(encode_query(kId, about_mx, Edns::On) ==
          support::octets_of("1234 0120 0001 0000 0000 0001"
                             "07 6578616d706c65 03 6e6574 00 000f 0001"
                             "00 0029 04d0 00000000 0000"));
    CHECK(encode_query(0xFFFE, {"a.test", DnsType::Aaaa}, Edns::Off) ==
          support::octets_of("fffe 0120 0001 0000 0000 0000 01 61 04 74657374 00 001c 0001"));
}

TEST_CASE("a name that does not fit the wire is not asked") {
    CHECK(encode_query(kId, {std::string(63, 'a') + ".test", DnsType::A}, Edns::On).has_value());
    CHECK_FALSE(
        encode_query(kId, {std::string(64, 'a') + ".test", DnsType::A}, Edns::On).has_value());
    std::string long_name;
    for (int i = 0; i < 128; ++i) {
        long_name += "a.";
    }
    CHECK_FALSE(encode_query(kId, {long_name + "test", DnsType::A}, Edns::On).has_value());
    CHECK_FALSE(encode_query(kId, {"a..test", DnsType::A}, Edns::On).has_value());
    CHECK_FALSE(encode_query(kId, {"", DnsType::A}, Edns::On).has_value());
}

TEST_CASE("MX records come out sorted, with canonical names and the least TTL") {
    // Two MX records: 20 M2 at 600 s by compression, 10 m1.Example.NET at 120 s.
    const DnsReply reply = parsed(support::octets_of(
        "1234 8180 0001 0002 0000 0000"
        "07 6578616d706c65 03 6e6574 00 000f 0001"
        "c00c 000f 0001 00000258 0007 0014 02 4d32 c00c"
        "c00c 000f 0001 00000078 0012 000a 02 6d31 07 4578616d706c65 03 4e4554 00"));
    CHECK(reply.rcode == DnsRcode::NoError);
    CHECK(reply.content == DnsContent::Records);
    CHECK(reply.mx == std::vector<MxHost>{{10, "m1.example.net"}, {20, "m2.example.net"}});
    CHECK(reply.ttl == seconds(120));
    CHECK_FALSE(reply.authenticated);
    CHECK_FALSE(reply.truncated);
}

TEST_CASE("the root as exchange is a dot") {
    const DnsReply reply = parsed(
        response().answer("example.net", support::kTypeMx, support::mx_data(0, ".")).octets());
    CHECK(reply.mx == std::vector<MxHost>{{0, "."}});
}

TEST_CASE("addresses come out as they are") {
    const DnsQuestion v4{"m.test", DnsType::A};
    const Octets a = DnsMessage(kId, support::kResponse, "m.test", support::kTypeA)
                         .answer("m.test", support::kTypeA, support::octets_of("c6290004"))
                         .octets();
    CHECK(parsed(a, v4).addresses ==
          std::vector<mail::IpAddress>{mail::IpAddress::from_v4({198, 41, 0, 4})});
    const DnsQuestion v6{"m.test", DnsType::Aaaa};
    const Octets aaaa = DnsMessage(kId, support::kResponse, "m.test", support::kTypeAaaa)
                            .answer("m.test",
                                    support::kTypeAaaa,
                                    support::octets_of("20010503ba3e00000000000000020030"))
                            .octets();
    CHECK(parsed(aaaa, v6).addresses.at(0).text() == "2001:503:ba3e::2:30");
    const Octets empty = DnsMessage(kId, support::kResponse, "m.test", support::kTypeA)
                             .answer("m.test", support::kTypeA, {})
                             .octets();
    const auto odd = parse_reply(empty, kId, v4);
    CHECK((!odd.has_value() || odd->addresses.empty()));
}

TEST_CASE("only a reply with our id and our question is ours") {
    struct Row {
        std::string_view what;
        Octets octets;
    };
    const auto mx = support::mx_data(10, "m.test");
    const std::vector<Row> rows{
        {"another id",
         DnsMessage(kId + 1, support::kResponse, "example.net", support::kTypeMx)
             .answer("example.net", support::kTypeMx, mx)
             .octets()},
        {"another name",
         DnsMessage(kId, support::kResponse, "example.org", support::kTypeMx)
             .answer("example.org", support::kTypeMx, mx)
             .octets()},
        {"another type",
         DnsMessage(kId, support::kResponse, "example.net", support::kTypeA).octets()},
        {"a query", DnsMessage(kId, 0x0100, "example.net", support::kTypeMx).octets()},
        {"no question", support::octets_of("1234 8180 0000 0000 0000 0000")},
        {"no question with NXDOMAIN", support::octets_of("1234 8183 0000 0000 0000 0000")},
        {"five octets", support::octets_of("1234 8580 00")},
        {"nothing", {}},
    };
    for (const Row& row : rows) {
        CAPTURE(row.what);
        const auto reply = parse_reply(row.octets, kId, about_mx);
        REQUIRE_FALSE(reply.has_value());
        CHECK(reply.error() == ReplyError::NotOurs);
    }
    const Octets other_case = DnsMessage(kId, support::kResponse, "EXAMPLE.Net", support::kTypeMx)
                                  .answer("exAMPle.net", support::kTypeMx, mx)
                                  .octets();
    CHECK(parsed(other_case).content == DnsContent::Records);
    // A server that does not understand a query need not repeat it.
    CHECK(parsed(support::octets_of("1234 8181 0000 0000 0000 0000")).rcode == DnsRcode::FormErr);
}

TEST_CASE("malformed octets are an error") {
    struct Row {
        std::string_view what;
        Octets octets;
    };
    const std::vector<Row> rows{
        {"garbage", support::octets_of("1234 ffff ffff ffff ffff ffff 0102030405060708090a0b0c0d")},
        {"an owner that is a loop of pointers",
         response()
             .claim_answers(1)
             .raw(support::octets_of("c01d 000f 0001 00000005 0002 0000"))
             .octets()},
        {"record data past the end",
         response()
             .claim_answers(1)
             .raw(support::octets_of("c00c 000f 0001 00000005 01f4 000a 0161 00"))
             .octets()},
        {"fewer records than told", response().claim_answers(2).octets()},
        {"a label past the end", support::octets_of("1234 8180 0001 0000 0000 0000 3f 6578616d70")},
    };
    for (const Row& row : rows) {
        CAPTURE(row.what);
        const auto reply = parse_reply(row.octets, kId, about_mx);
        REQUIRE_FALSE(reply.has_value());
        CHECK(reply.error() == ReplyError::Malformed);
    }
}

TEST_CASE("a CNAME chain is followed within the reply") {
    const Octets mx = support::mx_data(10, "m.test");
    const Octets whole =
        response()
            .answer("example.net", support::kTypeCname, support::name_octets("b.test"))
            .answer("b.test", support::kTypeCname, support::name_octets("C.test"), 30)
            .answer("c.test", support::kTypeMx, mx)
            .octets();
    CHECK(parsed(whole).content == DnsContent::Records);
    CHECK(parsed(whole).last_name == "c.test");
    CHECK(parsed(whole).ttl == seconds(30));

    const Octets unfinished =
        response()
            .answer("example.net", support::kTypeCname, support::name_octets("b.test"))
            .octets();
    CHECK(parsed(unfinished).content == DnsContent::Unfinished);
    CHECK(parsed(unfinished).last_name == "b.test");

    const Octets beside = response().answer("other.test", support::kTypeMx, mx).octets();
    CHECK(parsed(beside).content == DnsContent::NoStatement);

    const Octets self =
        response()
            .answer("example.net", support::kTypeCname, support::name_octets("example.net"))
            .octets();
    CHECK(parsed(self).content == DnsContent::CnameLoop);

    const Octets loop =
        response()
            .answer("example.net", support::kTypeCname, support::name_octets("b.test"))
            .answer("b.test", support::kTypeCname, support::name_octets("c.test"))
            .answer("c.test", support::kTypeCname, support::name_octets("b.test"))
            .octets();
    CHECK(parsed(loop).content == DnsContent::CnameLoop);
}

TEST_CASE("absence is stated by an SOA record that covers the name") {
    const Octets soa = support::soa_data(60);
    struct Row {
        std::string_view what;
        Octets octets;
        DnsContent want;
        seconds ttl;
    };
    const std::vector<Row> rows{
        {"SOA of the zone",
         response().authority("net", support::kTypeSoa, soa).octets(),
         DnsContent::Negative,
         seconds(60)},
        {"the TTL of the SOA record is less",
         response().authority("example.net", support::kTypeSoa, soa, 20).octets(),
         DnsContent::Negative,
         seconds(20)},
        {"SOA of the root",
         response().authority(".", support::kTypeSoa, soa).octets(),
         DnsContent::Negative,
         seconds(60)},
        {"SOA of another zone",
         response().authority("example.org", support::kTypeSoa, soa).octets(),
         DnsContent::NoStatement,
         seconds(0)},
        {"SOA of a zone whose name is an ending of ours, but not by labels",
         response().authority("ample.net", support::kTypeSoa, soa).octets(),
         DnsContent::NoStatement,
         seconds(0)},
        {"referral",
         response().authority(".", support::kTypeNs, support::name_octets("a.test")).octets(),
         DnsContent::NoStatement,
         seconds(0)},
        {"nothing", response().octets(), DnsContent::NoStatement, seconds(0)},
        {"a chain, and the SOA of its end",
         response()
             .answer("example.net", support::kTypeCname, support::name_octets("b.test"), 10)
             .authority("test", support::kTypeSoa, soa)
             .octets(),
         DnsContent::Negative,
         seconds(10)},
        {"a chain, and the SOA of its start",
         response()
             .answer("example.net", support::kTypeCname, support::name_octets("b.test"))
             .authority("example.net", support::kTypeSoa, soa)
             .octets(),
         DnsContent::Unfinished,
         seconds(300)},
        {"a TTL with the top bit set is none",
         response().authority("net", support::kTypeSoa, soa, 0x80000001U).octets(),
         DnsContent::Negative,
         seconds(0)},
    };
    for (const Row& row : rows) {
        CAPTURE(row.what);
        CHECK(parsed(row.octets).content == row.want);
        CHECK(parsed(row.octets).ttl == row.ttl);
    }
}

TEST_CASE("response codes are told apart, the extended ones too") {
    struct Row {
        std::uint16_t rcode;
        DnsRcode want;
    };
    const auto rows = std::to_array<Row>({
        {0, DnsRcode::NoError},
        {1, DnsRcode::FormErr},
        {2, DnsRcode::ServFail},
        {3, DnsRcode::NxDomain},
        {4, DnsRcode::NotImp},
        {5, DnsRcode::Refused},
        {9, DnsRcode::Other},
    });
    for (const Row& row : rows) {
        CAPTURE(row.rcode);
        CHECK(parsed(response(with_rcode(row.rcode)).octets()).rcode == row.want);
    }
    // NOERROR in the header, 1 in the upper octet of the OPT record's TTL: BADVERS.
    CHECK(parsed(support::octets_of("1234 8180 0001 0000 0000 0001"
                                    "07 6578616d706c65 03 6e6574 00 000f 0001"
                                    "00 0029 04d0 01000000 0000"))
              .rcode == DnsRcode::BadVersion);
}

TEST_CASE("the flags TC and AD are read") {
    CHECK(parsed(response(support::kResponse | support::kAuthentic).octets()).authenticated);
    // A truncated reply may end within a record.
    const Octets cut = response(support::kResponse | support::kTruncated)
                           .claim_answers(3)
                           .raw(support::octets_of("c00c 000f 00"))
                           .octets();
    CHECK(parsed(cut).truncated);
}

TEST_CASE("no reply that is cut or changed in one octet does harm") {
    const Octets good =
        response()
            .answer("example.net", support::kTypeCname, support::name_octets("b.test"))
            .answer("b.test", support::kTypeMx, support::mx_data(10, "m.test"))
            .authority("test", support::kTypeSoa, support::soa_data(60))
            .octets();
    std::size_t accepted = 0;
    for (std::size_t length = 0; length <= good.size(); ++length) {
        const std::span cut(good.data(), length);
        accepted += parse_reply(cut, kId, about_mx).has_value() ? 1U : 0U;
    }
    CHECK(accepted == 1);
    std::size_t chains = 0;
    for (std::size_t at = 0; at < good.size(); ++at) {
        for (const unsigned value : {0x00U, 0x01U, 0x3FU, 0x40U, 0xC0U, 0xFFU}) {
            Octets changed = good;
            changed[at] = static_cast<std::uint8_t>(value);
            const auto reply = parse_reply(changed, kId, about_mx);
            chains += reply.has_value() && reply->content == DnsContent::CnameLoop ? 1U : 0U;
        }
    }
    CHECK(chains == 0);
}

}  // namespace holdback::io::dns
