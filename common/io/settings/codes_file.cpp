// SPDX-License-Identifier: Apache-2.0
#include "io/settings/codes_file.hpp"

#include "core/result.hpp"
#include "core/text.hpp"
#include "io/settings/toml_access.hpp"
#include "io/settings/toml_document.hpp"
#include "terms/failure_code.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include <fmt/format.h>

namespace holdback::io::settings {

namespace {

constexpr std::string_view kClasses =
    "permanent, rejected, temporary, communication, informational, unknown";
constexpr std::string_view kActors = "sender, recipient, admin, provider, nobody";
constexpr std::string_view kLearnings = "never, suppress, count, suppress-domain";
constexpr std::string_view kMayChange =
    "name, meaning, advice, who, resend_helps, learning, strikes, window, expiry";

/// Reads "180d", "26w", or "never" for an expiry.
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
        reader.wrong(value->place(),
                     fmt::format(R"("{}" has to be days or weeks, like "30d" or "4w")", key));
        return std::nullopt;
    }
    const auto count = static_cast<int>(*number);
    return text.back() == 'w' ? std::chrono::days(count * 7) : std::chrono::days(count);
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

/// Reads the keys that a table may leave out.
void read_options(TableReader& reader, terms::CodeEntry& entry) {
    if (const TomlValue* resend = reader.find("resend_helps")) {
        if (const bool* helps = resend->as_boolean()) {
            entry.resend_helps = *helps;
        } else {
            reader.mismatch("resend_helps", *resend, "true or false");
        }
    }
    entry.learning = reader.name<terms::Learning>("learning", terms::parse_learning, kLearnings)
                         .value_or(entry.learning);
    if (const TomlValue* strikes = reader.find("strikes")) {
        constexpr std::int64_t kMost = 100;
        const std::int64_t* number = strikes->as_integer();
        if (number == nullptr || *number < 1 || *number > kMost) {
            reader.wrong(strikes->place(), "\"strikes\" has to be a whole number from 1 to 100");
        } else {
            entry.strikes = static_cast<int>(*number);
        }
    }
    entry.window = read_days(reader, "window").value_or(entry.window);
    entry.expiry = read_days(reader, "expiry").value_or(entry.expiry);
}

/// Reads a code with all keys that it needs.
terms::CodeEntry read_whole(TableReader& reader, terms::FailureCode code) {
    terms::CodeEntry entry{.code = code,
                           .name = reader.needed_text("name"),
                           .failure_class = terms::FailureClass::Unknown,
                           .parent = reader.code_number("parent"),
                           .meaning = reader.needed_text("meaning"),
                           .advice = reader.needed_text("advice"),
                           .who = terms::Actor::Nobody,
                           .resend_helps = false,
                           .learning = terms::Learning::Never};
    if (reader.need("class") != nullptr) {
        entry.failure_class =
            reader.name<terms::FailureClass>("class", terms::parse_failure_class, kClasses)
                .value_or(entry.failure_class);
    }
    if (reader.need("who") != nullptr) {
        entry.who =
            reader.name<terms::Actor>("who", terms::parse_actor, kActors).value_or(entry.who);
    }
    read_options(reader, entry);
    return entry;
}

/// Applies the keys of a table to a code that exists.
terms::CodeEntry read_changes(TableReader& reader, terms::CodeEntry entry) {
    const auto fixed = [&](std::string_view key) {
        reader.wrong(reader.place_of(key),
                     fmt::format("\"{}\" of code {} can't be changed; these keys can: {}",
                                 key,
                                 entry.code.number(),
                                 kMayChange));
    };
    const auto change_text = [&](std::string_view key, std::string& text) {
        if (reader.find(key) != nullptr) {
            text = reader.text(key);
        }
    };
    change_text("name", entry.name);
    change_text("meaning", entry.meaning);
    change_text("advice", entry.advice);
    const auto its_class =
        reader.name<terms::FailureClass>("class", terms::parse_failure_class, kClasses);
    if (its_class.has_value() && *its_class != entry.failure_class) {
        fixed("class");
    }
    const auto parent = reader.code_number("parent");
    if (parent.has_value() && parent != entry.parent) {
        fixed("parent");
    }
    entry.who = reader.name<terms::Actor>("who", terms::parse_actor, kActors).value_or(entry.who);
    read_options(reader, entry);
    return entry;
}

/// Reads the tables of a file over a catalogue that may be empty.
class CodesReader {
public:
    /// `shipped` outlives the reader; nullptr: the file is the whole catalogue.
    explicit CodesReader(const terms::CodeCatalogue* shipped) : shipped_(shipped) {}

    [[nodiscard]] core::Result<terms::CodeCatalogue, FileErrors> read(const TomlTable& root,
                                                                      std::string_view file) {
        for_each_table(
            root, errors_, {{"code", [this](TableReader& reader) { read_table(reader); }}});
        if (shipped_ != nullptr) {
            for (const terms::CodeEntry& entry : shipped_->entries()) {
                if (find(entry.code) == nullptr) {
                    entries_.push_back(entry);
                    places_.push_back({std::string(file), 0});
                }
            }
        }
        check_names();
        check_parents();
        if (!errors_.empty()) {
            return std::unexpected(std::move(errors_));
        }
        auto catalogue = terms::CodeCatalogue::make(std::move(entries_));
        if (!catalogue.has_value()) {
            return std::unexpected(FileErrors{{{std::string(file), 0}, catalogue.error()}});
        }
        if (catalogue->find(terms::kUnknownFailure) == nullptr) {
            return std::unexpected(FileErrors{
                {{std::string(file), 0}, "code 9999 is missing: unknown texts need it"}});
        }
        return *std::move(catalogue);
    }

private:
    [[nodiscard]] const terms::CodeEntry* find(terms::FailureCode code) const {
        const auto found = std::ranges::find(entries_, code, &terms::CodeEntry::code);
        return found == entries_.end() ? nullptr : &*found;
    }

    void read_table(TableReader& reader) {
        reader.allow_only(kCodeKeys);
        const bool there = reader.need("code") != nullptr;
        const auto read = there ? reader.code_number("code") : std::nullopt;
        const bool numbered = read.has_value();
        const terms::FailureCode code = read.value_or(terms::kUnknownFailure);
        const terms::CodeEntry* known =
            shipped_ == nullptr || !numbered ? nullptr : shipped_->find(code);
        terms::CodeEntry entry =
            known != nullptr ? read_changes(reader, *known) : read_whole(reader, code);
        if (!numbered) {
            return;
        }
        if (find(code) != nullptr) {
            reader.wrong(reader.place(),
                         fmt::format("code {} is defined above already", code.number()));
            return;
        }
        if (shipped_ != nullptr && known == nullptr && reader.find("parent") == nullptr) {
            reader.wrong(reader.place(),
                         fmt::format("code {} is new, so it needs a \"parent\": the shipped code "
                                     "that is shown for it when extensions are off",
                                     code.number()));
        }
        entries_.push_back(std::move(entry));
        places_.push_back(reader.place_of("name"));
    }

    void check_names() {
        for (std::size_t i = 0; i < entries_.size(); ++i) {
            const terms::CodeEntry& entry = entries_[i];
            if (entry.name.empty()) {
                continue;  // reported already
            }
            if (!terms::is_code_name(entry.name)) {
                wrong(i,
                      fmt::format("\"name\" of code {} has to be made of a-z, 0-9 and hyphens",
                                  entry.code.number()));
                continue;
            }
            for (std::size_t other = 0; other < entries_.size(); ++other) {
                const bool later = places_[i].line > places_[other].line ||
                                   (places_[i].line == places_[other].line && i > other);
                if (entries_[other].name == entry.name && later) {
                    wrong(i,
                          fmt::format("code {} has the name \"{}\" already",
                                      entries_[other].code.number(),
                                      entry.name));
                    break;
                }
            }
        }
    }

    void check_parents() {
        for (std::size_t i = 0; i < entries_.size(); ++i) {
            const terms::CodeEntry& entry = entries_[i];
            const terms::CodeEntry* parent =
                entry.parent.has_value() ? find(*entry.parent) : nullptr;
            if (entry.parent.has_value() && parent == nullptr) {
                wrong(i,
                      fmt::format("code {}: there is no parent {}",
                                  entry.code.number(),
                                  entry.parent->number()));
            } else if (parent != nullptr && parent->parent.has_value()) {
                wrong(i,
                      fmt::format("code {}: its parent {} has a parent itself; name {}",
                                  entry.code.number(),
                                  parent->code.number(),
                                  parent->parent->number()));
            }
        }
    }

    void wrong(std::size_t entry, std::string message) {
        errors_.push_back({places_[entry], std::move(message)});
    }

    const terms::CodeCatalogue* shipped_;
    std::vector<terms::CodeEntry> entries_;
    std::vector<SourcePlace> places_;  // of the entries; line 0 for the shipped ones
    FileErrors errors_;
};

}  // namespace

core::Result<terms::CodeCatalogue, FileErrors> read_codes(const std::string& path) {
    const auto root = read_toml_file(path);
    if (!root.has_value()) {
        return std::unexpected(FileErrors{root.error()});
    }
    return CodesReader(nullptr).read(*root, path);
}

core::Result<terms::CodeCatalogue, FileErrors> read_codes_text(std::string_view text,
                                                               std::string_view name) {
    const auto root = read_toml_text(text, name);
    if (!root.has_value()) {
        return std::unexpected(FileErrors{root.error()});
    }
    return CodesReader(nullptr).read(*root, name);
}

core::Result<terms::CodeCatalogue, FileErrors> amend_codes_text(const terms::CodeCatalogue& shipped,
                                                                std::string_view text,
                                                                std::string_view name) {
    const auto root = read_toml_text(text, name);
    if (!root.has_value()) {
        return std::unexpected(FileErrors{root.error()});
    }
    return CodesReader(&shipped).read(*root, name);
}

core::Result<terms::CodeCatalogue, FileErrors> load_codes(const std::string& path,
                                                          const std::string& local) {
    auto shipped = read_codes(path);
    std::error_code error;
    const bool is_there = std::filesystem::exists(local, error) || error;
    if (!shipped.has_value() || !is_there) {
        return shipped;
    }
    const auto root = read_toml_file(local);
    if (!root.has_value()) {
        return std::unexpected(FileErrors{root.error()});
    }
    return CodesReader(&*shipped).read(*root, local);
}

}  // namespace holdback::io::settings
