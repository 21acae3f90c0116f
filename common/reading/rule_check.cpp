// SPDX-License-Identifier: Apache-2.0
#include "reading/rule_check.hpp"

#include "core/result.hpp"
#include "core/text.hpp"
#include "mail/enhanced_status.hpp"
#include "reading/rule_set.hpp"
#include "reading/rule_shadow.hpp"
#include "reading/rule_text.hpp"

#include <algorithm>
#include <cstddef>
#include <expected>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

namespace holdback::reading {

namespace {

/// Octets of a message, which may quote a long pattern.
constexpr std::size_t kMostMessage = 1000;

/// Reads an example. Its codes are text, so that they are checked with the rest of the rule.
core::Result<RuleInput, std::string> input_of(const RuleExample& example) {
    const QuotedCodes quoted = quoted_codes(example.text);
    RuleInput input{.reply_code = quoted.reply_code,
                    .status = quoted.status,
                    .text = example.text,
                    .remote_mta = example.remote_mta,
                    .reporting_mta = example.reporting_mta};
    if (!example.reply.empty()) {
        const auto code = core::parse_decimal(example.reply);
        if (!code.has_value() || example.reply.size() != 3) {
            return std::unexpected(fmt::format("\"{}\" is not a reply code", example.reply));
        }
        input.reply_code = static_cast<int>(*code);
    }
    if (!example.status.empty()) {
        const auto status = mail::EnhancedStatus::parse(example.status);
        if (!status.has_value()) {
            return std::unexpected(fmt::format("\"{}\" is not an enhanced status", example.status));
        }
        input.status = *status;
    }
    return input;
}

bool overrides(const Rule& winner, const Rule& loser) {
    return std::ranges::find(winner.overrides, loser.id) != winner.overrides.end();
}

/// True for "spam" or "\bspam\b": the letters of one word and nothing else.
bool is_bare_word(std::string_view pattern) {
    while (pattern.starts_with("\\b")) {
        pattern.remove_prefix(2);
    }
    while (pattern.ends_with("\\b")) {
        pattern.remove_suffix(2);
    }
    return std::ranges::all_of(pattern, core::is_ascii_alpha);
}

bool reads_words_alone(const Rule& rule) {
    return rule.provider.empty() && rule.remote_mta.empty() && rule.reporting_mta.empty() &&
           rule.reply.empty() && rule.status.empty();
}

class Checker {
public:
    explicit Checker(const RuleSet& set) : set_(set) {}

    RuleFindings check() {
        found_.errors = set_.pattern_errors();
        if (!found_.errors.empty()) {
            return found_;
        }
        for (std::size_t i = 0; i < set_.rules().size(); ++i) {
            const Rule& rule = set_.rules()[i];
            check_patterns(rule);
            if (!is_shadowed(i)) {
                for (const RuleExample& example : rule.expect) {
                    check_example(rule, example);
                }
            }
        }
        check_shared_patterns();
        return found_;
    }

private:
    static RuleError finding(const Rule& rule, int line, const std::string& message) {
        return {rule.file,
                line == 0 ? rule.line : line,
                core::printable(fmt::format("rule {}", rule.id) + message, kMostMessage)};
    }

    /// A local rule may come before a shipped one, so this is only a warning.
    void add(const Rule& winner, const Rule& loser, RuleError error) {
        (winner.local && !loser.local ? found_.warnings : found_.errors)
            .push_back(std::move(error));
    }

    void check_patterns(const Rule& rule) {
        for (const std::string& pattern : rule.text) {
            if (pattern.size() > kLongestPattern) {
                found_.errors.push_back(finding(
                    rule,
                    0,
                    fmt::format(
                        ": a pattern has at most {} octets: \"{}\"", kLongestPattern, pattern)));
            }
            if (reads_words_alone(rule) && is_bare_word(pattern)) {
                found_.warnings.push_back(
                    finding(rule, 0, fmt::format(": the word \"{}\" decides alone", pattern)));
            }
        }
    }

    /// True when an earlier rule always wins in place of this one.
    bool is_shadowed(std::size_t index) {
        const Rule& rule = set_.rules()[index];
        for (std::size_t i = 0; i < index; ++i) {
            const Rule& earlier = set_.rules()[i];
            if (shadows(earlier, rule) && !overrides(earlier, rule)) {
                add(earlier,
                    rule,
                    finding(rule,
                            0,
                            fmt::format(" is shadowed by rule {} ({}:{}): it can never win",
                                        earlier.id,
                                        earlier.file,
                                        earlier.line)));
                return true;
            }
        }
        return false;
    }

    void check_example(const Rule& rule, const RuleExample& example) {
        const auto input = input_of(example);
        if (!input.has_value()) {
            found_.errors.push_back(finding(rule, example.line, ": bad example: " + input.error()));
            return;
        }
        const auto winner = set_.match(*input);
        if (!winner.has_value()) {
            found_.errors.push_back(finding(
                rule,
                example.line,
                fmt::format(": its own matchers do not fit the example \"{}\"", example.text)));
        } else if (winner->rule->id != rule.id && !overrides(*winner->rule, rule)) {
            add(*winner->rule,
                rule,
                finding(rule,
                        example.line,
                        fmt::format(": the example \"{}\" is won by rule {} ({}:{})",
                                    example.text,
                                    winner->rule->id,
                                    winner->rule->file,
                                    winner->rule->line)));
        }
    }

    /// Warns of a pattern with two codes, where nothing else tells the two rules apart.
    void check_shared_patterns() {
        std::map<std::string_view, const Rule*> seen;
        for (const Rule& rule : set_.rules()) {
            for (const std::string& pattern : rule.text) {
                const auto [first, fresh] = seen.emplace(pattern, &rule);
                const Rule& earlier = *first->second;
                if (fresh || earlier.code == rule.code || earlier.provider != rule.provider ||
                    !rule.reply.empty() || !rule.status.empty() || !earlier.reply.empty() ||
                    !earlier.status.empty() || overrides(earlier, rule)) {
                    continue;
                }
                found_.warnings.push_back(
                    finding(rule,
                            0,
                            fmt::format(": the pattern \"{}\" means {} in rule {} ({}:{})",
                                        pattern,
                                        earlier.code.number(),
                                        earlier.id,
                                        earlier.file,
                                        earlier.line)));
            }
        }
    }

    const RuleSet& set_;
    RuleFindings found_;
};

}  // namespace

RuleFindings check_rules(const RuleSet& set) {
    return Checker(set).check();
}

}  // namespace holdback::reading
