// SPDX-License-Identifier: Apache-2.0
#include "dsn/human_text.hpp"

#include "dsn/message_view.hpp"

#include <array>
#include <string>
#include <string_view>

#include <doctest/doctest.h>

namespace holdback::dsn {

TEST_CASE("a text is cut where the returned message begins") {
    struct Row {
        std::string_view text;
        std::string_view report;
        std::string_view returned;
    };
    constexpr std::array kRows{
        Row{"only words\n", "only words\n", ""},
        Row{"words\n--- Below this line is a copy of the message.\n\nSubject: x\n\nbody\n",
            "words\n",
            "Subject: x\n\nbody\n"},
        Row{"words\n\nReceived: from a\n\tby b\nFrom: x@y\nSubject: z\n\nbody\n",
            "words\n\n",
            "Received: from a\n\tby b\nFrom: x@y\nSubject: z\n\nbody\n"},
        Row{"words\n--=_b1\nContent-Type: message/rfc822\n\nSubject: x\n\nbody\n",
            "words\n",
            "Subject: x\n\nbody\n"},
        Row{"words\n--=_b1\nContent-Type: text/plain\n\nmore\n",
            "words\n--=_b1\nContent-Type: text/plain\n\nmore\n",
            ""},
        Row{"words\n>Return-Path: <a@b>\n>From: x@y\n>Subject: z\n",
            "words\n",
            ">Return-Path: <a@b>\n>From: x@y\n>Subject: z\n"},
        Row{"To: Bo\nSubject: x\ndid not reach bo\n", "To: Bo\nSubject: x\ndid not reach bo\n", ""},
        Row{"The original message was received at noon\n",
            "The original message was received at noon\n",
            ""},
        Row{"", "", ""},
    };
    for (const Row& row : kRows) {
        CAPTURE(row.text);
        const HumanText halves = split_returned(row.text);
        CHECK(halves.report == row.report);
        CHECK(halves.returned == row.returned);
    }
}

TEST_CASE("plain text is read before HTML, attachments and embedded messages are not") {
    const auto add =
        [](MessageView& view, std::string_view type, std::string_view text) -> MessagePart& {
        MessagePart part;
        part.media_type = std::string(type);
        part.text = std::string(text);
        part.was_html = type == "text/html";
        view.parts.push_back(part);
        return view.parts.back();
    };
    MessageView view;
    add(view, "text/html", "as html");
    CHECK(human_text(view).report == "as html");
    add(view, "text/plain", "attached").headers.add("Content-Disposition", " attachment");
    add(view, "text/plain", "embedded").embedded = 1;
    add(view, "text/rfc822-headers", "Subject: x");
    CHECK(human_text(view).report == "as html");
    add(view, "text/plain", "as text");
    CHECK(human_text(view).report == "as text");
}

TEST_CASE("header fields are parsed up to the empty line, quoted or not") {
    const mail::HeaderList headers =
        parse_headers("> Subject: one\n>  two\n> Message-ID: <1@example.org>\n>\n> To: nobody\n");
    CHECK(headers.first("subject") == "one two");
    CHECK(headers.first("Message-ID") == "<1@example.org>");
    CHECK_FALSE(headers.has("To"));
}

}  // namespace holdback::dsn
