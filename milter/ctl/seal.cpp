// SPDX-License-Identifier: Apache-2.0
#include "milter/ctl/seal.hpp"

#include "config/settings.hpp"
#include "core/clock.hpp"
#include "dsn/seal.hpp"
#include "io/system/seal_key_file.hpp"
#include "milter/ctl/client.hpp"
#include "milter/ctl/command.hpp"
#include "milter/ctl/daemon.hpp"
#include "milter/ctl/json.hpp"
#include "milter/ctl/output.hpp"
#include "milter/ctl/sources.hpp"

#include <chrono>
#include <cstddef>
#include <expected>
#include <optional>
#include <string>

#include <fmt/format.h>

namespace holdback::milter::ctl {

namespace {

constexpr std::chrono::seconds kPatience{10};

CommandError key_error(const std::string& what) {
    return {Exit::Unavailable, fmt::format("seal: {}", what)};
}

/// When the last seal of a key expires; nullopt for the key that signs now.
std::optional<core::TimePoint> verifies_until(const dsn::SealKeys& keys,
                                              std::size_t at,
                                              std::chrono::seconds lifetime) {
    return at + 1 < keys.size() ? std::optional(keys[at + 1].made + lifetime) : std::nullopt;
}

void write_keys(const CommandContext& context,
                const dsn::SealKeys& keys,
                std::chrono::seconds lifetime) {
    Table table({"KEY", "MADE (UTC)", "SIGNS", "VERIFIES UNTIL (UTC)"});
    for (std::size_t i = 0; i < keys.size(); ++i) {
        const auto until = verifies_until(keys, i, lifetime);
        if (context.json()) {
            write_json(context.out,
                       {{"key", dsn::key_name(keys[i].id)},
                        {"made", iso_time(keys[i].made)},
                        {"signs", !until.has_value()},
                        {"verifies_until", time_or_null(until)}});
        } else {
            table.add({dsn::key_name(keys[i].id),
                       short_time(keys[i].made),
                       until.has_value() ? "no" : "yes",
                       until.has_value() ? short_time(*until) : "replaced"});
        }
    }
    if (!context.json()) {
        table.write(context.out);
    }
}

}  // namespace

CommandResult seal_show(const CommandContext& context) {
    const auto settings = load_tool_settings(context);
    if (!settings.has_value()) {
        return std::unexpected(settings.error());
    }
    const auto keys = io::system::read_seal_keys(settings->seal.key);
    if (!keys.has_value()) {
        return std::unexpected(key_error(keys.error()));
    }
    write_keys(context, *keys, settings->seal.lifetime);
    return Exit::Done;
}

CommandResult seal_rotate(const CommandContext& context) {
    const auto settings = load_tool_settings(context);
    if (!settings.has_value()) {
        return std::unexpected(settings.error());
    }
    const auto keys = io::system::rotate_seal_keys(
        settings->seal.key, context.clock.now(), settings->seal.lifetime);
    if (!keys.has_value()) {
        return std::unexpected(key_error(keys.error()));
    }
    write_keys(context, *keys, settings->seal.lifetime);
    const auto told = ask_daemon(settings->control, {"seal-keys"}, kPatience);
    if (!told.has_value() && told.error().kind == DaemonError::Kind::Refused) {
        return std::unexpected(daemon_error(settings->control, told.error()));
    }
    if (!told.has_value()) {
        context.err << "holdbackctl: the daemon is not running; it signs with the new key from its "
                       "next start on\n";
    }
    return Exit::Done;
}

}  // namespace holdback::milter::ctl
