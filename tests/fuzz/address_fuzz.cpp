// SPDX-License-Identifier: Apache-2.0
// Whatever an MTA hands over as a path: nothing breaks, and what is understood has one canonical
// text that is understood the same.
#include "core/text.hpp"
#include "mail/address.hpp"
#include "mail/domain.hpp"
#include "mail/syntax.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <string>
#include <string_view>

namespace {

using holdback::core::has_non_ascii;
using holdback::mail::Address;
using holdback::mail::Domain;
using holdback::mail::Smtputf8;

void expect(bool holds) {
    if (!holds) {
        std::abort();
    }
}

void try_domain(std::string_view text, Smtputf8 utf8) {
    const auto parsed = Domain::parse(text, utf8);
    if (!parsed.has_value()) {
        return;
    }
    const Domain& domain = parsed->value;
    expect(!has_non_ascii(domain.text()));
    const auto again = Domain::parse(domain.text(), Smtputf8::No);
    expect(again.has_value() && again->value == domain);
    expect(domain.is_literal() == domain.literal_address().has_value());
    if (!domain.is_literal()) {
        expect(Domain::from_canonical(domain.text()) == domain);
        expect(domain.is_under(domain.text()));
    }
}

void try_address(std::string_view text, Smtputf8 utf8) {
    const auto parsed = Address::parse(text, utf8);
    if (!parsed.has_value()) {
        return;
    }
    expect(utf8 == Smtputf8::Yes || !has_non_ascii(text));
    const Address& address = parsed->value;
    const auto again = Address::parse(address.text(), utf8);
    expect(again.has_value() && again->value == address);
    expect(Address::parse(address.key(), utf8).has_value());
    const auto path = holdback::mail::parse_path("<" + address.text() + ">");
    expect(path.has_value() && path->mailbox == address.text());
}

}  // namespace

// NOLINTNEXTLINE(readability-identifier-naming): libFuzzer's name
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::span<const std::uint8_t> octets(data, size);
    const std::string text(octets.begin(), octets.end());
    for (const Smtputf8 utf8 : {Smtputf8::No, Smtputf8::Yes}) {
        try_domain(text, utf8);
        try_address(text, utf8);
        const auto path = holdback::mail::parse_path(text);
        if (path.has_value()) {
            try_address(path->mailbox, utf8);
        }
    }
    return 0;
}
