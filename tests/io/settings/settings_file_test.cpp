// SPDX-License-Identifier: Apache-2.0
#include "io/settings/settings_file.hpp"

#include "config/policy.hpp"
#include "config/settings.hpp"
#include "io/settings/toml_document.hpp"
#include "terms/finding.hpp"
#include "terms/suppression.hpp"
#include "tests/support/temp_dir.hpp"

#include <array>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <doctest/doctest.h>
#include <fmt/format.h>

namespace holdback::io::settings {
namespace {

namespace fs = std::filesystem;

/// Writes a file and the directories above it.
void write(const std::string& path, std::string_view text) {
    fs::create_directories(fs::path(path).parent_path());
    std::ofstream(path) << text;
}

std::vector<std::string> texts(const SettingsErrors& errors) {
    std::vector<std::string> result;
    result.reserve(errors.size());
    for (const FileError& error : errors) {
        result.push_back(error.text());
    }
    return result;
}

std::string file_text(const fs::path& path) {
    std::ostringstream text;
    text << std::ifstream(path).rdbuf();
    return std::move(text).str();
}

/// The sample file with every commented key switched on.
std::string uncommented(const std::string& sample) {
    std::istringstream lines(sample);
    std::string result;
    for (std::string line; std::getline(lines, line);) {
        // Prose is "# Text", a key is "#key = value".
        const bool key = line.size() > 1 && line[0] == '#' && line[1] != ' ' && line[1] != '#';
        result += key ? line.substr(1) : line;
        result += '\n';
    }
    return result;
}

fs::path source_file(std::string_view name) {
    return fs::path(HOLDBACK_SOURCE_DIR) / name;
}

TEST_CASE("an empty text gives the defaults") {
    const auto settings = load_settings_text("", "empty");
    REQUIRE(settings.has_value());
    CHECK(*settings == config::Settings{});
}

TEST_CASE("each kind of value is read") {
    const auto settings = load_settings_text(R"(
mode = "enforce"
[milter]
socket = "inet:8891@127.0.0.1"
socket_mode = "600"
answer_at = "message"
max_waiting = 7
[outgoing]
networks = ["192.0.2.0/24"]
sender_domains = ["Example.ORG", "bücher.example"]
sender_logins = ["file:/etc/senders", "postfix"]
allow = ["Bo@Example.NET", ".Example.net"]
[dns]
nameservers = ["127.0.0.1:5310", "[2001:db8::1]:53"]
budget = "500ms"
[bulk]
rate = "5/2h"
stop_above = "20%"
repeat_window = "0s"
campaign_header = ""
[policy]
refuse_at_rcpt = "never"
refuse_at_most = 3
shadow = ["null-mx"]
[policy.bulk]
null-mx = "defer"
unresolved-domain = "pass"
[policy.direct]
unusual-address = "tag"
[hold]
reinject = "sendmail:/usr/sbin/sendmail"
expire_after = "36h"
at_expiry = "discard"
auto_release = true
[notice]
enabled = false
address = "Holdback@Example.org"
collect = "1m"
reply_by = "sender"
budget = "5/1h"
contact = "the help desk, telephone 4711"
to = "user"
to_by_sender = ["News.example.org = Marketing@example.org", ".example.net=from"]
language = "de"
language_by_sender = [".example.fr = fr"]
texts = "/srv/notices.d"
local_texts = "/srv/own.d"
[digest]
to = ["postmaster@example.org"]
at = "07:30"
warn_before = "1d"
[compliance]
own_domains = ["Example.org"]
expect_signature = true
[on_error]
dns = "tempfail"
[dsn]
max_message = "64KiB"
[learn]
enabled = false
from = ["unproven"]
[maillog]
file = "/var/log/mail.log"
handed_on = ["192.0.2.0/24"]
[journal]
keep = "7d"
entries = 5000
[log]
target = "file:/var/log/holdback.log"
level = "debug"
)",
                                             "holdback.conf");
    REQUIRE(settings.has_value());
    CHECK(settings->mode == config::Mode::Enforce);
    CHECK(settings->milter.socket == "inet:8891@127.0.0.1");
    CHECK(settings->milter.socket_mode == 0600);
    CHECK(settings->milter.answer_at == config::AnswerAt::Message);
    CHECK(settings->milter.max_waiting == 7);
    REQUIRE(settings->outgoing.networks.size() == 1);
    CHECK(settings->outgoing.networks.at(0).text() == "192.0.2.0/24");
    CHECK(settings->outgoing.sender_domains ==
          std::vector<std::string>{"example.org", "xn--bcher-kva.example"});
    CHECK(settings->outgoing.sender_logins ==
          std::vector<std::string>{"file:/etc/senders", "postfix"});
    CHECK(settings->outgoing.allow == std::vector<std::string>{"bo@example.net", ".example.net"});
    REQUIRE(settings->dns.nameservers.size() == 2);
    CHECK(settings->dns.nameservers.at(0).address.text() == "127.0.0.1");
    CHECK(settings->dns.nameservers.at(0).port == 5310);
    CHECK(settings->dns.nameservers.at(1).address.text() == "2001:db8::1");
    CHECK(settings->dns.budget == std::chrono::milliseconds(500));
    CHECK(settings->bulk.rate == config::Rate{5, std::chrono::hours(2)});
    CHECK(settings->bulk.campaign_header.empty());
    CHECK(settings->bulk.stop_above == config::Share{20});
    CHECK(settings->bulk.repeat_window == std::chrono::seconds(0));
    CHECK(settings->policy.refuse_at_rcpt == config::RefuseAtRcpt::Never);
    CHECK(settings->policy.refuse_at_most == 3);
    CHECK(settings->policy.shadow == std::vector{terms::FindingName::NullMx});
    CHECK(settings->policy.bulk[terms::FindingName::NullMx] == config::PolicyAction::Defer);
    CHECK(settings->policy.bulk[terms::FindingName::NoMailHost] == config::PolicyAction::Hold);
    CHECK(settings->policy.direct[terms::FindingName::UnusualAddress] == config::PolicyAction::Tag);
    CHECK(settings->hold.reinject == "sendmail:/usr/sbin/sendmail");
    CHECK(settings->hold.expire_after == std::chrono::hours(36));
    CHECK(settings->hold.at_expiry == config::AtExpiry::Discard);
    CHECK(settings->hold.auto_release);
    CHECK_FALSE(settings->notice.enabled);
    CHECK(settings->notice.address == "holdback@example.org");
    CHECK(settings->notice.collect == std::chrono::minutes(1));
    CHECK(settings->notice.reply_by == config::ReplyBy::Sender);
    CHECK(settings->notice.budget == config::Rate{5, std::chrono::hours(1)});
    CHECK(settings->notice.contact == "the help desk, telephone 4711");
    CHECK(settings->notice.to.to == config::NoticeTo::User);
    REQUIRE(settings->notice.to_by_sender.size() == 2);
    CHECK(settings->notice.to_by_sender[0].pattern == "news.example.org");
    CHECK(settings->notice.to_by_sender[0].value ==
          config::NoticeTarget{config::NoticeTo::Fixed, "marketing@example.org"});
    CHECK(settings->notice.to_by_sender[1].value.to == config::NoticeTo::From);
    CHECK(settings->notice.language == "de");
    CHECK(settings->notice.language_by_sender.front().value == "fr");
    CHECK(settings->notice.texts == "/srv/notices.d");
    CHECK(settings->notice.local_texts == "/srv/own.d");
    CHECK(settings->digest.to == std::vector<std::string>{"postmaster@example.org"});
    CHECK(settings->digest.at == std::chrono::minutes(450));
    CHECK(settings->digest.warn_before == std::chrono::days(1));
    CHECK(settings->compliance.own_domains == std::vector<std::string>{"example.org"});
    CHECK(settings->compliance.expect_signature);
    CHECK(settings->on_error.dns == config::ErrorAnswer::Tempfail);
    CHECK(settings->dsn.max_message == 65'536);
    CHECK_FALSE(settings->learn.enabled);
    CHECK(settings->learn.from == std::vector{terms::Proof::Unproven});
    CHECK(settings->maillog.file == "/var/log/mail.log");
    CHECK_FALSE(settings->maillog.journal);
    REQUIRE(settings->maillog.handed_on.size() == 1);
    CHECK(settings->maillog.handed_on.at(0).text() == "192.0.2.0/24");
    CHECK(settings->journal.keep == std::chrono::days(7));
    CHECK(settings->journal.entries == 5000);
    CHECK(settings->log.target == "file:/var/log/holdback.log");
    CHECK(settings->log.level == config::LogLevel::Debug);

    const auto again = load_settings_text(settings_text(*settings), "again");
    REQUIRE(again.has_value());
    CHECK(*again == *settings);
}

TEST_CASE("a wrong value is reported with its line and with what is allowed") {
    struct Row {
        std::string_view text;
        std::string_view error;
    };
    const auto rows = std::to_array<Row>({
        {R"(mode = "on")", R"(t:1: mode must be "shadow" or "enforce", not "on")"},
        {"mode = 1", R"(t:1: mode must be "shadow" or "enforce", not 1)"},
        {"\n[milter]\nanswer_at = \"rcpt\"",
         R"(t:3: milter.answer_at must be "recipient" or "message", not "rcpt")"},
        {"[milter]\nsocket = \"/run/x\"",
         "t:2: milter.socket must be \"unix:/PATH\" (at most 107 octets of path), "
         "\"inet:PORT@HOST\", \"inet6:PORT@HOST\" or \"fd:NUMBER\", not \"/run/x\""},
        {"[milter]\nsocket_mode = \"0888\"",
         "t:2: milter.socket_mode must be a file mode in octal digits, such as \"0660\", not "
         "\"0888\""},
        {"[milter]\nmax_waiting = 0",
         "t:2: milter.max_waiting must be a whole number from 1 to 100000, not 0"},
        {"[milter]\nmax_waiting = \"200\"",
         "t:2: milter.max_waiting must be a whole number from 1 to 100000, not \"200\""},
        {"[control]\nsocket = \"control.sock\"",
         "t:2: control.socket must be an absolute path of at most 107 octets, not "
         "\"control.sock\""},
        {"[store]\npath = \"holdback.db\"",
         "t:2: store.path must be an absolute path, not \"holdback.db\""},
        {"[outgoing]\nnetworks = [\n\"127.0.0.0/8\",\n\"10.0.0.1/8\",\n]",
         "t:4: outgoing.networks: each entry must be an address or a network without host bits, "
         "such as \"192.0.2.0/24\" or \"::1\", not \"10.0.0.1/8\""},
        {"[outgoing]\ndaemons = \"ORIGINATING\"",
         "t:2: outgoing.daemons must be a list, each entry the {daemon_name} of an MTA's service, "
         "not \"ORIGINATING\""},
        {"[outgoing]\nlocal_domains = [\"a@b\"]",
         "t:2: outgoing.local_domains: each entry must be a domain, such as \"example.org\", not "
         "\"a@b\""},
        {"[outgoing]\nblock = [\"*@example.net\", 5]",
         "t:2: outgoing.block: each entry must be an address, a domain or a dot and a domain, such "
         "as \"bo@example.net\", \"example.net\" or \".example.net\", not 5"},
        {"[dns]\nnameservers = [\"ns.example.net\"]",
         "t:2: dns.nameservers: each entry must be an address with or without port, such as "
         "\"192.0.2.53\", \"127.0.0.1:5310\" or \"[2001:db8::1]:53\", not \"ns.example.net\""},
        {"[dns]\nbudget = 2",
         "t:2: dns.budget must be a duration from 50ms to 25s with its unit (ms, s, m, h, d), such "
         "as \"2s\", not 2"},
        {"[dns]\nbudget = \"1h\"",
         "t:2: dns.budget must be a duration from 50ms to 25s with its unit (ms, s, m, h, d), such "
         "as \"2s\", not \"1h\""},
        {"[hold]\nexpire_after = \"1500ms\"",
         "t:2: hold.expire_after must be a duration from 1s to 3650d with its unit (ms, s, m, h, "
         "d), such as \"7d\", not \"1500ms\""},
        {"[hold]\nreinject = \"127.0.0.1\"",
         R"(t:2: hold.reinject must be "smtp:HOST:PORT" or "sendmail:/PATH", not "127.0.0.1")"},
        {"[bulk]\nrate = \"100\"",
         "t:2: bulk.rate must be a number and a window, such as \"100/10m\" (units s, m, h, d), "
         "not \"100\""},
        {"[notice]\nreply_by = \"anyone\"",
         R"(t:2: notice.reply_by must be "user", "sender" or "token", not "anyone")"},
        {"[notice]\nto = \"postmaster\"",
         R"(t:2: notice.to must be "sender", "user", "from" or an address, not "postmaster")"},
        {"[notice]\nto_by_sender = [\"news.example.org\"]",
         "t:2: notice.to_by_sender: each entry must be \"PATTERN = VALUE\", such as "
         "\"news.example.org = from\": the pattern an address, a domain or a dot and a domain, "
         "such "
         "as \"bo@example.net\", \"example.net\" or \".example.net\"; the value \"sender\", "
         "\"user\", \"from\" or an address, not \"news.example.org\""},
        {"[notice]\nlanguage = \"DE\"",
         "t:2: notice.language must be the name of a table of texts: up to 20 of a-z, 0-9 and "
         "\"-\", such as \"en\", not \"DE\""},
        {"[notice]\naddress = \"holdback\"",
         "t:2: notice.address must be an address, such as \"holdback@example.org\", or empty, not "
         "\"holdback\""},
        {"[digest]\nat = \"24:00\"",
         R"(t:2: digest.at must be a time of day from "00:00" to "23:59", not "24:00")"},
        {"[bulk]\nstop_above = \"101%\"",
         R"(t:2: bulk.stop_above must be a share from 0% to 100%, such as "20%", not "101%")"},
        {"[bulk]\nheaders = [\"List-Id:\"]",
         "t:2: bulk.headers: each entry must be the name of a header field, not \"List-Id:\""},
        {"[policy.bulk]\nnull-mx = \"refuse\"",
         "t:2: policy.bulk.null-mx must be \"pass\", \"tag\", \"hold\", \"reject\" or \"defer\", "
         "not \"refuse\""},
        {"[policy.direct]\nunresolved-domain = \"reject\"",
         "t:2: policy.direct.unresolved-domain must be \"pass\" (trouble in DNS never counts "
         "against a recipient), not \"reject\""},
        {"[dsn]\nmax_message = \"10MB\"",
         "t:2: dsn.max_message must be a size from 1KiB to 1GiB with its unit (B, KiB, MiB, GiB), "
         "such as \"2MiB\", not \"10MB\""},
        {"[codes]\nextensions = \"yes\"",
         "t:2: codes.extensions must be true or false, not \"yes\""},
        {"[learn]\nfrom = [\"locally\"]",
         "t:2: learn.from: each entry must be \"local\", \"sealed\" or \"unproven\", not "
         "\"locally\""},
        {"[log]\ntarget = \"file:holdback.log\"",
         "t:2: log.target must be \"journal\", \"syslog\", \"stderr\" or \"file:/PATH\", not "
         "\"file:holdback.log\""},
        {"[log]\nlevel = \"warn\"",
         R"(t:2: log.level must be "debug", "info", "warning" or "error", not "warn")"},
    });
    for (const Row& row : rows) {
        CAPTURE(row.text);
        const auto settings = load_settings_text(row.text, "t");
        REQUIRE_FALSE(settings.has_value());
        REQUIRE_FALSE(settings.error().empty());
        CHECK(settings.error().back().text() == row.error);
    }
}

TEST_CASE("a finding that does not exist is refused where findings are listed") {
    const auto settings = load_settings_text("[policy]\nshadow = [\"null-mx\", \"nullmx\"]", "t");
    REQUIRE_FALSE(settings.has_value());
    REQUIRE(settings.error().size() == 1);
    const std::string text = settings.error().front().text();
    CHECK(text.starts_with("t:2: policy.shadow: each entry must be \"malformed-address\", "));
    CHECK(text.ends_with(", not \"nullmx\""));
}

TEST_CASE("an unknown name is reported with the nearest one, its right place, or all names") {
    struct Row {
        std::string_view text;
        std::string_view error;
    };
    const auto rows = std::to_array<Row>({
        {"[dns]\nbudgt = \"2s\"", R"(t:2: unknown key "budgt" in [dns]; did you mean "budget"?)"},
        {"[dsn]\nbudget = \"2s\"",
         R"(t:2: unknown key "budget" in [dsn]; "budget" stands in [dns])"},
        {"budget = \"2s\"",
         R"(t:1: unknown key "budget" before the first table; "budget" stands in [dns])"},
        {"[log]\nmode = \"shadow\"",
         R"(t:2: unknown key "mode" in [log]; "mode" stands before the first table)"},
        {"[control]\ncolour = 1",
         "t:2: unknown key \"colour\" in [control]; known here: socket, group, operators"},
        {"[polcy]\n",
         R"(t:1: unknown table "polcy" before the first table; did you mean "policy"?)"},
        {"[policy.bluk]\n", R"(t:1: unknown table "bluk" in [policy]; did you mean "bulk"?)"},
        {"[policy.bulk]\nnullmx = \"hold\"",
         R"(t:2: unknown key "nullmx" in [policy.bulk]; did you mean "null-mx"?)"},
        {"dns = 5", "t:1: dns must be a table, written [dns], not a whole number"},
        {"[[dns]]\n", "t:1: dns must be a table, written [dns], not a list"},
        {R"("\n\u001b" = 5)",
         "t:1: unknown key \"\\x0a\\x1b\" before the first table; known here: mode, limit, milter, "
         "control, store, outgoing, dns, bulk, direct, policy, suppress, hold, pace, notice, "
         "digest, compliance, on_error, dsn, codes, learn, outage, unsubscribe, seal, maillog, "
         "journal, log"},
    });
    for (const Row& row : rows) {
        CAPTURE(row.text);
        const auto settings = load_settings_text(row.text, "t");
        REQUIRE_FALSE(settings.has_value());
        CHECK(texts(settings.error()) == std::vector<std::string>{std::string(row.error)});
    }
}

TEST_CASE("a contradiction is reported at the line of the key") {
    const auto settings = load_settings_text(
        "[policy]\nrefuse_at_rcpt = \"always\"\n[milter]\nanswer_at = \"message\"\n", "t");
    REQUIRE_FALSE(settings.has_value());
    CHECK(texts(settings.error()) ==
          std::vector<std::string>{
              "t:2: policy.refuse_at_rcpt \"always\" needs milter.answer_at = \"recipient\": with "
              "\"message\" there is no answer to RCPT"});
}

TEST_CASE("relays are addresses and networks") {
    const auto settings =
        load_settings_text("[seal]\nrelays = [\"192.0.2.9\", \"2001:db8::/32\"]\n", "t");
    REQUIRE(settings.has_value());
    REQUIRE(settings->seal.relays.size() == 2);
    CHECK(settings->seal.relays[0].text() == "192.0.2.9");
    CHECK_FALSE(load_settings_text("[seal]\nrelays = [\"smart.example\"]\n", "t").has_value());
}

TEST_CASE("all errors are reported at once") {
    const auto settings =
        load_settings_text("mode = \"x\"\n[dns]\nbudget = 1\nz = 1\n[log]\nlevel = 3\n", "t");
    REQUIRE_FALSE(settings.has_value());
    CHECK(settings.error().size() == 4);
}

TEST_CASE("drop-ins are read in the order of their names, and later keys win") {
    const support::TempDir scratch;
    const std::string path = scratch.file("holdback.conf");
    write(path,
          "mode = \"shadow\"\n"
          "[bulk]\nrecipients = 5\nusers = [\"a\", \"b\"]\n");
    write(scratch.file("holdback.conf.d/20-late.conf"), "[bulk]\nrecipients = 20\n");
    write(scratch.file("holdback.conf.d/10-early.conf"),
          "mode = \"enforce\"\n[bulk]\nrecipients = 10\nusers = [\"c\"]\n");
    write(scratch.file("holdback.conf.d/30-other.conf~"), "not TOML");
    write(scratch.file("holdback.conf.d/.hidden.conf"), "not TOML");
    const auto settings = load_settings(path);
    REQUIRE(settings.has_value());
    CHECK(settings->mode == config::Mode::Enforce);
    CHECK(settings->bulk.recipients == 20);
    CHECK(settings->bulk.users == std::vector<std::string>{"c"});
}

TEST_CASE("errors of all files are reported, each with its own name") {
    const support::TempDir scratch;
    const std::string path = scratch.file("holdback.conf");
    write(path, "mode =\n");
    const std::string first = scratch.file("holdback.conf.d/a.conf");
    write(first, "[learn]\nfrom = []\n[log]\nlevel = 1\n");
    const auto settings = load_settings(path);
    REQUIRE_FALSE(settings.has_value());
    REQUIRE(settings.error().size() == 3);
    CHECK(settings.error().at(0).place == SourcePlace{path, 1});
    CHECK(settings.error().at(1).place == SourcePlace{first, 4});
    CHECK(settings.error().at(2).text() ==
          first +
              ":2: learn.from is empty, so nothing teaches: set learn.enabled = false "
              "instead");
}

TEST_CASE("an absent file is an error, an empty device gives the defaults") {
    const support::TempDir scratch;
    const std::string path = scratch.file("holdback.conf");
    const auto absent = load_settings(path);
    REQUIRE_FALSE(absent.has_value());
    CHECK(texts(absent.error()) ==
          std::vector<std::string>{path + ": no such file; every setting has a default, so an "
                                          "empty file (or /dev/null) will do"});
    const auto empty = load_settings("/dev/null");
    REQUIRE(empty.has_value());
    CHECK(*empty == config::Settings{});
}

TEST_CASE("the sample file shows every key once, commented out at its default") {
    std::string sample = file_text(source_file("conf/holdback.conf"));
    // Installed, it names the place where the shipped files are.
    for (const std::string_view name : {"codes.conf", "rules.d", "lexicon.d", "notices.d"}) {
        const std::string in_debian = fmt::format("\"/usr/share/holdback/{}\"", name);
        sample.replace(sample.find(in_debian),
                       in_debian.size(),
                       fmt::format("\"{}\"", config::shipped_path(name)));
    }
    const auto as_shipped = load_settings_text(sample, "conf/holdback.conf");
    REQUIRE(as_shipped.has_value());
    CHECK(*as_shipped == config::Settings{});

    const std::string all = uncommented(sample);
    const auto settings = load_settings_text(all, "conf/holdback.conf");
    if (!settings.has_value()) {
        for (const std::string& text : texts(settings.error())) {
            FAIL_CHECK(text);
        }
        return;
    }
    CHECK(*settings == config::Settings{});

    // The keys stand in the order of the settings, each with its default.
    std::string::size_type at = 0;
    std::string table;
    for (const SettingsKey& key : known_keys()) {
        CAPTURE(key.table);
        CAPTURE(key.key);
        if (key.table != table) {
            table = key.table;
            at = all.find(fmt::format("\n[{}]\n", table), at);
            REQUIRE(at != std::string::npos);
        }
        at = all.find(fmt::format("\n{} = {}\n", key.key, key.default_text), at);
        REQUIRE(at != std::string::npos);
    }
}

TEST_CASE("the manual describes every key") {
    const std::string manual = file_text(source_file("man/holdback.conf.5"));
    std::string::size_type at = 0;
    std::string table;
    for (const SettingsKey& key : known_keys()) {
        // The findings are described once for both streams.
        if (key.table == "policy.direct") {
            continue;
        }
        CAPTURE(key.table);
        CAPTURE(key.key);
        if (key.table != table) {
            table = key.table;
            at = manual.find(fmt::format("\n.Ss [{}]", table), at);
            REQUIRE(at != std::string::npos);
        }
        at = manual.find(fmt::format("\n.It Cm {} ", key.key), at);
        REQUIRE(at != std::string::npos);
    }
}

}  // namespace
}  // namespace holdback::io::settings
