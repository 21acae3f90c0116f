// SPDX-License-Identifier: Apache-2.0
#pragma once
// What the daemon reports about itself: `holdbackctl status`, `metrics` and `cache show`.

#include "core/clock.hpp"
#include "flow/snapshot.hpp"
#include "io/system/log_setup.hpp"
#include "milter/control_protocol.hpp"
#include "milter/daemon/callbacks.hpp"
#include "milter/daemon/decision_recording.hpp"
#include "milter/daemon/descriptors.hpp"
#include "milter/daemon/dns_watch.hpp"
#include "milter/daemon/log_following.hpp"
#include "milter/daemon/store_watch.hpp"
#include "milter/daemon/swappable_resolver.hpp"
#include "milter/daemon/use_cases.hpp"
#include "milter/session/waiting_room.hpp"

#include <string>
#include <utility>
#include <vector>

namespace holdback::milter::daemon {

/// Safe from several threads.
class DaemonState {
public:
    /// All outlive the object.
    struct Parts {
        std::string settings_path;
        core::SteadyPoint started;
        const UseCases& use_cases;
        const MilterCounters& counters;
        const session::WaitingRoom& waiting;
        const flow::SnapshotSource& snapshots;
        const SwappableResolver& resolver;
        const Descriptors& descriptors;
        const StoreWatch& store;
        const LogFollowing& log_following;
        const DecisionRecording& recording;
        const DnsWatch& dns_watch;
        const io::system::ProgramLog& log;
        core::Clock& clock;
    };

    explicit DaemonState(Parts parts) : parts_(std::move(parts)) {}

    /// One line per key, with its value.
    [[nodiscard]] std::vector<ControlLine> status() const;
    /// One line each of the text format of Prometheus.
    [[nodiscard]] std::vector<ControlLine> metrics() const;
    /// The counters of the DNS cache; empty while there is no resolver.
    [[nodiscard]] std::vector<ControlLine> cache_lines() const;

private:
    Parts parts_;
};

}  // namespace holdback::milter::daemon
