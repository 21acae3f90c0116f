// SPDX-License-Identifier: Apache-2.0
#include "outbound/plain_text.hpp"

#include "core/text.hpp"
#include "mail/header.hpp"

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace holdback::outbound {

namespace {

constexpr std::size_t kMostPartHeader = 8192;
constexpr std::size_t kMostBoundaries = 20;
constexpr std::size_t kMostParts = 1000;

/// "text/html" for "text/html; charset=utf-8"; text/plain without a type (RFC 2045 section 5.2).
std::string media_type(const mail::HeaderList& headers) {
    const std::string value = headers.first("Content-Type").value_or("");
    const std::string_view type = core::trim(std::string_view(value).substr(0, value.find(';')));
    return type.empty() ? "text/plain" : core::to_lower(type);
}

/// The `boundary` parameter of Content-Type; empty when there is none.
std::string boundary_of(const mail::HeaderList& headers) {
    const std::string value = headers.first("Content-Type").value_or("");
    constexpr std::string_view kName = "boundary=";
    const auto found =
        std::ranges::search(value, kName, [](char a, char b) { return core::ascii_lower(a) == b; });
    if (found.empty()) {
        return {};
    }
    const std::string_view rest(found.end(), value.end());
    if (rest.starts_with('"')) {
        return std::string(rest.substr(1, rest.find('"', 1) - 1));
    }
    return std::string(core::trim(rest.substr(0, rest.find(';'))));
}

bool is_attachment(const mail::HeaderList& headers) {
    const auto value = headers.first("Content-Disposition");
    return value.has_value() && core::starts_with_ignoring_case(*value, "attachment");
}

bool has_parts(std::string_view type) {
    return type.starts_with("multipart/");
}

std::string with_plain_line_ends(std::string_view text) {
    std::string lines;
    lines.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '\r' || i + 1 == text.size() || text[i + 1] != '\n') {
            lines += text[i];
        }
    }
    return lines;
}

/// The line from `at` to `behind`, without trailing white space.
std::string_view line_at(std::string_view body, std::size_t at, std::size_t behind) {
    std::string_view line = body.substr(at, behind - at);
    while (!line.empty() && core::is_ascii_space(line.back())) {
        line.remove_suffix(1);
    }
    return line;
}

/// True when the header of a part is too long or was not read to its end.
bool is_cut(std::string_view part) {
    return !part.starts_with('\n') && part.find("\n\n") == std::string_view::npos;
}

/// Goes through the parts of a body whose line ends are "\n".
PlainText look_at_parts(std::string_view body, std::string top_boundary) {
    if (top_boundary.empty()) {
        return PlainText::Unknown;
    }
    const std::string end = "--" + top_boundary + "--";
    std::vector<std::string> boundaries{std::move(top_boundary)};
    std::size_t parts = 0;
    std::size_t at = 0;
    while (at < body.size()) {
        const std::size_t behind = std::min(body.find('\n', at), body.size() - 1) + 1;
        const std::string_view line = line_at(body, at, behind);
        at = behind;
        if (!line.starts_with("--")) {
            continue;
        }
        if (line == end) {
            return PlainText::Absent;
        }
        if (std::ranges::find(boundaries, line.substr(2)) == boundaries.end()) {
            continue;
        }
        const std::string_view rest = body.substr(at, kMostPartHeader);
        if (++parts > kMostParts || is_cut(rest)) {
            return PlainText::Unknown;
        }
        const mail::ParsedHeader part = mail::parse_header(rest, kMostPartHeader);
        const std::string type = media_type(part.fields);
        if (type == "text/plain" && !is_attachment(part.fields)) {
            return PlainText::Present;
        }
        if (has_parts(type) && boundaries.size() < kMostBoundaries) {
            boundaries.push_back(boundary_of(part.fields));
        }
    }
    return PlainText::Unknown;
}

}  // namespace

PlainText plain_text(const mail::HeaderList& headers, std::string_view body) {
    const std::string type = media_type(headers);
    if (type == "text/plain") {
        return PlainText::Present;
    }
    if (type.starts_with("message/")) {
        return PlainText::Unknown;
    }
    if (!has_parts(type)) {
        return PlainText::Absent;
    }
    return look_at_parts(with_plain_line_ends(body.substr(0, kPlainTextOctets)),
                         boundary_of(headers));
}

}  // namespace holdback::outbound
