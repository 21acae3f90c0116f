// SPDX-License-Identifier: Apache-2.0
// Any octets as a message: the reader and the report keep to their limits and give UTF-8.
#include "core/text.hpp"
#include "dsn/message_view.hpp"
#include "dsn/report.hpp"
#include "io/mime/gmime_reader.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <string>

namespace {

using holdback::core::is_utf8;

void expect(bool holds) {
    if (!holds) {
        std::abort();
    }
}

}  // namespace

// NOLINTNEXTLINE(readability-identifier-naming): libFuzzer's name
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const holdback::io::mime::GmimeReader reader;
    const std::span<const std::uint8_t> octets(data, size);
    const holdback::dsn::MessageView view = reader.read(std::string(octets.begin(), octets.end()));
    expect(view.parts.size() <= holdback::io::mime::ReaderLimits{}.parts);
    for (const holdback::dsn::MessagePart& part : view.parts) {
        expect(is_utf8(part.text));
    }
    const holdback::dsn::Report report = holdback::dsn::read_report(view);
    for (const holdback::dsn::RecipientReport& recipient : report.recipients) {
        expect(is_utf8(recipient.diagnostic) && is_utf8(recipient.recipient()));
    }
    return 0;
}
