// SPDX-License-Identifier: Apache-2.0
#pragma once
// codes.conf and rules.d: TOML files become the code catalogue and the rule set.

#include "core/result.hpp"
#include "dsn/rule_set.hpp"
#include "io/toml_document.hpp"
#include "mail/failure_code.hpp"

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace holdback::io {

/// Every mistake in the files, in their order, so that they can be mended in one go.
using FileErrors = std::vector<FileError>;

/// Reads the code catalogue from a file.
[[nodiscard]] core::Result<mail::CodeCatalogue, FileErrors> read_codes(const std::string& path);

/// The same from a text; `name` stands for the file in messages.
[[nodiscard]] core::Result<mail::CodeCatalogue, FileErrors> read_codes_text(std::string_view text,
                                                                            std::string_view name);

/// Reads the rules of one file's text, in their order. Says nothing yet about patterns and
/// examples.
[[nodiscard]] core::Result<std::vector<dsn::Rule>, FileErrors> read_rules_text(
    std::string_view text, std::string_view name, const mail::CodeCatalogue& codes);

/// Reads every `*.conf` of the directories, the first directory first and within each in lexical
/// order of the file names, and compiles the rules with their examples. A directory that can't be
/// read is an error; one without rules is not.
[[nodiscard]] core::Result<dsn::RuleSet, FileErrors> load_rules(
    std::span<const std::string> directories, const mail::CodeCatalogue& codes);

}  // namespace holdback::io
