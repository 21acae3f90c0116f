// SPDX-License-Identifier: Apache-2.0
#pragma once
// Mail to the notice address: which of it answers a notice, and whether it is obeyed.

#include "config/settings.hpp"
#include "core/clock.hpp"
#include "dsn/message_view.hpp"
#include "dsn/seal.hpp"
#include "flow/own_name.hpp"
#include "flow/passing_message.hpp"
#include "flow/snapshot.hpp"
#include "mail/envelope.hpp"
#include "mail/header.hpp"
#include "ports/log.hpp"
#include "ports/message_reader.hpp"
#include "ports/notice_store.hpp"
#include "report/decision.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace holdback::flow::notices {

/// What happens to an answer.
enum class ReplyFate : std::uint8_t {
    Taken,   ///< it is for us: it is obeyed or refused, and its sender is told by mail
    GoesOn,  ///< it is ordinary mail
};

/// The use case. One object serves all sessions; safe from several threads.
class NoticeReplies {
public:
    /// What the flow uses; all outlive it.
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

    /// True for the notice address, in any letter case and with "+anything", if notices are sent at
    /// all. Such a recipient is not judged.
    [[nodiscard]] bool is_notice_address(const mail::Recipient& recipient,
                                         const config::Settings& settings) const;

    /// True when the header of a message to the notice address seems to have a token. Only then is
    /// the message kept until its end.
    [[nodiscard]] bool may_answer(const mail::HeaderList& headers) const;

    /// Receives a whole message to the notice address for which `may_answer` was true. If it is
    /// taken, its orders are durable, and the caller takes the notice address out of the envelope.
    /// Otherwise the message goes on. Writes a decision line in both cases.
    [[nodiscard]] ReplyFate receive(const PassingMessage& message, std::string_view octets);

private:
    [[nodiscard]] std::optional<std::string> token_of(const mail::HeaderList& headers) const;
    [[nodiscard]] bool is_genuine(std::string_view token, std::string_view sender) const;
    /// The beginnings of notices in all languages.
    [[nodiscard]] std::vector<std::string> beginnings() const;
    [[nodiscard]] std::string who_was_told(const ports::Notice& notice) const;
    /// False when too many answers came to confirm another one. Counts this one.
    [[nodiscard]] bool may_be_confirmed(const ports::NoticeCommand& command) const;
    void report(const report::NoticeDecision& line) const;

    Parts parts_;
};

}  // namespace holdback::flow::notices
