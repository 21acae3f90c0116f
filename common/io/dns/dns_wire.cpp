// SPDX-License-Identifier: Apache-2.0
#include "io/dns/dns_wire.hpp"

#include "core/handle.hpp"
#include "core/result.hpp"
#include "core/text.hpp"
#include "mail/dns_answer.hpp"
#include "mail/ip_address.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <expected>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <ldns/ldns.h>

namespace holdback::io::dns {

namespace {

using mail::DnsType;

using LdnsPacket = core::Handle<ldns_pkt, &ldns_pkt_free>;
using LdnsRdata = core::Handle<ldns_rdf, &ldns_rdf_deep_free>;
/// Frees texts and octets of ldns, which come from malloc.
void free_memory(void* memory) {
    // NOLINTNEXTLINE(cppcoreguidelines-no-malloc,cppcoreguidelines-owning-memory): see above
    std::free(memory);
}
using MallocText = core::Handle<char, &free_memory>;
using MallocOctets = core::Handle<std::uint8_t, &free_memory>;

/// A TTL with the top bit set is zero (RFC 2181 section 8).
constexpr std::uint32_t kMostTtl = 0x7FFFFFFFU;

ldns_rr_type ldns_type(DnsType type) {
    switch (type) {
        case DnsType::A:
            return LDNS_RR_TYPE_A;
        case DnsType::Aaaa:
            return LDNS_RR_TYPE_AAAA;
        case DnsType::Mx:
            return LDNS_RR_TYPE_MX;
    }
    return LDNS_RR_TYPE_A;
}

/// Canonical text of a wire name: lower case, no trailing dot, "." for the root; odd octets escaped
/// as in zone files (RFC 1035 section 5.1).
std::optional<std::string> name_text(const ldns_rdf* name) {
    if (name == nullptr || ldns_rdf_get_type(name) != LDNS_RDF_TYPE_DNAME) {
        return std::nullopt;
    }
    const MallocText text(ldns_rdf2str(name));
    if (text == nullptr) {
        return std::nullopt;
    }
    std::string canonical = core::to_lower(text.get());
    if (canonical.size() > 1 && canonical.ends_with('.')) {
        canonical.pop_back();
    }
    return canonical;
}

std::chrono::seconds ttl_of(const ldns_rr& record) {
    const std::uint32_t ttl = ldns_rr_ttl(&record);
    return std::chrono::seconds(ttl > kMostTtl ? 0 : ttl);
}

/// A record of class IN, with its owner as text.
struct Record {
    std::string owner;
    const ldns_rr* record;

    [[nodiscard]] bool is(ldns_rr_type type, std::string_view name) const {
        return ldns_rr_get_type(record) == type && owner == name;
    }
};

std::vector<Record> records_of(const ldns_rr_list* section) {
    std::vector<Record> records;
    const std::size_t count = section == nullptr ? 0 : ldns_rr_list_rr_count(section);
    records.reserve(count);
    for (std::size_t i = 0; i < count; ++i) {
        const ldns_rr* const record = ldns_rr_list_rr(section, i);
        if (ldns_rr_get_class(record) != LDNS_RR_CLASS_IN) {
            continue;
        }
        if (auto owner = name_text(ldns_rr_owner(record))) {
            records.push_back({*std::move(owner), record});
        }
    }
    return records;
}

template <std::size_t Size>
std::optional<std::array<std::uint8_t, Size>> fixed_octets(const ldns_rdf* data) {
    if (data == nullptr || ldns_rdf_size(data) != Size) {
        return std::nullopt;
    }
    const std::span raw(ldns_rdf_data(data), Size);
    std::array<std::uint8_t, Size> octets{};
    std::ranges::copy(raw, octets.begin());
    return octets;
}

/// Adds the data of one record of the wanted type; false when it has the wrong shape.
bool add_record(const ldns_rr& record, DnsReply& reply) {
    switch (ldns_rr_get_type(&record)) {
        case LDNS_RR_TYPE_A:
            if (const auto octets = fixed_octets<4>(ldns_rr_rdf(&record, 0))) {
                reply.addresses.push_back(mail::IpAddress::from_v4(*octets));
                return true;
            }
            return false;
        case LDNS_RR_TYPE_AAAA:
            if (const auto octets = fixed_octets<16>(ldns_rr_rdf(&record, 0))) {
                reply.addresses.push_back(mail::IpAddress::from_v6(*octets));
                return true;
            }
            return false;
        case LDNS_RR_TYPE_MX: {
            const auto preference = fixed_octets<2>(ldns_rr_rdf(&record, 0));
            auto exchange = name_text(ldns_rr_rdf(&record, 1));
            if (!preference.has_value() || !exchange.has_value()) {
                return false;
            }
            const unsigned number =
                static_cast<unsigned>((*preference)[0]) << 8U | (*preference)[1];
            reply.mx.push_back({static_cast<std::uint16_t>(number), *std::move(exchange)});
            return true;
        }
        default:
            return false;
    }
}

/// Takes the records of the wanted type at `reply.last_name`; true when there are any.
bool take_records(std::span<const Record> answer, ldns_rr_type wanted, DnsReply& reply) {
    bool any = false;
    for (const Record& entry : answer) {
        if (entry.is(wanted, reply.last_name) && add_record(*entry.record, reply)) {
            reply.ttl = any ? std::min(reply.ttl, ttl_of(*entry.record)) : ttl_of(*entry.record);
            any = true;
        }
    }
    return any;
}

/// Where the CNAME chain goes from `name`; nullopt at its end.
std::optional<std::string> cname_target(std::span<const Record> answer,
                                        std::string_view name,
                                        std::chrono::seconds& least_ttl) {
    for (const Record& entry : answer) {
        if (entry.is(LDNS_RR_TYPE_CNAME, name)) {
            least_ttl = std::min(least_ttl, ttl_of(*entry.record));
            return name_text(ldns_rr_rdf(entry.record, 0));
        }
    }
    return std::nullopt;
}

bool is_at_or_under(std::string_view name, std::string_view parent) {
    return parent == "." || name == parent ||
           (name.size() > parent.size() && name.ends_with(parent) &&
            name[name.size() - parent.size() - 1] == '.');
}

/// How long absence may be kept (RFC 2308 section 5); nullopt without an SOA record whose zone
/// covers the name.
std::optional<std::chrono::seconds> negative_ttl(const ldns_pkt& packet, std::string_view name) {
    for (const Record& entry : records_of(ldns_pkt_authority(&packet))) {
        if (ldns_rr_get_type(entry.record) != LDNS_RR_TYPE_SOA ||
            !is_at_or_under(name, entry.owner)) {
            continue;
        }
        const ldns_rdf* const minimum = ldns_rr_rdf(entry.record, 6);
        if (minimum == nullptr || ldns_rdf_size(minimum) != sizeof(std::uint32_t)) {
            continue;
        }
        const std::uint32_t least = ldns_rdf2native_int32(minimum);
        return std::min(ttl_of(*entry.record), std::chrono::seconds(least > kMostTtl ? 0 : least));
    }
    return std::nullopt;
}

/// Follows the chain from the question's name and fills content, last name, records and TTL.
void read_sections(const ldns_pkt& packet, const mail::DnsQuestion& asked, DnsReply& reply) {
    const std::vector<Record> answer = records_of(ldns_pkt_answer(&packet));
    const ldns_rr_type wanted = ldns_type(asked.type);
    std::chrono::seconds chain_ttl{kMostTtl};
    std::size_t followed = 0;
    reply.last_name = asked.name;
    while (!take_records(answer, wanted, reply)) {
        auto target = cname_target(answer, reply.last_name, chain_ttl);
        if (!target.has_value()) {
            break;
        }
        if (++followed > kMostCnamesInReply || *target == asked.name ||
            *target == reply.last_name) {
            reply.content = DnsContent::CnameLoop;
            return;
        }
        reply.last_name = *std::move(target);
    }
    if (!reply.mx.empty() || !reply.addresses.empty()) {
        std::ranges::sort(reply.mx);
        reply.content = DnsContent::Records;
        reply.ttl = std::min(reply.ttl, chain_ttl);
        return;
    }
    if (const auto least = negative_ttl(packet, reply.last_name)) {
        reply.content = DnsContent::Negative;
        reply.ttl = std::min(*least, chain_ttl);
        return;
    }
    reply.content = followed == 0 ? DnsContent::NoStatement : DnsContent::Unfinished;
    reply.ttl = followed == 0 ? std::chrono::seconds(0) : chain_ttl;
}

DnsRcode rcode_of(const ldns_pkt& packet) {
    const unsigned extended = ldns_pkt_edns_extended_rcode(&packet);
    const auto low = static_cast<unsigned>(ldns_pkt_get_rcode(&packet));
    switch (extended << 4U | low) {
        case 0:
            return DnsRcode::NoError;
        case 1:
            return DnsRcode::FormErr;
        case 2:
            return DnsRcode::ServFail;
        case 3:
            return DnsRcode::NxDomain;
        case 4:
            return DnsRcode::NotImp;
        case 5:
            return DnsRcode::Refused;
        case 16:
            return DnsRcode::BadVersion;
        default:
            return DnsRcode::Other;
    }
}

bool is_the_question(const ldns_pkt& packet, const mail::DnsQuestion& asked) {
    const ldns_rr_list* const questions = ldns_pkt_question(&packet);
    if (questions == nullptr || ldns_rr_list_rr_count(questions) != 1) {
        return false;
    }
    const ldns_rr* const question = ldns_rr_list_rr(questions, 0);
    return ldns_rr_get_type(question) == ldns_type(asked.type) &&
           ldns_rr_get_class(question) == LDNS_RR_CLASS_IN &&
           name_text(ldns_rr_owner(question)) == asked.name;
}

constexpr std::size_t kHeaderOctets = 12;

/// True when the message is a response with our id, whatever follows its first octets.
bool has_our_id(std::span<const std::uint8_t> octets, std::uint16_t id) {
    constexpr unsigned kResponseBit = 0x80;
    return octets.size() >= kHeaderOctets && octets[0] == id >> 8U && octets[1] == (id & 0xFFU) &&
           (octets[2] & kResponseBit) != 0;
}

/// The message as parsed by ldns; null when malformed. Of a truncated one only header and question
/// are read, since the rest may end within a record (RFC 2181 section 9).
LdnsPacket parse_packet(std::span<const std::uint8_t> octets) {
    constexpr unsigned kTruncatedBit = 0x02;
    constexpr std::size_t kFirstCount = 6;
    std::vector<std::uint8_t> copy;
    if ((octets[2] & kTruncatedBit) != 0) {
        copy.assign(octets.begin(), octets.end());
        std::fill(copy.begin() + kFirstCount, copy.begin() + kHeaderOctets, std::uint8_t{0});
        octets = copy;
    }
    ldns_pkt* raw = nullptr;
    const ldns_status status = ldns_wire2pkt(&raw, octets.data(), octets.size());
    LdnsPacket packet(raw);
    return status == LDNS_STATUS_OK ? std::move(packet) : nullptr;
}

}  // namespace

std::optional<std::vector<std::uint8_t>> encode_query(std::uint16_t id,
                                                      const mail::DnsQuestion& question,
                                                      Edns edns) {
    LdnsRdata name(ldns_dname_new_frm_str(question.name.c_str()));
    if (name == nullptr) {
        return std::nullopt;
    }
    // The packet takes ownership of the name.
    const LdnsPacket packet(ldns_pkt_query_new(
        name.release(), ldns_type(question.type), LDNS_RR_CLASS_IN, LDNS_RD | LDNS_AD));
    if (packet == nullptr) {
        return std::nullopt;
    }
    ldns_pkt_set_id(packet.get(), id);
    if (edns == Edns::On) {
        ldns_pkt_set_edns_udp_size(packet.get(), kEdnsOctets);
    }
    std::uint8_t* raw = nullptr;
    std::size_t size = 0;
    const ldns_status status = ldns_pkt2wire(&raw, packet.get(), &size);
    const MallocOctets octets(raw);
    if (status != LDNS_STATUS_OK || octets == nullptr) {
        return std::nullopt;
    }
    const std::span wire(octets.get(), size);
    return std::vector<std::uint8_t>(wire.begin(), wire.end());
}

core::Result<DnsReply, ReplyError> parse_reply(std::span<const std::uint8_t> octets,
                                               std::uint16_t id,
                                               const mail::DnsQuestion& asked) {
    if (!has_our_id(octets, id)) {
        return std::unexpected(ReplyError::NotOurs);
    }
    const LdnsPacket packet = parse_packet(octets);
    if (packet == nullptr) {
        return std::unexpected(ReplyError::Malformed);
    }
    DnsReply reply;
    reply.rcode = rcode_of(*packet);
    const bool bare_error = reply.rcode == DnsRcode::FormErr && ldns_pkt_qdcount(packet.get()) == 0;
    if (!bare_error && !is_the_question(*packet, asked)) {
        return std::unexpected(ReplyError::NotOurs);
    }
    reply.truncated = ldns_pkt_tc(packet.get());
    reply.authenticated = ldns_pkt_ad(packet.get());
    read_sections(*packet, asked, reply);
    return reply;
}

}  // namespace holdback::io::dns
