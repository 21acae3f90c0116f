// SPDX-License-Identifier: Apache-2.0
// The reader of the MTA's names, with the real postconf and files as MTAs have them.
#include "io/mta/mta_reader.hpp"

#include "core/clock.hpp"
#include "io/system/program_output.hpp"
#include "mail/domain.hpp"
#include "mail/mta_names.hpp"
#include "mail/syntax.hpp"
#include "tests/support/temp_dir.hpp"

#include <chrono>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>
#include <fmt/format.h>

namespace holdback::io::mta {

namespace {

void write(const std::filesystem::path& path, std::string_view text) {
    std::ofstream(path) << text;
}

mail::MtaNames read(const std::string& source) {
    constexpr std::chrono::seconds kPatience{10};
    return read_mta_names(source, core::SystemClock().steady_now() + kPatience);
}

/// The list that has the domain, or "".
std::string list_of(const mail::MtaNames& names, std::string_view domain) {
    const auto parsed = mail::Domain::parse(domain, mail::Smtputf8::Yes);
    return names.list_of(parsed.value().value).value_or("");
}

bool has_postfix() {
    return system::find_program("postconf").has_value();
}

constexpr std::string_view kMasterCf =
    "smtp       inet  n - n - - smtpd\n"
    "smtp       unix  - - n - - smtp\n"
    "bulksmtp   unix  - - n - - smtp\n"
    "  -o syslog_name=postfix/bulk\n"
    "local      unix  - n n - - local\n"
    "script     unix  - n n - - pipe flags=q user=nobody argv=/bin/true\n";

}  // namespace

TEST_CASE("Postfix says its name, its domains and its transports" * doctest::skip(!has_postfix())) {
    const support::TempDir base;
    const std::string etc = base.path();
    write(etc + "/domains", "file.test # comment\n  more.test\n!not.test\n");
    write(etc + "/origin", "origin.test\n");
    write(etc + "/master.cf", kMasterCf);
    write(etc + "/main.cf",
          fmt::format("compatibility_level = 3.6\n"
                      "myhostname = Mail.Home.test\n"
                      "mydomain = home.test\n"
                      "myorigin = {0}/origin\n"
                      "mydestination = $myhostname, localhost.$mydomain, {0}/domains,\n"
                      "  !skipped.test, skipped.test\n"
                      "virtual_alias_maps = hash:{0}/virtual\n"
                      "virtual_mailbox_domains = box.test proxy:mysql:{0}/my.cf\n"
                      "relay_domains = branch.test\n"
                      "transport_maps = hash:{0}/transport\n"
                      "relayhost = [Smart.Test]:587\n",
                      etc));
    const mail::MtaNames names = read("postfix:" + etc);
    CHECK(names.troubles.empty());
    CHECK(names.kind == mail::MtaKind::Postfix);
    CHECK(names.host_name == "mail.home.test");
    CHECK(names.origin == "origin.test");
    CHECK(list_of(names, "mail.home.test") == "mydestination");
    CHECK(list_of(names, "localhost.home.test") == "mydestination");
    CHECK(list_of(names, "more.test") == "mydestination");
    CHECK(list_of(names, "not.test").empty());
    CHECK(list_of(names, "skipped.test").empty());
    CHECK(list_of(names, "box.test") == "virtual_mailbox_domains");
    CHECK(list_of(names, "x.branch.test") == "relay_domains");
    CHECK(list_of(names, "home.test").empty());
    REQUIRE(names.lists.size() == 4);
    std::string tables;
    for (const mail::DomainList& list : names.lists) {
        list.each_table([&](const mail::MtaTable& table) {
            CHECK(table.instance == etc);
            tables += list.name() + " " + table.name + "\n";
        });
    }
    CHECK(tables == fmt::format("virtual_alias_domains hash:{0}/virtual\n"
                                "virtual_mailbox_domains mysql:{0}/my.cf\n",
                                etc));
    REQUIRE(names.transport_maps.size() == 1);
    CHECK(names.transport_maps[0].name == fmt::format("hash:{}/transport", etc));
    CHECK(names.default_hops == std::vector<std::string>{"[smart.test]:587"});
    CHECK(names.transports.at("bulksmtp") == "smtp");
    CHECK(names.transports.at("script") == "pipe");
}

TEST_CASE("relay_domains has what is below it only where Postfix says so" *
          doctest::skip(!has_postfix())) {
    const support::TempDir base;
    write(std::string(base.path()) + "/master.cf", kMasterCf);
    write(std::string(base.path()) + "/main.cf",
          "compatibility_level = 3.6\nmyhostname = m.test\nmydestination =\n"
          "parent_domain_matches_subdomains =\nrelay_domains = branch.test .dotted.test\n");
    const mail::MtaNames names = read(fmt::format("postfix:{}", base.path()));
    CHECK(list_of(names, "branch.test") == "relay_domains");
    CHECK(list_of(names, "x.branch.test").empty());
    CHECK(list_of(names, "x.dotted.test") == "relay_domains");
}

TEST_CASE("further instances of Postfix add their domains" * doctest::skip(!has_postfix())) {
    const support::TempDir base;
    const std::string root = base.path();
    for (const std::string_view name : {"one", "two"}) {
        std::filesystem::create_directory(fmt::format("{}/{}", root, name));
        write(fmt::format("{}/{}/master.cf", root, name), kMasterCf);
        write(fmt::format("{}/{}/main.cf", root, name),
              fmt::format("compatibility_level = 3.6\nmyhostname = {1}.test\n"
                          "mydestination = $myhostname\n"
                          "multi_instance_directories = {0}/two {0}/one\n",
                          root,
                          name));
    }
    const mail::MtaNames names = read(fmt::format("postfix:{}/one", root));
    CHECK(names.troubles.empty());
    CHECK(names.host_name == "one.test");
    CHECK(names.other_names == std::vector<std::string>{"two.test"});
    CHECK(list_of(names, "one.test") == "mydestination");
    CHECK(list_of(names, "two.test") == "mydestination");
}

TEST_CASE("what cannot be read of Postfix is told, and the rest is read" *
          doctest::skip(!has_postfix())) {
    const support::TempDir base;
    const std::string etc = base.path();
    SUBCASE("no main.cf") {
        const mail::MtaNames names = read("postfix:" + etc);
        REQUIRE(names.troubles.size() == 1);
        CHECK(names.troubles[0].contains("main.cf: No such file"));
        CHECK(names.host_name.empty());
    }
    SUBCASE("a file of domains is missing, and one names itself") {
        write(etc + "/master.cf", kMasterCf);
        write(etc + "/loop", etc + "/loop\n");
        write(etc + "/main.cf",
              fmt::format("compatibility_level = 3.6\nmyhostname = m.test\n"
                          "mydestination = {0}/none {0}/loop $myhostname\n",
                          etc));
        const mail::MtaNames names = read("postfix:" + etc);
        REQUIRE(names.troubles.size() == 2);
        CHECK(names.troubles[0].contains("/none: No such file"));
        CHECK(names.troubles[1].contains("/loop: files name files more than 8 levels deep"));
        CHECK(list_of(names, "m.test") == "mydestination");
    }
}

TEST_CASE("Sendmail says its name, its classes and its mailers") {
    const support::TempDir base;
    const std::string etc = base.path();
    write(etc + "/local-host-names", "# ours\nfile.test\nvirtual.test\n");
    write(etc + "/sendmail.cf",
          fmt::format("Cwlocalhost\nDjmta.home.test\nCw$j\nFw-o {0}/local-host-names\n"
                      "FR-o {0}/relay-domains\nCR branch.test\nC{{VirtHost}}virt.test\n"
                      "F{{VirtHost}}{0}/virtual-hosts\nFw@ldap:x\n"
                      "Mesmtp, P=[IPC], F=mDFMuXa, A=TCP $h\n",
                      etc));
    const mail::MtaNames names = read(fmt::format("sendmail:{}/sendmail.cf", etc));
    CHECK(names.kind == mail::MtaKind::Sendmail);
    CHECK(names.host_name == "mta.home.test");
    CHECK(list_of(names, "mta.home.test") == "class-w");
    CHECK(list_of(names, "file.test") == "class-w");
    CHECK(list_of(names, "virt.test") == "class-VirtHost");
    CHECK(list_of(names, "x.branch.test") == "class-R");
    CHECK(list_of(names, "other.test").empty());
    CHECK(names.transports.at("esmtp") == "smtp");
    REQUIRE(names.troubles.size() == 2);
    CHECK(names.troubles[0].contains("@ldap:x"));
    CHECK(names.troubles[1].contains("/virtual-hosts: No such file"));
}

TEST_CASE("nothing is read when it is off, and nothing there is told") {
    CHECK(read("off") == mail::MtaNames{});
    const mail::MtaNames names = read("sendmail:/nonexistent/sendmail.cf");
    CHECK(names.troubles.size() == 1);
}

}  // namespace holdback::io::mta
