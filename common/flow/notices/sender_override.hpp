// SPDX-License-Identifier: Apache-2.0
#pragma once
// X-Holdback-Override, by which a sender says in advance that no recipient is to be held.

#include "core/clock.hpp"
#include "flow/outgoing/message_decision.hpp"
#include "flow/passing_message.hpp"
#include "ports/log.hpp"
#include "ports/notice_store.hpp"
#include "report/decision.hpp"

#include <memory>
#include <string_view>
#include <utility>

namespace holdback::flow::notices {

inline constexpr std::string_view kOverrideField = "X-Holdback-Override";

class SenderOverride;

/// What an override took out of the sender's budget. The budget gets it back if the object ends
/// before the message has left: the client gave up, or was told to try again.
class OverrideGrant {
public:
    /// `line` is the decision line of the override; `giver` outlives the object.
    OverrideGrant(const SenderOverride& giver, report::NoticeDecision line)
        : giver_(giver), line_(std::move(line)) {}
    OverrideGrant(const OverrideGrant&) = delete;
    OverrideGrant& operator=(const OverrideGrant&) = delete;
    OverrideGrant(OverrideGrant&&) = delete;
    OverrideGrant& operator=(OverrideGrant&&) = delete;
    ~OverrideGrant();

    void message_left() { left_ = true; }

private:
    const SenderOverride& giver_;
    report::NoticeDecision line_;
    bool left_ = false;
};

/// Decides who may override and for which recipients, and spends the budget. One object serves all
/// sessions; safe from several threads.
class SenderOverride {
public:
    /// All outlive the object.
    struct Parts {
        ports::NoticeStore& notices;
        ports::Log& log;
        core::Clock& clock;
    };

    explicit SenderOverride(const Parts& parts) : parts_(parts) {}

    /// The message has `kOverrideField`: lets recipients pass that would be held and that a sender
    /// may release, if this sender may override and the budget has room for all of them. Changes
    /// verdicts and plan; writes a decision line. Gives what was taken out of the budget, or
    /// nullptr.
    [[nodiscard]] std::unique_ptr<OverrideGrant> apply(const PassingMessage& message,
                                                       outgoing::MessageDecision& decision) const;

private:
    friend class OverrideGrant;

    void take_back(report::NoticeDecision line) const;
    void report(const report::NoticeDecision& line) const;

    Parts parts_;
};

}  // namespace holdback::flow::notices
