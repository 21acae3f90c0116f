// SPDX-License-Identifier: Apache-2.0
// Whatever stands in a rule file: it is read, compiled and asked, or refused with messages of one
// printable line.
#include "io/settings/codes_file.hpp"
#include "io/settings/rules_file.hpp"
#include "io/settings/toml_access.hpp"
#include "io/settings/toml_document.hpp"
#include "reading/explain.hpp"
#include "reading/knowledge.hpp"
#include "reading/rule_check.hpp"
#include "reading/rule_set.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace {

constexpr std::string_view kCodes = R"([[code]]
code = 9999
name = "unknown"
class = "unknown"
meaning = "m"
advice = "a"
who = "admin"
)";

void expect(bool holds) {
    if (!holds) {
        std::abort();
    }
}

bool is_one_line(const std::string& text) {
    return !text.empty() && std::ranges::all_of(text, [](char c) { return c >= ' ' && c <= '~'; });
}

void expect_readable(const holdback::io::settings::FileErrors& errors) {
    expect(!errors.empty());
    for (const holdback::io::settings::FileError& error : errors) {
        expect(is_one_line(error.text()));
    }
}

}  // namespace

// NOLINTNEXTLINE(readability-identifier-naming): libFuzzer's name
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using holdback::reading::RuleSet;
    const std::span<const std::uint8_t> octets(data, size);
    const std::string text(octets.begin(), octets.end());
    if (const auto codes = holdback::io::settings::read_codes_text(text, "fuzz.conf");
        !codes.has_value()) {
        expect_readable(codes.error());
    }
    const auto codes = holdback::io::settings::read_codes_text(kCodes, "codes.conf");
    const auto rules = holdback::io::settings::read_rules_text(text, "fuzz.conf", *codes);
    if (!rules.has_value()) {
        expect_readable(rules.error());
        return 0;
    }
    auto set = RuleSet::make(rules->rules, *codes, rules->providers);
    if (!set.has_value()) {
        for (const holdback::reading::RuleError& error : set.error()) {
            expect(is_one_line(error.message));
        }
        return 0;
    }
    const holdback::reading::RuleFindings found = check_rules(*set);
    for (const auto& findings : {found.errors, found.warnings}) {
        for (const holdback::reading::RuleError& error : findings) {
            expect(is_one_line(error.message));
        }
    }
    const holdback::reading::Knowledge knowledge{.rules = *std::move(set), .lexicon = {}};
    expect(explain_reply({.text = text, .remote_mta = {}}, knowledge, *codes).entry != nullptr);
    return 0;
}
