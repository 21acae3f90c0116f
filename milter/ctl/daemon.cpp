// SPDX-License-Identifier: Apache-2.0
#include "milter/ctl/daemon.hpp"

#include "config/settings.hpp"
#include "core/result.hpp"
#include "core/text.hpp"
#include "io/sqlite/sqlite_held.hpp"
#include "io/sqlite/sqlite_suppressions.hpp"
#include "milter/control_protocol.hpp"
#include "milter/ctl/client.hpp"
#include "milter/ctl/command.hpp"
#include "milter/ctl/json.hpp"
#include "milter/ctl/output.hpp"
#include "milter/ctl/sources.hpp"

#include <cerrno>
#include <chrono>
#include <cstddef>
#include <expected>
#include <string>
#include <string_view>
#include <unistd.h>
#include <utility>
#include <vector>

#include <fmt/format.h>

namespace holdback::milter::ctl {

namespace {

constexpr std::chrono::seconds kPatience{30};

using Lines = std::vector<ControlLine>;

/// True when the daemon refuses the user, not the request.
bool is_no_permission(std::string_view text) {
    return text.starts_with("no permission");
}

/// Adds keys and values to both forms of output; whole numbers become numbers in JSON.
void add_lines(const Lines& lines, Json& object, FieldList& fields) {
    for (const ControlLine& line : lines) {
        if (line.size() < 2) {
            continue;
        }
        const auto number = core::parse_decimal(line[1]);
        object.set(line[0], number.has_value() ? Json(*number) : Json(line[1]));
        fields.add(line[0], line[1]);
    }
}

void write_lines(const CommandContext& context, const Json& object, const FieldList& fields) {
    if (context.json()) {
        write_json(context.out, object);
    } else {
        fields.write(context.out);
    }
}

/// True when we lack the permission to read the file.
bool is_closed_to_us(const std::string& path) {
    return access(path.c_str(), R_OK) != 0 && errno == EACCES;
}

/// The contents of the store, as lines like the daemon's. The error is for people.
core::Result<Lines, CommandError> store_lines(const CommandContext& context,
                                              const config::StoreSettings& settings) {
    const auto database = open_store(settings, StoreUse::Read);
    if (!database.has_value()) {
        return std::unexpected(database.error());
    }
    const auto entries = io::sqlite::SqliteSuppressions(**database).counts(context.clock.now());
    if (!entries.has_value()) {
        return std::unexpected(store_error(entries.error().what));
    }
    const auto held = io::sqlite::SqliteHeld(**database).counts();
    if (!held.has_value()) {
        return std::unexpected(store_error(held.error().what));
    }
    const auto line = [](std::string_view key, std::size_t count) {
        return ControlLine{std::string(key), fmt::format("{}", count)};
    };
    return Lines{
        line("suppression_entries", entries->entries),
        line("suppression_in_force", entries->in_force),
        line("held", held->held),
        line("releasing", held->releasing),
        line("released", held->released),
        line("returned", held->returned),
        line("discarded", held->discarded),
    };
}

/// Asks the daemon something. Mistakes in the settings do not prevent that.
core::Result<Lines, CommandError> ask(const CommandContext& context, const ControlLine& request) {
    const auto settings = load_settings_to_look(context);
    if (!settings.has_value()) {
        return std::unexpected(settings.error());
    }
    auto lines = ask_daemon(settings->control, request, kPatience);
    if (!lines.has_value()) {
        return std::unexpected(daemon_error(settings->control, lines.error()));
    }
    return *std::move(lines);
}

core::Result<Lines, CommandError> command(const CommandContext& context,
                                          const ControlLine& request) {
    const auto settings = load_tool_settings(context);
    if (!settings.has_value()) {
        return std::unexpected(settings.error());
    }
    auto lines = ask_daemon(settings->control, request, kPatience);
    if (!lines.has_value()) {
        CommandError error = daemon_error(settings->control, lines.error());
        const bool refused = lines.error().kind == DaemonError::Kind::Refused;
        if (refused && request.front() == "reload" && !is_no_permission(lines.error().text)) {
            error = {Exit::Settings, fmt::format("{}\nthe old settings stay", lines.error().text)};
        }
        return std::unexpected(std::move(error));
    }
    return *std::move(lines);
}

/// The text for people; other than "yes" and "no" becomes null in JSON.
std::string_view shown_running(const core::Result<Lines, DaemonError>& daemon) {
    if (daemon.has_value()) {
        return "yes";
    }
    switch (daemon.error().kind) {
        case DaemonError::Kind::NotRunning:
            return "no";
        case DaemonError::Kind::NoPermission:
            return "unknown (no permission)";
        case DaemonError::Kind::OutOfReach:
            return "unknown (no answer)";
        case DaemonError::Kind::Refused:
            return "yes";
    }
    std::unreachable();
}

Json running_json(const core::Result<Lines, DaemonError>& daemon) {
    const std::string_view shown = shown_running(daemon);
    return shown == "yes" || shown == "no" ? Json(shown == "yes") : Json(nullptr);
}

}  // namespace

CommandError daemon_error(const config::ControlSettings& settings, const DaemonError& error) {
    switch (error.kind) {
        case DaemonError::Kind::NotRunning:
            return {Exit::Unavailable,
                    fmt::format("the daemon is not running: {}: {}", settings.socket, error.text)};
        case DaemonError::Kind::NoPermission:
            return {Exit::Unavailable,
                    fmt::format("no permission to ask the daemon, which may or may not be running: "
                                "{}: {}; only root, the user of the daemon and the group that owns "
                                "the socket may ask it: see [control] group in holdback.conf(5)",
                                settings.socket,
                                error.text)};
        case DaemonError::Kind::OutOfReach:
            return {Exit::Unavailable,
                    fmt::format("the daemon is out of reach: {}: {}", settings.socket, error.text)};
        case DaemonError::Kind::Refused:
            return {Exit::Unavailable, fmt::format("the daemon says: {}", error.text)};
    }
    return {Exit::Unavailable, error.text};
}

CommandResult status(const CommandContext& context) {
    const auto settings = load_settings_to_look(context);
    if (!settings.has_value()) {
        return std::unexpected(settings.error());
    }
    const auto daemon = ask_daemon(settings->control, {"status"}, kPatience);
    const auto store = store_lines(context, settings->store);
    Json object{{"running", running_json(daemon)}};
    FieldList fields;
    fields.add("running", shown_running(daemon));
    if (daemon.has_value()) {
        add_lines(*daemon, object, fields);
    }
    if (store.has_value()) {
        add_lines(*store, object, fields);
    }
    write_lines(context, object, fields);
    if (!daemon.has_value()) {
        return std::unexpected(daemon_error(settings->control, daemon.error()));
    }
    if (!store.has_value() && is_closed_to_us(settings->store.path)) {
        // The daemon itself reports the state of its store.
        context.err << fmt::format("holdbackctl: {}; what it holds is not shown\n",
                                   for_people(store.error().text));
        return Exit::Done;
    }
    if (!store.has_value()) {
        return std::unexpected(store.error());
    }
    return Exit::Done;
}

CommandResult metrics(const CommandContext& context) {
    const auto lines = ask(context, {"metrics"});
    if (!lines.has_value()) {
        return std::unexpected(lines.error());
    }
    for (const ControlLine& line : *lines) {
        context.out << line.front() << '\n';
    }
    return Exit::Done;
}

CommandResult reload(const CommandContext& context) {
    const auto lines = command(context, {"reload"});
    if (!lines.has_value()) {
        return std::unexpected(lines.error());
    }
    Json changed = Json::array();
    Json waiting = Json::array();
    std::string text;
    for (const ControlLine& line : *lines) {
        if (line.size() != 4) {
            continue;
        }
        const bool waits = line[0] == "waits";
        (waits ? waiting : changed)
            .push_back({{"key", line[1]}, {"old", line[2]}, {"new", line[3]}});
        text += fmt::format("{}{}: {} -> {}\n",
                            waits ? "takes effect at the next start: " : "",
                            for_people(line[1]),
                            for_people(line[2]),
                            for_people(line[3]));
    }
    if (context.json()) {
        write_json(context.out, {{"reloaded", true}, {"changed", changed}, {"waiting", waiting}});
    } else {
        context.out << text << "reloaded\n";
    }
    return Exit::Done;
}

CommandResult cache_show(const CommandContext& context) {
    const auto lines = ask(context, {"cache-show"});
    if (!lines.has_value()) {
        return std::unexpected(lines.error());
    }
    Json object = Json::object();
    FieldList fields;
    add_lines(*lines, object, fields);
    write_lines(context, object, fields);
    return Exit::Done;
}

CommandResult cache_clear(const CommandContext& context) {
    const auto lines = command(context, {"cache-clear"});
    if (!lines.has_value()) {
        return std::unexpected(lines.error());
    }
    if (context.json()) {
        write_json(context.out, {{"cleared", true}});
    } else {
        context.out << "cleared\n";
    }
    return Exit::Done;
}

}  // namespace holdback::milter::ctl
