// SPDX-License-Identifier: Apache-2.0
#include "milter/daemon/settings_in_force.hpp"

#include "config/sender_logins.hpp"
#include "config/settings.hpp"
#include "core/result.hpp"
#include "core/text.hpp"
#include "flow/snapshot.hpp"
#include "io/dns/domain_lookup.hpp"
#include "io/settings/settings_change.hpp"
#include "io/settings/settings_field.hpp"
#include "io/settings/toml_access.hpp"
#include "io/settings/toml_document.hpp"
#include "io/system/seal_key_file.hpp"
#include "mail/mta_names.hpp"
#include "milter/control_protocol.hpp"
#include "milter/load.hpp"
#include "ports/log.hpp"

#include <algorithm>
#include <expected>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include <fmt/format.h>

namespace holdback::milter::daemon {

namespace {

std::string errors_text(const io::settings::FileErrors& errors) {
    std::string text;
    for (const io::settings::FileError& error : errors) {
        if (!text.empty()) {
            text += "\n";
        }
        text += error.text();
    }
    return text;
}

/// What could not be read of a source of the MTA's.
std::vector<std::string> troubles_of(const config::LoginSource& source) {
    const auto* owners = std::get_if<config::SenderOwners>(&source.content);
    return owners == nullptr ? std::vector<std::string>() : owners->troubles;
}

}  // namespace

void SettingsInForce::begin() {
    const config::Settings& settings = started_with_;
    say_mta_names(settings.mta);
    for (const auto& source : parts_.snapshots.current()->logins.sources()) {
        say_login_troubles(*source);
    }
    use_mta(settings.mta);
    use_resolver(settings.dns);
    static_cast<void>(use_seal_keys(settings));
}

void SettingsInForce::use_resolver(const config::DnsSettings& settings) {
    auto resolver = io::dns::make_resolver(settings, parts_.clock);
    if (resolver.has_value()) {
        parts_.resolver.replace(*std::move(resolver));
        return;
    }
    parts_.resolver.replace(nullptr);
    parts_.log.write(ports::Severity::Error,
                     fmt::format("dns: no nameserver, all domains are unresolved: {}",
                                 core::log_safe(resolver.error())));
}

core::Result<void, std::string> SettingsInForce::use_seal_keys(const config::Settings& settings) {
    // The keys also sign the tokens of notices.
    if (!settings.seal.enabled && !settings.notice.enabled) {
        return {};
    }
    auto keys = io::system::load_seal_keys(settings.seal.key, parts_.clock.now());
    if (!keys.has_value()) {
        parts_.log.write(ports::Severity::Error,
                         fmt::format("seal: {}: {}",
                                     core::printable(keys.error()),
                                     parts_.seals.keys().empty() ? "mail leaves unsealed"
                                                                 : "the keys in memory stay"));
        return std::unexpected(std::move(keys.error()));
    }
    parts_.seals.use(*std::move(keys));
    return {};
}

core::Result<std::vector<ControlLine>, std::string> SettingsInForce::reload() {
    const std::scoped_lock lock(reload_mutex_);
    auto next = load_snapshot(
        parts_.path,
        {.names = [this](const auto& settings) { return read_mta_again(settings); },
         .logins = [this](const auto& settings) { return read_logins_again(settings); }});
    if (!next.has_value()) {
        for (const io::settings::FileError& error : next.error()) {
            parts_.log.write(ports::Severity::Error,
                             fmt::format("reload: {}", core::printable(error.text())));
        }
        parts_.log.write(ports::Severity::Error, "reload: the old settings stay");
        return std::unexpected(errors_text(next.error()));
    }
    const std::shared_ptr<const flow::Snapshot> before = parts_.snapshots.current();
    const config::Settings& settings = (*next)->settings;
    if (const auto applied = parts_.log.apply(settings.log); !applied.has_value()) {
        parts_.log.write(ports::Severity::Error,
                         fmt::format("reload: {}; the old settings stay",
                                     core::printable(applied.error().message)));
        return std::unexpected(applied.error().message);
    }
    if (settings.dns != before->settings.dns || parts_.resolver.current() == nullptr) {
        use_resolver(settings.dns);
    }
    static_cast<void>(use_seal_keys(settings));
    std::vector<ControlLine> changes = say_what_changed(before->settings, settings);
    use_mta(settings.mta);
    say_what_has_no_effect(settings);
    parts_.snapshots.replace(*next);
    parts_.store.try_again();
    parts_.log.write(ports::Severity::Info,
                     fmt::format("reloaded mode={} rules={}",
                                 config::wire_name(settings.mode),
                                 (*next)->knowledge.rules.rules().size()));
    return changes;
}

mail::MtaNames SettingsInForce::read_mta_again(const config::OutgoingSettings& settings) const {
    const std::shared_ptr<const flow::Snapshot> before = parts_.snapshots.current();
    mail::MtaNames names = read_mta_now(settings);
    const mail::MtaNames& known = before->settings.mta;
    const bool same_source = settings.mta_domains == before->settings.outgoing.mta_domains;
    if (names.troubles.empty() || !known.troubles.empty() || !same_source) {
        say_mta_names(names);
        return names;
    }
    // The account that we have now may be unable to read what root could read at the start.
    for (const std::string& trouble : names.troubles) {
        parts_.log.write(ports::Severity::Warning,
                         fmt::format("mta: {}; the configuration that was read before stays in use",
                                     core::printable(trouble)));
    }
    return known;
}

LoginSources SettingsInForce::read_logins_again(const config::OutgoingSettings& settings) const {
    const std::shared_ptr<const flow::Snapshot> before = parts_.snapshots.current();
    const bool same_mta = settings.mta_domains == before->settings.outgoing.mta_domains;
    LoginSources sources = read_logins_now(settings);
    for (std::shared_ptr<const config::LoginSource>& source : sources) {
        const auto known = std::ranges::find(
            before->logins.sources(), source->name, [](const auto& each) { return each->name; });
        const bool is_known = known != before->logins.sources().end() && same_mta;
        if (!is_known || troubles_of(*source).empty() || !troubles_of(**known).empty()) {
            say_login_troubles(*source);
            continue;
        }
        for (const std::string& trouble : troubles_of(*source)) {
            parts_.log.write(ports::Severity::Warning,
                             fmt::format("sender_logins: {}; what was read before stays in use",
                                         core::printable(trouble)));
        }
        source = *known;
    }
    return sources;
}

void SettingsInForce::say_login_troubles(const config::LoginSource& source) const {
    for (const std::string& trouble : troubles_of(source)) {
        parts_.log.write(ports::Severity::Warning,
                         fmt::format("sender_logins: {}: {}; nobody is refused for want of it",
                                     source.name,
                                     core::printable(trouble)));
    }
}

void SettingsInForce::use_mta(const mail::MtaNames& names) {
    parts_.mta_tables.use(names);
    for (const std::string& name : names.other_names) {
        parts_.own_name.learn(name);
    }
    if (!names.host_name.empty()) {
        parts_.own_name.learn(names.host_name);  // last: our own mail uses it
    }
}

void SettingsInForce::say_mta_names(const mail::MtaNames& names) const {
    for (const std::string& trouble : names.troubles) {
        parts_.log.write(
            ports::Severity::Warning,
            fmt::format("mta: {}; domains that only the MTA knows may be judged by the "
                        "public DNS: see [outgoing] mta_domains",
                        core::printable(trouble)));
    }
}

void SettingsInForce::say_what_has_no_effect(const config::Settings& settings) const {
    for (const config::Contradiction& each : config::without_effect(settings)) {
        parts_.log.write(ports::Severity::Warning,
                         fmt::format("settings: {} {}", each.key, each.message));
    }
}

std::vector<ControlLine> SettingsInForce::say_what_changed(const config::Settings& before,
                                                           const config::Settings& after) const {
    std::vector<ControlLine> lines;
    for (const io::settings::SettingChange& each : io::settings::settings_changes(before, after)) {
        if (each.takes_effect == io::settings::TakesEffect::AtReload) {
            parts_.log.write(ports::Severity::Info,
                             fmt::format("reload: {} changed: {} -> {}",
                                         each.name,
                                         core::printable(each.before),
                                         core::printable(each.after)));
            lines.push_back({"changed", each.name, each.before, each.after});
        }
    }
    // Settings that wait since an earlier reload still do.
    for (const io::settings::SettingChange& each :
         io::settings::settings_changes(started_with_, after)) {
        if (each.takes_effect == io::settings::TakesEffect::AtNextStart) {
            parts_.log.write(ports::Severity::Warning,
                             fmt::format("reload: {} takes effect at the next start: {} -> {}",
                                         each.name,
                                         core::printable(each.before),
                                         core::printable(each.after)));
            lines.push_back({"waits", each.name, each.before, each.after});
        }
    }
    return lines;
}

}  // namespace holdback::milter::daemon
