// SPDX-License-Identifier: Apache-2.0
#pragma once
// Mail that Holdback itself writes. It goes into the spool first and is then released like held
// mail.

#include "core/clock.hpp"
#include "core/result.hpp"
#include "flow/own_name.hpp"
#include "flow/snapshot.hpp"
#include "letters/return_dsn.hpp"
#include "outbound/preflight_report.hpp"
#include "ports/held_store.hpp"
#include "ports/spool.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace holdback::flow {

/// A message of ours to send, from the null sender.
struct OwnMessage {
    std::vector<std::string> to;  ///< addresses
    std::string octets;           ///< CRLF line ends
    bool require_tls = false;     ///< where the next server offers it (RFC 8689 section 5)
    std::string what;             ///< for lists of held mail: "a notice made by Holdback"
    /// Equal for two mails of which only one may wait; an empty one equals no other.
    std::string fingerprint;
};

/// Sends our own mail. Safe from several threads.
class OwnMail {
public:
    /// All parts outlive the object.
    OwnMail(ports::Spool& spool,
            ports::HeldStore& held,
            core::Clock& clock,
            const OwnName& own_name,
            const SnapshotSource& snapshots)
        : spool_(spool), held_(held), clock_(clock), own_name_(own_name), snapshots_(snapshots) {}

    /// Makes the octets durable and gives rows that are due for release at once. The caller has a
    /// store write them together with the event that they report, or calls `drop`. Nobody is told
    /// when the mail can't be delivered. The error is a text for the log.
    [[nodiscard]] core::Result<ports::NewHold, std::string> prepare(const OwnMessage& message);
    void drop(const ports::NewHold& rows);

    /// The same for a DSN about `recipients` to `facts.sender`. `key` names the event: the store
    /// takes no second DSN for a key while one is waiting.
    [[nodiscard]] core::Result<ports::NewHold, std::string> write_return_dsn(
        letters::ReturnDsnFacts facts, std::string_view key);

    /// Makes the reply to a preflight durable and due at once. `facts` tell who asked, and from
    /// which address the reply comes.
    [[nodiscard]] core::Result<void, std::string> send_preflight_report(
        outbound::PreflightFacts facts, std::string_view key);

    /// Our name in DSNs and Message-IDs.
    [[nodiscard]] std::string host_name() const { return own_name_.current(); }

private:
    [[nodiscard]] core::Result<void, std::string> send(const OwnMessage& message);

    ports::Spool& spool_;
    ports::HeldStore& held_;
    core::Clock& clock_;
    const OwnName& own_name_;
    const SnapshotSource& snapshots_;  // for the codes of DSNs
};

}  // namespace holdback::flow
