// SPDX-License-Identifier: Apache-2.0
// Whatever a sender writes into a message: nothing breaks, and the mailboxes that are understood
// are mailboxes.
#include "mail/address.hpp"
#include "mail/header.hpp"
#include "mail/mailbox_list.hpp"
#include "mail/syntax.hpp"
#include "outbound/compliance.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <string>
#include <string_view>

namespace {

void expect(bool holds) {
    if (!holds) {
        std::abort();
    }
}

void try_mailboxes(std::string_view text) {
    const auto list = holdback::mail::parse_mailbox_list(text);
    expect(list.mailboxes.size() <= holdback::mail::kMostMailboxes);
    for (const auto& mailbox : list.mailboxes) {
        expect(holdback::mail::Address::parse(mailbox.text(), holdback::mail::Smtputf8::Yes)
                   .has_value());
    }
}

}  // namespace

// NOLINTNEXTLINE(readability-identifier-naming): libFuzzer's name
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::span<const std::uint8_t> octets(data, size);
    const std::string text(octets.begin(), octets.end());
    try_mailboxes(text);
    constexpr std::size_t kMostHeader = 65536;
    const auto header = holdback::mail::parse_header(text, kMostHeader);
    const std::string_view body = std::string_view(text).substr(header.body);
    const auto facts = holdback::outbound::message_facts(header.fields, body);
    static_cast<void>(holdback::outbound::compliance_findings(facts, {}));
    expect(holdback::outbound::reply_recipients(header.fields).size() <=
           holdback::outbound::kMostReplyTo);
    return 0;
}
