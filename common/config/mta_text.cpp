// SPDX-License-Identifier: Apache-2.0
#include "config/mta_text.hpp"

#include "config/table_lines.hpp"
#include "core/text.hpp"

#include <algorithm>
#include <cstddef>
#include <functional>
#include <iterator>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace holdback::config {

namespace {

using Words = std::vector<std::string_view>;

bool is_absolute(std::string_view path) {
    return path.size() > 1 && path.starts_with('/');
}

Words words_of(std::string_view text) {
    Words words;
    std::size_t at = 0;
    while (at < text.size()) {
        if (core::is_ascii_space(text[at])) {
            ++at;
            continue;
        }
        const std::size_t begin = at;
        while (at < text.size() && !core::is_ascii_space(text[at])) {
            ++at;
        }
        words.push_back(text.substr(begin, at - begin));
    }
    return words;
}

/// The end of the piece of a list that begins at `begin`. White space and commas inside braces do
/// not end it.
std::size_t end_of_piece(std::string_view text, std::size_t begin) {
    std::size_t depth = 0;
    std::size_t at = begin;
    while (at < text.size()) {
        const char c = text[at];
        if (c == '{') {
            ++depth;
        } else if (c == '}' && depth > 0) {
            --depth;
        } else if (depth == 0 && (c == ',' || core::is_ascii_space(c))) {
            break;
        }
        ++at;
    }
    return at;
}

/// Splits a line at its first `separator`, both sides trimmed.
std::optional<std::pair<std::string_view, std::string_view>> parted(std::string_view line,
                                                                    char separator) {
    const std::size_t at = line.find(separator);
    if (at == std::string_view::npos) {
        return std::nullopt;
    }
    return std::pair{core::trim(line.substr(0, at)), core::trim(line.substr(at + 1))};
}

/// The name of a macro or class at the start of a text, "w" or "{VirtHost}", and the rest of the
/// text.
std::pair<std::string_view, std::string_view> class_name(std::string_view text) {
    if (text.empty()) {
        return {};
    }
    if (text.front() != '{') {
        return {text.substr(0, 1), text.substr(1)};
    }
    const std::size_t end = text.find('}');
    if (end == std::string_view::npos) {
        return {};
    }
    return {text.substr(1, end - 1), text.substr(end + 1)};
}

void add_class_file(std::string_view value, SendmailCf::Class& into) {
    value = core::trim(value);
    constexpr std::string_view kOptional = "-o";
    const bool optional = value.starts_with(kOptional);
    if (optional) {
        value = core::trim(value.substr(kOptional.size()));
    }
    if (!is_absolute(value)) {
        into.others.emplace_back(value);
        return;
    }
    // A format may follow the name: "/etc/mail/local-host-names %[^\#]".
    into.files.push_back({.path = std::string(words_of(value).front()), .optional = optional});
}

/// "Mesmtp, P=[IPC], F=mDFMuXa, A=TCP $h": a mailer with P=[IPC] uses the network, and one with the
/// flag z speaks LMTP.
void add_mailer(std::string_view line, SendmailCf& cf) {
    const std::vector<std::string_view> pieces = core::split(line, ',');
    std::string program = "prog";
    for (const std::string_view piece : pieces) {
        const auto field = parted(piece, '=');
        if (!field.has_value()) {
            continue;
        }
        if (field->first == "P" && field->second.starts_with("[IPC]")) {
            program = program == "lmtp" ? program : "smtp";
        } else if (field->first == "F" && field->second.contains('z')) {
            program = "lmtp";
        }
    }
    cf.mailers.insert_or_assign(std::string(core::trim(pieces.front())), program);
}

bool is_plain_name(std::string_view text) {
    return !text.empty() && !text.contains('$') && !text.contains('{');
}

void set_macro(std::string_view name, std::string_view value, SendmailCf& cf) {
    if (name == "j" && is_plain_name(value)) {
        cf.host_name = value;
    } else if (name == "S") {
        // "relay:[127.0.0.1]", or a host alone.
        const bool has_mailer = value.contains(':') && !value.starts_with('[');
        cf.smart_host = has_mailer ? value.substr(value.find(':') + 1) : value;
    }
}

void add_class_names(std::string_view value, const SendmailCf& cf, SendmailCf::Class& into) {
    for (const std::string_view word : words_of(value)) {
        if (word == "$j" && !cf.host_name.empty()) {
            into.names.push_back(cf.host_name);
        } else if (is_plain_name(word)) {
            into.names.emplace_back(word);
        }
    }
}

}  // namespace

std::optional<MtaSource> parse_mta_source(std::string_view text) {
    constexpr std::string_view kPostfix = "postfix:";
    constexpr std::string_view kSendmail = "sendmail:";
    if (text == "auto") {
        return AutoMta{};
    }
    if (text == "off") {
        return NoMta{};
    }
    if (text.starts_with(kPostfix) && is_absolute(text.substr(kPostfix.size()))) {
        return PostfixMta{std::string(text.substr(kPostfix.size()))};
    }
    if (text.starts_with(kSendmail) && is_absolute(text.substr(kSendmail.size()))) {
        return SendmailMta{std::string(text.substr(kSendmail.size()))};
    }
    return std::nullopt;
}

MtaParameters parse_postconf(std::string_view output) {
    MtaParameters parameters;
    for (const std::string_view line : core::split(output, '\n')) {
        const auto pair = parted(line, '=');
        if (pair.has_value() && words_of(pair->first).size() == 1) {
            parameters.insert_or_assign(std::string(pair->first), std::string(pair->second));
        }
    }
    return parameters;
}

std::map<std::string, std::string, std::less<>> parse_master(std::string_view output) {
    constexpr std::size_t kProgram = 7;  // name type private unprivileged chroot wakeup limit
    std::map<std::string, std::string, std::less<>> programs;
    for (const std::string_view line : core::split(output, '\n')) {
        const Words words = words_of(line);
        if (words.size() > kProgram && words[1] == "unix") {
            programs.insert_or_assign(std::string(words[0]), std::string(words[kProgram]));
        }
    }
    return programs;
}

std::vector<std::string> parse_service_names(std::string_view output) {
    constexpr std::string_view kParameter = "myhostname=";
    std::vector<std::string> names;
    for (const std::string_view line : core::split(output, '\n')) {
        const Words words = words_of(line);
        for (std::size_t i = 1; i < words.size(); ++i) {
            // A name that is made of other parameters is not known.
            if (words[i - 1] == "-o" && words[i].starts_with(kParameter) &&
                !words[i].contains('$')) {
                names.emplace_back(words[i].substr(kParameter.size()));
            }
        }
    }
    return names;
}

std::vector<ListEntry> parse_domain_list(std::string_view value) {
    std::vector<ListEntry> entries;
    std::size_t at = 0;
    while (at < value.size()) {
        if (value[at] == ',' || core::is_ascii_space(value[at])) {
            ++at;
            continue;
        }
        const std::size_t end = end_of_piece(value, at);
        std::string_view piece = value.substr(at, end - at);
        at = end;
        bool excludes = false;
        while (piece.starts_with('!')) {
            excludes = !excludes;
            piece.remove_prefix(1);
        }
        // "{ inline:{a=b} }" is the table in the braces.
        if (piece.starts_with('{') && piece.ends_with('}')) {
            piece = core::trim(piece.substr(1, piece.size() - 2));
        }
        if (piece.empty()) {
            continue;
        }
        auto kind = ListEntry::Kind::Name;
        if (piece.starts_with('/')) {
            kind = ListEntry::Kind::File;
        } else if (piece.contains(':') && !piece.starts_with('[')) {
            kind = ListEntry::Kind::Table;
        }
        entries.push_back({.kind = kind, .excludes = excludes, .text = std::string(piece)});
    }
    return entries;
}

std::vector<ListEntry> parse_domain_file(std::string_view text) {
    std::vector<ListEntry> entries;
    for (const TableLine& line : table_lines(text)) {
        std::ranges::move(parse_domain_list(line.text), std::back_inserter(entries));
    }
    return entries;
}

std::string_view without_proxy(std::string_view table) {
    constexpr std::string_view kProxy = "proxy:";
    while (table.starts_with(kProxy)) {
        table.remove_prefix(kProxy.size());
    }
    return table;
}

TransportHop parse_transport_hop(std::string_view value) {
    value = core::trim(value);
    const std::size_t colon = value.find(':');
    if (colon == std::string_view::npos) {
        return {.transport = std::string(value), .next_hop = {}};
    }
    return {.transport = std::string(value.substr(0, colon)),
            .next_hop = std::string(value.substr(colon + 1))};
}

SendmailCf parse_sendmail_cf(std::string_view text) {
    SendmailCf cf;
    for (const TableLine& each : table_lines(text)) {
        const std::string_view line = each.text;
        const std::string_view rest = line.substr(1);
        const auto [name, value] = class_name(rest);
        switch (line.front()) {
            case 'D':
                set_macro(name, core::trim(value), cf);
                break;
            case 'C':
                add_class_names(value, cf, cf.classes[std::string(name)]);
                break;
            case 'F':
                if (!name.empty()) {
                    add_class_file(value, cf.classes[std::string(name)]);
                }
                break;
            case 'M':
                add_mailer(rest, cf);
                break;
            default:
                break;
        }
    }
    return cf;
}

std::vector<std::string> parse_class_file(std::string_view text) {
    std::vector<std::string> names;
    for (const std::string_view line : core::split(text, '\n')) {
        for (const std::string_view word : words_of(line.substr(0, line.find('#')))) {
            names.emplace_back(word);
        }
    }
    return names;
}

}  // namespace holdback::config
