// SPDX-License-Identifier: Apache-2.0
#include "config/unit_sandbox.hpp"

#include "config/settings.hpp"
#include "core/text.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>

namespace holdback::config {

namespace {

using System = UnitSandbox::System;

/// Keys that make directories for the service, and their places.
struct OwnDirectory {
    std::string_view key;
    std::string_view below;
};
constexpr auto kOwnDirectories = std::to_array<OwnDirectory>({{"StateDirectory", "/var/lib"},
                                                              {"LogsDirectory", "/var/log"},
                                                              {"RuntimeDirectory", "/run"},
                                                              {"CacheDirectory", "/var/cache"}});

constexpr auto kPrograms = std::to_array<std::string_view>({"/usr", "/boot", "/efi"});
constexpr auto kAlwaysOpen =
    std::to_array<std::string_view>({"/dev", "/proc", "/sys", "/tmp", "/var/tmp"});

bool is_below(std::string_view path, std::string_view directory) {
    return path == directory || directory == "/" ||
           (path.starts_with(directory) && path.substr(directory.size()).starts_with('/'));
}

bool is_below_any(std::string_view path, std::span<const std::string_view> directories) {
    return std::ranges::any_of(directories,
                               [path](std::string_view each) { return is_below(path, each); });
}

/// The meaning of a value of ProtectSystem; an unknown value protects nothing.
System system_of(std::string_view value) {
    if (value == "strict") {
        return System::Strict;
    }
    if (value == "full") {
        return System::Full;
    }
    const bool on = value == "yes" || value == "true" || value == "on" || value == "1";
    return on ? System::Programs : System::Open;
}

std::vector<std::string> words_of(std::string_view value) {
    std::vector<std::string> words;
    for (std::string_view word : core::split(value, ' ')) {
        word = core::trim(word);
        if (!word.empty()) {
            words.emplace_back(word);
        }
    }
    return words;
}

class UnitReader {
public:
    void read(std::string_view text) {
        bool is_service = false;
        for (std::string_view line : core::split(text, '\n')) {
            line = core::trim(line);
            if (line.starts_with('[')) {
                is_service = line == "[Service]";
            }
            const std::size_t equals = line.find('=');
            if (is_service && equals != std::string_view::npos) {
                take(core::trim(line.substr(0, equals)), core::trim(line.substr(equals + 1)));
            }
        }
    }

    [[nodiscard]] UnitSandbox finish() const {
        UnitSandbox sandbox{.system = system_, .writable = own_};
        sandbox.writable.insert(sandbox.writable.end(), listed_.begin(), listed_.end());
        return sandbox;
    }

private:
    void take(std::string_view key, std::string_view value) {
        if (key == "ProtectSystem") {
            system_ = system_of(value);
        }
        if (key == "ReadWritePaths") {
            if (value.empty()) {
                listed_.clear();
            }
            for (const std::string& word : words_of(value)) {
                listed_.push_back(word.substr(std::min(word.find('/'), word.size())));
            }
        }
        for (const OwnDirectory& each : kOwnDirectories) {
            if (key == each.key) {
                for (const std::string& word : words_of(value)) {
                    // "NAME:LINK" makes a link beside the directory.
                    own_.push_back(
                        fmt::format("{}/{}", each.below, word.substr(0, word.find(':'))));
                }
            }
        }
    }

    System system_ = System::Open;
    std::vector<std::string> own_;
    std::vector<std::string> listed_;
};

/// A key and the file that it names.
struct NamedFile {
    std::string key;
    std::string path;
};

std::vector<NamedFile> written_files(const Settings& settings) {
    std::vector<NamedFile> files{{"store.path", settings.store.path},
                                 {"hold.spool", settings.hold.spool},
                                 {"control.socket", settings.control.socket}};
    if (settings.store.hash) {
        files.push_back({"store.hash_key", settings.store.hash_key});
    }
    if (settings.seal.enabled) {
        files.push_back({"seal.key", settings.seal.key});
    }
    constexpr std::string_view kUnix = "unix:";
    if (settings.milter.socket.starts_with(kUnix)) {
        files.push_back({"milter.socket", settings.milter.socket.substr(kUnix.size())});
    }
    constexpr std::string_view kFile = "file:";
    if (settings.log.target.starts_with(kFile)) {
        files.push_back({"log.target", settings.log.target.substr(kFile.size())});
    }
    return files;
}

std::string directory_of(std::string_view path) {
    const std::size_t slash = path.rfind('/');
    return std::string(slash == 0 || slash == std::string_view::npos ? "/" : path.substr(0, slash));
}

}  // namespace

bool UnitSandbox::may_write(std::string_view path) const {
    const bool named = std::ranges::any_of(
        writable, [path](const std::string& each) { return is_below(path, each); });
    if (named) {
        return true;
    }
    switch (system) {
        case System::Open:
            return true;
        case System::Programs:
            return !is_below_any(path, kPrograms);
        case System::Full:
            return !is_below_any(path, kPrograms) && !is_below(path, "/etc");
        case System::Strict:
            return is_below_any(path, kAlwaysOpen);
    }
    return true;
}

UnitSandbox unit_sandbox(std::span<const std::string> texts) {
    UnitReader reader;
    for (const std::string& text : texts) {
        reader.read(text);
    }
    return reader.finish();
}

std::vector<Contradiction> out_of_reach(const Settings& settings, const UnitSandbox& sandbox) {
    std::vector<Contradiction> found;
    for (const NamedFile& file : written_files(settings)) {
        if (sandbox.may_write(file.path)) {
            continue;
        }
        found.push_back(
            {.key = file.key,
             .message = fmt::format(
                 "names {}, where holdback.service may not write: name a file below {}, or say "
                 "\"ReadWritePaths={}\" in a drop-in of the unit (systemctl edit holdback)",
                 core::printable(file.path),
                 fmt::join(sandbox.writable, ", "),
                 core::printable(directory_of(file.path)))});
    }
    return found;
}

}  // namespace holdback::config
