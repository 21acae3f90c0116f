// SPDX-License-Identifier: Apache-2.0
// Every pair tests/data/dsn/NAME.eml and NAME.expect. An .expect file holds `key: value` lines:
// first what is said of the message (kind, inferred, reporting-mta, queue-id, envelope-id,
// message-id, sender), then one `recipient` line for each recipient, in order, followed by what is
// expected of it (action, status, reply, diagnostic, remote-mta). Keys that are left out are not
// checked; an empty value wants nothing there. Other tests read the keys `code` and `rule`.
#include "core/text.hpp"
#include "dsn/report.hpp"
#include "io/gmime_reader.hpp"

#include <algorithm>
#include <cstddef>
#include <filesystem>
#include <fstream>
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

Fields fields_of(const dsn::Report& report) {
    return {{"kind", std::string(wire_name(report.kind))},
            {"inferred", report.inferred ? "yes" : "no"},
            {"reporting-mta", report.reporting_mta},
            {"queue-id", report.queue_id},
            {"envelope-id", report.envelope_id},
            {"message-id", report.returned.message_id},
            {"sender", report.returned.sender}};
}

Fields fields_of(const dsn::RecipientReport& recipient) {
    return {{"recipient", recipient.recipient()},
            {"action", std::string(wire_name(recipient.action))},
            {"status", recipient.status.has_value() ? recipient.status->text() : ""},
            {"reply", recipient.reply.has_value() ? recipient.reply->line() : ""},
            {"diagnostic", recipient.diagnostic},
            {"remote-mta", recipient.remote_mta}};
}

void check_fields(const Fields& want, const Fields& got) {
    for (const auto& [key, value] : want) {
        if (key == "code" || key == "rule") {
            continue;
        }
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
    const GmimeReader reader;
    const std::vector<std::filesystem::path> paths = samples();
    CHECK(paths.size() >= 12);
    for (const std::filesystem::path& path : paths) {
        CAPTURE(path.filename().string());
        const Expectation want =
            expectation_of(std::filesystem::path(path).replace_extension(".expect"));
        REQUIRE_FALSE(want.message.empty());
        const dsn::Report report = dsn::read_report(reader.read(content_of(path)));
        check_fields(want.message, fields_of(report));
        REQUIRE(report.recipients.size() == want.recipients.size());
        for (std::size_t index = 0; index < want.recipients.size(); ++index) {
            check_fields(want.recipients[index], fields_of(report.recipients[index]));
        }
    }
}

}  // namespace holdback::io
