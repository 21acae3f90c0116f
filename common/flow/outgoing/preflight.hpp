// SPDX-License-Identifier: Apache-2.0
#pragma once
// A message that only asks what would happen: nothing leaves, and the reply comes by mail.

#include "core/result.hpp"
#include "flow/outgoing/message_decision.hpp"
#include "flow/own_mail.hpp"
#include "flow/passing_message.hpp"
#include "ports/log.hpp"
#include "ports/message_reader.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace holdback::flow::outgoing {

/// Asks for a preflight when its value is "yes" and the sender has logged in. Outgoing mail that
/// asks in vain is refused, because it was not meant to leave; "no" asks for nothing. The field
/// itself never leaves.
inline constexpr std::string_view kPreflightField = "X-Holdback-Preflight";

enum class PreflightWish : std::uint8_t {
    None,
    Asked,
    NoLogin,   ///< the client has not logged in
    NotClear,  ///< the value is neither "yes" nor "no"
};

[[nodiscard]] PreflightWish preflight_wish(const PassingMessage& message);

/// Why a preflight is refused, and what to do; for `NoLogin` and `NotClear`.
[[nodiscard]] std::string_view preflight_refusal(PreflightWish wish);

/// Answers preflights. One object serves all sessions; safe from several threads.
class Preflight {
public:
    /// All outlive the object.
    struct Parts {
        OwnMail& own_mail;
        const ports::MessageReader& reader;
        ports::Log& log;
    };

    explicit Preflight(const Parts& parts) : parts_(parts) {}

    /// Makes the report about a decided message durable, to go from the notice address to the
    /// envelope sender, and writes the log line. Only after this may the message be discarded. The
    /// error is a text for the log.
    [[nodiscard]] core::Result<void, std::string> answer(const PassingMessage& message,
                                                         const MessageDecision& decision) const;

private:
    Parts parts_;
};

}  // namespace holdback::flow::outgoing
