// SPDX-License-Identifier: Apache-2.0
#include "tests/support/dns_message.hpp"

#include "core/text.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace holdback::support {

namespace {

void append(Octets& to, const Octets& octets) {
    to.insert(to.end(), octets.begin(), octets.end());
}

Octets long_octets(std::uint32_t number) {
    Octets octets = number_octets(static_cast<std::uint16_t>(number >> 16U));
    append(octets, number_octets(static_cast<std::uint16_t>(number & 0xFFFFU)));
    return octets;
}

std::uint8_t digit(char c) {
    return static_cast<std::uint8_t>(core::is_ascii_digit(c) ? c - '0'
                                                             : core::ascii_lower(c) - 'a' + 10);
}

std::uint16_t number_at(const Octets& octets, std::size_t at) {
    return static_cast<std::uint16_t>(octets.at(at) << 8U | octets.at(at + 1));
}

}  // namespace

Octets octets_of(std::string_view hex) {
    Octets octets;
    bool high = true;
    for (const char c : hex) {
        if (c == ' ') {
            continue;
        }
        if (high) {
            octets.push_back(static_cast<std::uint8_t>(digit(c) << 4U));
        } else {
            octets.back() = static_cast<std::uint8_t>(octets.back() | digit(c));
        }
        high = !high;
    }
    return octets;
}

Octets name_octets(std::string_view name) {
    Octets octets;
    if (name != ".") {
        for (const std::string_view label : core::split(name, '.')) {
            octets.push_back(static_cast<std::uint8_t>(label.size()));
            octets.insert(octets.end(), label.begin(), label.end());
        }
    }
    octets.push_back(0);
    return octets;
}

Octets number_octets(std::uint16_t number) {
    return {static_cast<std::uint8_t>(number >> 8U), static_cast<std::uint8_t>(number & 0xFFU)};
}

Octets mx_data(std::uint16_t preference, std::string_view exchange) {
    Octets data = number_octets(preference);
    append(data, name_octets(exchange));
    return data;
}

Octets soa_data(std::uint32_t minimum) {
    Octets data = name_octets("ns.test");
    append(data, name_octets("hostmaster.test"));
    for (const std::uint32_t number : {1U, 3600U, 600U, 86400U, minimum}) {
        append(data, long_octets(number));
    }
    return data;
}

DnsMessage::DnsMessage(std::uint16_t id,
                       std::uint16_t flags,
                       std::string_view name,
                       std::uint16_t type)
    : id_(id), flags_(flags), body_(name_octets(name)) {
    append(body_, number_octets(type));
    append(body_, number_octets(1));
}

void DnsMessage::record(std::string_view owner,
                        std::uint16_t type,
                        const Octets& data,
                        std::uint32_t ttl) {
    append(body_, name_octets(owner));
    append(body_, number_octets(type));
    append(body_, number_octets(1));
    append(body_, long_octets(ttl));
    append(body_, number_octets(static_cast<std::uint16_t>(data.size())));
    append(body_, data);
}

DnsMessage& DnsMessage::answer(std::string_view owner,
                               std::uint16_t type,
                               const Octets& data,
                               std::uint32_t ttl) {
    record(owner, type, data, ttl);
    ++answers_;
    return *this;
}

DnsMessage& DnsMessage::authority(std::string_view owner,
                                  std::uint16_t type,
                                  const Octets& data,
                                  std::uint32_t ttl) {
    record(owner, type, data, ttl);
    ++authorities_;
    return *this;
}

DnsMessage& DnsMessage::raw(const Octets& octets) {
    append(body_, octets);
    return *this;
}

DnsMessage& DnsMessage::claim_answers(std::uint16_t count) {
    answers_ = static_cast<std::uint16_t>(answers_ + count);
    return *this;
}

Octets DnsMessage::octets() const {
    Octets all;
    for (const std::uint16_t number :
         {id_, flags_, std::uint16_t{1}, answers_, authorities_, std::uint16_t{0}}) {
        append(all, number_octets(number));
    }
    append(all, body_);
    return all;
}

DnsQueryView view_query(const Octets& octets) {
    constexpr std::size_t kHeader = 12;
    constexpr std::size_t kAdditionalCount = 10;
    DnsQueryView view{.id = number_at(octets, 0),
                      .name = {},
                      .edns = number_at(octets, kAdditionalCount) != 0,
                      .octets = octets};
    std::size_t at = kHeader;
    while (octets.at(at) != 0) {
        const std::size_t length = octets.at(at);
        view.name += view.name.empty() ? "" : ".";
        for (std::size_t i = 1; i <= length; ++i) {
            view.name += core::ascii_lower(static_cast<char>(octets.at(at + i)));
        }
        at += length + 1;
    }
    view.type = number_at(octets, at + 1);
    return view;
}

}  // namespace holdback::support
