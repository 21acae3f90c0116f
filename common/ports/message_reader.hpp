// SPDX-License-Identifier: Apache-2.0
#pragma once
// How a use case turns octets into a message.

#include "dsn/message_view.hpp"

#include <string_view>

namespace holdback::ports {

/// Reads MIME messages. Safe from several threads.
class MessageReader {
public:
    MessageReader() = default;
    MessageReader(const MessageReader&) = delete;
    MessageReader& operator=(const MessageReader&) = delete;
    MessageReader(MessageReader&&) = delete;
    MessageReader& operator=(MessageReader&&) = delete;
    virtual ~MessageReader() = default;

    /// Reads a message of any shape within fixed limits. What is beyond them is left out and named
    /// in `MessageView::limits_hit`. Never fails: octets that are no message give an empty view.
    [[nodiscard]] virtual dsn::MessageView read(std::string_view octets) const = 0;
};

}  // namespace holdback::ports
