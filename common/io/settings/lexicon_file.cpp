// SPDX-License-Identifier: Apache-2.0
#include "io/settings/lexicon_file.hpp"

#include "core/result.hpp"
#include "core/text.hpp"
#include "io/settings/directory_files.hpp"
#include "io/settings/toml_access.hpp"
#include "reading/lexicon.hpp"
#include "terms/failure_code.hpp"

#include <cstddef>
#include <cstdint>
#include <expected>
#include <filesystem>
#include <fstream>
#include <ios>
#include <optional>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

namespace holdback::io::settings {

namespace {

/// The content of the file, without a copy on the way.
std::optional<std::string> octets_of(const std::string& path) {
    std::error_code error;
    const std::uintmax_t size = std::filesystem::file_size(path, error);
    std::ifstream stream(path, std::ios::binary);
    if (error || !stream.is_open()) {
        return std::nullopt;
    }
    std::string text(size, '\0');
    stream.read(text.data(), static_cast<std::streamsize>(size));
    text.resize(static_cast<std::size_t>(stream.gcount()));
    return stream.bad() ? std::nullopt : std::optional(std::move(text));
}

void read_directory(const std::string& directory,
                    bool local,
                    std::vector<reading::WordFile>& files,
                    FileErrors& errors) {
    const auto paths = files_in(directory, ".words");
    if (!paths.has_value()) {
        errors.push_back(paths.error());
        return;
    }
    for (const std::string& path : *paths) {
        auto text = octets_of(path);
        if (!text.has_value()) {
            errors.push_back({{path, 0}, "cannot read"});
        } else if (local && !core::is_utf8(*text)) {  // a test checks the shipped ones
            errors.push_back({{path, 0}, "is not UTF-8"});
        } else {
            files.push_back({.name = path, .text = *std::move(text), .local = local});
        }
    }
}

}  // namespace

core::Result<reading::Lexicon, FileErrors> load_lexicon(const std::string& shipped,
                                                        const std::string& local,
                                                        const terms::CodeCatalogue& codes) {
    FileErrors errors;
    std::vector<reading::WordFile> files;
    std::error_code error;
    if (!local.empty() && (std::filesystem::exists(local, error) || error)) {
        read_directory(local, true, files, errors);
    }
    read_directory(shipped, false, files, errors);
    if (!errors.empty()) {
        return std::unexpected(std::move(errors));
    }
    auto lexicon = reading::Lexicon::make(std::move(files), codes);
    if (!lexicon.has_value()) {
        for (const reading::LexiconError& wrong : lexicon.error()) {
            errors.push_back({{wrong.file, wrong.line}, wrong.message});
        }
        return std::unexpected(std::move(errors));
    }
    return *std::move(lexicon);
}

}  // namespace holdback::io::settings
