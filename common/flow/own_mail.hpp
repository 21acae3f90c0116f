// SPDX-License-Identifier: Apache-2.0
#pragma once
// Mail that Holdback itself writes: into the spool first, then released like held mail.

#include "core/clock.hpp"
#include "core/result.hpp"
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

    /// A DSN about `recipients`, to be sent to `facts.sender` from the null sender at once: its
    /// octets are durable in the spool, its rows are for the caller to write together with what it
    /// tells of. `key` stands for the event: while a DSN for a key is waiting, the store takes no
    /// second one. The error is a text for the log.
    [[nodiscard]] core::Result<ports::NewHold, std::string> write_return_dsn(
        outbound::ReturnDsnFacts facts, std::string_view key);

    /// Takes octets out of the spool again whose rows were not written.
    void drop(const ports::NewHold& own);

private:
    ports::Spool& spool_;
    ports::HeldStore& held_;
    core::Clock& clock_;
    std::string host_name_;
};

}  // namespace holdback::flow
