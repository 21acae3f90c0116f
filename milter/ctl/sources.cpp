// SPDX-License-Identifier: Apache-2.0
#include "milter/ctl/sources.hpp"

#include "config/settings.hpp"
#include "core/result.hpp"
#include "flow/snapshot.hpp"
#include "io/settings/codes_file.hpp"
#include "io/settings/rules_file.hpp"
#include "io/settings/settings_file.hpp"
#include "io/settings/toml_access.hpp"
#include "io/settings/toml_document.hpp"
#include "io/sqlite/sqlite_db.hpp"
#include "io/sqlite/sqlite_schema.hpp"
#include "milter/ctl/command.hpp"
#include "milter/ctl/output.hpp"
#include "milter/load.hpp"
#include "terms/failure_code.hpp"

#include <cstddef>
#include <expected>
#include <fcntl.h>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>
#include <utility>
#include <vector>

#include <fmt/format.h>

namespace holdback::milter::ctl {

namespace {

constexpr std::size_t kMostWarningOctets = 1000;

std::string settings_path(const CommandContext& context) {
    if (context.settings_path.has_value()) {
        return *context.settings_path;
    }
    const std::string path = io::settings::default_settings_path();
    std::error_code error;
    const bool absent = !std::filesystem::exists(path, error) && !error;
    return absent ? "/dev/null" : path;
}

/// As root, makes the file for the daemon, which runs as the owner of the directory. Errors show up
/// when the file is opened.
void make_for_daemon(const std::filesystem::path& path) {
    if (geteuid() != 0) {
        return;
    }
    struct stat directory{};
    if (stat(path.parent_path().c_str(), &directory) != 0) {
        return;
    }
    // NOLINTNEXTLINE(cppcoreguidelines-pro-type-vararg): open(2) is declared so
    const int file = open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0640);
    if (file >= 0) {
        static_cast<void>(fchown(file, directory.st_uid, directory.st_gid));
        close(file);
    }
}

}  // namespace

core::Result<config::Settings, CommandError> load_tool_settings(const CommandContext& context) {
    auto sourced = load_tool_settings_sourced(context);
    if (!sourced.has_value()) {
        return std::unexpected(std::move(sourced.error()));
    }
    if (context.socket_path.has_value()) {
        sourced->settings.control.socket = *context.socket_path;
    }
    return std::move(sourced->settings);
}

core::Result<io::settings::SourcedSettings, CommandError> load_tool_settings_sourced(
    const CommandContext& context) {
    auto sourced = io::settings::load_sourced_settings(settings_path(context));
    if (!sourced.has_value()) {
        return std::unexpected(settings_error(sourced.error()));
    }
    return *std::move(sourced);
}

core::Result<config::Settings, CommandError> load_settings_to_look(const CommandContext& context) {
    const std::string path = settings_path(context);
    io::settings::UsableSettings usable = io::settings::load_usable_settings(path);
    std::error_code error;
    if (!std::filesystem::exists(path, error) && !error) {
        return std::unexpected(settings_error(usable.errors));
    }
    if (!usable.errors.empty() && context.wrong_settings != nullptr) {
        *context.wrong_settings = true;
    }
    for (const io::settings::FileError& wrong : usable.errors) {
        context.err << fmt::format("holdbackctl: {} (warning: the other settings count)\n",
                                   for_people(wrong.text(), kMostWarningOctets));
    }
    if (context.socket_path.has_value()) {
        usable.read.settings.control.socket = *context.socket_path;
    }
    return std::move(usable.read.settings);
}

core::Result<terms::CodeCatalogue, CommandError> load_tool_codes(const CommandContext& context) {
    const auto settings = load_tool_settings(context);
    if (!settings.has_value()) {
        return std::unexpected(settings.error());
    }
    auto codes = io::settings::load_codes(settings->codes.file, settings->codes.local_file);
    if (!codes.has_value()) {
        return std::unexpected(settings_error(codes.error()));
    }
    return *std::move(codes);
}

core::Result<std::shared_ptr<const flow::Snapshot>, CommandError> load_tool_snapshot(
    const CommandContext& context) {
    auto snapshot =
        load_snapshot(settings_path(context), {}, io::settings::ShippedRules::WhenAsked);
    if (!snapshot.has_value()) {
        return std::unexpected(settings_error(snapshot.error()));
    }
    // Kept until the tool ends: freeing its tables would be a tenth of the work.
    static auto* const kept =
        std::make_unique<std::vector<std::shared_ptr<const flow::Snapshot>>>().release();
    return kept->emplace_back(*std::move(snapshot));
}

std::optional<CommandError> unknown_code(const CommandContext& context,
                                         const std::optional<terms::FailureCode>& code) {
    if (!code.has_value()) {
        return std::nullopt;
    }
    const auto settings = load_tool_settings(context);
    if (!settings.has_value()) {
        return settings.error();
    }
    const auto codes = io::settings::load_codes(settings->codes.file, settings->codes.local_file);
    if (!codes.has_value()) {
        return settings_error(codes.error());
    }
    return codes->find(*code) != nullptr
               ? std::nullopt
               : std::optional(CommandError{
                     Exit::Usage,
                     fmt::format("--code: the catalogue has no code {}", code->number())});
}

core::Result<std::unique_ptr<io::sqlite::Database>, CommandError> open_store(
    const config::StoreSettings& settings, StoreUse use) {
    std::error_code error;
    const bool is_there = std::filesystem::exists(settings.path, error);
    if (!is_there && !error) {
        if (use == StoreUse::ReadIfAny) {
            return nullptr;
        }
        if (use == StoreUse::Read) {
            return std::unexpected(store_error(fmt::format(
                "{}: there is none yet; the daemon makes it when it first starts", settings.path)));
        }
        make_for_daemon(settings.path);
    }
    try {
        return std::make_unique<io::sqlite::Database>(io::sqlite::DatabaseOptions{
            .path = settings.path,
            .mode = use == StoreUse::Write || use == StoreUse::Import
                        ? io::sqlite::DatabaseMode::ReadWrite
                        : io::sqlite::DatabaseMode::ReadOnly,
            .migrations = io::sqlite::schema_steps(),
            .durability = use == StoreUse::Import ? io::sqlite::Durability::Deferred
                                                  : io::sqlite::Durability::Full,
        });
    } catch (const io::sqlite::DatabaseError& trouble) {
        return std::unexpected(store_error(trouble.what()));
    }
}

CommandError settings_error(const io::settings::FileErrors& errors) {
    std::string text;
    for (const io::settings::FileError& error : errors) {
        text += text.empty() ? "" : "\n";
        text += error.text();
    }
    return {Exit::Settings, std::move(text)};
}

CommandError store_error(std::string_view what) {
    return {Exit::Unavailable, fmt::format("store: {}", what)};
}

}  // namespace holdback::milter::ctl
