// SPDX-License-Identifier: Apache-2.0
#include "config/sender_logins.hpp"

#include "config/pattern_table.hpp"
#include "config/sender_login_text.hpp"
#include "mail/address.hpp"
#include "mail/envelope.hpp"
#include "mail/mta_names.hpp"
#include "mail/syntax.hpp"

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include <doctest/doctest.h>
#include <fmt/format.h>

namespace holdback::config {

namespace {

using enum SenderRight;

/// "" is the null sender; a text that is no address stays one.
mail::EnvelopeSender sender_of(std::string_view text) {
    if (text.empty()) {
        return mail::NullSender{};
    }
    auto parsed = mail::Address::parse(text, mail::Smtputf8::Yes);
    return parsed.has_value() ? mail::EnvelopeSender(std::move(parsed->value))
                              : mail::EnvelopeSender(std::string(text));
}

SenderLogins logins_of(std::variant<UserSenders, SenderOwners> content) {
    SenderLogins logins;
    logins.add(std::make_shared<const LoginSource>(
        LoginSource{.name = "file:/x", .content = std::move(content)}));
    return logins;
}

struct Row {
    std::string_view user;
    std::string_view sender;
    SenderRight want;
};

void check(const SenderLogins& logins, const auto& rows) {
    for (const Row& row : rows) {
        CAPTURE(row.user);
        CAPTURE(row.sender);
        CHECK(logins.right_of(row.user, sender_of(row.sender)) == row.want);
    }
}

/// The first mistake: "2: ...".
std::string mistake_in(std::string_view text) {
    const auto read = parse_user_senders(text);
    if (read.has_value()) {
        return "";
    }
    return fmt::format("{}: {}", read.error().front().line, read.error().front().message);
}

SenderOwners owners_of(std::vector<OwnerTable> tables) {
    SenderOwners owners;
    owners.tables = std::move(tables);
    owners.delimiters = "+";
    owners.names.kind = mail::MtaKind::Postfix;
    owners.names.origin = "home.test";
    return owners;
}

}  // namespace

TEST_CASE("a source is a file of our own, or Postfix's") {
    CHECK(parse_login_source("file:/etc/senders") ==
          LoginSourceName(UserSendersFile{"/etc/senders"}));
    CHECK(parse_login_source("postfix") == LoginSourceName(PostfixLoginMaps{""}));
    CHECK(parse_login_source("postfix:/etc/postfix") ==
          LoginSourceName(PostfixLoginMaps{"/etc/postfix"}));
    for (const std::string_view bad : {"",
                                       "file:",
                                       "file:/",
                                       "file:senders",
                                       "postfix:",
                                       "postfix:etc",
                                       "hash:/etc/x",
                                       "FILE:/x"}) {
        CAPTURE(bad);
        CHECK_FALSE(parse_login_source(bad).has_value());
    }
}

TEST_CASE("in our own form, a user whom a line names may use the senders of his lines") {
    const auto senders = parse_user_senders(
        "\xEF\xBB\xBF# who sends as whom\n"
        "ann ann@example.org, Ann.Lee@Example.org\r\n"
        "\n"
        "ann,@news.example.org  # more of hers\n"
        "bob \"bob, jr\"@example.org,bob+*@example.org *@*.example.org\n"
        "shop-? \"a*b\"@example.org\n"
        "eva@example.org \xC3\x84nne@b\xC3\xBC\x63her.example @b\xC3\xBC\x63her2.example\n"
        "\"with space\" x@example.org *@b\xC3\xBC\x63her3.example\n"
        "*.boss *\n"
        "box box#1@example.org");
    REQUIRE(senders.has_value());
    check(logins_of(*senders),
          std::to_array<Row>({
              {"ann", "ann@example.org", Permitted},
              {"ANN", "ann.lee@EXAMPLE.org", Permitted},
              {"ann", "x@news.example.org", Permitted},
              {"ann", "x@sub.news.example.org", Forbidden},
              {"ann", "bob@example.org", Forbidden},
              {"ann", "ann+x@example.org", Forbidden},
              {"ann", "root", Forbidden},
              {"ann", "ann@example.org\r\nRCPT TO:<x@y>", Forbidden},
              {"ann", "", Free},
              {"", "bob@example.org", Free},
              {"carl", "bob@example.org", Free},
              {"bob", "\"bob, jr\"@example.org", Permitted},
              {"bob", "bob+news@example.org", Permitted},
              {"bob", "bob@example.org", Forbidden},
              {"bob", "x@a.b.example.org", Permitted},
              {"bob", "x@example.org", Forbidden},
              {"shop-1", "\"a*b\"@example.org", Permitted},
              {"shop-1", "\"axb\"@example.org", Forbidden},
              {"shop-12", "x@example.org", Free},
              {"eva@example.org", "\xC3\xA4nne@xn--bcher-kva.example", Permitted},
              {"eva@example.org", "x@b\xC3\xBC\x63her2.example", Permitted},
              {"with space", "x@example.org", Permitted},
              {"with space", "y@b\xC3\xBC\x63her3.example", Permitted},
              {"with", "x@example.org", Free},
              {"the.boss", "anybody@example.net", Permitted},
              {"the.boss", "root", Permitted},
              {"box", "box#1@example.org", Permitted},
              {"user\xFF", "x@example.org", Free},
          }));
}

TEST_CASE("a line that is wrong is told with its number") {
    struct Wrong {
        std::string_view text;
        std::string_view start;
    };
    const auto rows = std::to_array<Wrong>({
        {"a a@b.test\nb", "2: user \"b\" has no sender"},
        {"a # a@b.test", "1: user \"a\" has no sender"},
        {"a b.test", "1: \"b.test\" is no sender"},
        {"a <a@b.test>", "1: \"<a@b.test>\" is no sender"},
        {"a @", "1: \"@\" is no sender"},
        {"a @b..test", "1: \"@b..test\" is no sender"},
        {"a a@b.test, \"x@b.test", "1: a quote is left open"},
        {"a \xFF@b.test", "1: it is not UTF-8 text"},
        {"a *@b\xC3\xBC*.test", R"(1: "*@b\xc3\xbc*.test" is no sender)"},
        {"a *@b..test", "1: \"*@b..test\" is no sender"},
    });
    for (const Wrong& row : rows) {
        CAPTURE(row.text);
        CHECK(mistake_in(row.text).starts_with(row.start));
    }
    CHECK(mistake_in("a " + std::string(400, '*')).find("too long") != std::string::npos);
    CHECK(mistake_in(std::string(300, 'u') + " @b.test").find("256 octets") != std::string::npos);
    CHECK(mistake_in(std::string("a a@b.test\0", 11)).starts_with("1: "));
    const auto many = parse_user_senders(std::string(1000, 'x') + std::string(100, '\n') + "b\n");
    REQUIRE_FALSE(many.has_value());
    CHECK(many.error().size() == 2);
    std::string all_wrong;
    for (int i = 0; i < 100; ++i) {
        all_wrong += "b\n";
    }
    CHECK(parse_user_senders(all_wrong).error().size() == 20);
    CHECK(parse_user_senders("").has_value());
}

TEST_CASE("Postfix's table is asked for the address, then without its extension, then the domain") {
    const KeyTable table = parse_key_table(
        "# owners\n"
        "Ann@Example.org ann, ANNA\n"
        "ann@example.org late\n"
        "sales@example.org\n"
        "  bob\n"
        "  carl\n"
        "@example.org admin\n"
        "\"with space\"@example.org eva\n"
        "@b\xC3\xBC\x63her.example uwe\n"
        "root super\n"
        "only@example.org\n");
    check(logins_of(owners_of({table})),
          std::to_array<Row>({
              {"ann", "ann@example.org", Permitted},
              {"anna", "ANN@example.org", Permitted},
              {"late", "ann@example.org", Forbidden},
              {"ann", "ann+x@example.org", Permitted},
              {"ann", "+x@example.org", Forbidden},
              {"carl", "sales@example.org", Permitted},
              {"ann", "sales@example.org", Forbidden},
              {"admin", "sales@example.org", Forbidden},
              {"admin", "other@example.org", Permitted},
              {"ann", "other@example.org", Forbidden},
              {"eva", "\"with space\"@example.org", Permitted},
              {"uwe", "x@xn--bcher-kva.example", Permitted},
              {"nobody", "x@elsewhere.example", Free},
              {"super", "root@home.test", Permitted},
              {"ann", "root@home.test", Forbidden},
              {"ann", "root", Forbidden},
              {"super", "root+x@home.test", Permitted},
              {"ann", "root@elsewhere.example", Free},
              {"", "ann@example.org", Free},
              {"ann", "only@example.org", Forbidden},
              {"ann", "a b", Free},
          }));
}

TEST_CASE("a bare local part forbids only where the domain is the MTA's own for sure") {
    SenderOwners owners = owners_of({parse_key_table("root super\n@tab.test admin\n")});
    mail::DomainList local("mydestination", mail::Subdomains::Never);
    local.add_name("cron.test", false);
    local.add_table({.instance = "/etc/postfix", .name = "mysql:/x"}, false);
    owners.names.lists.push_back(local);
    check(logins_of(owners),
          std::to_array<Row>({
              {"ann", "root@cron.test", Forbidden},
              {"super", "root@cron.test", Permitted},
              {"ann", "root@unknown.test", Unknown},
              {"super", "root@unknown.test", Permitted},
              {"ann", "x@unknown.test", Free},
              {"ann", "root@tab.test", Forbidden},
              {"admin", "root@tab.test", Permitted},
              {"ann", "root@[192.0.2.1]", Unknown},
          }));
}

TEST_CASE("with no delimiter nothing is an extension, and lists' owners keep theirs") {
    SenderOwners owners =
        owners_of({parse_key_table("ann@x.test ann\nowner@x.test boss\nlist@x.test boss\n")});
    owners.delimiters = "";
    check(logins_of(owners), std::to_array<Row>({{"bob", "ann+x@x.test", Free}}));
    owners.delimiters = "-+";
    check(logins_of(owners),
          std::to_array<Row>({{"bob", "ann-x@x.test", Forbidden},
                              {"bob", "owner-list@x.test", Free},
                              {"bob", "list-request@x.test", Free}}));
}

TEST_CASE(
    "patterns are asked for whole addresses, and a table that can't be read forbids nothing") {
    const std::vector<PatternRule> patterns{
        {.kind = PatternLine::Kind::Match,
         .negated = false,
         .match = [](std::string_view text) -> PatternGroups {
             return text.ends_with("@x.test")
                        ? PatternGroups(std::vector<std::string>{std::string(text), "own"})
                        : std::nullopt;
         },
         .result = "$0 $1"}};
    check(logins_of(owners_of({parse_key_table("a@x.test ann\n@x.test dom\n"), patterns})),
          std::to_array<Row>({
              {"ann", "a@x.test", Permitted},
              {"b@x.test", "b@x.test", Permitted},
              {"own", "b@x.test", Permitted},
              {"dom", "b@x.test", Forbidden},
              {"b@x.test", "c@x.test", Forbidden},
          }));
    const std::string huge = std::string(5000, 'a') + "@x.test";
    CHECK(logins_of(owners_of({patterns})).right_of("b", sender_of(huge)) == Free);
    check(logins_of(owners_of({parse_key_table("a@x.test ann\n"), UnreadTable{}})),
          std::to_array<Row>({
              {"ann", "a@x.test", Permitted},
              {"bob", "a@x.test", Forbidden},
              {"bob", "b@x.test", Unknown},
          }));
    check(logins_of(owners_of({})), std::to_array<Row>({{"bob", "b@x.test", Free}}));
}

TEST_CASE(
    "of several sources, one that permits is enough, and one that is unread forbids nothing") {
    struct Case {
        std::vector<SenderRight> said;
        SenderRight want;
    };
    const std::vector<Case> cases{
        {{}, Free},
        {{Free, Forbidden}, Forbidden},
        {{Forbidden, Permitted}, Permitted},
        {{Permitted, Forbidden}, Permitted},
        {{Unknown, Forbidden}, Unknown},
        {{Forbidden, Unknown}, Unknown},
        {{Unknown, Permitted}, Permitted},
    };
    const auto source = [](SenderRight right) -> std::variant<UserSenders, SenderOwners> {
        switch (right) {
            case Free:
                return UserSenders{};
            case Permitted:
                return parse_user_senders("ann @x.test").value();
            case Forbidden:
                return parse_user_senders("ann @y.test").value();
            case Unknown:
                return owners_of({UnreadTable{}});
        }
        return UserSenders{};
    };
    for (const Case& row : cases) {
        SenderLogins logins;
        for (const SenderRight right : row.said) {
            logins.add(std::make_shared<const LoginSource>(
                LoginSource{.name = "", .content = source(right)}));
        }
        CHECK(logins.right_of("ann", sender_of("a@x.test")) == row.want);
    }
}

}  // namespace holdback::config
