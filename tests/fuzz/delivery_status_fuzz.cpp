// SPDX-License-Identifier: Apache-2.0
// Any octets as a delivery status, and as a text for humans.
#include "core/text.hpp"
#include "dsn/address_block.hpp"
#include "dsn/delivery_status.hpp"
#include "dsn/human_text.hpp"
#include "dsn/report.hpp"
#include "dsn/sendmail_transcript.hpp"
#include "reading/text_scan.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <string>

namespace {

void expect(bool holds) {
    if (!holds) {
        std::abort();
    }
}

}  // namespace

// NOLINTNEXTLINE(readability-identifier-naming): libFuzzer's name
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    namespace dsn = holdback::dsn;
    namespace reading = holdback::reading;
    const std::span<const std::uint8_t> octets(data, size);
    const std::string text(octets.begin(), octets.end());
    const dsn::DeliveryStatus status = dsn::parse_delivery_status(text);
    expect(status.recipients.size() <= dsn::kMostRecipients);
    for (const dsn::RecipientReport& recipient : status.recipients) {
        expect(holdback::core::is_utf8(recipient.diagnostic));
        expect(holdback::core::is_utf8(recipient.final_recipient));
    }
    for (const dsn::AddressBlock& block : dsn::address_blocks(text)) {
        expect(block.address.find('@') != std::string::npos);
    }
    for (const reading::FoundAddress& found : reading::find_addresses(text)) {
        expect(found.end <= text.size() && found.begin < found.end);
    }
    static_cast<void>(dsn::read_sendmail_transcript(text));
    const dsn::HumanText halves = dsn::split_returned(text);
    expect(halves.report.size() + halves.returned.size() <= text.size());
    return 0;
}
