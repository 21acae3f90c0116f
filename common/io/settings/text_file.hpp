// SPDX-License-Identifier: Apache-2.0
#pragma once
// A text file of the administrator's: a list with an entry a line.

#include "core/result.hpp"
#include "io/settings/toml_document.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace holdback::io::settings {

/// The octets of a file of up to 16 MiB. The error: it cannot be read, or is larger.
[[nodiscard]] core::Result<std::string, FileError> read_text_file(const std::string& path);

/// One entry of a list, and its line.
struct ListEntry {
    std::string_view text;
    int line = 0;
};
/// The entries of a list without white space around them; `#` begins a comment.
[[nodiscard]] std::vector<ListEntry> list_entries(std::string_view text);

}  // namespace holdback::io::settings
