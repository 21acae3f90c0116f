// SPDX-License-Identifier: Apache-2.0
// Every pair tests/data/dsn/NAME.eml and NAME.expect. An .expect file holds `key: value` lines:
// first what is said of the message (kind, code, inferred, reporting-mta, queue-id, envelope-id,
// message-id, sender), then one `recipient` line for each recipient, in order, followed by what is
// expected of it (code, rule, action, status, reply, diagnostic, remote-mta). Keys that are left
// out are not checked; an empty value wants nothing there. Codes and rules are those that we ship.
#include "core/text.hpp"
#include "dsn/classify.hpp"
#include "dsn/report.hpp"
#include "io/mime/gmime_reader.hpp"
#include "io/settings/codes_file.hpp"
#include "io/settings/lexicon_file.hpp"
#include "io/settings/rules_file.hpp"
#include "reading/knowledge.hpp"
#include "terms/failure_code.hpp"

#include <algorithm>
#include <cstddef>
#include <filesystem>
#include <fstream>
#include <ios>
#include <set>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

namespace holdback::io {

namespace {

using Fields = std::vector<std::pair<std::string, std::string>>;

/// What a sample should be understood as.
struct Expectation {
    Fields message;
    std::vector<Fields> recipients;
};

std::string content_of(const std::filesystem::path& path) {
    const std::ifstream file(path, std::ios::binary);
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
}

Expectation expectation_of(const std::filesystem::path& path) {
    Expectation want;
    const std::string text = content_of(path);
    for (const std::string_view line : core::split(text, '\n')) {
        const std::size_t colon = line.find(':');
        if (colon == std::string_view::npos) {
            continue;
        }
        const std::string key(core::trim(line.substr(0, colon)));
        const std::string value(core::trim(line.substr(colon + 1)));
        if (key == "recipient") {
            want.recipients.emplace_back();
        }
        Fields& fields = want.recipients.empty() ? want.message : want.recipients.back();
        fields.emplace_back(key, value);
    }
    return want;
}

Fields fields_of(const dsn::Understanding& understanding) {
    const dsn::Report& report = understanding.report;
    return {{"kind", std::string(wire_name(report.kind))},
            {"code",
             understanding.code.has_value() ? std::to_string(understanding.code->number()) : ""},
            {"inferred", report.inferred ? "yes" : "no"},
            {"reporting-mta", report.reporting_mta},
            {"queue-id", report.queue_id},
            {"envelope-id", report.envelope_id},
            {"message-id", report.returned.message_id},
            {"sender", report.returned.sender}};
}

Fields fields_of(const dsn::ClassifiedRecipient& classified) {
    const dsn::RecipientReport& recipient = classified.report;
    return {{"recipient", recipient.recipient()},
            {"code", std::to_string(classified.code.number())},
            {"rule", classified.rule},
            {"action", std::string(wire_name(recipient.action))},
            {"status", recipient.status.has_value() ? recipient.status->text() : ""},
            {"reply", recipient.reply.has_value() ? recipient.reply->line() : ""},
            {"diagnostic", recipient.diagnostic},
            {"remote-mta", recipient.remote_mta}};
}

void check_fields(const Fields& want, const Fields& got) {
    for (const auto& [key, value] : want) {
        CAPTURE(key);
        const auto found = std::ranges::find(got, key, &Fields::value_type::first);
        REQUIRE(found != got.end());
        CHECK(found->second == value);
    }
}

std::vector<std::filesystem::path> samples() {
    std::vector<std::filesystem::path> paths;
    const std::filesystem::path folder =
        std::filesystem::path(HOLDBACK_SOURCE_DIR) / "tests" / "data" / "dsn";
    for (const auto& entry : std::filesystem::directory_iterator(folder)) {
        if (entry.path().extension() == ".eml") {
            paths.push_back(entry.path());
        }
    }
    std::ranges::sort(paths);
    return paths;
}

}  // namespace

TEST_CASE("each DSN sample is understood as its .expect file says") {
    const std::string conf = std::string(HOLDBACK_SOURCE_DIR) + "/conf/";
    const terms::CodeCatalogue codes = settings::read_codes(conf + "codes.conf").value();
    const reading::Knowledge knowledge{
        .rules = settings::load_rules(std::vector<std::string>{conf + "rules.d"}, codes).value(),
        .lexicon = settings::load_lexicon(conf + "lexicon.d", {}, codes).value()};
    const mime::GmimeReader reader;
    const std::vector<std::filesystem::path> paths = samples();
    CHECK(paths.size() >= 125);
    for (const std::filesystem::path& path : paths) {
        CAPTURE(path.filename().string());
        const Expectation want =
            expectation_of(std::filesystem::path(path).replace_extension(".expect"));
        REQUIRE_FALSE(want.message.empty());
        const dsn::Understanding got =
            dsn::understand(reader.read(content_of(path)), knowledge, codes);
        check_fields(want.message, fields_of(got));
        // Ordinary mail has no recipients to report.
        REQUIRE(got.recipients.size() == want.recipients.size());
        for (std::size_t index = 0; index < want.recipients.size(); ++index) {
            check_fields(want.recipients[index], fields_of(got.recipients[index]));
        }
    }
}

TEST_CASE("the DSN samples hold every kind and every code that a report can have") {
    std::set<std::string> kinds;
    std::set<std::string> seen;
    for (const std::filesystem::path& path : samples()) {
        const Expectation want =
            expectation_of(std::filesystem::path(path).replace_extension(".expect"));
        const auto note = [&](const Fields& fields) {
            for (const auto& [key, value] : fields) {
                if (key == "kind") {
                    kinds.insert(value);
                } else if (key == "code") {
                    seen.insert(value);
                }
            }
        };
        note(want.message);
        std::ranges::for_each(want.recipients, note);
    }
    CHECK(kinds.size() == 9);
    for (const std::string_view code :
         {"1002", "1003", "1004", "1006", "1007", "1011", "1999", "2001", "2002", "2003",
          "2004", "2999", "3001", "3002", "3003", "3999", "4001", "4002", "4003", "4004",
          "4006", "4999", "5001", "5002", "5003", "5999", "6001", "6002", "6003", "6004",
          "6005", "6006", "6007", "6008", "6009", "6010", "9999"}) {
        CAPTURE(code);
        CHECK(seen.contains(std::string(code)));
    }
}

}  // namespace holdback::io
