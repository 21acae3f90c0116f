// SPDX-License-Identifier: Apache-2.0
#include "outbound/plain_text.hpp"

#include "mail/header.hpp"

#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

namespace holdback::outbound {

namespace {

PlainText look(std::string_view type, std::string_view body) {
    mail::HeaderList headers;
    if (!type.empty()) {
        headers.add("Content-Type", std::string(" ").append(type));
    }
    return plain_text(headers, body);
}

}  // namespace

TEST_CASE("the parts of a message tell whether it has plain text") {
    struct Row {
        std::string_view what;
        std::string_view type;
        std::string_view body;
        PlainText want;
    };
    const std::vector<Row> rows{
        {"no type", "", "Hello", PlainText::Present},
        {"plain", "Text/Plain; charset=utf-8", "", PlainText::Present},
        {"HTML", "text/html", "<p>", PlainText::Absent},
        {"an unread body", "multipart/alternative; boundary=x", "", PlainText::Unknown},
        {"plain beside HTML",
         "multipart/alternative; boundary=\"x y\"",
         "--x y\r\nContent-Type: text/plain\r\n\r\nHi\r\n--x y\r\nContent-Type: text/html\r\n\r\n"
         "<p>\r\n--x y--\r\n",
         PlainText::Present},
        {"a part without a type",
         "multipart/mixed; boundary=x",
         "preamble\n--x\n\nHi\n--x--\n",
         PlainText::Present},
        {"HTML alone",
         "multipart/alternative; charset=utf-8; boundary=x",
         "--x\r\nContent-Type: text/html\r\n\r\n<!-- a\r\n-->\r\n--\r\n\r\n--x--\r\n",
         PlainText::Absent},
        {"HTML, and the rest was not read",
         "multipart/alternative; boundary=x",
         "--x\r\nContent-Type: text/html\r\n\r\n<p>",
         PlainText::Unknown},
        {"plain within related within mixed",
         "multipart/mixed; boundary=a",
         "--a\nContent-Type: multipart/related; boundary=b\n\n--b\nContent-Type: "
         "multipart/alternative;\n\tboundary=\"c\"\n\n--c\nContent-Type: text/html\n\n<p>\n--c\n"
         "content-type: TEXT/PLAIN; format=flowed\n\nHi\n--c--\n--b--\n--a--\n",
         PlainText::Present},
        {"HTML within related, and a text that is attached",
         "multipart/mixed; boundary=a",
         "--a\nContent-Type: multipart/related; boundary=b\n\n--b\nContent-Type: text/html\n\n<p>\n"
         "--b--\n--a\nContent-Type: text/plain\nContent-Disposition: attachment; filename=x\n\nHi\n"
         "--a--\n",
         PlainText::Absent},
        {"no boundary", "multipart/mixed", "--x\n\nHi\n--x--\n", PlainText::Unknown},
        {"another's boundary",
         "multipart/mixed; boundary=x",
         "--y\n\nHi\n--y--\n--x--\n",
         PlainText::Absent},
        {"a header that was cut",
         "multipart/mixed; boundary=x",
         "--x\nContent-Dispo",
         PlainText::Unknown},
        {"a forwarded message", "message/rfc822", "Subject: x\n\nHi", PlainText::Unknown},
    };
    for (const Row& row : rows) {
        CAPTURE(row.what);
        CHECK(look(row.type, row.body) == row.want);
    }
}

TEST_CASE("no more of a body is looked at than is needed") {
    const std::string far = "--x\nContent-Type: text/html\n\n" +
                            std::string(kPlainTextOctets, 'a') + "\n--x\n\nHi\n--x--\n";
    CHECK(look("multipart/mixed; boundary=x", far) == PlainText::Unknown);
}

}  // namespace holdback::outbound
