// SPDX-License-Identifier: Apache-2.0
#include "io/rules_file.hpp"

#include "core/result.hpp"
#include "core/text.hpp"
#include "dsn/rule_set.hpp"
#include "io/toml_document.hpp"
#include "mail/failure_code.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <expected>
#include <filesystem>
#include <iterator>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace holdback::io {

namespace {

/// One `[[code]]` or `[[rule]]` table: hands out its values and notes what is wrong with them.
/// Lives no longer than the table and the list of errors.
class TableReader {
public:
    TableReader(const TomlTable& table, const SourcePlace& place, FileErrors& errors)
        : table_(&table), place_(&place), errors_(&errors) {}

    void wrong(const SourcePlace& place, std::string message) {
        errors_->push_back({place, std::move(message)});
    }

    [[nodiscard]] const TomlValue* find(std::string_view key) const {
        return find_key(*table_, key);
    }

    /// Where a key stands, or the table when it is absent.
    [[nodiscard]] const SourcePlace& place_of(std::string_view key) const {
        const TomlValue* value = find(key);
        return value == nullptr ? *place_ : value->place;
    }

    void allow_only(std::span<const std::string_view> keys) {
        for (const TomlEntry& entry : *table_) {
            if (std::ranges::find(keys, entry.key) == keys.end()) {
                wrong(entry.value.place,
                      fmt::format("unknown key \"{}\"; allowed are {}",
                                  core::printable(entry.key),
                                  fmt::join(keys, ", ")));
            }
        }
    }

    /// The value of a key that has to be there; nullptr and an error when it is not.
    [[nodiscard]] const TomlValue* need(std::string_view key) {
        const TomlValue* value = find(key);
        if (value == nullptr) {
            wrong(*place_, fmt::format("\"{}\" is missing", key));
        }
        return value;
    }

    void mismatch(std::string_view key, const TomlValue& value, std::string_view wanted) {
        wrong(value.place, fmt::format("\"{}\" has to be {}, not {}", key, wanted, value.kind()));
    }

    /// A string; empty when the key is absent.
    [[nodiscard]] std::string text(std::string_view key) {
        const TomlValue* value = find(key);
        if (value == nullptr) {
            return {};
        }
        if (const std::string* held = value->as_string()) {
            return *held;
        }
        mismatch(key, *value, "a string");
        return {};
    }

    [[nodiscard]] std::string needed_text(std::string_view key) {
        const TomlValue* value = need(key);
        return value == nullptr ? std::string{} : text(key);
    }

    /// A string or a list of strings.
    [[nodiscard]] std::vector<std::string> texts(std::string_view key) {
        const TomlValue* value = find(key);
        if (value == nullptr) {
            return {};
        }
        if (const std::string* held = value->as_string()) {
            return {*held};
        }
        const TomlArray* array = value->as_array();
        if (array == nullptr) {
            mismatch(key, *value, "a string or a list of strings");
            return {};
        }
        std::vector<std::string> found;
        for (const TomlValue& element : *array) {
            if (const std::string* held = element.as_string()) {
                found.push_back(*held);
            } else {
                mismatch(key, element, "a list of strings");
            }
        }
        return found;
    }

private:
    const TomlTable* table_;
    const SourcePlace* place_;
    FileErrors* errors_;
};

/// Calls `read` for each table of the list named `key`; that list must be the only thing in the
/// file.
template <typename Read>
void for_each_table(const TomlTable& root, std::string_view key, FileErrors& errors, Read read) {
    for (const TomlEntry& entry : root) {
        const TomlArray* array = entry.key == key ? entry.value.as_array() : nullptr;
        if (array == nullptr) {
            errors.push_back(
                {entry.value.place, fmt::format("only [[{}]] tables may stand here", key)});
            continue;
        }
        for (const TomlValue& element : *array) {
            if (const TomlTable* table = element.as_table()) {
                TableReader reader(*table, element.place, errors);
                read(reader, element.place);
            } else {
                errors.push_back(
                    {element.place, fmt::format("only [[{}]] tables may stand here", key)});
            }
        }
    }
}

/// A code by its number; 0 to 9999 with another type or range is an error.
std::optional<mail::FailureCode> read_code_number(TableReader& reader, std::string_view key) {
    const TomlValue* value = reader.find(key);
    if (value == nullptr) {
        return std::nullopt;
    }
    const std::int64_t* number = value->as_integer();
    if (number == nullptr) {
        reader.mismatch(key, *value, "a whole number");
        return std::nullopt;
    }
    const bool fits = *number >= 1000 && *number <= 9999;
    if (!fits) {
        reader.wrong(value->place, fmt::format("\"{}\" has to be 1000 to 9999", key));
        return std::nullopt;
    }
    return mail::FailureCode::from_number(static_cast<int>(*number));
}

/// A wire name of an enumeration; `parse` reads it.
template <typename Enum, typename Parse>
std::optional<Enum> read_name(TableReader& reader,
                              std::string_view key,
                              Parse parse,
                              std::string_view allowed) {
    const TomlValue* value = reader.find(key);
    const std::string name = reader.text(key);
    if (value == nullptr || value->as_string() == nullptr) {
        return std::nullopt;
    }
    const std::optional<Enum> parsed = parse(name);
    if (!parsed.has_value()) {
        reader.wrong(value->place, fmt::format("\"{}\" has to be one of {}", key, allowed));
    }
    return parsed;
}

/// "180d", "26w", or "never" where that makes sense.
std::optional<std::chrono::days> read_days(TableReader& reader, std::string_view key) {
    const TomlValue* value = reader.find(key);
    if (value == nullptr) {
        return std::nullopt;
    }
    const std::string text = reader.text(key);
    if (value->as_string() == nullptr) {
        return std::nullopt;
    }
    if (key == "expiry" && text == "never") {
        return std::chrono::days(0);
    }
    const std::string_view digits =
        std::string_view(text).substr(0, text.empty() ? 0 : text.size() - 1);
    const auto number = core::parse_decimal(digits);
    constexpr std::uint64_t kMost = 36500;
    if (!number.has_value() || *number < 1 || *number > kMost ||
        (text.back() != 'd' && text.back() != 'w')) {
        reader.wrong(value->place,
                     fmt::format(R"("{}" has to be days or weeks, like "30d" or "4w")", key));
        return std::nullopt;
    }
    const auto count = static_cast<int>(*number);
    return text.back() == 'w' ? std::chrono::days(count * 7) : std::chrono::days(count);
}

void read_learning(TableReader& reader, mail::CodeEntry& entry) {
    if (const auto learning = read_name<mail::Learning>(
            reader, "learning", mail::parse_learning, "never, suppress, count, suppress-domain")) {
        entry.learning = *learning;
    }
    if (const TomlValue* strikes = reader.find("strikes")) {
        constexpr std::int64_t kMost = 100;
        const std::int64_t* number = strikes->as_integer();
        if (number == nullptr || *number < 1 || *number > kMost) {
            reader.wrong(strikes->place, "\"strikes\" has to be a whole number from 1 to 100");
        } else {
            entry.strikes = static_cast<int>(*number);
        }
    }
    entry.window = read_days(reader, "window").value_or(entry.window);
    entry.expiry = read_days(reader, "expiry").value_or(entry.expiry);
}

constexpr auto kCodeKeys = std::to_array<std::string_view>({"code",
                                                            "name",
                                                            "class",
                                                            "parent",
                                                            "meaning",
                                                            "advice",
                                                            "who",
                                                            "resend_helps",
                                                            "learning",
                                                            "strikes",
                                                            "window",
                                                            "expiry"});

std::optional<mail::CodeEntry> read_code(TableReader& reader) {
    reader.allow_only(kCodeKeys);
    const bool numbered = reader.need("code") != nullptr;
    const auto number = numbered ? read_code_number(reader, "code") : std::nullopt;
    mail::CodeEntry entry{.code = number.value_or(mail::kUnknownFailure),
                          .name = reader.needed_text("name"),
                          .failure_class = mail::FailureClass::Unknown,
                          .parent = read_code_number(reader, "parent"),
                          .meaning = reader.needed_text("meaning"),
                          .advice = reader.needed_text("advice"),
                          .who = mail::Actor::Nobody,
                          .resend_helps = false,
                          .learning = mail::Learning::Never};
    if (reader.need("class") != nullptr) {
        entry.failure_class =
            read_name<mail::FailureClass>(
                reader,
                "class",
                mail::parse_failure_class,
                "permanent, rejected, temporary, communication, informational, unknown")
                .value_or(entry.failure_class);
    }
    if (reader.need("who") != nullptr) {
        entry.who =
            read_name<mail::Actor>(
                reader, "who", mail::parse_actor, "sender, recipient, admin, provider, nobody")
                .value_or(entry.who);
    }
    if (const TomlValue* resend = reader.find("resend_helps")) {
        if (const bool* helps = resend->as_boolean()) {
            entry.resend_helps = *helps;
        } else {
            reader.mismatch("resend_helps", *resend, "true or false");
        }
    }
    read_learning(reader, entry);
    return number.has_value() ? std::optional(std::move(entry)) : std::nullopt;
}

core::Result<mail::CodeCatalogue, FileErrors> codes_from(const TomlTable& root,
                                                         std::string_view name) {
    FileErrors errors;
    std::vector<mail::CodeEntry> entries;
    for_each_table(root, "code", errors, [&](TableReader& reader, const SourcePlace& place) {
        auto entry = read_code(reader);
        if (!entry.has_value()) {
            return;
        }
        const auto twin = std::ranges::find_if(entries, [&](const mail::CodeEntry& other) {
            return other.code == entry->code || other.name == entry->name;
        });
        if (twin != entries.end()) {
            errors.push_back({place,
                              fmt::format("code {} or its name \"{}\" stands above already",
                                          entry->code.number(),
                                          core::printable(entry->name))});
            return;
        }
        entries.push_back(*std::move(entry));
    });
    if (!errors.empty()) {
        return std::unexpected(std::move(errors));
    }
    auto catalogue = mail::CodeCatalogue::make(std::move(entries));
    if (!catalogue.has_value()) {
        return std::unexpected(FileErrors{{{std::string(name), 0}, catalogue.error()}});
    }
    if (catalogue->find(mail::kUnknownFailure) == nullptr) {
        return std::unexpected(
            FileErrors{{{std::string(name), 0}, "code 9999 is missing: unknown texts need it"}});
    }
    return *std::move(catalogue);
}

constexpr auto kExampleKeys =
    std::to_array<std::string_view>({"text", "remote_mta", "reporting_mta", "status", "reply"});

dsn::RuleExample read_example_table(const TomlTable& table,
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
                  std::vector<dsn::RuleExample>& examples,
                  FileErrors& errors) {
    if (const std::string* text = value.as_string()) {
        dsn::RuleExample example;
        example.text = *text;
        example.line = value.place.line;
        examples.push_back(std::move(example));
    } else if (const TomlTable* table = value.as_table()) {
        examples.push_back(read_example_table(*table, value.place, errors));
    } else {
        errors.push_back(
            {value.place,
             fmt::format("\"expect\" has to be a string, a table or a list of these, not {}",
                         value.kind())});
    }
}

std::vector<dsn::RuleExample> read_examples(TableReader& reader, FileErrors& errors) {
    std::vector<dsn::RuleExample> examples;
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
        reader.wrong(value->place, "\"expect\" needs at least one example");
    }
    return examples;
}

/// A rule names its code by number or by name.
std::optional<mail::FailureCode> read_rule_code(TableReader& reader,
                                                const mail::CodeCatalogue& codes) {
    const TomlValue* value = reader.need("code");
    if (value == nullptr) {
        return std::nullopt;
    }
    if (const std::string* name = value->as_string()) {
        const mail::CodeEntry* entry = codes.find_name(*name);
        if (entry == nullptr) {
            reader.wrong(value->place, fmt::format("unknown code \"{}\"", core::printable(*name)));
            return std::nullopt;
        }
        return entry->code;
    }
    const auto code = read_code_number(reader, "code");
    if (code.has_value() && codes.find(*code) == nullptr) {
        reader.wrong(value->place, fmt::format("unknown code {}", code->number()));
        return std::nullopt;
    }
    return code;
}

constexpr auto kRuleKeys = std::to_array<std::string_view>(
    {"id", "code", "text", "remote_mta", "reporting_mta", "reply", "status", "expect"});

core::Result<std::vector<dsn::Rule>, FileErrors> rules_from(const TomlTable& root,
                                                            const mail::CodeCatalogue& codes) {
    FileErrors errors;
    std::vector<dsn::Rule> rules;
    for_each_table(root, "rule", errors, [&](TableReader& reader, const SourcePlace& place) {
        reader.allow_only(kRuleKeys);
        dsn::Rule rule;
        rule.id = reader.needed_text("id");
        rule.code = read_rule_code(reader, codes).value_or(mail::kUnknownFailure);
        rule.text = reader.texts("text");
        rule.remote_mta = reader.texts("remote_mta");
        rule.reporting_mta = reader.texts("reporting_mta");
        rule.reply = reader.texts("reply");
        rule.status = reader.texts("status");
        rule.expect = read_examples(reader, errors);
        rule.file = place.file;
        rule.line = place.line;
        rules.push_back(std::move(rule));
    });
    if (!errors.empty()) {
        return std::unexpected(std::move(errors));
    }
    return rules;
}

/// The `*.conf` files of a directory in lexical order.
core::Result<std::vector<std::string>, FileError> rule_files(const std::string& directory) {
    std::error_code error;
    std::vector<std::string> files;
    std::filesystem::directory_iterator at(directory, error);
    while (!error && at != std::filesystem::directory_iterator()) {
        const std::filesystem::path& path = at->path();
        const bool hidden = path.filename().string().starts_with('.');
        if (path.extension() == ".conf" && !hidden) {
            files.push_back(path.string());
        }
        at.increment(error);
    }
    if (error) {
        return std::unexpected(
            FileError{{directory, 0}, fmt::format("cannot read: {}", error.message())});
    }
    std::ranges::sort(files);
    return files;
}

/// Appends the rules of one file, or what is wrong with it.
void read_file(const std::string& path,
               const mail::CodeCatalogue& codes,
               std::vector<dsn::Rule>& rules,
               FileErrors& errors) {
    const auto root = read_toml_file(path);
    if (!root.has_value()) {
        errors.push_back(root.error());
        return;
    }
    auto found = rules_from(*root, codes);
    if (!found.has_value()) {
        std::ranges::move(found.error(), std::back_inserter(errors));
        return;
    }
    std::ranges::move(*found, std::back_inserter(rules));
}

}  // namespace

core::Result<mail::CodeCatalogue, FileErrors> read_codes(const std::string& path) {
    const auto root = read_toml_file(path);
    if (!root.has_value()) {
        return std::unexpected(FileErrors{root.error()});
    }
    return codes_from(*root, path);
}

core::Result<mail::CodeCatalogue, FileErrors> read_codes_text(std::string_view text,
                                                              std::string_view name) {
    const auto root = read_toml_text(text, name);
    if (!root.has_value()) {
        return std::unexpected(FileErrors{root.error()});
    }
    return codes_from(*root, name);
}

core::Result<std::vector<dsn::Rule>, FileErrors> read_rules_text(std::string_view text,
                                                                 std::string_view name,
                                                                 const mail::CodeCatalogue& codes) {
    const auto root = read_toml_text(text, name);
    if (!root.has_value()) {
        return std::unexpected(FileErrors{root.error()});
    }
    return rules_from(*root, codes);
}

core::Result<dsn::RuleSet, FileErrors> load_rules(std::span<const std::string> directories,
                                                  const mail::CodeCatalogue& codes) {
    FileErrors errors;
    std::vector<dsn::Rule> rules;
    for (const std::string& directory : directories) {
        const auto files = rule_files(directory);
        if (!files.has_value()) {
            errors.push_back(files.error());
            continue;
        }
        for (const std::string& file : *files) {
            read_file(file, codes, rules, errors);
        }
    }
    if (!errors.empty()) {
        return std::unexpected(std::move(errors));
    }
    auto set = dsn::RuleSet::make(std::move(rules), codes);
    if (!set.has_value()) {
        for (const dsn::RuleError& error : set.error()) {
            errors.push_back({{error.file, error.line}, error.message});
        }
        return std::unexpected(std::move(errors));
    }
    return *std::move(set);
}

}  // namespace holdback::io
