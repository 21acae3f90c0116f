// SPDX-License-Identifier: Apache-2.0
#include "dsn/rule_set.hpp"

#include "core/result.hpp"
#include "core/text.hpp"
#include "dsn/rule_text.hpp"
#include "mail/enhanced_status.hpp"
#include "mail/failure_code.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <re2/re2.h>
#include <re2/stringpiece.h>

namespace holdback::dsn {

namespace {

/// Memory for one pattern and its automaton, so that no rule can eat the machine. RE2 searches on
/// without an automaton when this does not suffice: slower, with the same answer.
constexpr std::int64_t kPatternMemory = std::int64_t{1} * 1024 * 1024;

/// Octets of an error message: a pattern that is quoted in it may be long.
constexpr std::size_t kMostMessage = 1000;

re2::StringPiece piece(std::string_view text) {
    return {text.data(), text.size()};
}

/// A pattern of a rule; one that was left empty matches everything.
///
/// One RE2::Set of all patterns was measured against this and lost: texts differ from each other,
/// so its automaton builds new states for nearly every octet of a new one (5 ms for a text, against
/// 0.5 ms for asking one pattern after the other). It also says "no match" when it runs out of
/// memory, which single patterns never do.
class Pattern {
public:
    Pattern() = default;

    /// The error is RE2's own text.
    [[nodiscard]] static core::Result<Pattern, std::string> make(const std::string& source) {
        Pattern made;
        if (source.empty()) {
            return made;
        }
        RE2::Options options;
        options.set_case_sensitive(false);
        options.set_log_errors(false);
        options.set_never_capture(true);
        options.set_dot_nl(true);
        options.set_max_mem(kPatternMemory);
        made.compiled_ = std::make_unique<RE2>(source, options);
        if (!made.compiled_->ok()) {
            return std::unexpected(made.compiled_->error());
        }
        if (RE2::PartialMatch("", *made.compiled_)) {
            return std::unexpected("it matches the empty text, hence every text");
        }
        return made;
    }

    [[nodiscard]] bool matches(std::string_view text) const {
        return compiled_ == nullptr || RE2::PartialMatch(piece(text), *compiled_);
    }

private:
    std::unique_ptr<RE2> compiled_;
};

/// "550", "55?", "5??": three places, each a digit or a question mark.
bool is_reply_pattern(std::string_view pattern) {
    return pattern.size() == 3 &&
           std::ranges::all_of(pattern, [](char c) { return core::is_ascii_digit(c) || c == '?'; });
}

bool reply_matches(std::string_view pattern, int reply_code) {
    const std::string code = fmt::format("{:03}", reply_code);
    return std::ranges::equal(
        pattern, code, [](char wanted, char digit) { return wanted == '?' || wanted == digit; });
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

/// The compiled matchers of one rule.
struct Matcher {
    Pattern text;
    Pattern remote_mta;
    Pattern reporting_mta;
    std::vector<StatusPattern> status;
};

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
    const auto pattern = [&](const std::string& source, const char* key) {
        auto made = Pattern::make(source);
        if (!made.has_value()) {
            wrong(fmt::format("bad pattern in {}: {}", key, made.error()));
            return Pattern{};
        }
        return *std::move(made);
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
    Matcher matcher{.text = pattern(rule.text, "text"),
                    .remote_mta = pattern(rule.remote_mta, "remote_mta"),
                    .reporting_mta = pattern(rule.reporting_mta, "reporting_mta"),
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
    if (winner->rule->id == rule.id) {
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
    RuleSet set(std::move(compiled));
    for (const Rule& rule : set.rules()) {
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
    const std::string text = rule_text(input.text);
    const std::string remote_mta = rule_text(input.remote_mta);
    const std::string reporting_mta = rule_text(input.reporting_mta);
    for (std::size_t i = 0; i < compiled_->rules.size(); ++i) {
        const Rule& rule = compiled_->rules[i];
        const Matcher& matcher = compiled_->matchers[i];
        if (reply_fits(rule, input) && status_fits(matcher, input) &&
            matcher.remote_mta.matches(remote_mta) &&
            matcher.reporting_mta.matches(reporting_mta) && matcher.text.matches(text)) {
            return RuleMatch{i, &rule};
        }
    }
    return std::nullopt;
}

const std::vector<Rule>& RuleSet::rules() const {
    return compiled_->rules;
}

}  // namespace holdback::dsn
