// SPDX-License-Identifier: Apache-2.0
#include "io/mime/message_octets.hpp"

#include "core/text.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <set>
#include <string>
#include <string_view>

namespace holdback::io::mime {

namespace {

/// Calls `act` with the position of each line end before a line that begins with "--", until it
/// returns false.
template <typename Act>
void each_dashed_line(std::string_view text, const Act& act) {
    std::size_t at = text.find("\n--");
    while (at != std::string_view::npos && act(at)) {
        at = text.find("\n--", at + 3);
    }
}

/// The boundaries that a text declares anywhere. Each line that repeats one may begin a part, even
/// one without a header.
class Boundaries {
public:
    explicit Boundaries(std::string_view text) {
        constexpr std::string_view kName = "boundary";
        const std::string lower = core::to_lower(text);
        for (std::size_t at = lower.find(kName); at != std::string::npos && !is_any_;
             at = lower.find(kName, at + kName.size())) {
            add(text.substr(at + kName.size()));
        }
    }

    /// True when the text after "--" may be a boundary.
    [[nodiscard]] bool has(std::string_view name) const {
        return is_any_ || names_.contains(core::trim(name));
    }

private:
    /// Adds the value in `rest`, the text after the parameter's name. A value in pieces, encoded,
    /// escaped or after a comment (RFC 2045, RFC 2231) is not taken apart here: any line may repeat
    /// it.
    void add(std::string_view rest) {
        constexpr std::string_view kSpace = " \t\n";
        rest.remove_prefix(std::min(rest.find_first_not_of(kSpace), rest.size()));
        if (rest.starts_with('*') || rest.starts_with('(')) {
            is_any_ = true;
        }
        if (!rest.starts_with('=')) {
            return;
        }
        rest.remove_prefix(std::min(rest.find_first_not_of(kSpace, 1), rest.size()));
        is_any_ = is_any_ || rest.starts_with('(');
        if (rest.starts_with('"')) {
            const std::string_view value = rest.substr(1, rest.find('"', 1) - 1);
            is_any_ = is_any_ || value.find_first_of("\\\n") != std::string_view::npos ||
                      value.find("=?") != std::string_view::npos;
            names_.insert(core::trim(value));
            return;
        }
        // When a careless system did not quote it, parsers end it at different places.
        names_.insert(rest.substr(0, rest.find_first_of("; \t\n\"")));
        names_.insert(rest.substr(0, rest.find_first_of("; \t\n\"()<>@,:\\/[]?=")));
    }

    std::set<std::string_view> names_;  // views into the text, which outlives this
    bool is_any_ = false;
};

}  // namespace

std::size_t bounded_parts(std::string_view text, std::size_t most) {
    std::size_t dashed_lines = 0;
    each_dashed_line(text, [&](std::size_t) { return ++dashed_lines <= most; });
    if (dashed_lines <= most) {
        return text.size();
    }
    const Boundaries boundaries(text);
    std::size_t end = text.size();
    std::size_t parts = 0;
    each_dashed_line(text, [&](std::size_t at) {
        const std::size_t next = std::min(text.find('\n', at + 1), text.size() - 1) + 1;
        const bool begins_part = core::starts_with_ignoring_case(text.substr(next), "Content-") ||
                                 boundaries.has(text.substr(at + 3, next - at - 3));
        if (begins_part && ++parts > most) {
            end = at + 1;
        }
        return end == text.size();
    });
    return end;
}

std::size_t bounded_fields(std::string_view text, std::size_t most) {
    std::size_t lines = 0;
    bool in_header = false;
    for (std::size_t at = text.find("\n--"); at < text.size();) {
        const std::size_t begin = at + 1;
        const std::size_t end = std::min(text.find('\n', begin), text.size());
        in_header = end > begin && (in_header || text.substr(begin).starts_with("--"));
        if (in_header && ++lines > most) {
            return begin;
        }
        at = in_header ? end : text.find("\n--", end);
    }
    return text.size();
}

std::size_t bounded_work(std::string_view text) {
    constexpr std::size_t kMostComparisons = 20'000'000;
    // A boundary takes at least 9 octets ("boundary=") of the text.
    std::size_t dashed_lines = 0;
    each_dashed_line(text, [&dashed_lines](std::size_t) {
        ++dashed_lines;
        return true;
    });
    if (dashed_lines * (text.size() / 9) <= kMostComparisons) {
        return text.size();
    }
    std::size_t boundaries = 0;
    std::size_t comparisons = 0;
    std::size_t at = 0;
    while (at < text.size()) {
        const std::size_t end = std::min(text.find('\n', at), text.size());
        const std::string_view line = text.substr(at, end - at);
        if (line.starts_with("--")) {
            comparisons += boundaries;
        } else if (core::contains_ignoring_case(line.substr(0, 998), "boundary")) {
            ++boundaries;
        }
        if (comparisons > kMostComparisons) {
            return at;
        }
        at = end + 1;
    }
    return text.size();
}

std::string with_plain_line_ends(std::string_view octets) {
    std::string text;
    text.reserve(octets.size() + 1);
    for (std::size_t at = 0; at < octets.size(); ++at) {
        const std::size_t line_end = std::min(octets.find('\r', at), octets.size());
        text += octets.substr(at, line_end - at);
        at = line_end;
        if (at == octets.size()) {
            break;
        }
        // CR CR LF is one line end as well: a second conversion makes it.
        if (at + 2 < octets.size() && octets[at + 1] == '\r' && octets[at + 2] == '\n') {
            ++at;
        }
        if (at + 1 >= octets.size() || octets[at + 1] != '\n') {
            text.push_back('\n');
        }
    }
    // Empty lines at the start, even with blanks, do not end the header.
    std::size_t start = std::min(text.find_first_not_of(" \t\n"), text.size());
    start = start == 0 ? 0 : std::min(text.rfind('\n', start), start) + 1;
    start = start > text.size() ? 0 : start;
    const std::string_view rest = std::string_view(text).substr(start);
    if (rest.starts_with("From ") || rest.starts_with(">From ")) {
        start = std::min(text.find('\n', start), text.size() - 1) + 1;
    }
    text.erase(0, start);
    if (!text.empty() && text.back() != '\n') {
        text.push_back('\n');
    }
    return text;
}

std::string refolded(std::string text) {
    static constexpr auto kParameters =
        std::to_array<std::string_view>({"boundary=", "report-type=", "charset="});
    constexpr int kMostRepairs = 100;
    std::size_t at = text.find(";\n");
    for (int repairs = 0; at != std::string::npos && repairs < kMostRepairs;) {
        const std::string_view line = std::string_view(text).substr(at + 2);
        if (std::ranges::any_of(kParameters, [line](std::string_view parameter) {
                return line.starts_with(parameter);
            })) {
            text.insert(at + 2, 1, '\t');
            ++repairs;
        }
        at = text.find(";\n", at + 2);
    }
    return text;
}

bool cut_header(std::string& text, std::size_t most) {
    const std::size_t end = std::min(text.find("\n\n"), text.size());
    if (end <= most) {
        return false;
    }
    const std::size_t line_end = text.rfind('\n', most);
    const std::size_t keep = line_end == std::string::npos ? most : line_end;
    text.erase(keep, end - keep);
    return true;
}

}  // namespace holdback::io::mime
