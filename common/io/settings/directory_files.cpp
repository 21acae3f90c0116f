// SPDX-License-Identifier: Apache-2.0
#include "io/settings/directory_files.hpp"

#include "core/result.hpp"
#include "io/settings/toml_document.hpp"

#include <algorithm>
#include <expected>
#include <filesystem>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include <fmt/format.h>

namespace holdback::io::settings {

core::Result<std::vector<std::string>, FileError> files_in(const std::string& directory,
                                                           std::string_view extension) {
    std::error_code error;
    std::vector<std::string> files;
    std::filesystem::directory_iterator at(directory, error);
    while (!error && at != std::filesystem::directory_iterator()) {
        const std::filesystem::path& path = at->path();
        const bool hidden = path.filename().string().starts_with('.');
        if (path.extension().string() == extension && !hidden) {
            files.push_back(path.string());
        }
        at.increment(error);
    }
    if (error) {
        return std::unexpected(
            FileError{{directory, 0}, fmt::format("cannot read: {}", error.message())});
    }
    std::ranges::sort(files);
    return files;
}

}  // namespace holdback::io::settings
