// SPDX-License-Identifier: Apache-2.0
#pragma once
// notices.d: TOML files become the words of notices.

#include "config/settings.hpp"
#include "core/result.hpp"
#include "io/settings/toml_access.hpp"
#include "letters/notice_texts.hpp"

#include <string>
#include <string_view>

namespace holdback::io::settings {

/// Reads one file's text into the tables. A text that stands there takes the place of one that is
/// known for the language. A language that is new may lack some, for which the English ones stand
/// in.
[[nodiscard]] FileErrors read_notice_texts(std::string_view text,
                                           std::string_view name,
                                           letters::NoticeLanguages& languages);

/// Reads every `*.conf` of `texts`, then of `local_texts`, in lexical order of the file names. A
/// directory that is absent has none; that a language of the settings has no table is an error.
[[nodiscard]] core::Result<letters::NoticeLanguages, FileErrors> load_notice_texts(
    const config::NoticeSettings& settings);

}  // namespace holdback::io::settings
