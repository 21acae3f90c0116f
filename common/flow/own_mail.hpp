// SPDX-License-Identifier: Apache-2.0
#pragma once
// Mail that Holdback itself writes: into the spool first, then released like held mail.

#include "core/clock.hpp"
#include "core/result.hpp"
#include "outbound/preflight_report.hpp"
#include "outbound/return_dsn.hpp"
#include "ports/held_store.hpp"
#include "ports/spool.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace holdback::flow {

/// Puts own mail on its way. Safe from several threads.
class OwnMail {
public:
    /// `host_name` is our name in DSNs. All parts outlive the object.
    OwnMail(ports::Spool& spool, ports::HeldStore& held, core::Clock& clock, std::string host_name)
        : spool_(spool), held_(held), clock_(clock), host_name_(std::move(host_name)) {}

    /// Makes a DSN about `recipients` durable, to be sent to `facts.sender` from the null sender at
    /// once. `key` stands for the event: a DSN for a key that is still waiting is not made twice.
    /// The error is a text for the log.
    [[nodiscard]] core::Result<void, std::string> send_return_dsn(outbound::ReturnDsnFacts facts,
                                                                  std::string_view key);

    /// The same for the answer to a preflight.
    [[nodiscard]] core::Result<void, std::string> send_preflight_report(
        outbound::PreflightFacts facts, std::string_view key);

private:
    /// A message that is composed, with what is said of it in lists.
    struct Letter {
        std::string to;
        std::string message;
        std::string fingerprint;  ///< stands for the event
        std::string what;
    };

    [[nodiscard]] core::Result<void, std::string> send(Letter letter, core::TimePoint now);

    ports::Spool& spool_;
    ports::HeldStore& held_;
    core::Clock& clock_;
    std::string host_name_;
};

}  // namespace holdback::flow
