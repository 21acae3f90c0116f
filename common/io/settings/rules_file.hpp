// SPDX-License-Identifier: Apache-2.0
#pragma once
// rules.d: TOML files become the rule set.

#include "core/result.hpp"
#include "io/settings/toml_access.hpp"
#include "reading/rule_set.hpp"
#include "terms/failure_code.hpp"

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace holdback::io::settings {

/// What stands in one file, in its order.
struct RuleFile {
    std::vector<reading::Rule> rules;
    std::vector<reading::Provider> providers;
};

/// Reads one file's text. Says nothing yet about patterns and examples.
[[nodiscard]] core::Result<RuleFile, FileErrors> read_rules_text(std::string_view text,
                                                                 std::string_view name,
                                                                 const terms::CodeCatalogue& codes);

/// The examples of the shipped rules: who does not try them need not read them.
enum class Examples : std::uint8_t { Read, LeaveOut };

/// Reads every `*.conf` of the directories, the first directory first and within each in lexical
/// order of the file names. A rule or a provider takes the place of those with its id in the
/// directories behind its own; those of all directories but the last are the administrator's. A
/// directory that can't be read is an error; one without rules is not.
[[nodiscard]] core::Result<reading::RuleSet, FileErrors> load_rules(
    std::span<const std::string> directories,
    const terms::CodeCatalogue& codes,
    Examples examples = Examples::Read);

/// The same for the rules as shipped behind those of the administrator, whose directory may be
/// absent.
[[nodiscard]] core::Result<reading::RuleSet, FileErrors> load_rules(
    const std::string& shipped,
    const std::string& local,
    const terms::CodeCatalogue& codes,
    Examples examples = Examples::Read);

}  // namespace holdback::io::settings
