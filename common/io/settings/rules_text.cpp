// SPDX-License-Identifier: Apache-2.0
#include "io/settings/rules_text.hpp"

#include "core/text.hpp"

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace holdback::io::settings {

namespace {

/// True for a line that holds all examples of a rule.
bool holds_examples(std::string_view line) {
    return (line.starts_with("expect = \"") && line.ends_with('"')) ||
           (line.starts_with("expect = [") && line.ends_with(']'));
}

constexpr std::string_view kRule = "[[rule]]";

/// The id of the provider that the rule names; empty for another table, or a rule for everybody.
std::string_view provider_of(std::string_view table) {
    constexpr std::string_view kKey = "\nprovider = \"";
    const std::size_t key = table.starts_with(kRule) ? table.find(kKey) : std::string_view::npos;
    if (key == std::string_view::npos) {
        return {};
    }
    table.remove_prefix(key + kKey.size());
    return table.substr(0, table.find('"'));
}

/// Appends a table without comments, and with a stub for each example that looks as in the shipped
/// files: in one line, or as "expect = [", a line for each, and "]".
void append_without_examples(std::string& part, std::string_view table) {
    constexpr std::string_view kBegin = "expect = [";
    constexpr std::string_view kStub = R"(expect = "")";
    bool is_example = false;
    if (table.ends_with('\n')) {
        table.remove_suffix(1);
    }
    for (const std::string_view line : core::split(table, '\n')) {
        if (is_example) {
            is_example = line != "]";
        } else if (!line.starts_with('#')) {
            is_example = line == kBegin;
            part += is_example || holds_examples(line) ? kStub : line;
        }
        part += '\n';
    }
}

}  // namespace

RulesText::RulesText(std::string name, std::string text)
    : name_(std::move(name)), text_(std::move(text)) {
    constexpr std::string_view kTable = "\n[[";
    for (std::size_t at = 0; at < text_.size();) {
        const std::size_t end = std::min(text_.find(kTable, at), text_.size() - 1) + 1;
        const auto table = std::string_view(text_).substr(at, end - at);
        tables_.push_back({.text = table, .provider = provider_of(table)});
        at = end;
    }
}

bool RulesText::is_plain() const {
    return !text_.contains(R"(""")") && !text_.contains("'''");
}

/// The wanted tables, and empty lines in place of the others.
std::string RulesText::part(const auto& is_wanted) const {
    std::string part;
    part.reserve(text_.size());
    for (const Table& table : tables_) {
        if (is_wanted(table)) {
            append_without_examples(part, table.text);
        } else {
            part.append(static_cast<std::size_t>(std::ranges::count(table.text, '\n')), '\n');
        }
    }
    return part;
}

std::string RulesText::without_examples() const {
    return part([](const Table& /*table*/) { return true; });
}

std::vector<std::string> RulesText::providers_of_rules() const {
    std::vector<std::string> providers;
    for (const Table& table : tables_) {
        if (table.text.starts_with(kRule)) {
            providers.emplace_back(table.provider);
        }
    }
    return providers;
}

std::string RulesText::of_nobody() const {
    return part([](const Table& table) { return table.provider.empty(); });
}

std::string RulesText::of(std::string_view provider) const {
    const auto is_its = [provider](const Table& table) { return table.provider == provider; };
    return std::ranges::any_of(tables_, is_its) ? part(is_its) : std::string();
}

}  // namespace holdback::io::settings
