// SPDX-License-Identifier: Apache-2.0
#include "dsn/address_block.hpp"

#include "core/text.hpp"
#include "dsn/delivery_status.hpp"
#include "dsn/report.hpp"
#include "mail/enhanced_status.hpp"
#include "reading/text_scan.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace holdback::dsn {

namespace {

constexpr std::size_t kMostBlockOctets = 4096;
constexpr std::size_t kMostDiagnosticOctets = 1024;

/// A line that begins with an address.
struct Opening {
    std::size_t indent;
    std::string_view address;
    std::string_view rest;
};

std::optional<Opening> opening_of(std::string_view line) {
    constexpr std::string_view kLead = " \t*-<>['\"(+|";
    std::size_t begin = std::min(line.find_first_not_of(kLead), line.size());
    if (line.substr(begin).starts_with("\xe2\x80\xa2")) {
        begin = std::min(line.find_first_not_of(" \t<", begin + 3), line.size());
    }
    // A line without an "@" among its first hundreds of octets needs no look.
    const std::string_view start = line.substr(begin, 600);
    const std::vector<reading::FoundAddress> found = reading::find_addresses(start, 1);
    const bool quoted = begin > 0 && line[begin - 1] == '"';
    if (found.empty() || found.front().begin > (quoted ? 1U : 0U)) {
        return std::nullopt;
    }
    std::string_view rest = line.substr(begin + found.front().end);
    constexpr std::string_view kBehind = " \t>:;,'\")].";
    if (!rest.empty() && kBehind.find(rest.front()) == std::string_view::npos) {
        return std::nullopt;
    }
    const std::size_t text = rest.find_first_not_of(kBehind);
    rest = text == std::string_view::npos ? std::string_view{} : rest.substr(text);
    const std::size_t indent = std::min(line.find_first_not_of(" \t"), line.size());
    return Opening{.indent = indent, .address = found.front().text, .rest = rest};
}

/// Takes "(expanded from <a@b>): reason" off the text and returns the address.
std::string take_expansion(std::string_view& text) {
    static constexpr auto kWords = std::to_array<std::string_view>(
        {"expanded from", "(expanded from", "generated from", "(generated from"});
    for (const std::string_view word : kWords) {
        if (!core::starts_with_ignoring_case(text, word)) {
            continue;
        }
        const std::vector<reading::FoundAddress> found =
            reading::find_addresses(text.substr(0, 600), 1);
        if (found.empty()) {
            return {};
        }
        const std::string original(found.front().text);
        const std::size_t rest = text.find_first_not_of(">): \t", found.front().end);
        text = rest == std::string_view::npos ? std::string_view{} : text.substr(rest);
        return original;
    }
    return {};
}

void append_line(std::string& text, std::string_view line) {
    if (text.size() < kMostBlockOctets) {
        text += reading::utf8_prefix(line, kMostBlockOctets);
        text += '\n';
    }
}

bool is_host_name(std::string_view word) {
    return word.size() > 3 && word.size() < 256 && word.find('.') != std::string_view::npos &&
           std::ranges::all_of(
               word,
               [](char c) {
                   return core::is_ascii_alpha(c) || core::is_ascii_digit(c) || c == '.' ||
                          c == '-' || c == '_';
               });
}

/// The end of the reply in a block: an empty line, words of the reporting system, or another reply.
std::string_view reply_extent(std::string_view text) {
    for (const std::string_view end : {"\n\n", "\nGiving up on", "(in reply to", "\n\t\n"}) {
        text = text.substr(0, text.find(end));
    }
    std::size_t octets = 0;
    bool continues = true;
    for (const std::string_view line : reading::lines_of(text)) {
        const std::string_view plain = core::trim(line);
        const bool has_code =
            reading::find_reply(plain.substr(0, 4), reading::ReplyContext::Field) == 0U;
        if (has_code && !continues) {
            return text.substr(0, octets);
        }
        continues = has_code ? plain.size() > 3 && plain[3] == '-' : continues && octets > 0;
        octets += line.size() + 1;
    }
    return text;
}

}  // namespace

std::string remote_host_in(std::string_view text) {
    static constexpr auto kIntroductions =
        std::to_array<std::string_view>({"talking to ",
                                         "host ",
                                         "remote mail server ",
                                         "remote server ",
                                         "server for the recipient domain",
                                         "connected to ",
                                         "generating server: ",
                                         "remote-mta: dns; ",
                                         " by "});
    const std::string lower = core::to_lower(text.substr(0, kMostBlockOctets));
    for (const std::string_view introduction : kIntroductions) {
        std::size_t at = lower.find(introduction);
        for (int tries = 0; at != std::string::npos && tries < 4; ++tries) {
            const std::size_t begin = at + introduction.size();
            const std::size_t end =
                std::min(lower.find_first_of(" \t\n[(:,;", begin), lower.size());
            std::string_view word = std::string_view(lower).substr(begin, end - begin);
            while (word.ends_with('.')) {
                word.remove_suffix(1);
            }
            if (is_host_name(word)) {
                return std::string(word);
            }
            at = lower.find(introduction, begin);
        }
    }
    return {};
}

std::vector<AddressBlock> address_blocks(std::string_view text) {
    std::vector<AddressBlock> blocks;
    std::size_t indent = 0;
    for (const std::string_view line : reading::lines_of(text)) {
        const std::optional<Opening> opening = opening_of(line);
        const bool same = opening.has_value() && !blocks.empty() &&
                          core::equals_ignoring_case(blocks.back().address, opening->address);
        const bool deeper = opening.has_value() && !blocks.empty() && opening->indent > indent;
        if (!opening.has_value() || same || deeper) {
            if (!blocks.empty()) {
                append_line(blocks.back().text, line);
            }
            continue;
        }
        if (blocks.size() >= kMostRecipients) {
            break;
        }
        indent = blocks.empty() ? opening->indent : indent;
        std::string_view rest = opening->rest;
        AddressBlock block;
        block.address = std::string(opening->address);
        block.original = take_expansion(rest);
        append_line(block.text, rest);
        blocks.push_back(std::move(block));
    }
    return blocks;
}

std::string text_near(std::string_view text, std::string_view address) {
    if (address.empty()) {
        return {};
    }
    const auto lower = core::to_lower(text);
    const std::size_t at = lower.find(core::to_lower(address));
    if (at == std::string::npos) {
        return {};
    }
    std::string near;
    for (const std::string_view line : reading::lines_of(
             reading::utf8_prefix(text.substr(at + address.size()), kMostBlockOctets))) {
        const std::optional<Opening> opening = opening_of(line);
        if (opening.has_value() && !core::equals_ignoring_case(opening->address, address) &&
            opening->indent == 0) {
            break;
        }
        append_line(near, line);
    }
    const std::size_t begin = near.find_first_not_of("> :;,'\")]\n");
    return begin == std::string::npos ? std::string{} : near.substr(begin);
}

RecipientReport recipient_of(const AddressBlock& block, Action action) {
    RecipientReport report;
    report.original_recipient = core::to_valid_utf8(block.original);
    report.final_recipient = core::to_valid_utf8(block.address);
    report.action = action;
    const std::string_view text = block.text;
    if (const auto at = reading::find_reply(text, reading::ReplyContext::Prose); at.has_value()) {
        report.reply =
            reading::reply_at(reading::join_reply_lines(reply_extent(text.substr(*at))), 0);
    }
    report.diagnostic = reading::join_reply_lines(text);
    if (report.diagnostic.size() > kMostDiagnosticOctets) {
        const std::size_t cut = report.diagnostic.rfind(' ', kMostDiagnosticOctets);
        report.diagnostic.resize(cut == std::string::npos ? kMostDiagnosticOctets : cut);
    }
    report.diagnostic = core::to_valid_utf8(report.diagnostic);
    report.status = report.reply.has_value() ? report.reply->status()
                                             : mail::EnhancedStatus::find_in(report.diagnostic);
    report.remote_mta = remote_host_in(text);
    return report;
}

}  // namespace holdback::dsn
