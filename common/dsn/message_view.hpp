// SPDX-License-Identifier: Apache-2.0
#pragma once
// A MIME message as plain structs. A `MessageReader` makes it; pure code reads it.

#include "mail/header.hpp"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace holdback::dsn {

/// One leaf of the MIME tree, or the node of an embedded message.
struct MessagePart {
    std::string media_type;  ///< lower case, "text/plain" when absent
    /// Content-Type parameters that matter: report-type, charset, name, feedback-type.
    std::vector<std::pair<std::string, std::string>> parameters;
    mail::HeaderList headers;
    int depth = 0;  ///< nesting of multiparts and embedded messages; 0 for the message itself
    /// The number of embedded messages (message/rfc822 and the like) around this part. 0 for what
    /// the sender of the report wrote.
    int embedded = 0;
    /// The text of a text part in UTF-8, decoded from its transfer encoding and charset, with "\n"
    /// line ends; HTML is reduced to its text. message/delivery-status, message/feedback-report,
    /// text/rfc822-headers and the like have their text as well. Empty for other types.
    std::string text;
    bool was_html = false;

    /// A parameter of the part's Content-Type, or empty.
    [[nodiscard]] std::string_view parameter(std::string_view name) const;
};

/// A message: the header and its leaves in order.
struct MessageView {
    mail::HeaderList headers;
    std::string subject;     ///< decoded (RFC 2047), UTF-8, unfolded
    std::string media_type;  ///< of the whole message, lower case
    std::vector<std::pair<std::string, std::string>> parameters;
    std::vector<MessagePart> parts;
    /// The limits that cut something off: "size", "header", "parts", "depth", "text"; empty when
    /// everything was read.
    std::vector<std::string> limits_hit;

    /// A parameter of the whole message's Content-Type, or empty.
    [[nodiscard]] std::string_view parameter(std::string_view name) const;
    /// The first part of a type within `embedded` embedded messages; nullptr if there is none.
    [[nodiscard]] const MessagePart* find(std::string_view wanted, int embedded = 0) const;
};

}  // namespace holdback::dsn
