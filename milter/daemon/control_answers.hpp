// SPDX-License-Identifier: Apache-2.0
#pragma once
// Answers to the requests on the control socket.

#include "core/clock.hpp"
#include "core/result.hpp"
#include "flow/snapshot.hpp"
#include "milter/control_protocol.hpp"
#include "milter/daemon/control_access.hpp"
#include "milter/daemon/daemon_state.hpp"
#include "milter/daemon/settings_in_force.hpp"
#include "milter/daemon/store_watch.hpp"
#include "milter/daemon/stores.hpp"
#include "milter/daemon/swappable_resolver.hpp"
#include "milter/daemon/use_cases.hpp"
#include "ports/log.hpp"

#include <cstddef>
#include <string>
#include <vector>

namespace holdback::milter::daemon {

/// Safe from several threads.
class ControlAnswers {
public:
    /// All outlive the object.
    struct Parts {
        UseCases& use_cases;
        Stores& stores;
        SettingsInForce& settings;
        const DaemonState& state;
        const StoreWatch& store;
        const SwappableResolver& resolver;
        const flow::SnapshotSource& snapshots;
        ControlGroups groups;
        ports::Log& log;
        core::Clock& clock;
    };

    explicit ControlAnswers(const Parts& parts) : parts_(parts) {}

    /// Does what the request asks for, if the peer may ask for it. The error is a text for people.
    [[nodiscard]] core::Result<std::vector<ControlLine>, std::string> answer(
        const ControlLine& request, const ControlPeer& peer);

private:
    [[nodiscard]] core::Result<std::vector<ControlLine>, std::string> act_on(
        const ControlLine& request, const ControlPeer& peer);
    [[nodiscard]] core::Result<std::vector<ControlLine>, std::string> control_items(
        const ControlLine& request, const ControlPeer& peer);
    /// Releases one item to another address.
    [[nodiscard]] core::Result<std::vector<ControlLine>, std::string> release_as(
        const ControlLine& request, const ControlPeer& peer);
    /// Lets a stopped campaign go on; the answer says how many issues of it there were.
    [[nodiscard]] core::Result<std::vector<ControlLine>, std::string> continue_campaign(
        const ControlLine& request, const ControlPeer& peer);
    /// Logs and stores who let a campaign go on.
    void note_continued(const std::string& name,
                        const std::string& sender,
                        std::size_t issues,
                        const ControlPeer& peer);

    Parts parts_;
};

}  // namespace holdback::milter::daemon
