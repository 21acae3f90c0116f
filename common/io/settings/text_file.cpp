// SPDX-License-Identifier: Apache-2.0
#include "io/settings/text_file.hpp"

#include "core/result.hpp"
#include "core/text.hpp"
#include "io/settings/toml_document.hpp"

#include <cerrno>
#include <cstddef>
#include <expected>
#include <fstream>
#include <ios>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include <fmt/format.h>

namespace holdback::io::settings {

namespace {

constexpr std::size_t kMostOctets = std::size_t{16} * 1024 * 1024;

}  // namespace

core::Result<std::string, FileError> read_text_file(const std::string& path) {
    const auto unreadable = [&](int error) {
        return std::unexpected(FileError{
            {path, 0}, fmt::format("cannot read: {}", std::generic_category().message(error))});
    };
    errno = 0;
    std::ifstream stream(path, std::ios::binary);
    if (!stream.is_open()) {
        return unreadable(errno);
    }
    std::string text;
    std::string piece(std::size_t{64} * 1024, '\0');
    while (stream.good() && text.size() <= kMostOctets) {
        stream.read(piece.data(), static_cast<std::streamsize>(piece.size()));
        text.append(piece, 0, static_cast<std::size_t>(stream.gcount()));
    }
    if (text.size() > kMostOctets) {
        return std::unexpected(FileError{{path, 0}, "cannot read: larger than 16 MiB"});
    }
    if (!stream.eof()) {
        return unreadable(errno == 0 ? EIO : errno);
    }
    return text;
}

std::vector<ListEntry> list_entries(std::string_view text) {
    std::vector<ListEntry> entries;
    int line = 0;
    for (const std::string_view each : core::split(text, '\n')) {
        ++line;
        const std::string_view entry = core::trim(each.substr(0, each.find('#')));
        if (!entry.empty()) {
            entries.push_back({.text = entry, .line = line});
        }
    }
    return entries;
}

}  // namespace holdback::io::settings
