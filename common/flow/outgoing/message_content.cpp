// SPDX-License-Identifier: Apache-2.0
#include "flow/outgoing/message_content.hpp"

#include "core/text.hpp"
#include "dsn/message_view.hpp"
#include "mail/envelope.hpp"
#include "mail/header.hpp"
#include "outbound/content_fingerprint.hpp"
#include "ports/message_reader.hpp"

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

#include <fmt/format.h>

namespace holdback::flow::outgoing {

namespace {

/// A message to more recipients calls nobody by name.
constexpr std::size_t kMostNamed = 3;

/// A message for the reader from the subject, the fields that say how to read the body, and the
/// body.
std::string readable_octets(const mail::HeaderList& headers, std::string_view body) {
    mail::HeaderList few;
    for (const mail::HeaderField& field : headers.fields()) {
        if (core::starts_with_ignoring_case(field.name, "Content-") ||
            core::equals_ignoring_case(field.name, "MIME-Version") ||
            core::equals_ignoring_case(field.name, "Subject")) {
            few.add(field.name, field.raw_value);
        }
    }
    std::string octets = few.text();
    octets += "\r\n";
    octets += body.substr(0, kComparedOctets);
    return octets;
}

bool is_said(const dsn::MessagePart& part) {
    return part.embedded == 0 &&
           (part.media_type == "text/plain" || part.media_type == "text/html") &&
           !core::starts_with_ignoring_case(part.headers.first("Content-Disposition").value_or(""),
                                            "attachment");
}

/// What distinguishes an attachment from others by its header, mainly the file name.
std::string attachment_name(const dsn::MessagePart& part) {
    return fmt::format("{} {} {}",
                       part.media_type,
                       part.parameter("name"),
                       part.headers.first("Content-Disposition").value_or(""));
}

}  // namespace

outbound::Content message_content(const mail::Envelope& envelope,
                                  const mail::HeaderList& headers,
                                  std::string_view body,
                                  const ports::MessageReader& reader) {
    dsn::MessageView view = reader.read(readable_octets(headers, body));
    outbound::Content content;
    content.subject = std::move(view.subject);
    content.from = headers.first("From").value_or("");
    content.in_reply_to = headers.first("In-Reply-To").value_or("");
    content.is_reply = !content.in_reply_to.empty() || headers.has("References");
    for (dsn::MessagePart& part : view.parts) {
        if (is_said(part)) {
            content.texts.push_back(std::move(part.text));
        } else if (part.embedded == 0 && !part.media_type.starts_with("multipart/")) {
            content.attachments.push_back(attachment_name(part));
        }
    }
    if (envelope.recipients.size() <= kMostNamed) {
        for (const mail::Recipient& recipient : envelope.recipients) {
            const std::string address = recipient.as_given();
            content.personal.push_back(address.substr(0, address.rfind('@')));
        }
        for (const std::string& value : headers.all("To")) {
            content.personal.push_back(value.substr(0, value.find('<')));
        }
    }
    return content;
}

}  // namespace holdback::flow::outgoing
