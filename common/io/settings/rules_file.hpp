// SPDX-License-Identifier: Apache-2.0
#pragma once
// rules.d: turns TOML files into the rule set.

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

/// The content of one file, in its order.
struct RuleFile {
    std::vector<reading::Rule> rules;
    std::vector<reading::Provider> providers;
};

/// Reads one file's text. Does not check patterns and examples yet.
[[nodiscard]] core::Result<RuleFile, FileErrors> read_rules_text(std::string_view text,
                                                                 std::string_view name,
                                                                 const terms::CodeCatalogue& codes);

/// How much of the shipped rules is read. Parsing them is most of the work of a tool's command.
enum class ShippedRules : std::uint8_t {
    WithExamples,     ///< all, for those who try the examples
    WithoutExamples,  ///< all rules
    WhenAsked,        ///< the rules of a provider when a text of it is first read
};

/// Reads every `*.conf` of the directories, in their order and within each in lexical order of the
/// file names. A rule or a provider replaces those with its id in later directories. All
/// directories but the last are the administrator's. A directory that can't be read is an error;
/// one without rules is not.
[[nodiscard]] core::Result<reading::RuleSet, FileErrors> load_rules(
    std::span<const std::string> directories,
    const terms::CodeCatalogue& codes,
    ShippedRules shipped_rules = ShippedRules::WithExamples);

/// The same for the rules of the administrator, whose directory may be absent, followed by the
/// shipped ones.
[[nodiscard]] core::Result<reading::RuleSet, FileErrors> load_rules(
    const std::string& shipped,
    const std::string& local,
    const terms::CodeCatalogue& codes,
    ShippedRules shipped_rules = ShippedRules::WithExamples);

}  // namespace holdback::io::settings
