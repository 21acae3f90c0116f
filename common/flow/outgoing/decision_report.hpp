// SPDX-License-Identifier: Apache-2.0
#pragma once
// Logs and remembers decisions about outgoing mail.

#include "core/clock.hpp"
#include "flow/outgoing/decision_recorder.hpp"
#include "flow/outgoing/holding.hpp"
#include "flow/outgoing/message_decision.hpp"
#include "flow/passing_message.hpp"
#include "mail/envelope.hpp"
#include "ports/log.hpp"
#include "replay/recorded.hpp"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace holdback::flow::outgoing {

/// Writes decision lines and passes decisions to the recorder. One object serves all sessions; safe
/// from several threads.
class DecisionReport {
public:
    /// All outlive the object.
    struct Parts {
        ports::Log& log;
        core::Clock& clock;
        DecisionRecorder* recorder;  ///< nullptr: nothing is remembered
    };

    explicit DecisionReport(const Parts& parts) : parts_(parts) {}

    /// Writes one line per recipient, and the record. `committed` is nullptr if nothing was taken
    /// out.
    void decided(const PassingMessage& message,
                 const MessageDecision& decision,
                 const Committed* committed) const;

    /// Writes the line and the record of a recipient who is refused at RCPT. `decision` has its
    /// verdict only.
    void refused(const PassingMessage& message,
                 const mail::Recipient& recipient,
                 const MessageDecision& decision) const;

    /// Writes one line per recipient of a message whose recipients were all judged minutes ago.
    void judged_before(const PassingMessage& message) const;

    /// Writes one line per recipient of a message that passes unchecked because of trouble of ours,
    /// and counts the message.
    void unchecked(const PassingMessage& message);
    /// Messages that passed unchecked since the start.
    [[nodiscard]] std::uint64_t count_of_unchecked() const { return unchecked_.load(); }

private:
    /// Writes the line of one recipient, whose verdict is at `index`.
    void write_line(const PassingMessage& message,
                    const mail::Recipient& recipient,
                    const MessageDecision& decision,
                    std::size_t index,
                    std::optional<std::int64_t> held_id) const;
    void write_lines(const PassingMessage& message, MessageDecision decision) const;
    void remember(const PassingMessage& message,
                  std::span<const mail::Recipient> recipients,
                  const MessageDecision& decision,
                  replay::DecidedAt decided_at,
                  const Committed* committed) const;

    Parts parts_;
    std::atomic<std::uint64_t> unchecked_{0};
};

}  // namespace holdback::flow::outgoing
