// SPDX-License-Identifier: Apache-2.0
#include "io/settings/notice_texts_file.hpp"

#include "config/notice_choice.hpp"
#include "config/settings.hpp"
#include "config/value_form.hpp"
#include "core/result.hpp"
#include "core/text.hpp"
#include "io/settings/directory_files.hpp"
#include "io/settings/toml_access.hpp"
#include "io/settings/toml_document.hpp"
#include "letters/notice_texts.hpp"
#include "terms/finding.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <expected>
#include <filesystem>
#include <iterator>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace holdback::io::settings {

namespace {

using letters::NoticeLanguages;
using letters::NoticeTexts;

constexpr std::string_view kBuiltIn = "en";

enum class Table : std::uint8_t { Texts, Reasons, Advice };

core::Result<void, std::string> take(NoticeTexts& texts,
                                     Table table,
                                     std::string_view key,
                                     const std::string& text) {
    if (table == Table::Texts) {
        return texts.set(key, text);
    }
    if (!terms::parse_finding_name(key).has_value()) {
        return std::unexpected(std::string("there is no finding of this name"));
    }
    return table == Table::Reasons ? texts.set_reason(key, text) : texts.set_advice(key, text);
}

void read_table(const TomlValue& value, Table table, NoticeTexts& texts, FileErrors& errors) {
    const TomlTable* const entries = value.as_table();
    if (entries == nullptr) {
        errors.push_back(
            {value.place(), fmt::format("this must be a table, not {}", value.kind())});
        return;
    }
    for (const TomlEntry& entry : *entries) {
        const std::string* const text = entry.value.as_string();
        const auto taken = text == nullptr
                               ? core::Result<void, std::string>(std::unexpected(
                                     fmt::format("must be a string, not {}", entry.value.kind())))
                               : take(texts, table, entry.key, *text);
        if (!taken.has_value()) {
            errors.push_back(
                {entry.value.place(),
                 fmt::format("\"{}\": {}", core::printable(entry.key), taken.error())});
        }
    }
}

FileErrors read_notice_table(const TomlTable& root,
                             const SourcePlace& place,
                             NoticeLanguages& languages) {
    FileErrors errors;
    TableReader reader(root, place, errors);
    reader.allow_only(std::array<std::string_view, 4>{"language", "texts", "reasons", "advice"});
    const std::string language = reader.needed_text("language");
    const auto form = config::language_form();
    if (!form.parse(language).has_value()) {
        if (reader.find("language") != nullptr) {
            reader.wrong(reader.place_of("language"),
                         fmt::format("\"language\" has to be {}", form.expects));
        }
        return errors;
    }
    const auto known = languages.find(language);
    NoticeTexts texts = known == languages.end() ? NoticeTexts::of_new_language() : known->second;
    if (const TomlValue* value = find_key(root, "texts")) {
        read_table(*value, Table::Texts, texts, errors);
    }
    if (const TomlValue* value = find_key(root, "reasons")) {
        read_table(*value, Table::Reasons, texts, errors);
    }
    if (const TomlValue* value = find_key(root, "advice")) {
        read_table(*value, Table::Advice, texts, errors);
    }
    if (errors.empty()) {
        languages.insert_or_assign(language, std::move(texts));
    }
    return errors;
}

void check_language(const std::string& language,
                    std::string_view key,
                    const config::NoticeSettings& settings,
                    const NoticeLanguages& languages,
                    FileErrors& errors) {
    if (languages.contains(language)) {
        return;
    }
    std::vector<std::string> names;
    for (const auto& [name, texts] : languages) {
        names.push_back(name);
    }
    errors.push_back(
        {{.file = settings.texts, .line = 0},
         fmt::format(
             "[notice] {} names \"{}\", but there is no table of this language; there are {}",
             key,
             language,
             fmt::join(names, ", "))});
}

}  // namespace

FileErrors read_notice_texts(std::string_view text,
                             std::string_view name,
                             NoticeLanguages& languages) {
    const auto root = read_toml_text(text, name);
    if (!root.has_value()) {
        return {root.error()};
    }
    return read_notice_table(*root, {.file = std::string(name), .line = 1}, languages);
}

core::Result<NoticeLanguages, FileErrors> load_notice_texts(
    const config::NoticeSettings& settings) {
    NoticeLanguages languages{{std::string(kBuiltIn), NoticeTexts()}};
    FileErrors errors;
    for (const std::string& directory : {settings.texts, settings.local_texts}) {
        std::error_code ignored;
        if (!std::filesystem::exists(directory, ignored)) {
            continue;
        }
        const auto files = files_in(directory, ".conf");
        if (!files.has_value()) {
            errors.push_back(files.error());
            continue;
        }
        for (const std::string& file : *files) {
            const auto root = read_toml_file(file);
            FileErrors found = root.has_value()
                                   ? read_notice_table(*root, {.file = file, .line = 1}, languages)
                                   : FileErrors{root.error()};
            std::ranges::move(found, std::back_inserter(errors));
        }
    }
    check_language(settings.language, "language", settings, languages, errors);
    for (const config::ForSenders<std::string>& entry : settings.language_by_sender) {
        check_language(entry.value, "language_by_sender", settings, languages, errors);
    }
    if (!errors.empty()) {
        return std::unexpected(std::move(errors));
    }
    return languages;
}

}  // namespace holdback::io::settings
