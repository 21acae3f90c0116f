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
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <stdexcept>
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

/// Providers, by their numbers, under the names of their hosts.
class HostIndex {
public:
    void add(std::string_view host, std::size_t provider) {
        providers_[core::to_lower(host)].push_back(provider);
    }

    /// Calls `found(provider)` for those that have the host, or one that it is below.
    void search(std::string_view name, const auto& found) const {
        while (name.ends_with('.')) {
            name.remove_suffix(1);
        }
        const std::string lower = core::to_lower(name);
        std::string_view host = lower;
        while (!host.empty()) {
            if (const auto here = providers_.find(host); here != providers_.end()) {
                std::ranges::for_each(here->second, found);
            }
            core::cut_off(host, '.');
        }
    }

private:
    std::map<std::string, std::vector<std::size_t>, std::less<>> providers_;
};

std::string quoted_message(const Rule& rule, std::string_view message) {
    return core::printable(fmt::format("rule {}: {}", rule.id, message), kMostMessage);
}

}  // namespace

struct RuleSet::Compiled {
    std::vector<Rule> rules;
    std::vector<Matcher> matchers;  ///< one per rule
    std::vector<Provider> providers;
    HostIndex hosts;
    std::vector<std::vector<std::size_t>> marks;  ///< patterns on the text, one list per provider
    PatternSet texts;
    PatternSet names;  ///< of MTAs
    LateRules late_rules;
    std::vector<std::unique_ptr<Late>> late;

    /// Takes one rule and adds what is wrong with it to `errors`.
    void add(const Rule& rule, const terms::CodeCatalogue& codes, std::vector<RuleError>& errors);
    void add_providers();
    void take(LateRules later);
    [[nodiscard]] std::optional<std::size_t> provider_number(std::string_view id) const;
    /// Adds what is wrong with the patterns of a rule to `errors`.
    void find_bad_patterns(std::size_t index, std::vector<RuleError>& errors) const;
    [[nodiscard]] Matcher matcher_of(const Rule& rule, std::vector<RuleError>& errors);
};

/// The rules of one provider, read when they are first asked.
struct RuleSet::Late {
    std::size_t provider = 0;  ///< its number
    std::string id;
    mutable std::once_flag once;
    mutable std::optional<RuleError> wrong;
    mutable Compiled compiled;

    /// Throws `BadLateRule`, each time that it is called. Safe from several threads.
    [[nodiscard]] const Compiled& rules(const LateRules& source) const {
        // ThreadSanitizer waits for ever at a call_once that was left by an exception.
        std::call_once(once, [&] { wrong = read(source); });
        if (wrong.has_value()) {
            throw BadLateRule(*wrong);
        }
        return compiled;
    }

private:
    /// Returns what is wrong with a rule.
    [[nodiscard]] std::optional<RuleError> read(const LateRules& source) const {
        auto found = source.read(id);
        if (!found.has_value()) {
            return found.error();
        }
        compiled.rules = *std::move(found);
        for (Rule& rule : compiled.rules) {
            std::vector<RuleError> errors;
            rule.provider.clear();  // it answers, so that nobody asks for it
            compiled.matchers.push_back(compiled.matcher_of(rule, errors));
            rule.provider = id;
            if (!errors.empty()) {
                return errors.front();
            }
        }
        compiled.texts.finish();
        compiled.names.finish();
        return std::nullopt;
    }
};

std::optional<std::size_t> RuleSet::Compiled::provider_number(std::string_view id) const {
    const auto found = std::ranges::find(providers, id, &Provider::id);
    return found == providers.end()
               ? std::nullopt
               : std::optional(static_cast<std::size_t>(found - providers.begin()));
}

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
            wrong(fmt::format("\"{}\" is not a reply code like 550 or 55?", reply));
        }
    }
    for (const std::string& status : rule.status) {
        if (const auto parsed = parse_status_pattern(status); parsed.has_value()) {
            matcher.status.push_back(*parsed);
        } else {
            wrong(fmt::format("\"{}\" is not an enhanced status like 5.1.1 or 5.7.*", status));
        }
    }
    if (!rule.provider.empty()) {
        if (const auto number = provider_number(rule.provider)) {
            matcher.provider = *number;
        } else {
            wrong(fmt::format("there is no [[provider]] with the id \"{}\"", rule.provider));
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

void RuleSet::Compiled::take(LateRules later) {
    late_rules = std::move(later);
    for (const std::string& id : late_rules.providers) {
        if (const auto number = provider_number(id)) {
            late.push_back(std::make_unique<Late>());
            late.back()->provider = *number;
            late.back()->id = id;
        }
    }
}

void RuleSet::Compiled::add_providers() {
    for (const Provider& provider : providers) {
        for (const std::string& host : provider.hosts) {
            hosts.add(host, marks.size());
        }
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

BadLateRule::BadLateRule(const RuleError& error)
    : std::runtime_error(fmt::format("{}:{}: {}", error.file, error.line, error.message)) {}

RuleSet::RuleSet(std::unique_ptr<Compiled> compiled) : compiled_(std::move(compiled)) {}
RuleSet::RuleSet(RuleSet&&) noexcept = default;
RuleSet& RuleSet::operator=(RuleSet&&) noexcept = default;
RuleSet::~RuleSet() = default;

core::Result<RuleSet, std::vector<RuleError>> RuleSet::make(std::vector<Rule> rules,
                                                            const terms::CodeCatalogue& codes,
                                                            std::vector<Provider> providers,
                                                            LateRules late) {
    std::vector<RuleError> errors;
    auto compiled = std::make_unique<Compiled>();
    compiled->rules = std::move(rules);
    compiled->providers = std::move(providers);
    find_repeated_ids(compiled->rules, errors);
    find_repeated_ids(compiled->providers, errors);
    for (const Rule& rule : compiled->rules) {
        compiled->add(rule, codes, errors);
    }
    compiled->add_providers();
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
    compiled->take(std::move(late));
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
                errors.push_back(
                    {provider.file,
                     provider.line,
                     core::printable(
                         fmt::format("provider {}: bad pattern in marks: {}", provider.id, error),
                         kMostMessage)});
            }
        }
    }
    return errors;
}

/// One question to a set: what the rules look at, read once for all of them.
class RuleSet::Question {
public:
    Question(const Compiled& set, const RuleInput& input)
        : set_(set),
          input_(input),
          plain_text_(rule_text(input.text)),
          plain_remote_(rule_text(input.remote_mta)),
          plain_reporting_(rule_text(input.reporting_mta)),
          own_(*this, set),
          answering_(set.providers.size()) {
        const auto answers = [this](std::size_t provider) { answering_[provider] = true; };
        set.hosts.search(input.remote_mta, answers);
        set.hosts.search(input.reporting_mta, answers);
    }

    std::optional<RuleMatch> first_match() {
        // Each provider has a range of ranks of its own.
        const std::size_t behind = set_.late.empty() ? 0 : kMostRules * (set_.late.size() + 1);
        if (const auto rule = find(set_, own_, 0, set_.late_rules.before)) {
            return RuleMatch{*rule, &set_.rules[*rule]};
        }
        for (std::size_t i = 0; i < set_.late.size(); ++i) {
            if (answers(set_.late[i]->provider)) {
                const Compiled& late = set_.late[i]->rules(set_.late_rules);
                Subject subject(*this, late);
                if (const auto rule = find(late, subject, 0, late.rules.size())) {
                    return RuleMatch{(kMostRules * (i + 1)) + *rule, &late.rules[*rule]};
                }
            }
        }
        if (const auto rule = find(set_, own_, set_.late_rules.before, set_.rules.size())) {
            return RuleMatch{behind + *rule, &set_.rules[*rule]};
        }
        return std::nullopt;
    }

private:
    static constexpr std::size_t kMostRules = 1'000'000;

    /// What is known about the patterns of one set.
    struct Subject {
        Subject(const Question& question, const Compiled& set)
            : text(set.texts, question.plain_text_),
              remote_mta(set.names, question.plain_remote_),
              reporting_mta(set.names, question.plain_reporting_) {}
        PatternMatches text;
        PatternMatches remote_mta;
        PatternMatches reporting_mta;
    };

    bool answers(std::size_t provider) {
        auto& known = answering_[provider];
        if (!known.has_value()) {
            known = !set_.marks[provider].empty() && fits(set_.marks[provider], own_.text);
        }
        return *known;
    }

    /// The first rule of `rules` that matches, of those from `begin` to before `end`.
    std::optional<std::size_t> find(const Compiled& rules,
                                    Subject& subject,
                                    std::size_t begin,
                                    std::size_t end) {
        for (std::size_t i = begin; i < end; ++i) {
            const Rule& rule = rules.rules[i];
            const Matcher& matcher = rules.matchers[i];
            if (may_fit(matcher.text, subject.text) && reply_fits(rule, input_) &&
                status_fits(matcher, input_) &&
                (matcher.provider == kNoProvider || answers(matcher.provider)) &&
                fits(matcher.text, subject.text) && fits(matcher.remote_mta, subject.remote_mta) &&
                fits(matcher.reporting_mta, subject.reporting_mta)) {
                return i;
            }
        }
        return std::nullopt;
    }

    const Compiled& set_;
    const RuleInput& input_;
    const std::string plain_text_;
    const std::string plain_remote_;
    const std::string plain_reporting_;
    Subject own_;
    /// By the number of the provider; nullopt: its marks decide.
    std::vector<std::optional<bool>> answering_;
};

std::optional<RuleMatch> RuleSet::match(const RuleInput& input) const {
    return Question(*compiled_, input).first_match();
}

const std::vector<Rule>& RuleSet::rules() const {
    return compiled_->rules;
}

}  // namespace holdback::reading
