// SPDX-License-Identifier: Apache-2.0
#include "io/settings/toml_document.hpp"

#include "core/result.hpp"
#include "core/text.hpp"

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <fstream>
#include <ios>
#include <memory>
#include <sstream>
#include <string>
#include <string_view>
#include <system_error>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include <fmt/format.h>
#include <toml++/toml.h>

namespace holdback::io::settings {

namespace {

/// Files of settings or rules are written by hand: a larger one is a mistake in the path.
constexpr std::size_t kMostOctets = std::size_t{16} * 1024 * 1024;

/// The name of a file, as its values share it.
using FileName = std::shared_ptr<const std::string>;

int line_of(const toml::source_region& region) {
    return static_cast<int>(region.begin.line);
}

// The library limits nesting to 256 levels, so the recursion is bounded.
// NOLINTBEGIN(misc-no-recursion)

TomlValue convert(const toml::node& node, const FileName& file);

TomlTable convert_table(const toml::table& table, const FileName& file) {
    struct Child {
        const toml::key* key;
        const toml::node* node;
    };
    std::vector<Child> children;
    children.reserve(table.size());
    for (auto&& [key, node] : table) {
        children.push_back({&key, &node});
    }
    // The library keeps keys in alphabetical order.
    std::ranges::sort(children, [](const Child& a, const Child& b) {
        return a.key->source().begin < b.key->source().begin;
    });
    TomlTable result;
    result.reserve(children.size());
    for (const Child& child : children) {
        TomlValue value = convert(*child.node, file);
        // A value of several lines has the place of its key.
        value.line = line_of(child.key->source());
        result.push_back({std::string(child.key->str()), std::move(value)});
    }
    return result;
}

TomlArray convert_array(const toml::array& array, const FileName& file) {
    TomlArray result;
    result.reserve(array.size());
    for (const toml::node& node : array) {
        result.push_back(convert(node, file));
    }
    return result;
}

TomlValue convert(const toml::node& node, const FileName& file) {
    TomlValue result;
    result.file = file;
    result.line = line_of(node.source());
    node.visit([&](const auto& concrete) {
        using Node = std::remove_cvref_t<decltype(concrete)>;
        if constexpr (std::is_same_v<Node, toml::table>) {
            result.value = std::make_unique<TomlTable>(convert_table(concrete, file));
        } else if constexpr (std::is_same_v<Node, toml::array>) {
            result.value = std::make_unique<TomlArray>(convert_array(concrete, file));
        } else if constexpr (std::is_same_v<Node, toml::value<std::string>> ||
                             std::is_same_v<Node, toml::value<std::int64_t>> ||
                             std::is_same_v<Node, toml::value<double>> ||
                             std::is_same_v<Node, toml::value<bool>>) {
            result.value = concrete.get();
        } else {
            std::ostringstream text;
            text << concrete.get();
            result.value = std::move(text).str();
        }
    });
    return result;
}

// NOLINTEND(misc-no-recursion)

FileError unreadable(const std::string& path, int error) {
    return {{path, 0}, fmt::format("cannot read: {}", std::generic_category().message(error))};
}

/// "[name]" when the line begins a table; empty for other lines.
std::string_view table_header(std::string_view line) {
    line = core::trim(line);
    const std::size_t end = line.find(']');
    const bool is_one = line.starts_with('[') && !line.starts_with("[[");
    return is_one && end != std::string_view::npos ? line.substr(0, end + 1) : std::string_view();
}

/// Where the table that begins at `line` began before, in words; empty when it did not. The shipped
/// file has all tables, so that adding one at the end leads here.
std::string begun_before(std::string_view text, int line) {
    std::vector<std::string_view> headers;
    for (std::size_t at = 0; at <= text.size();) {
        const std::size_t end = std::min(text.find('\n', at), text.size());
        headers.push_back(table_header(text.substr(at, end - at)));
        at = end + 1;
    }
    const auto number = static_cast<std::size_t>(line);
    if (line < 1 || number > headers.size() || headers[number - 1].empty()) {
        return {};
    }
    const auto before = headers.begin() + line - 1;
    const auto first = std::find(headers.begin(), before, *before);
    return first == before
               ? std::string()
               : fmt::format("{} is there already, in line {}: put its keys there, without the #",
                             core::printable(*before),
                             first - headers.begin() + 1);
}

}  // namespace

std::string FileError::text() const {
    if (place.line == 0) {
        return fmt::format("{}: {}", place.file, message);
    }
    return fmt::format("{}:{}: {}", place.file, place.line, message);
}

std::string_view TomlValue::kind() const {
    struct Name {
        std::string_view operator()(const std::string& /*value*/) const { return "a string"; }
        std::string_view operator()(std::int64_t /*value*/) const { return "a whole number"; }
        std::string_view operator()(double /*value*/) const { return "a decimal number"; }
        std::string_view operator()(bool /*value*/) const { return "true or false"; }
        std::string_view operator()(const std::unique_ptr<TomlArray>& /*value*/) const {
            return "a list";
        }
        std::string_view operator()(const std::unique_ptr<TomlTable>& /*value*/) const {
            return "a table";
        }
    };
    return std::visit(Name{}, value);
}

core::Result<TomlTable, FileError> read_toml_text(std::string_view text, std::string_view name) {
    try {
        const toml::table root = toml::parse(text, name);
        return convert_table(root, std::make_shared<const std::string>(name));
    } catch (const toml::parse_error& error) {
        const SourcePlace place{std::string(name), line_of(error.source())};
        const std::string begun = begun_before(text, place.line);
        return std::unexpected(
            FileError{place, begun.empty() ? core::printable(error.description()) : begun});
    }
}

core::Result<std::string, FileError> read_toml_octets(const std::string& path) {
    errno = 0;
    std::ifstream stream(path, std::ios::binary);
    if (!stream.is_open()) {
        return std::unexpected(unreadable(path, errno));
    }
    std::string text;
    std::string piece(std::size_t{32} * 1024, '\0');
    while (stream.good() && text.size() <= kMostOctets) {
        stream.read(piece.data(), static_cast<std::streamsize>(piece.size()));
        text.append(piece, 0, static_cast<std::size_t>(stream.gcount()));
    }
    if (stream.bad() || (!stream.eof() && text.size() <= kMostOctets)) {
        return std::unexpected(unreadable(path, errno == 0 ? EIO : errno));
    }
    if (text.size() > kMostOctets) {
        return std::unexpected(FileError{{path, 0}, "cannot read: larger than 16 MiB"});
    }
    return text;
}

core::Result<TomlTable, FileError> read_toml_file(const std::string& path) {
    const auto text = read_toml_octets(path);
    return text.has_value() ? read_toml_text(*text, path) : std::unexpected(text.error());
}

const TomlValue* find_key(const TomlTable& table, std::string_view key) {
    const auto found = std::ranges::find(table, key, &TomlEntry::key);
    return found == table.end() ? nullptr : &found->value;
}

}  // namespace holdback::io::settings
