// SPDX-License-Identifier: Apache-2.0
#include "dsn/returned_message.hpp"

#include "core/text.hpp"
#include "dsn/human_text.hpp"
#include "dsn/message_view.hpp"
#include "dsn/report.hpp"
#include "mail/header.hpp"
#include "reading/text_scan.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace holdback::dsn {

namespace {

/// Octets of a Message-ID that are kept: the most that fit a line (RFC 5322 section 2.1.1).
constexpr std::size_t kMostIdOctets = 998;

bool holds_message(const MessagePart& part) {
    return part.media_type == "message/rfc822" || part.media_type == "message/global" ||
           part.media_type == "message/news";
}

bool holds_headers(const MessagePart& part) {
    return part.media_type == "text/rfc822-headers" || part.media_type == "text/rfc822-header" ||
           part.media_type == "message/rfc822-headers" ||
           part.media_type == "message/global-headers";
}

mail::HeaderList headers_of(const MessageView& message, const HumanText& text) {
    for (const MessagePart& part : message.parts) {
        if (part.embedded == 0 && holds_message(part) && !part.headers.fields().empty()) {
            return part.headers;
        }
    }
    for (const MessagePart& part : message.parts) {
        if (part.embedded == 0 && holds_headers(part)) {
            return parse_headers(part.text);
        }
    }
    return parse_headers(text.returned);
}

std::string sender_in(const mail::HeaderList& headers) {
    for (const std::string_view name : {"From", "Sender", "Return-Path"}) {
        const std::optional<std::string> value = headers.first(name);
        if (!value.has_value()) {
            continue;
        }
        const std::string_view address = reading::first_address(*value);
        if (!address.empty()) {
            return core::to_valid_utf8(address);
        }
    }
    return {};
}

}  // namespace

ReturnedMessage returned_message(const MessageView& message, const HumanText& text) {
    ReturnedMessage returned;
    returned.headers = headers_of(message, text);
    const std::string id = returned.headers.first("Message-ID").value_or(std::string{});
    returned.message_id = core::to_valid_utf8(std::string_view(id).substr(0, kMostIdOctets));
    returned.sender = sender_in(returned.headers);
    return returned;
}

}  // namespace holdback::dsn
