// SPDX-License-Identifier: Apache-2.0
// Whatever stands in a file of users and senders, and in Postfix's tables: it is read, or refused
// with messages of one printable line, and a question about it is answered. The last line is the
// user and the sender.
#include "config/pattern_table.hpp"
#include "config/sender_login_text.hpp"
#include "config/sender_logins.hpp"
#include "mail/address.hpp"
#include "mail/envelope.hpp"
#include "mail/syntax.hpp"
#include "reading/pattern_set.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace {

using namespace holdback;

void expect(bool holds) {
    if (!holds) {
        std::abort();
    }
}

std::vector<config::PatternRule> rules_of(std::string_view text) {
    std::vector<config::PatternRule> rules;
    for (const config::PatternLine& line : config::parse_pattern_lines(text)) {
        expect(line.line > 0);
        config::PatternRule rule{
            .kind = line.kind, .negated = line.negated, .match = {}, .result = line.result};
        const auto source = config::re2_source(line, config::PatternDialect::Regexp);
        if (source.has_value() && rules.size() < 100) {
            auto pattern =
                reading::GroupPattern::compile(*source, reading::GroupPattern::Prefer::Longest);
            if (pattern.has_value()) {
                rule.match = [pattern = *std::move(pattern)](std::string_view asked) {
                    return pattern.match(asked);
                };
            }
        }
        rules.push_back(std::move(rule));
    }
    return rules;
}

void ask(std::variant<config::UserSenders, config::SenderOwners> content,
         std::string_view user,
         const mail::EnvelopeSender& sender) {
    config::SenderLogins logins;
    logins.add(std::make_shared<const config::LoginSource>(
        config::LoginSource{.name = {}, .content = std::move(content)}));
    const config::SenderRight right = logins.right_of(user, sender);
    expect(!user.empty() || right == config::SenderRight::Free);
}

}  // namespace

// NOLINTNEXTLINE(readability-identifier-naming): libFuzzer's name
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::span<const std::uint8_t> octets(data, size);
    const std::string text(octets.begin(), octets.end());
    const std::string_view last = std::string_view(text).substr(text.rfind('\n') + 1);
    const std::size_t blank = std::min(last.find(' '), last.size());
    const std::string_view user = last.substr(0, blank);
    const std::string said(last.substr(std::min(blank + 1, last.size())));
    const auto address = mail::Address::parse(said, mail::Smtputf8::Yes);
    const mail::EnvelopeSender sender =
        address.has_value() ? mail::EnvelopeSender(address->value) : mail::EnvelopeSender(said);
    auto senders = config::parse_user_senders(text);
    if (senders.has_value()) {
        ask(*std::move(senders), user, sender);
    } else {
        expect(!senders.error().empty());
        for (const config::LineMistake& mistake : senders.error()) {
            expect(mistake.line > 0 && !mistake.message.empty());
            expect(
                std::ranges::all_of(mistake.message, [](char c) { return c >= ' ' && c <= '~'; }));
        }
    }
    config::SenderOwners owners;
    owners.delimiters = "+-";
    owners.names.origin = "home.test";
    owners.tables.emplace_back(config::parse_key_table(text));
    owners.tables.emplace_back(rules_of(text));
    ask(std::move(owners), user, sender);
    return 0;
}
