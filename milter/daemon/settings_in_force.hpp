// SPDX-License-Identifier: Apache-2.0
#pragma once
// Puts the settings into force: at the start, and at each reload.

#include "config/sender_logins.hpp"
#include "config/settings.hpp"
#include "core/clock.hpp"
#include "core/result.hpp"
#include "flow/incoming/seals.hpp"
#include "flow/own_name.hpp"
#include "flow/snapshot.hpp"
#include "io/mta/postfix_tables.hpp"
#include "io/system/log_setup.hpp"
#include "mail/mta_names.hpp"
#include "milter/control_protocol.hpp"
#include "milter/daemon/store_watch.hpp"
#include "milter/daemon/swappable_resolver.hpp"
#include "milter/load.hpp"

#include <mutex>
#include <string>
#include <utility>
#include <vector>

namespace holdback::milter::daemon {

/// Safe from several threads after `begin`.
class SettingsInForce {
public:
    /// All outlive the object.
    struct Parts {
        std::string path;  ///< of the settings
        io::system::ProgramLog& log;
        core::Clock& clock;
        flow::SnapshotSource& snapshots;
        SwappableResolver& resolver;
        flow::incoming::Seals& seals;
        io::mta::PostfixTables& mta_tables;
        flow::OwnName& own_name;
        StoreWatch& store;
    };

    explicit SettingsInForce(Parts parts)
        : parts_(std::move(parts)), started_with_(parts_.snapshots.current()->settings) {}

    /// Puts the settings of the start into force. Trouble is logged.
    void begin();

    /// Reads all settings anew. Gives {"changed", key, old, new} for each change, and {"waits",
    /// key, in force, new} for each setting that waits for the next start. The error is a text for
    /// people; the old settings stay then.
    [[nodiscard]] core::Result<std::vector<ControlLine>, std::string> reload();

    /// Reads the seal keys anew, or makes the first one. Trouble is logged; the old keys stay.
    [[nodiscard]] core::Result<void, std::string> use_seal_keys(const config::Settings& settings);

    /// Logs the settings that have no effect without others.
    void say_what_has_no_effect(const config::Settings& settings) const;

private:
    void use_resolver(const config::DnsSettings& settings);
    /// The MTA's names as read now; the earlier ones where they can't be read any more.
    [[nodiscard]] mail::MtaNames read_mta_again(const config::OutgoingSettings& settings) const;
    /// The same for the MTA's sources of `sender_logins`.
    [[nodiscard]] LoginSources read_logins_again(const config::OutgoingSettings& settings) const;
    void say_login_troubles(const config::LoginSource& source) const;
    void use_mta(const mail::MtaNames& names);
    void say_mta_names(const mail::MtaNames& names) const;
    /// Gives the lines of `reload`, and logs them.
    [[nodiscard]] std::vector<ControlLine> say_what_changed(const config::Settings& before,
                                                            const config::Settings& after) const;

    Parts parts_;
    const config::Settings started_with_;
    std::mutex reload_mutex_;
};

}  // namespace holdback::milter::daemon
