// SPDX-License-Identifier: Apache-2.0
#include "reading/rule_set.hpp"

#include "core/result.hpp"
#include "core/text.hpp"
#include "mail/enhanced_status.hpp"
#include "reading/pattern_set.hpp"
#include "reading/rule_text.hpp"
#include "terms/failure_code.hpp"

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

namespace holdback::reading {

namespace {

/// Octets of an error message, which may quote a long pattern.
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

/// The numbers of patterns of which one has to match; empty: anything matches.
using AnyOf = std::vector<std::size_t>;

constexpr std::size_t kNoProvider = static_cast<std::size_t>(-1);

/// The matchers of one rule, ready to be asked.
struct Matcher {
    AnyOf text;
    AnyOf remote_mta;
    AnyOf reporting_mta;
    std::vector<StatusPattern> status;
    std::size_t provider = kNoProvider;  ///< the number of the provider
};

bool fits(const AnyOf& patterns, PatternMatches& text) {
    return patterns.empty() || std::ranges::any_of(patterns, [&text](std::size_t pattern) {
               return text.has(pattern);
           });
}

/// False when no pattern can match. This costs little.
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

/// True for the host itself and for names below it.
bool is_host_of(std::string_view name, std::string_view host) {
    while (name.ends_with('.')) {
        name.remove_suffix(1);
    }
    if (name.size() < host.size() || host.empty()) {
        return false;
    }
    const std::size_t before = name.size() - host.size();
    return core::equals_ignoring_case(name.substr(before), host) &&
           (before == 0 || name[before - 1] == '.');
}

std::string quoted_message(const Rule& rule, std::string_view message) {
    return core::printable(fmt::format("rule {}: {}", rule.id, message), kMostMessage);
}

}  // namespace

struct RuleSet::Compiled {
    std::vector<Rule> rules;
    std::vector<Matcher> matchers;  ///< one per rule
    std::vector<Provider> providers;
    std::vector<std::vector<std::size_t>> marks;  ///< patterns on the text, one list per provider
    PatternSet texts;
    PatternSet names;  ///< of MTAs

    /// Takes one rule and adds what is wrong with it to `errors`.
    void add(const Rule& rule, const terms::CodeCatalogue& codes, std::vector<RuleError>& errors);
    void add_marks();
    /// Adds what is wrong with the patterns of a rule to `errors`.
    void find_bad_patterns(std::size_t index, std::vector<RuleError>& errors) const;
    [[nodiscard]] Matcher matcher_of(const Rule& rule, std::vector<RuleError>& errors);
    [[nodiscard]] bool answers(std::size_t provider,
                               const RuleInput& input,
                               PatternMatches& text) const;
};

Matcher RuleSet::Compiled::matcher_of(const Rule& rule, std::vector<RuleError>& errors) {
    const auto wrong = [&](std::string_view message) {
        errors.push_back({rule.file, rule.line, quoted_message(rule, message)});
    };
    const auto numbers = [](PatternSet& set, const std::vector<std::string>& sources) {
        AnyOf found;
        for (const std::string& source : sources) {
            found.push_back(set.add(source));
        }
        return found;
    };
    Matcher matcher{.text = numbers(texts, rule.text),
                    .remote_mta = numbers(names, rule.remote_mta),
                    .reporting_mta = numbers(names, rule.reporting_mta),
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
    if (!rule.provider.empty()) {
        const auto found = std::ranges::find(providers, rule.provider, &Provider::id);
        if (found == providers.end()) {
            wrong(fmt::format("there is no [[provider]] with the id \"{}\"", rule.provider));
        } else {
            matcher.provider = static_cast<std::size_t>(found - providers.begin());
        }
    }
    return matcher;
}

void RuleSet::Compiled::add(const Rule& rule,
                            const terms::CodeCatalogue& codes,
                            std::vector<RuleError>& errors) {
    const auto wrong = [&](std::string_view message) {
        errors.push_back({rule.file, rule.line, quoted_message(rule, message)});
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
    matchers.push_back(matcher_of(rule, errors));
}

void RuleSet::Compiled::add_marks() {
    for (const Provider& provider : providers) {
        auto& numbers = marks.emplace_back();
        for (const std::string& mark : provider.marks) {
            numbers.push_back(texts.add(mark));
        }
    }
}

void RuleSet::Compiled::find_bad_patterns(std::size_t index, std::vector<RuleError>& errors) const {
    const Rule& rule = rules[index];
    const auto look = [&](const PatternSet& set, const AnyOf& numbers, std::string_view key) {
        for (const std::size_t number : numbers) {
            if (const std::string error = set.error_of(number); !error.empty()) {
                errors.push_back(
                    {rule.file,
                     rule.line,
                     quoted_message(rule, fmt::format("bad pattern in {}: {}", key, error))});
            }
        }
    };
    const Matcher& matcher = matchers[index];
    look(texts, matcher.text, "text");
    look(names, matcher.remote_mta, "remote_mta");
    look(names, matcher.reporting_mta, "reporting_mta");
}

bool RuleSet::Compiled::answers(std::size_t provider,
                                const RuleInput& input,
                                PatternMatches& text) const {
    return std::ranges::any_of(providers[provider].hosts,
                               [&input](const std::string& host) {
                                   return is_host_of(input.remote_mta, host) ||
                                          is_host_of(input.reporting_mta, host);
                               }) ||
           (!marks[provider].empty() && fits(marks[provider], text));
}

namespace {

template <typename Item>
void find_repeated_ids(const std::vector<Item>& items, std::vector<RuleError>& errors) {
    std::map<std::string_view, const Item*> seen;
    for (const Item& item : items) {
        const auto [first, fresh] = seen.emplace(item.id, &item);
        if (!fresh) {
            errors.push_back({item.file,
                              item.line,
                              fmt::format("the id {} stands at {}:{} already",
                                          core::printable(item.id),
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
                                                            const terms::CodeCatalogue& codes,
                                                            std::vector<Provider> providers) {
    std::vector<RuleError> errors;
    auto compiled = std::make_unique<Compiled>();
    compiled->rules = std::move(rules);
    compiled->providers = std::move(providers);
    find_repeated_ids(compiled->rules, errors);
    find_repeated_ids(compiled->providers, errors);
    for (const Rule& rule : compiled->rules) {
        compiled->add(rule, codes, errors);
    }
    compiled->add_marks();
    for (std::size_t i = 0; i < compiled->rules.size(); ++i) {
        if (compiled->rules[i].local) {
            compiled->find_bad_patterns(i, errors);
        }
    }
    if (!errors.empty()) {
        return std::unexpected(std::move(errors));
    }
    compiled->texts.finish();
    compiled->names.finish();
    return RuleSet(std::move(compiled));
}

std::vector<RuleError> RuleSet::pattern_errors() const {
    std::vector<RuleError> errors;
    for (std::size_t i = 0; i < compiled_->rules.size(); ++i) {
        compiled_->find_bad_patterns(i, errors);
    }
    for (std::size_t i = 0; i < compiled_->providers.size(); ++i) {
        const Provider& provider = compiled_->providers[i];
        for (const std::size_t mark : compiled_->marks[i]) {
            if (const std::string error = compiled_->texts.error_of(mark); !error.empty()) {
                errors.push_back({provider.file,
                                  provider.line,
                                  fmt::format("provider {}: bad pattern in marks: {}",
                                              core::printable(provider.id),
                                              error)});
            }
        }
    }
    return errors;
}

std::optional<RuleMatch> RuleSet::match(const RuleInput& input) const {
    const std::string plain_text = rule_text(input.text);
    const std::string plain_remote = rule_text(input.remote_mta);
    const std::string plain_reporting = rule_text(input.reporting_mta);
    PatternMatches text(compiled_->texts, plain_text);
    PatternMatches remote_mta(compiled_->names, plain_remote);
    PatternMatches reporting_mta(compiled_->names, plain_reporting);
    std::vector<std::optional<bool>> answering(compiled_->providers.size());
    const auto answers = [&](std::size_t provider) {
        if (provider == kNoProvider) {
            return true;
        }
        auto& known = answering[provider];
        if (!known.has_value()) {
            known = compiled_->answers(provider, input, text);
        }
        return *known;
    };
    for (std::size_t i = 0; i < compiled_->rules.size(); ++i) {
        const Rule& rule = compiled_->rules[i];
        const Matcher& matcher = compiled_->matchers[i];
        if (may_fit(matcher.text, text) && reply_fits(rule, input) && status_fits(matcher, input) &&
            answers(matcher.provider) && fits(matcher.text, text) &&
            fits(matcher.remote_mta, remote_mta) && fits(matcher.reporting_mta, reporting_mta)) {
            return RuleMatch{i, &rule};
        }
    }
    return std::nullopt;
}

const std::vector<Rule>& RuleSet::rules() const {
    return compiled_->rules;
}

}  // namespace holdback::reading
