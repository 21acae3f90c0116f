// SPDX-License-Identifier: Apache-2.0
#include "io/lexicon_file.hpp"

#include "core/result.hpp"
#include "core/text.hpp"
#include "dsn/lexicon.hpp"
#include "io/directory_files.hpp"
#include "io/toml_access.hpp"
#include "mail/failure_code.hpp"

#include <expected>
#include <filesystem>
#include <fstream>
#include <ios>
#include <sstream>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

namespace holdback::io {

namespace {

void read_directory(const std::string& directory,
                    bool local,
                    std::vector<dsn::WordFile>& files,
                    FileErrors& errors) {
    const auto paths = files_in(directory, ".words");
    if (!paths.has_value()) {
        errors.push_back(paths.error());
        return;
    }
    for (const std::string& path : *paths) {
        const std::ifstream stream(path, std::ios::binary);
        std::ostringstream text;
        text << stream.rdbuf();
        if (!stream.is_open() || stream.bad()) {
            errors.push_back({{path, 0}, "cannot read"});
        } else if (!core::is_utf8(text.view())) {
            errors.push_back({{path, 0}, "is not UTF-8"});
        } else {
            files.push_back({.name = path, .text = std::move(text).str(), .local = local});
        }
    }
}

}  // namespace

core::Result<dsn::Lexicon, FileErrors> load_lexicon(const std::string& shipped,
                                                    const std::string& local,
                                                    const mail::CodeCatalogue& codes) {
    FileErrors errors;
    std::vector<dsn::WordFile> files;
    std::error_code error;
    if (!local.empty() && (std::filesystem::exists(local, error) || error)) {
        read_directory(local, true, files, errors);
    }
    read_directory(shipped, false, files, errors);
    if (!errors.empty()) {
        return std::unexpected(std::move(errors));
    }
    auto lexicon = dsn::Lexicon::make(files, codes);
    if (!lexicon.has_value()) {
        for (const dsn::LexiconError& wrong : lexicon.error()) {
            errors.push_back({{wrong.file, wrong.line}, wrong.message});
        }
        return std::unexpected(std::move(errors));
    }
    return *std::move(lexicon);
}

}  // namespace holdback::io
