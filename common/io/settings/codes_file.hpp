// SPDX-License-Identifier: Apache-2.0
#pragma once
// codes.conf: the shipped code catalogue, with what an administrator changes and adds.

#include "core/result.hpp"
#include "io/settings/toml_access.hpp"
#include "terms/failure_code.hpp"

#include <string>
#include <string_view>

namespace holdback::io::settings {

/// Reads a whole catalogue from a file.
[[nodiscard]] core::Result<terms::CodeCatalogue, FileErrors> read_codes(const std::string& path);

/// The same from a text; `name` stands for the file in messages.
[[nodiscard]] core::Result<terms::CodeCatalogue, FileErrors> read_codes_text(std::string_view text,
                                                                             std::string_view name);

/// `shipped`, amended by the text. A code of `shipped` takes only the keys that change (class and
/// parent are fixed); a new code takes all keys and a parent.
[[nodiscard]] core::Result<terms::CodeCatalogue, FileErrors> amend_codes_text(
    const terms::CodeCatalogue& shipped, std::string_view text, std::string_view name);

/// The catalogue of `path`, amended by the file `local`; an absent one changes nothing.
[[nodiscard]] core::Result<terms::CodeCatalogue, FileErrors> load_codes(const std::string& path,
                                                                        const std::string& local);

}  // namespace holdback::io::settings
