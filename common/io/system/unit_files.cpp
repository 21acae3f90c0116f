// SPDX-License-Identifier: Apache-2.0
#include "io/system/unit_files.hpp"

#include "core/text.hpp"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <ios>
#include <map>
#include <optional>
#include <sstream>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include <fmt/format.h>

namespace holdback::io::system {

namespace {

namespace fs = std::filesystem;

/// In order of precedence, the highest first.
std::vector<std::string> unit_directories() {
    // NOLINTNEXTLINE(concurrency-mt-unsafe): nobody sets variables
    const char* const told = std::getenv("SYSTEMD_UNIT_PATH");
    const std::string_view path = told != nullptr && *told != '\0'
                                      ? std::string_view(told)
                                      : "/etc/systemd/system:/run/systemd/system:"
                                        "/usr/local/lib/systemd/system:/usr/lib/systemd/system:"
                                        "/lib/systemd/system";
    std::vector<std::string> directories;
    for (const std::string_view each : core::split(path, ':')) {
        if (!each.empty()) {
            directories.emplace_back(each);
        }
    }
    return directories;
}

std::optional<std::string> text_of(const fs::path& file) {
    const std::ifstream stream(file, std::ios::binary);
    if (!stream.is_open()) {
        return std::nullopt;
    }
    std::ostringstream text;
    text << stream.rdbuf();
    return std::move(text).str();
}

}  // namespace

std::vector<std::string> read_unit(std::string_view name) {
    std::vector<std::string> texts;
    std::map<std::string, fs::path> drop_ins;
    for (const std::string& directory : unit_directories()) {
        const fs::path unit = fs::path(directory) / name;
        if (texts.empty()) {
            if (auto text = text_of(unit)) {
                texts.push_back(*std::move(text));
            }
        }
        std::error_code error;
        fs::directory_iterator entries(unit.string() + ".d", error);
        for (; !error && entries != fs::directory_iterator(); entries.increment(error)) {
            const fs::path& file = entries->path();
            if (file.extension() == ".conf") {
                drop_ins.try_emplace(file.filename().string(), file);
            }
        }
    }
    if (texts.empty()) {
        return texts;
    }
    for (const auto& [base, file] : drop_ins) {
        if (auto text = text_of(file)) {
            texts.push_back(*std::move(text));
        }
    }
    return texts;
}

}  // namespace holdback::io::system
