// SPDX-License-Identifier: Apache-2.0
#pragma once
// Mail to the notice address: which of it is an answer to a notice, and whether it is obeyed. Also
// X-Holdback-Override, by which a sender says the same before anything is held.

#include "config/settings.hpp"
#include "core/clock.hpp"
#include "dsn/message_view.hpp"
#include "dsn/seal.hpp"
#include "flow/outgoing/outbound_flow.hpp"
#include "flow/own_name.hpp"
#include "flow/snapshot.hpp"
#include "flow/submitting.hpp"
#include "mail/envelope.hpp"
#include "mail/header.hpp"
#include "ports/log.hpp"
#include "ports/message_reader.hpp"
#include "ports/notice_store.hpp"
#include "report/decision.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace holdback::flow::notices {

/// The header field by which a sender says that nobody is to be held.
inline constexpr std::string_view kOverrideField = "X-Holdback-Override";

/// What happens to an answer.
enum class ReplyFate : std::uint8_t {
    Taken,   ///< it is ours: obeyed or refused, and its sender is told by mail
    GoesOn,  ///< it is ordinary mail
};

class NoticeReplies;

/// What an override took out of its sender's budget. The budget gets it back when the object ends
/// before the message has left: the client gave up, or was told to try again.
class OverrideGrant {
public:
    /// `line` is the decision line of the override; `replies` outlives the object.
    OverrideGrant(const NoticeReplies& replies, report::NoticeDecision line)
        : replies_(replies), line_(std::move(line)) {}
    OverrideGrant(const OverrideGrant&) = delete;
    OverrideGrant& operator=(const OverrideGrant&) = delete;
    OverrideGrant(OverrideGrant&&) = delete;
    OverrideGrant& operator=(OverrideGrant&&) = delete;
    ~OverrideGrant();

    void message_left() { left_ = true; }

private:
    const NoticeReplies& replies_;
    report::NoticeDecision line_;
    bool left_ = false;
};

/// The use case. One object serves all sessions; safe from several threads.
class NoticeReplies {
public:
    /// What the flow works with; all outlive it.
    struct Parts {
        ports::NoticeStore& notices;
        ports::MessageReader& reader;
        ports::Log& log;
        core::Clock& clock;
        std::function<dsn::SealKeys()> keys;
        const OwnName& own_name;
        const SnapshotSource& snapshots;
    };

    explicit NoticeReplies(Parts parts) : parts_(std::move(parts)) {}

    /// True for the notice address, in any letter case and with "+anything", while notices are sent
    /// at all. Such a recipient is not judged.
    [[nodiscard]] bool is_notice_address(const mail::Recipient& recipient,
                                         const config::Settings& settings) const;

    /// True when the header of a message to the notice address has what looks like a token: only
    /// then the message is kept until its end.
    [[nodiscard]] bool may_answer(const mail::HeaderList& headers) const;

    /// A whole message to the notice address, whose `may_answer` was true. When it is taken, what
    /// it asks for is durable, and the caller takes the notice address out of the envelope; else
    /// the message goes on. Writes a decision line in either case.
    [[nodiscard]] ReplyFate receive(const Submitting& who,
                                    const mail::Envelope& envelope,
                                    const mail::HeaderList& headers,
                                    std::string_view octets,
                                    const config::Settings& settings);

    /// The message bears `kOverrideField`: recipients that would be held, but for those that the
    /// administrator blocked, pass, if its sender may do that and his budget has room for all of
    /// them. Changes verdicts and plan; writes a decision line. Gives what was taken out of the
    /// budget, or nullptr.
    [[nodiscard]] std::unique_ptr<OverrideGrant> override_holds(const Submitting& who,
                                                                const mail::Envelope& envelope,
                                                                const mail::HeaderList& headers,
                                                                outgoing::MessageDecision& decision,
                                                                const config::Settings& settings);

private:
    friend class OverrideGrant;

    void take_back(report::NoticeDecision line) const;
    [[nodiscard]] std::optional<std::string> token_of(const mail::HeaderList& headers) const;
    [[nodiscard]] bool is_genuine(std::string_view token, std::string_view sender) const;
    /// Of notices in all languages.
    [[nodiscard]] std::vector<std::string> beginnings() const;
    [[nodiscard]] std::string who_was_told(const ports::Notice& notice) const;
    /// False when so many answers came that nobody is told of another one; counts this one.
    [[nodiscard]] bool may_be_confirmed(const ports::NoticeCommand& command) const;
    void report(const report::NoticeDecision& line) const;

    Parts parts_;
};

}  // namespace holdback::flow::notices
