// SPDX-License-Identifier: Apache-2.0
#pragma once
// notices.d: turns TOML files into the words of notices.

#include "config/settings.hpp"
#include "core/result.hpp"
#include "io/settings/toml_access.hpp"
#include "letters/notice_texts.hpp"

#include <string_view>

namespace holdback::io::settings {

/// Reads one file's text into the tables. Its texts replace those known for the language. A new
/// language may lack some texts; the English ones then stand in.
[[nodiscard]] FileErrors read_notice_texts(std::string_view text,
                                           std::string_view name,
                                           letters::NoticeLanguages& languages);

/// Reads every `*.conf` of `texts`, then of `local_texts`, in lexical order of the file names. An
/// absent directory has no files. A language of the settings without a table is an error.
[[nodiscard]] core::Result<letters::NoticeLanguages, FileErrors> load_notice_texts(
    const config::NoticeSettings& settings);

}  // namespace holdback::io::settings
