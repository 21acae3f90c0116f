// SPDX-License-Identifier: Apache-2.0
// Replies of a nameserver, or of whoever pretends to be one.

#include "io/dns/dns_wire.hpp"
#include "mail/dns_answer.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>

// NOLINTNEXTLINE(readability-identifier-naming): libFuzzer's name
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace holdback;
    constexpr std::size_t kIdOctets = 2;
    if (size < kIdOctets) {
        return 0;
    }
    const std::span octets(data, size);
    // The id is always right, so that the fuzzer need not guess it.
    const auto id = static_cast<std::uint16_t>(octets[0] << 8U | octets[1]);
    for (const mail::DnsType type : {mail::DnsType::Mx, mail::DnsType::A, mail::DnsType::Aaaa}) {
        const auto reply = io::dns::parse_reply(octets, id, {"example.net", type});
        if (!reply.has_value()) {
            continue;
        }
        const bool has_records = !reply->mx.empty() || !reply->addresses.empty();
        if (has_records != (reply->content == io::dns::DnsContent::Records)) {
            std::abort();
        }
        for (const mail::MxHost& host : reply->mx) {
            // Whatever a server names must be fit for a question, or be refused.
            static_cast<void>(
                io::dns::encode_query(id, {host.exchange, mail::DnsType::A}, io::dns::Edns::On));
        }
        static_cast<void>(io::dns::encode_query(id, {reply->last_name, type}, io::dns::Edns::Off));
    }
    return 0;
}
