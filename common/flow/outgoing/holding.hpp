// SPDX-License-Identifier: Apache-2.0
#pragma once
// Takes recipients out of a message: its copy in the spool, their rows, the DSN to the sender.

#include "config/settings.hpp"
#include "core/clock.hpp"
#include "core/digest.hpp"
#include "core/guarded.hpp"
#include "core/result.hpp"
#include "flow/outgoing/message_decision.hpp"
#include "flow/own_mail.hpp"
#include "flow/passing_message.hpp"
#include "flow/spool_room.hpp"
#include "outbound/plan.hpp"
#include "ports/held_store.hpp"
#include "ports/log.hpp"
#include "ports/spool.hpp"
#include "report/rate_limit.hpp"
#include "terms/held.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace holdback::flow::outgoing {

/// The copy of a message, written to the spool while the body comes in.
class HeldCopy {
public:
    HeldCopy(std::unique_ptr<ports::SpoolWriter> writer, std::string header_digest)
        : writer_(std::move(writer)), header_digest_(std::move(header_digest)) {}

    /// Adds octets of the header block or the body. `Holding::commit` reports a failure.
    void append_header(std::string_view octets);
    void append_body(std::string_view octets);

private:
    friend class Holding;

    void append(std::string_view octets);

    std::unique_ptr<ports::SpoolWriter> writer_;
    std::string header_digest_;
    core::RunningDigest body_digest_;
    std::optional<ports::SpoolError> failure_;
};

/// The reason why nothing was held.
struct CommitTrouble {
    enum class Where : std::uint8_t {
        Spool,
        SpoolLimit,  ///< a limit of the spool was reached, which was logged
        Store,
    };

    Where where;
    std::string what;  ///< for the log
};

struct Committed {
    /// Held item ids, by position in the envelope; 0 where nothing was held.
    std::vector<std::int64_t> ids;
    /// All written items, the DSN's too. They are in doubt until the MTA has the answer
    /// (OpenAnswers).
    std::vector<std::int64_t> written;
};

/// Makes durable what is taken out of messages. One object serves all sessions; safe from several
/// threads.
class Holding {
public:
    /// All outlive the object.
    struct Parts {
        ports::HeldStore& held;
        ports::Spool& spool;
        ports::Log& log;
        core::Clock& clock;
        OwnMail& own_mail;
        SpoolRoom* room;  ///< nullptr: the spool has no limits
    };

    explicit Holding(const Parts& parts) : parts_(parts) {}

    /// Starts the copy of a message from which recipients are taken out.
    [[nodiscard]] core::Result<HeldCopy, CommitTrouble> begin_copy(const PassingMessage& message);

    /// Makes the copy and all rows durable, and the DSN to the sender if recipients are returned,
    /// all in one step. Only after this may a recipient be deleted. The decision's plan must be a
    /// split.
    [[nodiscard]] core::Result<Committed, CommitTrouble> commit(const PassingMessage& message,
                                                                const MessageDecision& decision,
                                                                HeldCopy copy);

private:
    /// The DSN about the returned recipients whose failure the sender wants to hear of; nullopt
    /// when there are none.
    [[nodiscard]] core::Result<std::optional<ports::NewHold>, CommitTrouble> dsn_for(
        const PassingMessage& message,
        const MessageDecision& decision,
        const outbound::Split& split,
        const terms::HeldMessage& copy);
    /// Logs that the sender is not told of what is held.
    void say_who_is_untold(const mail::Envelope& envelope,
                           const MessageDecision& decision,
                           std::size_t held);

    Parts parts_;
    core::Guarded<report::RateLimit> warnings_;
};

}  // namespace holdback::flow::outgoing
