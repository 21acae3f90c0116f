// SPDX-License-Identifier: Apache-2.0
// Any text as what a mail system wrote about a failure, plain or HTML: it is read without fields,
// within limits, as UTF-8. The first octet says which.
#include "core/text.hpp"
#include "dsn/human_text.hpp"
#include "dsn/message_view.hpp"
#include "dsn/report.hpp"
#include "reading/html_text.hpp"

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

/// The reader of messages gives UTF-8 alone.
std::string as_utf8(std::string text) {
    if (!is_utf8(text)) {
        for (char& c : text) {
            c = static_cast<char>(static_cast<unsigned char>(c) & 0x7FU);
        }
    }
    return text;
}

}  // namespace

// NOLINTNEXTLINE(readability-identifier-naming): libFuzzer's name
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using holdback::dsn::MessagePart;
    constexpr std::size_t kHumanTextOctets = std::size_t{64} * 1024;
    if (size == 0) {
        return 0;
    }
    const std::span<const std::uint8_t> octets(data, size);
    const bool is_html = octets.front() % 2 == 1;
    const std::string text = as_utf8(std::string(octets.begin() + 1, octets.end()));
    MessagePart part;
    part.media_type = is_html ? "text/html" : "text/plain";
    part.text = is_html ? holdback::reading::html_to_text(text) : text;
    part.was_html = is_html;
    expect(is_utf8(part.text));
    holdback::dsn::MessageView view;
    view.headers.add("From", " MAILER-DAEMON@mx.example.net");
    view.headers.add("Subject", " failure notice");
    view.subject = "failure notice";
    view.media_type = part.media_type;
    view.parts.push_back(part);
    const holdback::dsn::HumanText human = holdback::dsn::human_text(view);
    expect(human.report.size() <= kHumanTextOctets && human.returned.size() <= kHumanTextOctets);
    const holdback::dsn::Report report = holdback::dsn::read_report(view);
    expect(is_utf8(report.human_text));
    for (const holdback::dsn::RecipientReport& recipient : report.recipients) {
        expect(is_utf8(recipient.diagnostic) && is_utf8(recipient.recipient()));
    }
    return 0;
}
