// SPDX-License-Identifier: Apache-2.0
#include "io/mime/gmime_reader.hpp"

#include "dsn/message_view.hpp"
#include "dsn/report.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>
#include <sys/resource.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>
#include <vector>

#include <doctest/doctest.h>

namespace holdback::io::mime {

namespace {

dsn::MessageView read(std::string_view octets) {
    return GmimeReader().read(octets);
}

std::string repeated(std::string_view text, std::size_t times) {
    std::string all;
    all.reserve(text.size() * times);
    for (std::size_t index = 0; index < times; ++index) {
        all += text;
    }
    return all;
}

bool hit(const dsn::MessageView& view, std::string_view limit) {
    return std::ranges::find(view.limits_hit, limit) != view.limits_hit.end();
}

/// The most memory that this process had at one time.
long peak_kib() {
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    return usage.ru_maxrss;
}

/// A message of one text part.
std::string text_message(std::string_view content_type,
                         std::string_view encoding,
                         std::string_view body) {
    return "Subject: x\nContent-Type: " + std::string(content_type) +
           "\nContent-Transfer-Encoding: " + std::string(encoding) + "\n\n" + std::string(body);
}

}  // namespace

TEST_CASE("the leaves of a message are read in order, with their place") {
    const dsn::MessageView view = read(
        "Subject: =?utf-8?q?gr=C3=BC=C3=9Fe?=\n"
        "Content-Type: multipart/report; report-type=Delivery-Status; boundary=a\n\n"
        "--a\nContent-Type: Text/Plain\n\nhuman\n"
        "--a\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; x\n\nAction: failed\n"
        "--a--\n");
    CHECK(view.subject == "grüße");
    CHECK(view.media_type == "multipart/report");
    CHECK(view.parameter("Report-Type") == "Delivery-Status");
    CHECK(view.headers.has("content-type"));
    REQUIRE(view.parts.size() == 2);
    CHECK(view.parts[0].media_type == "text/plain");
    CHECK(view.parts[0].text == "human");
    CHECK(view.parts[1].media_type == "message/delivery-status");
    CHECK(view.parts[1].text == "Reporting-MTA: dns; x\n\nAction: failed");
    CHECK(view.limits_hit.empty());
}

TEST_CASE("of a message within, the header is read, and the rest where no status tells of it") {
    const std::string status =
        "--a\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; x\n";
    const std::string within =
        "--a\nContent-Type: message/rfc822\n\nSubject: inner\nX-A: b\n"
        "Content-Type: multipart/mixed; boundary=b\n\n--b\n\ninner text\n"
        "--b\nContent-Type: message/rfc822\n\nSubject: third\n\nlost\n--b--\n--a--\n";
    const std::string head = "Content-Type: multipart/mixed; boundary=a\n\n";

    const dsn::MessageView whole = read(head + within);
    REQUIRE(whole.parts.size() == 3);
    CHECK(whole.parts[0].media_type == "message/rfc822");
    CHECK(whole.parts[0].embedded == 0);
    CHECK(whole.parts[0].headers.first("X-A") == "b");
    CHECK(whole.parts[1].embedded == 1);
    CHECK(whole.parts[1].text == "inner text");
    CHECK(whole.find("text/plain", 1) == &whole.parts[1]);
    CHECK(whole.parts[2].media_type == "message/rfc822");
    CHECK(whole.parts[2].headers.fields().size() == 1);

    const dsn::MessageView cut = GmimeReader({.embedded_octets = 20}).read(head + within);
    REQUIRE(cut.parts.size() == 1);
    CHECK(cut.parts[0].headers.first("Subject") == "inner");
    CHECK(cut.limits_hit.empty());

    const dsn::MessageView told = read(head + status + within);
    REQUIRE(told.parts.size() == 2);
    CHECK(told.parts[1].headers.first("X-A") == "b");
}

TEST_CASE("line ends of any kind give the same message") {
    const std::string plain =
        "Subject: x\nContent-Type: multipart/mixed; boundary=a\n\n--a\n\none\ntwo\n--a--\n";
    for (const std::string_view line_end : {"\n", "\r\n", "\r", "\r\r\n"}) {
        std::string octets;
        for (const char c : plain) {
            octets += c == '\n' ? std::string(line_end) : std::string(1, c);
        }
        CAPTURE(octets);
        const dsn::MessageView view = read(octets);
        REQUIRE(view.parts.size() == 1);
        CHECK(view.parts[0].text == "one\ntwo");
        CHECK(view.headers.first("Subject") == "x");
    }
}

TEST_CASE("text is decoded from its transfer encoding and charset") {
    struct Row {
        std::string_view type;
        std::string_view encoding;
        std::string_view body;
        std::string_view want;
    };
    constexpr std::array kRows{
        Row{"text/plain; charset=utf-8", "base64", "Z3LDvG4=\n", "grün"},
        Row{"text/plain; charset=utf-8",
            "quoted-printable",
            "gr=C3=BCn soft=\n er\n",
            "grün soft er\n"},
        Row{"text/plain; charset=iso-8859-1", "8bit", "gr\xfcn\n", "grün\n"},
        Row{"text/plain; charset=windows-1252", "8bit", "\x93q\x94\n", "“q”\n"},
        Row{"text/plain; charset=koi8-r", "8bit", "\xf0\xf2\xe9\n", "ПРИ\n"},
        Row{"text/plain; charset=gb2312", "8bit", "\xcd\xcb\xd0\xc5\n", "退信\n"},
        Row{"text/plain; charset=iso-2022-jp", "7bit", "\x1b$B%(%i!<\x1b(B\n", "エラー\n"},
        Row{"text/plain; charset=no-such-set", "8bit", "a\xff z\n", "a\xef\xbf\xbd z\n"},
        Row{"text/plain; charset=utf-8", "8bit", "a\xff z\n", "a\xef\xbf\xbd z\n"},
        Row{"text/plain; charset=iso-8859-1", "8bit", "gr\xc3\xbcn\n", "grün\n"},
        Row{"text/html; charset=utf-8", "7bit", "<b>a</b><br>&lt;b&gt;", "a\n<b>"},
        Row{"message/delivery-status", "base64", "QWN0aW9uOiBmYWlsZWQK\n", "Action: failed\n"},
        Row{"text/rfc822-headers", "quoted-printable", "Subject: a=3Db\n", "Subject: a=b\n"},
        Row{"application/pdf", "7bit", "%PDF", ""},
    };
    for (const Row& row : kRows) {
        CAPTURE(row.type);
        CAPTURE(row.body);
        const dsn::MessageView view = read(text_message(row.type, row.encoding, row.body));
        REQUIRE(view.parts.size() == 1);
        CHECK(view.parts[0].text == row.want);
    }
}

TEST_CASE("an embedded message in base64 is walked as well") {
    const dsn::MessageView view =
        read(text_message("message/rfc822", "base64", "U3ViamVjdDogaW5uZXIKCnRleHQK\n"));
    REQUIRE(view.parts.size() == 2);
    CHECK(view.parts[0].headers.first("Subject") == "inner");
    CHECK(view.parts[1].embedded == 1);
    CHECK(view.parts[1].text == "text\n");
}

TEST_CASE("broken messages give what can be read") {
    SUBCASE("nothing") {
        for (const std::string_view octets : {"", "\n\n\n", "   \n \n", "From ", "\r\r\r"}) {
            CHECK(read(octets).media_type == "text/plain");
        }
    }
    SUBCASE("an mbox line and empty lines in front") {
        const dsn::MessageView view =
            read("\n  \nFrom a@example.org Mon Mar  3 10:00:00 2025\nSubject: x\n\nbody\n");
        CHECK(view.headers.first("Subject") == "x");
        REQUIRE(view.parts.size() == 1);
        CHECK(view.parts[0].text == "body\n");
    }
    SUBCASE("a multipart without its boundaries") {
        const dsn::MessageView view =
            read("Content-Type: multipart/report; boundary=a\n\nall of it\n");
        REQUIRE(view.parts.size() == 1);
        CHECK(view.parts[0].text == "all of it\n");
    }
    SUBCASE("a boundary that lost its folding") {
        const dsn::MessageView view =
            read("Content-Type: multipart/mixed;\nboundary=a\n\n--a\n\none\n--a--\n");
        REQUIRE(view.parts.size() == 1);
        CHECK(view.parts[0].text == "one");
    }
    SUBCASE("cut within a part") {
        const dsn::MessageView view = read(
            "Content-Type: multipart/mixed; boundary=a\n\n--a\nContent-Type: text/plain\n\nha");
        REQUIRE(view.parts.size() == 1);
        CHECK(view.parts[0].text == "ha\n");
    }
    SUBCASE("eight-bit header") {
        CHECK(read("Subject: gr\xc3\xbcn\n\nx\n").subject == "grün");
    }
}

TEST_CASE("huge and hostile messages are read within the limits") {
    const std::string head = "From: MAILER-DAEMON@example.net\nSubject: failure notice\n";
    std::string nested = head;
    for (int level = 0; level < 1000; ++level) {
        const std::string boundary = "b" + std::to_string(level);
        nested += "Content-Type: multipart/mixed; boundary=";
        nested += boundary;
        nested += "\n\n--";
        nested += boundary;
        nested += "\n";
    }
    struct Row {
        std::string_view what;
        std::string octets;
        std::string_view limit;
    };
    const std::vector<Row> rows{
        {"50 MB", head + "\n" + repeated("550 5.1.1 <a@example.net> foo\n", 1'700'000), "size"},
        {"10,000 parts",
         head + "Content-Type: multipart/mixed; boundary=b\n\n" + repeated("--b\n\nhi\n", 10'000),
         "parts"},
        {"1,000 multiparts deep", nested + "\nhello\n", "depth"},
        {"1,000 multiparts deep, compared with many lines",
         nested + repeated("--\n", 500'000),
         "depth"},
        {"messages within messages, of which one level is read",
         head + repeated("Content-Type: message/rfc822\n\n", 50'000),
         ""},
        {"10 MB of header", head + repeated("X-A: b\n", 1'500'000) + "\nbody\n", "header"},
        {"a header field of 10 MB",
         head + "X-A: " + repeated("b", 10'000'000) + "\n\nbody\n",
         "header"},
        {"a line of 1 MB", head + "\n" + repeated("a@", 500'000), "text"},
    };
    for (const Row& row : rows) {
        CAPTURE(row.what);
        const auto begin = std::chrono::steady_clock::now();
        const dsn::MessageView view = read(row.octets);
        const dsn::Report report = dsn::read_report(view);
        CHECK(std::chrono::steady_clock::now() - begin < std::chrono::seconds(20));
        CHECK((row.limit.empty() ? view.limits_hit.empty() : hit(view, row.limit)));
        CHECK(view.parts.size() <= ReaderLimits{}.parts);
        CHECK(report.human_text.size() <= 70'000);
    }
}

TEST_CASE("what a message makes the parser remember is bounded") {
    const std::string head =
        "From: MAILER-DAEMON@example.net\nSubject: failure notice\n"
        "Content-Type: multipart/mixed; ";
    const std::string empty_parts = repeated("--b\n\n", 410'000);
    struct Row {
        std::string_view what;
        std::string octets;
        std::string_view limit;
    };
    const std::vector<Row> rows{
        {"empty parts", head + "boundary=b\n\n" + empty_parts, "parts"},
        {"empty parts, the boundary quoted", head + "boundary=\"b\"\n\n" + empty_parts, "parts"},
        {"empty parts, the boundary coded", head + "boundary*0=\"b\"\n\n" + empty_parts, "parts"},
        {"empty parts, the boundary behind a comment",
         head + "boundary (c) = (c) b\n\n" + empty_parts,
         "parts"},
        {"empty parts, the boundary escaped", head + "boundary=\"\\b\"\n\n" + empty_parts, "parts"},
        {"empty parts of a multipart within",
         head + "boundary=a\n\n--a\nContent-Type: multipart/mixed; boundary=b\n\n" + empty_parts,
         "parts"},
        {"the fields of one part",
         head + "boundary=b\n\n--b\n" + repeated("X: y\n", 400'000) + "\nx\n--b--\n",
         "header"},
    };
    for (const Row& row : rows) {
        CAPTURE(row.what);
        const pid_t child = fork();
        REQUIRE(child >= 0);
        if (child == 0) {
            const long before = peak_kib();
            const bool told = hit(read(row.octets), row.limit);
            constexpr long kMostKib = 60L * 1024;  // the parser alone takes hundreds of MiB
            _exit(told && peak_kib() - before < kMostKib ? 0 : 1);
        }
        int status = -1;
        REQUIRE(waitpid(child, &status, 0) == child);
        CHECK(status == 0);
    }
}

TEST_CASE("lines that only look like delimiters end nothing") {
    const std::string ruler = repeated("------------------------\nname  value\n--\n", 2'000);
    const std::string octets = "Content-Type: multipart/mixed; boundary=\"=_b\"\n\n--=_b\n\n" +
                               ruler + "\n--=_b\n\nthe end\n--=_b--\n";
    const dsn::MessageView view = read(octets);
    CHECK(view.limits_hit.empty());
    REQUIRE(view.parts.size() == 2);
    CHECK(view.parts[1].text == "the end");
}

TEST_CASE("each limit can be set and is named when it is hit") {
    const std::string octets =
        "Subject: x\nX-Long: 0123456789012345678901234567890123456789\n"
        "Content-Type: multipart/mixed; boundary=a\n\n"
        "--a\n\n0123456789\n--a\n\nsecond\n--a--\n";
    CHECK(hit(GmimeReader({.octets = 40}).read(octets), "size"));
    CHECK(hit(GmimeReader({.header_octets = 60}).read(octets), "header"));
    CHECK(hit(GmimeReader({.parts = 1}).read(octets), "parts"));
    CHECK(hit(GmimeReader({.depth = 0}).read(octets), "depth"));
    const dsn::MessageView view = GmimeReader({.part_text_octets = 4}).read(octets);
    CHECK(hit(view, "text"));
    REQUIRE(view.parts.size() == 2);
    CHECK(view.parts[0].text == "0123");
    CHECK(GmimeReader().read(octets).limits_hit.empty());
}

TEST_CASE("several threads may share one reader") {
    const GmimeReader reader;
    const std::string octets = text_message("text/plain; charset=koi8-r", "8bit", "\xf0\xf2\n");
    std::array<std::string, 4> texts;
    {
        std::vector<std::jthread> threads;
        threads.reserve(texts.size());
        for (std::string& text : texts) {
            threads.emplace_back([&reader, &octets, &text] {
                for (int round = 0; round < 50; ++round) {
                    text = reader.read(octets).parts.at(0).text;
                }
            });
        }
    }
    for (const std::string& text : texts) {
        CHECK(text == "ПР\n");
    }
}

}  // namespace holdback::io::mime
