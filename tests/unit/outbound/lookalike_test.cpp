// SPDX-License-Identifier: Apache-2.0
#include "outbound/lookalike.hpp"

#include "mail/domain.hpp"
#include "mail/syntax.hpp"
#include "outbound/lookalike_table.hpp"

#include <array>
#include <optional>
#include <set>
#include <string_view>

#include <doctest/doctest.h>

namespace holdback::outbound {

namespace {

std::optional<Lookalike> look(std::string_view domain) {
    const auto parsed = mail::Domain::parse(domain, mail::Smtputf8::Yes);
    REQUIRE(parsed.has_value());
    return lookalike(parsed->value);
}

struct Typo {
    std::string_view typed;
    std::string_view meant;
};

// clang-format off: several words a line

// What people type. Written by hand, apart from the tables of the program.
constexpr auto kTypos = std::to_array<Typo>({
    {"gmial.com", "gmail.com"}, {"gmai.com", "gmail.com"}, {"gnail.com", "gmail.com"},
    {"gmail.co", "gmail.com"}, {"gmail.con", "gmail.com"}, {"gmail.cm", "gmail.com"},
    {"gamil.com", "gmail.com"}, {"gmal.com", "gmail.com"}, {"gmil.com", "gmail.com"},
    {"gmaill.com", "gmail.com"}, {"gmali.com", "gmail.com"}, {"gmsil.com", "gmail.com"},
    {"gmaul.com", "gmail.com"}, {"gmail.comm", "gmail.com"}, {"gmail.cmo", "gmail.com"},
    {"gmail.ocm", "gmail.com"}, {"gmail.vom", "gmail.com"}, {"gmail.cim", "gmail.com"},
    {"gmail.om", "gmail.com"}, {"gmailc.om", "gmail.com"}, {"gmailcom", "gmail.com"},
    {"gmail", "gmail.com"}, {"ggmail.com", "gmail.com"}, {"fmail.com", "gmail.com"},
    {"gmaik.com", "gmail.com"}, {"gmail.org", "gmail.com"}, {"googlemail.con", "googlemail.com"},
    {"goglemail.com", "googlemail.com"}, {"hotmial.com", "hotmail.com"},
    {"hotmal.com", "hotmail.com"}, {"hotmil.com", "hotmail.com"}, {"hotmai.com", "hotmail.com"},
    {"hotmaill.com", "hotmail.com"}, {"hotmail.co", "hotmail.com"}, {"hotmail.con", "hotmail.com"},
    {"hotmail.cm", "hotmail.com"}, {"hotmali.com", "hotmail.com"}, {"homail.com", "hotmail.com"},
    {"htomail.com", "hotmail.com"}, {"hotnail.com", "hotmail.com"}, {"hitmail.com", "hotmail.com"},
    {"hoymail.com", "hotmail.com"}, {"hotmaik.com", "hotmail.com"}, {"hotmail.ocm", "hotmail.com"},
    {"hotmial.fr", "hotmail.fr"}, {"hotmal.co.uk", "hotmail.co.uk"},
    {"hotmail.couk", "hotmail.co.uk"}, {"yaho.com", "yahoo.com"}, {"yahooo.com", "yahoo.com"},
    {"yhaoo.com", "yahoo.com"}, {"yahoo.con", "yahoo.com"}, {"yahoo.co", "yahoo.com"},
    {"yahoo.cm", "yahoo.com"}, {"yhoo.com", "yahoo.com"}, {"yaoo.com", "yahoo.com"},
    {"yahho.com", "yahoo.com"}, {"yajoo.com", "yahoo.com"}, {"tahoo.com", "yahoo.com"},
    {"yahoo.comm", "yahoo.com"}, {"yaho.fr", "yahoo.fr"}, {"yahoo.co.k", "yahoo.co.uk"},
    {"outlok.com", "outlook.com"}, {"outloo.com", "outlook.com"}, {"outlook.con", "outlook.com"},
    {"outlook.co", "outlook.com"}, {"oulook.com", "outlook.com"}, {"outllok.com", "outlook.com"},
    {"outlool.com", "outlook.com"}, {"iclod.com", "icloud.com"}, {"icloud.co", "icloud.com"},
    {"icloud.con", "icloud.com"}, {"icoud.com", "icloud.com"}, {"icluod.com", "icloud.com"},
    {"aol.con", "aol.com"}, {"aol.co", "aol.com"}, {"aoll.com", "aol.com"},
    {"live.con", "live.com"}, {"msn.con", "msn.com"}, {"comcast.ent", "comcast.net"},
    {"comcat.net", "comcast.net"}, {"verizon.ner", "verizon.net"},
    {"sbcgloble.net", "sbcglobal.net"}, {"belsouth.net", "bellsouth.net"},
    {"btinternet.con", "btinternet.com"}, {"t-onlin.de", "t-online.de"}, {"gmx.con", "gmx.com"},
    {"orang.fr", "orange.fr"}, {"wandoo.fr", "wanadoo.fr"}, {"protonmial.com", "protonmail.com"},
    {"yandx.ru", "yandex.ru"},
});

// Domains that take mail, among them many that are near each other.
constexpr auto kProviders = std::to_array<std::string_view>({
    "gmail.com", "googlemail.com", "yahoo.com", "hotmail.com", "outlook.com", "icloud.com",
    "aol.com", "live.com", "msn.com", "me.com", "mac.com", "ymail.com", "rocketmail.com",
    "mail.com", "email.com", "gmx.de", "gmx.net", "gmx.com", "gmx.at", "gmx.ch", "gmx.fr",
    "gmx.us", "web.de", "t-online.de", "freenet.de", "arcor.de", "online.de", "vodafone.de",
    "mail.de", "email.de", "posteo.de", "posteo.net", "mailbox.org", "tutanota.com", "tutanota.de",
    "tuta.io", "protonmail.com", "proton.me", "pm.me", "fastmail.com", "fastmail.fm", "hey.com",
    "hushmail.com", "zoho.com", "zohomail.com", "usa.net", "post.com", "lycos.com", "lycos.de",
    "excite.com", "inbox.com", "inbox.lv", "inbox.ru", "inbox.lt", "mail.ru", "bk.ru", "list.ru",
    "internet.ru", "yandex.ru", "yandex.com", "yandex.by", "ya.ru", "rambler.ru", "lenta.ru",
    "ukr.net", "i.ua", "meta.ua", "bigmir.net", "tut.by", "qq.com", "vip.qq.com", "foxmail.com",
    "163.com", "126.com", "139.com", "189.cn", "yeah.net", "sina.com", "sina.cn", "sohu.com",
    "aliyun.com", "naver.com", "daum.net", "hanmail.net", "nate.com", "rediffmail.com", "sify.com",
    "comcast.net", "verizon.net", "att.net", "sbcglobal.net", "bellsouth.net", "ameritech.net",
    "pacbell.net", "cox.net", "charter.net", "spectrum.net", "earthlink.net", "mindspring.com",
    "juno.com", "netzero.net", "netzero.com", "windstream.net", "centurylink.net", "frontier.com",
    "optonline.net", "q.com", "rr.com", "btinternet.com", "btopenworld.com", "bt.com",
    "virginmedia.com", "virgin.net", "sky.com", "talktalk.net", "ntlworld.com", "blueyonder.co.uk",
    "tiscali.co.uk", "o2.co.uk", "orange.net", "eircom.net", "bigpond.com", "bigpond.net.au",
    "optusnet.com.au", "iinet.net.au", "xtra.co.nz", "telkomsa.net", "mweb.co.za", "shaw.ca",
    "rogers.com", "sympatico.ca", "telus.net", "videotron.ca", "bell.net", "uol.com.br",
    "bol.com.br", "terra.com.br", "ig.com.br", "globo.com", "terra.com", "terra.es",
    "telefonica.net", "ono.com", "sapo.pt", "orange.fr", "wanadoo.fr", "free.fr", "laposte.net",
    "sfr.fr", "neuf.fr", "club-internet.fr", "bbox.fr", "libero.it", "virgilio.it", "tiscali.it",
    "alice.it", "tin.it", "tim.it", "email.it", "iol.it", "seznam.cz", "centrum.cz", "email.cz",
    "post.cz", "post.sk", "azet.sk", "wp.pl", "onet.pl", "o2.pl", "op.pl", "vp.pl", "interia.pl",
    "interia.eu", "home.nl", "ziggo.nl", "kpnmail.nl", "planet.nl", "hetnet.nl", "xs4all.nl",
    "chello.nl", "skynet.be", "telenet.be", "bluewin.ch", "hispeed.ch", "sunrise.ch", "aon.at",
    "chello.at", "telia.com", "online.no", "mail.dk", "abv.bg", "mail.bg", "freemail.hu",
    "citromail.hu", "walla.co.il", "mynet.com", "singnet.com.sg", "hinet.net", "yahoo.fr",
    "yahoo.co.uk", "yahoo.co.jp", "yahoo.ca", "yahoo.ro", "yahoo.com.br", "yahoo.de", "hotmail.fr",
    "hotmail.co.uk", "hotmail.de", "hotmail.nl", "hotmail.it", "hotmail.ch", "hotmail.cz",
    "live.nl", "live.fr", "live.co.uk", "live.ca", "live.com.mx", "live.com.pt", "outlook.fr",
    "outlook.de", "outlook.com.br", "aol.de", "aol.co.uk", "msn.cn", "love.com", "aim.com",
    "netscape.net", "comcast.com", "orange.com", "yahoo.ie",
});

// clang-format on

}  // namespace

TEST_CASE("common misspellings are known, with what was meant") {
    static_assert(kTypos.size() >= 78);
    for (const Typo& typo : kTypos) {
        CAPTURE(typo.typed);
        const auto found = look(typo.typed);
        REQUIRE(found.has_value());
        CHECK(found->meant == typo.meant);
    }
}

TEST_CASE("no provider's domain is taken for another's") {
    static_assert(kProviders.size() >= 150);
    for (const std::string_view domain : kProviders) {
        CAPTURE(domain);
        CHECK_FALSE(look(domain).has_value());
    }
    for (const std::string_view domain : provider_domains()) {
        CAPTURE(domain);
        CHECK_FALSE(look(domain).has_value());
    }
}

TEST_CASE("a provider's domain in another country is its own") {
    for (const std::string_view domain : {"yahoo.lu",
                                          "hotmail.ee",
                                          "live.gr",
                                          "gmx.cz",
                                          "outlook.com.pe",
                                          "yahoo.co.ke",
                                          "aol.ie",
                                          "yandex.kz",
                                          "msn.fr",
                                          "orange.pl",
                                          "tiscali.fr",
                                          "terra.com.co"}) {
        CAPTURE(domain);
        CHECK_FALSE(look(domain).has_value());
    }
}

TEST_CASE("nearness grows with the length of what was meant") {
    struct Row {
        std::string_view what;
        std::string_view domain;
        std::optional<Lookalike> want;
    };
    const std::array rows{
        Row{"one slip in six letters", "cax.net", Lookalike{"cox.net", Likeness::Near}},
        Row{"two slips in six letters", "cak.net", std::nullopt},
        Row{"one slip in five letters", "zt.com", std::nullopt},
        Row{"two slips in nine letters", "rogrrs.co", std::nullopt},
        Row{"two slips in fourteen",
            "virgnmedai.com",
            Lookalike{"virginmedia.com", Likeness::Near}},
        Row{"two slips, one in the first letter", "birgnmedia.com", std::nullopt},
        Row{"three slips", "vrgnmedai.com", std::nullopt},
        Row{"a company of its own", "contoso.com", std::nullopt},
        Row{"a word that begins alike", "gmailers.org", std::nullopt},
        Row{"a name below", "mx.gmial.com", std::nullopt},
    };
    for (const Row& row : rows) {
        CAPTURE(row.what);
        CAPTURE(row.domain);
        CHECK(look(row.domain) == row.want);
    }
    const auto literal = mail::Domain::parse("[192.0.2.1]", mail::Smtputf8::No);
    REQUIRE(literal.has_value());
    CHECK_FALSE(lookalike(literal->value).has_value());
}

TEST_CASE("the tables hold together") {
    std::set<std::string_view> providers;
    for (const std::string_view domain : provider_domains()) {
        CAPTURE(domain);
        CHECK(providers.insert(domain).second);
        const auto parsed = mail::Domain::parse(domain, mail::Smtputf8::No);
        REQUIRE(parsed.has_value());
        CHECK(parsed->value.text() == domain);
    }
    std::set<std::string_view> wrong;
    for (const Misspelling& each : common_misspellings()) {
        CAPTURE(each.wrong);
        CHECK(wrong.insert(each.wrong).second);
        CHECK_FALSE(providers.contains(each.wrong));
        CHECK(providers.contains(each.meant));
        CHECK(look(each.wrong) == Lookalike{each.meant, Likeness::Common});
    }
    CHECK(providers.size() >= 150);
}

}  // namespace holdback::outbound
