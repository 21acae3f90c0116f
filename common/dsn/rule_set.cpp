// SPDX-License-Identifier: Apache-2.0
#include "dsn/rule_set.hpp"

#include "core/result.hpp"
#include "core/text.hpp"
#include "dsn/pattern_set.hpp"
#include "dsn/rule_shadow.hpp"
#include "dsn/rule_text.hpp"
#include "mail/enhanced_status.hpp"
#include "mail/failure_code.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <expected>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

namespace holdback::dsn {

namespace {

/// Octets of an error message: a pattern that is quoted in it may be long.
constexpr std::size_t kMostMessage = 1000;

/// "550", "55?", "5??": three places, each a digit or a question mark.
bool is_reply_pattern(std::string_view pattern) {
    return pattern.size() == 3 &&
           std::ranges::all_of(pattern, [](char c) { return core::is_ascii_digit(c) || c == '?'; });
}

bool reply_matches(std::string_view pattern, int reply_code) {
    for (std::size_t place = pattern.size(); place > 0; --place) {
        const char wanted = pattern[place - 1];
        if (wanted != '?' && wanted - '0' != reply_code % 10) {
            return false;
        }
        reply_code /= 10;
    }
    return true;
}

/// One of the three places of a status pattern; nullopt for "*".
using StatusPart = std::optional<int>;
using StatusPattern = std::array<StatusPart, 3>;

std::optional<StatusPattern> parse_status_pattern(std::string_view text) {
    const auto parts = core::split(text, '.');
    if (parts.size() != 3) {
        return std::nullopt;
    }
    StatusPattern pattern;
    for (std::size_t i = 0; i < 3; ++i) {
        if (parts[i] == "*") {
            continue;
        }
        const auto number = core::parse_decimal(parts[i]);
        if (!number.has_value() || *number > 999) {
            return std::nullopt;
        }
        pattern.at(i) = static_cast<int>(*number);
    }
    return pattern;
}

bool status_matches(const StatusPattern& pattern, const mail::EnhancedStatus& status) {
    const std::array<int, 3> have{status.status_class(), status.subject(), status.detail()};
    return std::ranges::equal(pattern, have, [](const StatusPart& wanted, int part) {
        return !wanted.has_value() || *wanted == part;
    });
}

bool is_id(std::string_view id) {
    return !id.empty() && std::ranges::all_of(id, [](char c) {
        return core::is_ascii_alpha(c) || core::is_ascii_digit(c) || c == '/' || c == '.' ||
               c == '_' || c == '-';
    });
}

/// The numbers of patterns of which one has to match; empty: anything does.
using AnyOf = std::vector<std::size_t>;

/// The compiled matchers of one rule.
struct Matcher {
    AnyOf text;
    AnyOf remote_mta;
    AnyOf reporting_mta;
    std::vector<StatusPattern> status;
};

bool fits(const AnyOf& patterns, PatternMatches& text) {
    return patterns.empty() || std::ranges::any_of(patterns, [&text](std::size_t pattern) {
               return text.has(pattern);
           });
}

/// False when none can match, which is known at little cost.
bool may_fit(const AnyOf& patterns, PatternMatches& text) {
    return patterns.empty() || std::ranges::any_of(patterns, [&text](std::size_t pattern) {
               return text.may_have(pattern);
           });
}

bool reply_fits(const Rule& rule, const RuleInput& input) {
    return rule.reply.empty() ||
           (input.reply_code != 0 &&
            std::ranges::any_of(rule.reply, [&input](const std::string& pattern) {
                return reply_matches(pattern, input.reply_code);
            }));
}

bool status_fits(const Matcher& matcher, const RuleInput& input) {
    return matcher.status.empty() ||
           (input.status.has_value() &&
            std::ranges::any_of(matcher.status, [&input](const StatusPattern& pattern) {
                return status_matches(pattern, *input.status);
            }));
}

}  // namespace

struct RuleSet::Compiled {
    std::vector<Rule> rules;
    std::vector<Matcher> matchers;  ///< one per rule
    PatternSet texts;
    PatternSet names;  ///< of MTAs

    /// Compiles one rule; what is wrong with it goes to `errors`.
    void add(const Rule& rule, const mail::CodeCatalogue& codes, std::vector<RuleError>& errors);
};

void RuleSet::Compiled::add(const Rule& rule,
                            const mail::CodeCatalogue& codes,
                            std::vector<RuleError>& errors) {
    const auto wrong = [&](std::string_view message) {
        errors.push_back(
            {rule.file,
             rule.line,
             core::printable(fmt::format("rule {}: {}", rule.id, message), kMostMessage)});
    };
    const auto patterns =
        [&](PatternSet& set, const std::vector<std::string>& sources, std::string_view key) {
            AnyOf numbers;
            for (const std::string& source : sources) {
                if (const auto number = set.add(source); number.has_value()) {
                    numbers.push_back(*number);
                } else {
                    wrong(fmt::format("bad pattern in {}: {}", key, number.error()));
                }
            }
            return numbers;
        };
    if (!is_id(rule.id)) {
        wrong("an id is made of letters, digits and / . _ -");
    }
    if (codes.find(rule.code) == nullptr) {
        wrong(fmt::format("unknown code {}", rule.code.number()));
    }
    if (!rule.reads_text() && rule.reply.empty() && rule.status.empty()) {
        wrong("nothing to match on");
    }
    if (rule.expect.empty()) {
        wrong("no example in expect");
    }
    Matcher matcher{.text = patterns(texts, rule.text, "text"),
                    .remote_mta = patterns(names, rule.remote_mta, "remote_mta"),
                    .reporting_mta = patterns(names, rule.reporting_mta, "reporting_mta"),
                    .status = {}};
    for (const std::string& reply : rule.reply) {
        if (!is_reply_pattern(reply)) {
            wrong(fmt::format("\"{}\" is no reply code like 550 or 55?", reply));
        }
    }
    for (const std::string& status : rule.status) {
        if (const auto parsed = parse_status_pattern(status); parsed.has_value()) {
            matcher.status.push_back(*parsed);
        } else {
            wrong(fmt::format("\"{}\" is no enhanced status like 5.1.1 or 5.7.*", status));
        }
    }
    matchers.push_back(std::move(matcher));
}

namespace {

/// Examples state codes as text, so that they can be checked with the rest of the rule.
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
            return std::unexpected(fmt::format("\"{}\" is no reply code", example.reply));
        }
        input.reply_code = static_cast<int>(*code);
    }
    if (!example.status.empty()) {
        const auto status = mail::EnhancedStatus::parse(example.status);
        if (!status.has_value()) {
            return std::unexpected(fmt::format("\"{}\" is no enhanced status", example.status));
        }
        input.status = *status;
    }
    return input;
}

bool overrides(const Rule& rule, const Rule& other) {
    return std::ranges::find(rule.overrides, other.id) != rule.overrides.end();
}

/// The rule before the one at `index` that always wins in its place; nullptr when there is none.
const Rule* shadow_on(const std::vector<Rule>& rules, std::size_t index) {
    const Rule& rule = rules[index];
    for (std::size_t i = 0; i < index; ++i) {
        if (shadows(rules[i], rule) && !overrides(rules[i], rule)) {
            return &rules[i];
        }
    }
    return nullptr;
}

/// What goes wrong when a rule's example is tried on the whole set; empty when the rule wins.
std::string verdict_on(const RuleSet& set, const Rule& rule, const RuleExample& example) {
    const auto input = input_of(example);
    if (!input.has_value()) {
        return fmt::format("rule {}: bad example: {}", rule.id, input.error());
    }
    const auto winner = set.match(*input);
    if (!winner.has_value()) {
        return fmt::format(
            "rule {}: its own matchers do not fit the example \"{}\"", rule.id, example.text);
    }
    if (winner->rule->id == rule.id || overrides(*winner->rule, rule)) {
        return {};
    }
    return fmt::format("rule {}: the example \"{}\" is won by rule {} ({}:{})",
                       rule.id,
                       example.text,
                       winner->rule->id,
                       winner->rule->file,
                       winner->rule->line);
}

void find_repeated_ids(const std::vector<Rule>& rules, std::vector<RuleError>& errors) {
    std::map<std::string_view, const Rule*> seen;
    for (const Rule& rule : rules) {
        const auto [first, fresh] = seen.emplace(rule.id, &rule);
        if (!fresh) {
            errors.push_back({rule.file,
                              rule.line,
                              fmt::format("the id {} stands at {}:{} already",
                                          core::printable(rule.id),
                                          first->second->file,
                                          first->second->line)});
        }
    }
}

}  // namespace

RuleSet::RuleSet(std::unique_ptr<Compiled> compiled) : compiled_(std::move(compiled)) {}
RuleSet::RuleSet(RuleSet&&) noexcept = default;
RuleSet& RuleSet::operator=(RuleSet&&) noexcept = default;
RuleSet::~RuleSet() = default;

core::Result<RuleSet, std::vector<RuleError>> RuleSet::make(std::vector<Rule> rules,
                                                            const mail::CodeCatalogue& codes) {
    std::vector<RuleError> errors;
    auto compiled = std::make_unique<Compiled>();
    compiled->rules = std::move(rules);
    find_repeated_ids(compiled->rules, errors);
    for (const Rule& rule : compiled->rules) {
        compiled->add(rule, codes, errors);
    }
    // With a broken rule out of the race others win what is not theirs, so examples wait until
    // every rule compiles.
    if (!errors.empty()) {
        return std::unexpected(std::move(errors));
    }
    compiled->texts.finish();
    compiled->names.finish();
    RuleSet set(std::move(compiled));
    for (std::size_t i = 0; i < set.rules().size(); ++i) {
        const Rule& rule = set.rules()[i];
        if (const Rule* shadow = shadow_on(set.rules(), i); shadow != nullptr) {
            const std::string message =
                fmt::format("rule {} is shadowed by rule {} ({}:{}): it can never win",
                            rule.id,
                            shadow->id,
                            shadow->file,
                            shadow->line);
            errors.push_back({rule.file, rule.line, core::printable(message, kMostMessage)});
            continue;
        }
        for (const RuleExample& example : rule.expect) {
            const std::string verdict = verdict_on(set, rule, example);
            if (!verdict.empty()) {
                const int line = example.line == 0 ? rule.line : example.line;
                errors.push_back({rule.file, line, core::printable(verdict, kMostMessage)});
            }
        }
    }
    if (!errors.empty()) {
        return std::unexpected(std::move(errors));
    }
    return set;
}

std::optional<RuleMatch> RuleSet::match(const RuleInput& input) const {
    const std::string plain_text = rule_text(input.text);
    const std::string plain_remote = rule_text(input.remote_mta);
    const std::string plain_reporting = rule_text(input.reporting_mta);
    PatternMatches text(compiled_->texts, plain_text);
    PatternMatches remote_mta(compiled_->names, plain_remote);
    PatternMatches reporting_mta(compiled_->names, plain_reporting);
    for (std::size_t i = 0; i < compiled_->rules.size(); ++i) {
        const Rule& rule = compiled_->rules[i];
        const Matcher& matcher = compiled_->matchers[i];
        if (may_fit(matcher.text, text) && reply_fits(rule, input) && status_fits(matcher, input) &&
            fits(matcher.text, text) && fits(matcher.remote_mta, remote_mta) &&
            fits(matcher.reporting_mta, reporting_mta)) {
            return RuleMatch{i, &rule};
        }
    }
    return std::nullopt;
}

const std::vector<Rule>& RuleSet::rules() const {
    return compiled_->rules;
}

}  // namespace holdback::dsn
