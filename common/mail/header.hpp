// SPDX-License-Identifier: Apache-2.0
#pragma once
// The header fields of a message, in their order and with their exact octets.

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace holdback::mail {

/// One header field. `raw_value` is the text after the colon with its leading white space and its
/// folding (line ends "\n" or "\r\n"), without the last line end.
struct HeaderField {
    std::string name;
    std::string raw_value;

    /// The value unfolded (RFC 5322 section 2.2.3) and trimmed.
    [[nodiscard]] std::string value() const;

    bool operator==(const HeaderField&) const = default;
};

/// Ordered header fields. Names compare without regard to ASCII case.
class HeaderList {
public:
    void add(std::string_view name, std::string_view raw_value);

    [[nodiscard]] const std::vector<HeaderField>& fields() const { return fields_; }

    /// The unfolded value of the first field of that name; nullopt when there is none.
    [[nodiscard]] std::optional<std::string> first(std::string_view name) const;
    /// The unfolded values of all fields of that name, in order.
    [[nodiscard]] std::vector<std::string> all(std::string_view name) const;
    [[nodiscard]] bool has(std::string_view name) const;
    [[nodiscard]] std::size_t count(std::string_view name) const;

    /// The header block with CRLF line ends, without the empty line after it.
    [[nodiscard]] std::string text() const;

private:
    std::vector<HeaderField> fields_;
};

/// The header of a message, and where its body begins in the text.
struct ParsedHeader {
    HeaderList fields;
    std::size_t body = 0;     ///< after the empty line; the text's length when there is none
    std::size_t octets = 0;   ///< of the names and values
    bool is_complete = true;  ///< false when fields were left out
};

/// Reads the header fields at the start of a text (RFC 5322 section 2.2), line ends "\n". A line
/// that is neither a field nor folded is skipped when a field follows soon; else it ends the header
/// and begins the body. Once names and values exceed `most_octets`, that field and all after it are
/// left out.
[[nodiscard]] ParsedHeader parse_header(std::string_view text, std::size_t most_octets);

/// Folds a value at its white space so that lines stay within 78 octets where possible (RFC 5322
/// section 2.1.1). `name_octets` is the room of "Name: " on the first line. Continuation lines
/// begin with a tab; line ends are "\n", as milters want them.
[[nodiscard]] std::string fold(std::string_view value, std::size_t name_octets);

}  // namespace holdback::mail
