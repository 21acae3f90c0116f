// SPDX-License-Identifier: Apache-2.0
#include "io/settings/rules_file.hpp"

#include "core/result.hpp"
#include "core/text.hpp"
#include "io/settings/directory_files.hpp"
#include "io/settings/rules_text.hpp"
#include "io/settings/toml_access.hpp"
#include "io/settings/toml_document.hpp"
#include "reading/rule_set.hpp"
#include "terms/failure_code.hpp"

#include <algorithm>
#include <array>
#include <expected>
#include <filesystem>
#include <iterator>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include <fmt/format.h>

namespace holdback::io::settings {

namespace {

constexpr auto kExampleKeys =
    std::to_array<std::string_view>({"text", "remote_mta", "reporting_mta", "status", "reply"});

reading::RuleExample read_example_table(const TomlTable& table,
                                        const SourcePlace& place,
                                        FileErrors& errors) {
    TableReader reader(table, place, errors);
    reader.allow_only(kExampleKeys);
    return {.text = reader.text("text"),
            .remote_mta = reader.text("remote_mta"),
            .reporting_mta = reader.text("reporting_mta"),
            .reply = reader.text("reply"),
            .status = reader.text("status"),
            .line = place.line};
}

void read_example(const TomlValue& value,
                  std::vector<reading::RuleExample>& examples,
                  FileErrors& errors) {
    if (const std::string* text = value.as_string()) {
        reading::RuleExample example;
        example.text = *text;
        example.line = value.line;
        examples.push_back(std::move(example));
    } else if (const TomlTable* table = value.as_table()) {
        examples.push_back(read_example_table(*table, value.place(), errors));
    } else {
        errors.push_back(
            {value.place(),
             fmt::format("\"expect\" has to be a string, a table or a list of these, not {}",
                         value.kind())});
    }
}

std::vector<reading::RuleExample> read_examples(TableReader& reader, FileErrors& errors) {
    std::vector<reading::RuleExample> examples;
    const TomlValue* value = reader.need("expect");
    if (value == nullptr) {
        return examples;
    }
    const TomlArray* array = value->as_array();
    if (array == nullptr) {
        read_example(*value, examples, errors);
        return examples;
    }
    for (const TomlValue& element : *array) {
        read_example(element, examples, errors);
    }
    if (array->empty()) {
        reader.wrong(value->place(), "\"expect\" needs at least one example");
    }
    return examples;
}

/// Reads the code of a rule, which is a number or a name.
std::optional<terms::FailureCode> read_rule_code(TableReader& reader,
                                                 const terms::CodeCatalogue& codes) {
    const TomlValue* value = reader.need("code");
    if (value == nullptr) {
        return std::nullopt;
    }
    if (const std::string* name = value->as_string()) {
        const terms::CodeEntry* entry = codes.find_name(*name);
        if (entry == nullptr) {
            reader.wrong(value->place(),
                         fmt::format("unknown code \"{}\"", core::printable(*name)));
            return std::nullopt;
        }
        return entry->code;
    }
    const auto code = reader.code_number("code");
    if (code.has_value() && codes.find(*code) == nullptr) {
        reader.wrong(value->place(), fmt::format("unknown code {}", code->number()));
        return std::nullopt;
    }
    return code;
}

constexpr auto kRuleKeys = std::to_array<std::string_view>({"id",
                                                            "code",
                                                            "text",
                                                            "remote_mta",
                                                            "reporting_mta",
                                                            "reply",
                                                            "status",
                                                            "provider",
                                                            "expect",
                                                            "overrides"});

constexpr auto kProviderKeys = std::to_array<std::string_view>({"id", "hosts", "marks"});

reading::Rule read_rule(TableReader& reader,
                        const terms::CodeCatalogue& codes,
                        FileErrors& errors) {
    reader.allow_only(kRuleKeys);
    reading::Rule rule;
    rule.id = reader.needed_text("id");
    rule.code = read_rule_code(reader, codes).value_or(terms::kUnknownFailure);
    rule.text = reader.texts("text");
    rule.remote_mta = reader.texts("remote_mta");
    rule.reporting_mta = reader.texts("reporting_mta");
    rule.reply = reader.texts("reply");
    rule.status = reader.texts("status");
    rule.provider = reader.text("provider");
    rule.expect = read_examples(reader, errors);
    rule.overrides = reader.texts("overrides");
    rule.file = reader.place().file;
    rule.line = reader.place().line;
    return rule;
}

reading::Provider read_provider(TableReader& reader) {
    reader.allow_only(kProviderKeys);
    reading::Provider provider;
    provider.id = reader.needed_text("id");
    provider.hosts = reader.texts("hosts");
    provider.marks = reader.texts("marks");
    provider.file = reader.place().file;
    provider.line = reader.place().line;
    if (provider.hosts.empty() && provider.marks.empty()) {
        reader.wrong(reader.place(), R"(a provider needs "hosts" or "marks")");
    }
    return provider;
}

core::Result<RuleFile, FileErrors> rules_from(const TomlTable& root,
                                              const terms::CodeCatalogue& codes) {
    FileErrors errors;
    RuleFile file;
    const auto take_rule = [&](TableReader& reader) {
        file.rules.push_back(read_rule(reader, codes, errors));
    };
    const auto take_provider = [&file](TableReader& reader) {
        file.providers.push_back(read_provider(reader));
    };
    for_each_table(root, errors, {{"rule", take_rule}, {"provider", take_provider}});
    if (!errors.empty()) {
        return std::unexpected(std::move(errors));
    }
    return file;
}

using RulesTexts = std::vector<std::shared_ptr<const RulesText>>;

/// The providers of these rules in their order. nullopt when their rules can't be read apart from
/// the others without a change of the order in which all are asked.
std::optional<std::vector<std::string>> late_providers(const RulesTexts& texts) {
    std::vector<std::string> order;
    for (const auto& text : texts) {
        if (!text->is_plain()) {
            return std::nullopt;
        }
        std::ranges::move(text->providers_of_rules(), std::back_inserter(order));
    }
    order.erase(std::ranges::unique(order).begin(), order.end());
    if (!order.empty() && order.back().empty()) {
        order.pop_back();  // rules for everybody, behind all others
    }
    const std::set<std::string> different(order.begin(), order.end());
    return different.size() == order.size() && !different.contains("") ? std::optional(order)
                                                                       : std::nullopt;
}

/// Reads the rules of one provider. The error is the first one.
core::Result<std::vector<reading::Rule>, reading::RuleError> rules_of(
    const std::string& provider, const RulesTexts& texts, const terms::CodeCatalogue& codes) {
    std::vector<reading::Rule> rules;
    for (const auto& text : texts) {
        const std::string own = text->of(provider);
        auto found = read_rules_text(own, text->name(), codes);
        if (!found.has_value()) {
            const FileError& error = found.error().front();
            return std::unexpected(
                reading::RuleError{error.place.file, error.place.line, error.message});
        }
        std::ranges::move(found->rules, std::back_inserter(rules));
    }
    return rules;
}

/// Appends the rules of one text, or its errors.
void take_rules(std::string_view text,
                const std::string& path,
                const terms::CodeCatalogue& codes,
                RuleFile& all,
                FileErrors& errors) {
    auto found = read_rules_text(text, path, codes);
    if (!found.has_value()) {
        std::ranges::move(found.error(), std::back_inserter(errors));
        return;
    }
    std::ranges::move(found->rules, std::back_inserter(all.rules));
    std::ranges::move(found->providers, std::back_inserter(all.providers));
}

RulesTexts read_directory(const std::string& directory, FileErrors& errors) {
    RulesTexts texts;
    const auto files = files_in(directory, ".conf");
    if (!files.has_value()) {
        errors.push_back(files.error());
        return texts;
    }
    for (const std::string& file : *files) {
        auto text = read_toml_octets(file);
        if (text.has_value()) {
            texts.push_back(std::make_shared<const RulesText>(file, *std::move(text)));
        } else {
            errors.push_back(std::move(text.error()));
        }
    }
    return texts;
}

/// The shipped rules of providers that these rules of the administrator do not replace.
reading::LateRules late_rules(const std::vector<std::string>& providers,
                              const RulesTexts& texts,
                              const terms::CodeCatalogue& codes,
                              const std::vector<reading::Rule>& local) {
    std::set<std::string> replaced;
    for (const reading::Rule& rule : local) {
        replaced.insert(rule.id);
    }
    return {.before = local.size(),
            .providers = providers,
            .read = [texts, codes, replaced = std::move(replaced)](const std::string& provider) {
                auto rules = rules_of(provider, texts, codes);
                if (rules.has_value()) {
                    std::erase_if(*rules,
                                  [&](const auto& rule) { return replaced.contains(rule.id); });
                }
                return rules;
            }};
}

/// Appends the items whose id no earlier directory has.
template <typename Item>
void append_unreplaced(std::vector<Item>& items, std::vector<Item> found) {
    std::set<std::string> ids;
    for (const Item& item : items) {
        ids.insert(item.id);
    }
    std::erase_if(found, [&ids](const Item& item) { return ids.contains(item.id); });
    std::ranges::move(found, std::back_inserter(items));
}

}  // namespace

core::Result<RuleFile, FileErrors> read_rules_text(std::string_view text,
                                                   std::string_view name,
                                                   const terms::CodeCatalogue& codes) {
    const auto root = read_toml_text(text, name);
    if (!root.has_value()) {
        return std::unexpected(FileErrors{root.error()});
    }
    return rules_from(*root, codes);
}

core::Result<reading::RuleSet, FileErrors> load_rules(std::span<const std::string> directories,
                                                      const terms::CodeCatalogue& codes,
                                                      ShippedRules shipped_rules) {
    FileErrors errors;
    RuleFile all;
    reading::LateRules late;
    for (const std::string& directory : directories) {
        const RulesTexts texts = read_directory(directory, errors);
        const bool is_local = &directory != &directories.back();
        const auto how = is_local ? ShippedRules::WithExamples : shipped_rules;
        if (const auto providers =
                how == ShippedRules::WhenAsked ? late_providers(texts) : std::nullopt) {
            late = late_rules(*providers, texts, codes, all.rules);
        }
        RuleFile found;
        for (const auto& text : texts) {
            if (how == ShippedRules::WithExamples || !text->is_plain()) {
                take_rules(text->all(), text->name(), codes, found, errors);
            } else if (late.read) {
                take_rules(text->of_nobody(), text->name(), codes, found, errors);
            } else {
                take_rules(text->without_examples(), text->name(), codes, found, errors);
            }
        }
        for (reading::Rule& rule : found.rules) {
            rule.local = is_local;
        }
        append_unreplaced(all.rules, std::move(found.rules));
        append_unreplaced(all.providers, std::move(found.providers));
    }
    if (!errors.empty()) {
        return std::unexpected(std::move(errors));
    }
    auto set = reading::RuleSet::make(
        std::move(all.rules), codes, std::move(all.providers), std::move(late));
    if (!set.has_value()) {
        for (const reading::RuleError& error : set.error()) {
            errors.push_back({{error.file, error.line}, error.message});
        }
        return std::unexpected(std::move(errors));
    }
    return *std::move(set);
}

core::Result<reading::RuleSet, FileErrors> load_rules(const std::string& shipped,
                                                      const std::string& local,
                                                      const terms::CodeCatalogue& codes,
                                                      ShippedRules shipped_rules) {
    std::vector<std::string> directories;
    std::error_code error;
    if (std::filesystem::exists(local, error) || error) {
        directories.push_back(local);
    }
    directories.push_back(shipped);
    return load_rules(directories, codes, shipped_rules);
}

}  // namespace holdback::io::settings
