// SPDX-License-Identifier: Apache-2.0
#pragma once
// lexicon.d: turns files of word lists into the lexicon.

#include "core/result.hpp"
#include "io/settings/toml_access.hpp"
#include "reading/lexicon.hpp"
#include "terms/failure_code.hpp"

#include <string>

namespace holdback::io::settings {

/// Reads every `*.words` of the shipped directory and of the administrator's, which may be absent,
/// each in lexical order of the file names. For a phrase in both, the administrator's counts. A
/// shipped directory that can't be read is an error.
[[nodiscard]] core::Result<reading::Lexicon, FileErrors> load_lexicon(
    const std::string& shipped, const std::string& local, const terms::CodeCatalogue& codes);

}  // namespace holdback::io::settings
