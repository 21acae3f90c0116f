// SPDX-License-Identifier: Apache-2.0
#include "io/mime/charset.hpp"

#include "core/text.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <iconv.h>
#include <string>
#include <string_view>
#include <utility>

namespace holdback::io::mime {

namespace {

/// The superset of this charset that senders mean by it.
std::string_view meant_charset(std::string_view charset) {
    static constexpr auto kMeant = std::to_array<std::pair<std::string_view, std::string_view>>({
        {"gb2312", "gb18030"},
        {"gbk", "gb18030"},
        {"gb_2312-80", "gb18030"},
        {"x-gbk", "gb18030"},
        {"cp936", "gb18030"},
        {"iso-8859-1", "windows-1252"},
        {"latin1", "windows-1252"},
        {"iso-8859-8-i", "iso-8859-8"},
        {"iso-8859-11", "windows-874"},
        {"shift_jis", "cp932"},
        {"shift-jis", "cp932"},
        {"x-sjis", "cp932"},
        {"iso-2022-jp", "iso-2022-jp-2"},
        {"ks_c_5601-1987", "cp949"},
        {"euc-kr", "cp949"},
        {"big5", "big5-hkscs"},
        {"x-unknown", ""},
        {"unknown-8bit", ""},
        {"us-ascii", ""},
        {"ascii", ""},
        {"ansi_x3.4-1968", ""},
        {"utf-8", ""},
        {"utf8", ""},
        {"cp1252", "windows-1252"},
    });
    const auto* const found = std::ranges::find_if(kMeant, [charset](const auto& entry) {
        return core::equals_ignoring_case(entry.first, charset);
    });
    return found == kMeant.end() ? charset : found->second;
}

/// True when the octets are the same text in this charset as in ASCII: seven bits without an escape
/// of ISO 2022, and in none of the few charsets that read seven bits differently.
bool is_plain_ascii(std::string_view raw, std::string_view charset) {
    static constexpr auto kOthers =
        std::to_array<std::string_view>({"utf-7", "hz", "ibm", "ebcdic", "cp037", "cp500"});
    return !core::has_non_ascii(raw) && !raw.contains('\x1b') &&
           std::ranges::none_of(kOthers, [charset](std::string_view other) {
               return core::starts_with_ignoring_case(charset, other);
           });
}

/// An open conversion of iconv(3), whose handle is no pointer to own.
class Converter {
public:
    explicit Converter(const std::string& charset)
        : converter_(iconv_open("UTF-8", charset.c_str())) {}
    ~Converter() {
        if (is_open()) {
            iconv_close(converter_);
        }
    }
    Converter(const Converter&) = delete;
    Converter& operator=(const Converter&) = delete;
    Converter(Converter&&) = delete;
    Converter& operator=(Converter&&) = delete;

    [[nodiscard]] bool is_open() const { return converter_ != closed(); }

    /// Gives UTF-8, and the number of octets that the charset does not have.
    std::pair<std::string, std::size_t> convert(std::string text) {
        std::string out;
        std::size_t wrong = 0;
        std::array<char, 4096> block{};
        char* in = text.data();
        std::size_t left = text.size();
        while (left > 0) {
            char* to = block.data();
            std::size_t room = block.size();
            const std::size_t done = iconv(converter_, &in, &left, &to, &room);
            const int error = done == static_cast<std::size_t>(-1) ? errno : 0;
            out.append(block.data(), block.size() - room);
            if (error == EILSEQ && left > 0) {
                out += "\xef\xbf\xbd";
                ++wrong;
                ++in;
                --left;
            } else if (error != 0 && error != E2BIG) {
                break;
            }
        }
        return {std::move(out), wrong};
    }

private:
    static iconv_t closed() {
        // The constant that iconv_open(3) returns on failure is a cast in C.
        return reinterpret_cast<iconv_t>(static_cast<std::intptr_t>(-1));  // NOLINT
    }

    iconv_t converter_;
};

}  // namespace

std::string to_utf8(std::string raw, std::string_view charset) {
    if (raw.find('\0') != std::string::npos) {
        const auto nul = std::ranges::remove(raw, '\0');
        raw.erase(nul.begin(), nul.end());
    }
    if (is_plain_ascii(raw, charset)) {
        return raw;
    }
    const std::string_view meant = meant_charset(charset);
    if (meant.empty() || meant.size() > 40) {
        return core::to_valid_utf8(raw);
    }
    Converter converter{std::string(meant)};
    if (!converter.is_open()) {
        return core::to_valid_utf8(raw);
    }
    const bool is_utf8 = core::has_non_ascii(raw) && core::is_utf8(raw);
    const auto [text, wrong] = converter.convert(raw);
    // Well-formed UTF-8 of some length is almost never anything else, whatever the label says.
    if (is_utf8 && (wrong > 0 || meant == "windows-1252")) {
        return raw;
    }
    return core::to_valid_utf8(text);
}

}  // namespace holdback::io::mime
