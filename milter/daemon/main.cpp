// SPDX-License-Identifier: Apache-2.0
// The daemon: options, then wiring.

#include "config/settings.hpp"
#include "config/unit_sandbox.hpp"
#include "core/result.hpp"
#include "io/settings/rules_file.hpp"
#include "io/settings/settings_file.hpp"
#include "io/settings/toml_access.hpp"
#include "io/settings/toml_document.hpp"
#include "io/system/log_setup.hpp"
#include "io/system/service_manager.hpp"
#include "io/system/unit_files.hpp"
#include "milter/daemon/app.hpp"
#include "milter/daemon/descriptors.hpp"
#include "milter/daemon/listener.hpp"
#include "milter/daemon/process.hpp"
#include "milter/load.hpp"
#include "milter/places.hpp"
#include "milter/spool_guard.hpp"
#include "milter/version.hpp"

#include <cstdio>
#include <exception>
#include <expected>
#include <filesystem>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <sysexits.h>
#include <thread>
#include <unistd.h>
#include <utility>

#include <fmt/format.h>

namespace {

using namespace holdback;
using namespace holdback::milter;
using namespace holdback::milter::daemon;

struct Options {
    std::string settings = io::settings::default_settings_path();
    bool check = false;
    bool background = false;
    bool version = false;
};

/// The reason why the daemon does not start.
struct Refusal {
    int status;
    std::string text;
};

constexpr std::string_view kUsage = "usage: holdback [-dtV] [-c file]";

std::optional<Options> read_options(int argc, char** argv) {
    Options options;
    int option = 0;
    // NOLINTNEXTLINE(concurrency-mt-unsafe): no threads yet
    while ((option = getopt(argc, argv, "c:dtV")) != -1) {
        switch (option) {
            case 'c':
                options.settings = optarg;
                break;
            case 'd':
                options.background = true;
                break;
            case 't':
                options.check = true;
                break;
            case 'V':
                options.version = true;
                break;
            default:
                return std::nullopt;
        }
    }
    if (optind != argc) {
        return std::nullopt;
    }
    return options;
}

/// The account that the settings name; nullopt: we stay as we are.
core::Result<std::optional<Account>, Refusal> account_for(const config::MilterSettings& settings) {
    if (geteuid() != 0 || settings.user.empty()) {
        return std::optional<Account>();
    }
    auto account = find_account(settings.user);
    if (!account.has_value()) {
        return std::unexpected(Refusal{
            EX_NOUSER,
            fmt::format("there is no user {}: make it, or set [milter] user", settings.user)});
    }
    return account;
}

/// Makes the directories that the daemon writes to, while we still may.
core::Result<void, Refusal> make_directories(const config::Settings& settings,
                                             const std::optional<Account>& account) {
    if (!account.has_value()) {
        return {};
    }
    for (const std::string& file :
         {settings.store.path, settings.hold.spool, settings.control.socket}) {
        const std::string directory = std::filesystem::path(file).parent_path().string();
        if (auto made = make_directory_for(directory, *account); !made.has_value()) {
            return std::unexpected(Refusal{EX_CANTCREAT, std::move(made.error())});
        }
    }
    return {};
}

/// The id of the group that a key names; nullopt when the name is empty.
core::Result<std::optional<unsigned>, Refusal> group_for(const std::string& name,
                                                         std::string_view key) {
    if (name.empty()) {
        return std::nullopt;
    }
    const std::optional<unsigned> group = find_group(name);
    if (!group.has_value()) {
        return std::unexpected(
            Refusal{EX_CONFIG, fmt::format("there is no group {}: set {}", name, key)});
    }
    return group;
}

core::Result<AppSockets, Refusal> open_sockets(const config::Settings& settings,
                                               const std::optional<Account>& account) {
    constexpr std::string_view kUnix = "unix:";
    AppSockets sockets;
    std::optional<unsigned> owner;
    if (account.has_value()) {
        owner = account->uid;
    }
    if (settings.milter.socket.starts_with(kUnix)) {
        const auto group = group_for(settings.milter.socket_group, "[milter] socket_group");
        if (!group.has_value()) {
            return std::unexpected(group.error());
        }
        auto opened = Listener::open({.path = settings.milter.socket.substr(kUnix.size()),
                                      .mode = settings.milter.socket_mode,
                                      .owner = owner,
                                      .group = *group});
        if (!opened.has_value()) {
            return std::unexpected(Refusal{EX_UNAVAILABLE, std::move(opened.error())});
        }
        sockets.milter.emplace(*std::move(opened));
    }
    const auto asking = group_for(settings.control.group, "[control] group");
    const auto acting = group_for(settings.control.operators, "[control] operators");
    for (const auto& group : {asking, acting}) {
        if (!group.has_value()) {
            return std::unexpected(group.error());
        }
    }
    sockets.control_groups = {.group = *asking, .operators = *acting};
    const std::optional<unsigned> control_group = asking->has_value() ? *asking : *acting;
    constexpr unsigned kForUs = 0600;
    constexpr unsigned kForTheGroup = 0660;
    auto opened = Listener::open({.path = settings.control.socket,
                                  .mode = control_group.has_value() ? kForTheGroup : kForUs,
                                  .owner = owner,
                                  .group = control_group});
    if (!opened.has_value()) {
        return std::unexpected(Refusal{EX_UNAVAILABLE, std::move(opened.error())});
    }
    sockets.control.emplace(*std::move(opened));
    return sockets;
}

/// Runs until a signal or the milter ends it.
int serve(App& app, const Signals& signals) {
    bool stopping = false;
    std::jthread ending;  // so that another signal is seen while it waits
    while (true) {
        switch (signals.wait()) {
            case Signal::Reload:
                io::system::tell_service_manager(io::system::ServiceState::Reloading);
                app.reload();
                io::system::tell_service_manager(io::system::ServiceState::Ready);
                break;
            case Signal::Stop:
                io::system::tell_service_manager(io::system::ServiceState::Stopping);
                if (std::exchange(stopping, true)) {
                    app.hurry();
                } else {
                    ending = std::jthread([&app] { app.stop(); });
                }
                break;
            case Signal::MilterEnded:
                return stopping ? EX_OK : EX_UNAVAILABLE;
        }
    }
}

int refuse_files(const io::settings::FileErrors& errors) {
    for (const io::settings::FileError& error : errors) {
        fmt::print(stderr, "{}\n", error.text());
    }
    return EX_CONFIG;
}

/// Warns of settings that the systemd unit, if there is one, does not allow.
io::settings::FileErrors beyond_the_unit(const io::settings::SourcedSettings& sourced,
                                         const std::string& path) {
    constexpr std::string_view kUnit = "holdback.service";
    const config::UnitSandbox sandbox = config::unit_sandbox(io::system::read_unit(kUnit));
    io::settings::FileErrors warnings;
    for (const config::Contradiction& each : config::out_of_reach(sourced.settings, sandbox)) {
        const auto place = sourced.places.find(each.key);
        warnings.push_back(
            {place == sourced.places.end() ? io::settings::SourcePlace{path, 0} : place->second,
             fmt::format("{} {}", each.key, each.message)});
    }
    return warnings;
}

/// Checks everything that the settings name: `holdback -t`.
int check_files(const io::settings::SourcedSettings& sourced, const std::string& path) {
    for (const io::settings::FileError& warning : beyond_the_unit(sourced, path)) {
        fmt::print(stderr, "{} (warning)\n", warning.text());
    }
    const auto all = load_snapshot(sourced.settings, {}, io::settings::ShippedRules::WithExamples);
    if (!all.has_value()) {
        return refuse_files(all.error());
    }
    const Findings findings = check_snapshot(**all);
    for (const io::settings::FileError& warning : findings.warnings) {
        fmt::print(stderr, "{} (warning)\n", warning.text());
    }
    return findings.errors.empty() ? EX_OK : refuse_files(findings.errors);
}

/// nullopt: the program stays in the foreground.
core::Result<std::optional<Background>, Refusal> leave_foreground(const Options& options) {
    if (!options.background) {
        return std::nullopt;
    }
    auto entered = Background::enter();
    if (!entered.has_value()) {
        return std::unexpected(Refusal{EX_OSERR, std::move(entered.error())});
    }
    return std::optional<Background>(*std::move(entered));
}

core::Result<int, Refusal> run(const Options& options) {
    const auto sourced = io::settings::load_sourced_settings(options.settings);
    if (!sourced.has_value()) {
        return refuse_files(sourced.error());
    }
    if (options.check) {
        return check_files(*sourced, options.settings);
    }
    const config::Settings* const settings = &sourced->settings;
    auto background = leave_foreground(options);
    if (!background.has_value()) {
        return std::unexpected(std::move(background.error()));
    }
    auto account = account_for(settings->milter);
    if (!account.has_value()) {
        return std::unexpected(std::move(account.error()));
    }
    if (auto made = make_directories(*settings, *account); !made.has_value()) {
        return std::unexpected(std::move(made.error()));
    }
    // First, so that an MTA that connects meanwhile waits and lets no mail pass.
    auto sockets = open_sockets(*settings, *account);
    if (!sockets.has_value()) {
        return std::unexpected(std::move(sockets.error()));
    }
    // Read the MTA's configuration while we are root, who may read all of it.
    auto snapshot = load_snapshot(*settings, {.names = read_mta_now, .logins = read_logins_now});
    if (!snapshot.has_value()) {
        return refuse_files(snapshot.error());
    }
    if (const std::optional<Account>& who = *account; who.has_value()) {
        if (auto became = become(*who); !became.has_value()) {
            return std::unexpected(Refusal{EX_NOPERM, std::move(became.error())});
        }
    }
    raise_descriptor_limit();
    auto log = io::system::make_log(settings->log);
    if (!log.has_value()) {
        return std::unexpected(Refusal{EX_CANTCREAT, log.error().message});
    }
    const auto signals = Signals::install();
    if (!signals.has_value()) {
        return std::unexpected(Refusal{EX_OSERR, signals.error()});
    }
    // The handlers run only in this thread.
    std::optional<SignalsBlocked> blocked(std::in_place);
    App app(options.settings, *snapshot, *std::move(sockets), *std::move(log));
    std::future<bool> ready = app.start([](bool /*ended_well*/) { Signals::milter_ended(); });
    // Not only when the milter listens: libmilter's thread would take a signal that comes then.
    blocked.reset();
    if (ready.get()) {
        if (std::optional<Background>& child = *background; child.has_value()) {
            child->ready();
        }
        io::system::tell_service_manager(io::system::ServiceState::Ready);
    }
    return serve(app, *signals);
}

}  // namespace

int main(int argc, char** argv) {
    try {
        const auto options = read_options(argc, argv);
        if (!options.has_value()) {
            fmt::print(stderr, "{}\n", kUsage);
            return EX_USAGE;
        }
        if (options->version) {
            fmt::print("holdback {}\n{}", kVersion, places_text(options->settings));
            return EX_OK;
        }
        const auto ended = run(*options);
        if (ended.has_value()) {
            return *ended;
        }
        fmt::print(stderr, "holdback: {}\n", ended.error().text);
        return ended.error().status;
    } catch (const StartRefusal& refusal) {
        static_cast<void>(std::fputs("holdback: ", stderr));
        static_cast<void>(std::fputs(refusal.what(), stderr));
        static_cast<void>(std::fputs("\n", stderr));
        return EX_CONFIG;
    } catch (const std::exception& error) {
        static_cast<void>(std::fputs("holdback: ", stderr));
        static_cast<void>(std::fputs(error.what(), stderr));
        static_cast<void>(std::fputs("\n", stderr));
        return EX_UNAVAILABLE;
    }
}
