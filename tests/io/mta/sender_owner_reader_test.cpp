// SPDX-License-Identifier: Apache-2.0
// The reader of Postfix's smtpd_sender_login_maps, with the real postconf, and with the answers
// that the real smtpd gives.
#include "io/mta/sender_owner_reader.hpp"

#include "config/sender_logins.hpp"
#include "config/settings.hpp"
#include "core/clock.hpp"
#include "io/system/program_output.hpp"
#include "mail/address.hpp"
#include "mail/envelope.hpp"
#include "mail/syntax.hpp"
#include "tests/support/temp_dir.hpp"

#include <array>
#include <chrono>
#include <fstream>
#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>
#include <fmt/format.h>

namespace holdback::io::mta {

namespace {

using enum config::SenderRight;

bool has_postfix() {
    return system::find_program("postconf").has_value();
}

/// A directory with main.cf and tables.
class Etc {
public:
    Etc() {
        write("master.cf", "smtp inet n - n - - smtpd\n");
        main_cf("");
    }

    [[nodiscard]] const std::string& path() const { return path_; }
    void write(std::string_view name, std::string_view text) const {
        std::ofstream(fmt::format("{}/{}", path_, name)) << text;
    }
    void main_cf(std::string_view more) const {
        write("main.cf",
              fmt::format("compatibility_level = 3.6\nmyhostname = m.home.test\n"
                          "myorigin = home.test\nmydestination = home.test\n{}\n",
                          more));
    }
    [[nodiscard]] config::SenderOwners read() const {
        constexpr std::chrono::seconds kPatience{10};
        return read_sender_owners(path_, core::SystemClock().steady_now() + kPatience);
    }

private:
    support::TempDir base_;
    std::string path_ = base_.path();
};

struct Row {
    std::string_view user;
    std::string_view sender;
    config::SenderRight want;
};

void check(const config::SenderOwners& owners, const auto& rows) {
    for (const Row& row : rows) {
        CAPTURE(row.user);
        CAPTURE(row.sender);
        const mail::EnvelopeSender sender =
            mail::Address::parse(row.sender, mail::Smtputf8::Yes).value().value;
        CHECK(owners.right_of(row.user, sender) == row.want);
    }
}

}  // namespace

TEST_CASE("text files and patterns are read in Postfix's order" * doctest::skip(!has_postfix())) {
    const Etc etc;
    etc.write("senders", "ann@x.test ann\n@x.test dom\nroot super\n");
    etc.write("patterns",
              "# each address belongs to the user of its name\n"
              "if /@own\\.test$/\n"
              "/^(bo|bob)/ $1\n"
              "/^(.*)@/  ${1}, $1@own.test\n"
              "endif\n"
              "!/@/ nobody\n");
    etc.write("perl", "/^(?:team-)(\\d+)@p\\.test$/ user$1\n");
    etc.main_cf(
        fmt::format("config = {0}\nrecipient_delimiter = +\n"
                    "smtpd_sender_login_maps = hash:$config/senders, "
                    "proxy:regexp:$config/patterns pcre:$config/perl\n",
                    etc.path()));
    const config::SenderOwners owners = etc.read();
    CHECK(owners.troubles.empty());
    CHECK(owners.tables.size() == 3);
    check(owners,
          std::to_array<Row>({
              {"ann", "Ann+x@x.test", Permitted},
              {"ann", "other@x.test", Forbidden},
              {"dom", "other@x.test", Permitted},
              {"super", "root@home.test", Permitted},
              {"ann", "root@home.test", Forbidden},
              {"ann", "root@elsewhere.test", Free},
              {"joe", "joe@own.test", Permitted},
              {"joe@own.test", "joe@own.test", Permitted},
              {"ann", "joe@own.test", Forbidden},
              {"bob", "bob@own.test", Permitted},
              {"bo", "bob@own.test", Forbidden},
              {"user12", "TEAM-12@p.test", Permitted},
              {"ann", "team-12@p.test", Forbidden},
              {"ann", "team-x@p.test", Free},
          }));
}

TEST_CASE("a table or pattern that can't be read forbids nothing, and is told" *
          doctest::skip(!has_postfix())) {
    const Etc etc;
    etc.write("senders", "ann@x.test ann\n");
    struct Case {
        std::string maps;
        std::string trouble;
        config::SenderRight others;
    };
    etc.write("back", "/^a@p/ ann\n/^(.)\\1@/ x\n/^z@/ zed\n");
    etc.write("look", "/^(?!x)a@p/ ann\n");
    etc.write("open", "/^(a@p/ ann\n");
    const std::vector<Case> cases{
        {"ldap:$config/ldap.cf", "ldap:{0}/ldap.cf: such a table can't be read here", Unknown},
        {"mysql:$config/my.cf", "mysql:{0}/my.cf: such a table", Unknown},
        {"proxy:ldap:$config/l", "proxy:ldap:{0}/l: such a table", Unknown},
        {"static:ann", "static:ann: such a table", Unknown},
        {"{ inline:{b@p.test=ann} }", "inline:{{b@p.test=ann}}: such a table", Unknown},
        {"hash:$config/absent", "{0}/absent: ", Unknown},
        {"regexp:$config/back", "{0}/back:2: the pattern can't be read here", Unknown},
        {"pcre:$config/look", "{0}/look:1: ", Unknown},
        {"pcre:$config/open", "{0}/open:1: ", Unknown},
        {"", "smtpd_sender_login_maps is empty", Free},
    };
    for (const Case& row : cases) {
        CAPTURE(row.maps);
        etc.main_cf(fmt::format("config = {}\nsmtpd_sender_login_maps = {}{}\n",
                                etc.path(),
                                row.maps.empty() ? "" : "hash:$config/senders ",
                                row.maps));
        const config::SenderOwners owners = etc.read();
        REQUIRE(owners.troubles.size() == 1);
        CHECK(owners.troubles.front().find(fmt::format(fmt::runtime(row.trouble), etc.path())) !=
              std::string::npos);
        const mail::EnvelopeSender other =
            mail::Address::parse("q@q.test", mail::Smtputf8::No)->value;
        CHECK(owners.right_of("bob", other) == row.others);
        if (!row.maps.empty()) {
            check(owners,
                  std::to_array<Row>(
                      {{"ann", "ann@x.test", Permitted}, {"bob", "ann@x.test", Forbidden}}));
        }
    }
}

TEST_CASE("what a service of master.cf sets counts where main.cf has nothing" *
          doctest::skip(!has_postfix())) {
    const Etc etc;
    etc.write("senders", "ann@x.test ann\n");
    etc.write("master.cf",
              fmt::format("smtp inet n - n - - smtpd\n"
                          "submission inet n - n - - smtpd\n"
                          "  -o smtpd_sender_login_maps=hash:{0}/senders\n"
                          "smtps inet n - n - - smtpd\n"
                          "  -o smtpd_sender_login_maps=hash:{0}/senders\n",
                          etc.path()));
    const config::SenderOwners owners = etc.read();
    CHECK(owners.troubles.empty());
    check(owners, std::to_array<Row>({{"bob", "ann@x.test", Forbidden}}));

    etc.main_cf("smtpd_sender_login_maps = hash:/other\n");
    const config::SenderOwners different = etc.read();
    REQUIRE(different.troubles.size() == 1);
    CHECK(different.troubles.front().find("different smtpd_sender_login_maps") !=
          std::string::npos);
    check(different, std::to_array<Row>({{"bob", "ann@x.test", Unknown}}));
}

TEST_CASE("without Postfix's configuration nobody is refused") {
    const config::SenderOwners owners = read_sender_owners(
        "/nonexistent", core::SystemClock().steady_now() + std::chrono::seconds(10));
    CHECK_FALSE(owners.troubles.empty());
    check(owners, std::to_array<Row>({{"bob", "ann@x.test", Unknown}}));
}

TEST_CASE("the sources that are Postfix's are read from the directory that they mean" *
          doctest::skip(!has_postfix())) {
    const Etc etc;
    etc.write("senders", "ann@x.test ann\n");
    etc.main_cf(fmt::format("smtpd_sender_login_maps = hash:{}/senders\n", etc.path()));
    config::OutgoingSettings settings;
    settings.mta_domains = "postfix:" + etc.path();
    settings.sender_logins = {"file:/x", "postfix", "postfix:" + etc.path()};
    const auto sources =
        read_login_maps(settings, core::SystemClock().steady_now() + std::chrono::seconds(10));
    REQUIRE(sources.size() == 2);
    CHECK(sources.front()->name == "postfix");
    for (const auto& source : sources) {
        check(std::get<config::SenderOwners>(source->content),
              std::to_array<Row>({{"bob", "ann@x.test", Forbidden}}));
    }
}

TEST_CASE("a map of 10 MB is read" * doctest::skip(!has_postfix())) {
    const Etc etc;
    std::string text;
    for (int i = 0; text.size() < 10'000'000; ++i) {
        text += fmt::format("user{0}@customers.example user{0}\n", i);
    }
    etc.write("senders", text);
    etc.main_cf(fmt::format("smtpd_sender_login_maps = lmdb:{}/senders\n", etc.path()));
    const config::SenderOwners owners = etc.read();
    CHECK(owners.troubles.empty());
    check(owners,
          std::to_array<Row>({{"user7", "user7@customers.example", Permitted},
                              {"user8", "user7@customers.example", Forbidden}}));
    text.resize(17'000'000, '\n');
    etc.write("senders", text);
    const config::SenderOwners longer = etc.read();
    REQUIRE(longer.troubles.size() == 1);
    CHECK(longer.troubles.front().find("16 MiB") != std::string::npos);
}

}  // namespace holdback::io::mta
