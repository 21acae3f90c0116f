// SPDX-License-Identifier: Apache-2.0
#include "config/mta_text.hpp"

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

namespace holdback::config {

namespace {

/// "name", "type:table" or "file /path", with "!" in front where it excludes.
std::vector<std::string> shown(const std::vector<ListEntry>& entries) {
    std::vector<std::string> texts;
    for (const ListEntry& entry : entries) {
        std::string text = entry.excludes ? "!" : "";
        text += entry.kind == ListEntry::Kind::File    ? "file "
                : entry.kind == ListEntry::Kind::Table ? "table "
                                                       : "";
        texts.push_back(text + entry.text);
    }
    return texts;
}

}  // namespace

TEST_CASE("mta_domains is auto, off, or names an MTA's configuration") {
    CHECK(parse_mta_source("auto") == MtaSource(AutoMta{}));
    CHECK(parse_mta_source("off") == MtaSource(NoMta{}));
    CHECK(parse_mta_source("postfix:/etc/postfix") == MtaSource(PostfixMta{"/etc/postfix"}));
    CHECK(parse_mta_source("sendmail:/etc/mail/sendmail.cf") ==
          MtaSource(SendmailMta{"/etc/mail/sendmail.cf"}));
    for (const std::string_view text : {"",
                                        "on",
                                        "Auto",
                                        "postfix",
                                        "postfix:",
                                        "postfix:etc",
                                        "sendmail:/",
                                        "exim:/etc/exim4"}) {
        CAPTURE(text);
        CHECK(parse_mta_source(text) == std::nullopt);
    }
}

TEST_CASE("the output of postconf is parameters, and messages between them") {
    const MtaParameters parameters = parse_postconf(
        "postconf: warning: /etc/postfix/main.cf, line 3: overriding earlier entry: "
        "myhostname=x\n"
        "mydestination = mail.home.test, localhost\n"
        "relay_domains =\n"
        "virtual_alias_domains = inline:{a.test=x b.test=y}\n");
    CHECK(parameters == MtaParameters{{"mydestination", "mail.home.test, localhost"},
                                      {"relay_domains", ""},
                                      {"virtual_alias_domains", "inline:{a.test=x b.test=y}"}});
}

TEST_CASE("master.cf tells which program a transport runs") {
    const auto programs = parse_master(
        "smtp       inet  n       -       y       -       -       smtpd\n"
        "smtp       unix  -       -       y       -       -       smtp\n"
        "bulksmtp   unix  -       -       n       -       -       smtp -o a=b\n"
        "maildrop   unix  -       n       n       -       -       pipe flags=DRXhu\n"
        "postlog    unix-dgram n  -       n       -       1       postlogd\n"
        "broken     unix\n");
    CHECK(programs == std::map<std::string, std::string, std::less<>>{
                          {"smtp", "smtp"}, {"bulksmtp", "smtp"}, {"maildrop", "pipe"}});
}

TEST_CASE("services may have names of their own") {
    CHECK(parse_service_names(
              "smtp       inet  n       -       y       -       -       smtpd\n"
              "10.0.0.1:smtp inet n     -       y       -       -       smtpd -o "
              "smtpd_banner=x -o myhostname=In.a.test\n"
              "587        inet  n       -       y       -       -       smtpd -o myhostname=$x\n"
              "odd        unix  -       -       n       -       -       pipe myhostname=no.test\n"
              "bulk       unix  -       -       n       -       -       smtp -o "
              "myhostname=out.a.test -v\n") == std::vector<std::string>{"In.a.test", "out.a.test"});
}

TEST_CASE("a list of domains has names, tables and files, and ! takes out") {
    struct Row {
        std::string_view value;
        std::vector<std::string> want;
    };
    const std::vector<Row> rows{
        {"", {}},
        {" , ", {}},
        {"a.test, b.test\tc.test", {"a.test", "b.test", "c.test"}},
        {"!a.test !!b.test", {"!a.test", "b.test"}},
        {"/etc/postfix/domains !/etc/out", {"file /etc/postfix/domains", "!file /etc/out"}},
        {"hash:/etc/postfix/virtual", {"table hash:/etc/postfix/virtual"}},
        {"!proxy:mysql:/etc/postfix/my.cf", {"!table proxy:mysql:/etc/postfix/my.cf"}},
        {"inline:{a.test=x, b.test = y} c.test", {"table inline:{a.test=x, b.test = y}", "c.test"}},
        {"{ regexp:{{/^a b$/ OK}} },c.test", {"table regexp:{{/^a b$/ OK}}", "c.test"}},
        {"[192.0.2.1] [IPv6:2001:db8::1]", {"[192.0.2.1]", "[IPv6:2001:db8::1]"}},
        {"a{b.test", {"a{b.test"}},
    };
    for (const Row& row : rows) {
        CAPTURE(row.value);
        CHECK(shown(parse_domain_list(row.value)) == row.want);
    }
}

TEST_CASE("a file of domains has comments and long lines") {
    CHECK(shown(parse_domain_file("# ours\na.test, b.test\r\n\n  c.test\n  # not d.test\n"
                                  "!e.test\n/further\nhash:/map")) ==
          std::vector<std::string>{
              "a.test", "b.test", "c.test", "!e.test", "file /further", "table hash:/map"});
}

TEST_CASE("a table is opened without the proxy") {
    CHECK(without_proxy("proxy:mysql:/x.cf") == "mysql:/x.cf");
    CHECK(without_proxy("proxy:proxy:hash:/x") == "hash:/x");
    CHECK(without_proxy("hash:/x") == "hash:/x");
}

TEST_CASE("a transport and its next hop are apart") {
    CHECK(parse_transport_hop("smtp:[10.0.0.5]:25") == TransportHop{"smtp", "[10.0.0.5]:25"});
    CHECK(parse_transport_hop(" slow: ") == TransportHop{"slow", ""});
    CHECK(parse_transport_hop(":") == TransportHop{"", ""});
    CHECK(parse_transport_hop("smtp") == TransportHop{"smtp", ""});
}

TEST_CASE("sendmail.cf has classes, mailers and its own name") {
    const SendmailCf cf = parse_sendmail_cf(R"(# comment
Cwlocalhost
Djmta.home.test
Cw mail.home.test	$j $w
Fw-o /etc/mail/local-host-names
Fw/etc/mail/more %[^\#]
DSrelay:[127.0.0.1]
C{VirtHost}virt.test
F{VirtHost}@ldap:-k whatever
FR-o /etc/mail/relay-domains
Mlocal,		P=/usr/bin/procmail, F=lsDFMAw5:/|@qSPhn9, S=EnvFromL/HdrFromL,
		A=procmail -Y -a $h -d $u
Mesmtp,		P=[IPC], F=mDFMuXa, S=EnvFromSMTP/HdrFromSMTP,
		A=TCP $h
Mcyrusv2,	P=[IPC], F=lsDFMnqXz,
		A=FILE /run/cyrus/lmtp
Mlmtp,		F=lsDFMnqXz, P=[IPC], A=TCP $h 24
R$*		$: $1
)");
    CHECK(cf.host_name == "mta.home.test");
    CHECK(cf.smart_host == "[127.0.0.1]");
    REQUIRE(cf.classes.contains("w"));
    const SendmailCf::Class& local = cf.classes.find("w")->second;
    CHECK(local.names == std::vector<std::string>{"localhost", "mail.home.test", "mta.home.test"});
    CHECK(local.files == std::vector<SendmailCf::ClassFile>{{"/etc/mail/local-host-names", true},
                                                            {"/etc/mail/more", false}});
    REQUIRE(cf.classes.contains("VirtHost"));
    const SendmailCf::Class& virtual_hosts = cf.classes.find("VirtHost")->second;
    CHECK(virtual_hosts.names == std::vector<std::string>{"virt.test"});
    CHECK(virtual_hosts.others == std::vector<std::string>{"@ldap:-k whatever"});
    CHECK(cf.mailers ==
          std::map<std::string, std::string, std::less<>>{
              {"local", "prog"}, {"esmtp", "smtp"}, {"cyrusv2", "lmtp"}, {"lmtp", "lmtp"}});
    CHECK(parse_sendmail_cf("Dj$w.home.test\nC\nF\nC{x\n").host_name.empty());
    CHECK(parse_sendmail_cf("DS[IPv6:2001:db8::1]").smart_host == "[IPv6:2001:db8::1]");
    CHECK(parse_class_file("a.test b.test # c.test\n\n#d\n e.test\n") ==
          std::vector<std::string>{"a.test", "b.test", "e.test"});
}

}  // namespace holdback::config
