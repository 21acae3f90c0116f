// SPDX-License-Identifier: Apache-2.0
#include "outbound/repeat_window.hpp"

#include "core/clock.hpp"
#include "outbound/content_fingerprint.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include <doctest/doctest.h>

namespace holdback::outbound {

namespace {

using std::chrono::minutes;
using std::chrono::seconds;

constexpr seconds kWindow = minutes(10);

ContentFingerprint said(std::string_view subject, std::string_view text) {
    return content_fingerprint({.subject = std::string(subject), .texts = {std::string(text)}});
}

/// A long text of its own for every number.
std::string text_number(int number) {
    std::string text;
    for (int i = 0; i < 20; ++i) {
        text += static_cast<char>('a' + ((number / 26) % 26));
        text += static_cast<char>('a' + (number % 26));
        text += static_cast<char>('a' + i);
        text += "x ";
    }
    return text;
}

struct Sender {
    RepeatWindow window;
    core::SteadyPoint now{minutes(100)};

    RepeatWindow::Counts send(std::string_view sender,
                              const ContentFingerprint& content,
                              std::uint64_t recipients,
                              std::size_t enough = 20) {
        return window.observe(
            {.sender = sender, .content = content, .recipients = recipients}, enough, kWindow, now);
    }
};

}  // namespace

TEST_CASE("messages to other recipients are counted within the window, by text and by subject") {
    Sender mail;
    const auto news = said("Summer news", text_number(1));
    for (std::uint64_t i = 1; i <= 19; ++i) {
        const auto counts = mail.send("news@a.test", news, i);
        CHECK(counts.text == i);
        CHECK(counts.subject == i);
        mail.now += seconds(10);
    }
    SUBCASE("the twentieth is the twentieth") {
        CHECK(mail.send("news@a.test", news, 20).text == 20);
        CHECK(mail.send("news@a.test", news, 21).text == 20);  // more are not told apart
    }
    SUBCASE("another sender begins anew") {
        CHECK(mail.send("other@a.test", news, 20).text == 1);
    }
    SUBCASE("another subject, the same text") {
        const auto counts = mail.send("news@a.test", said("Autumn news", text_number(1)), 20);
        CHECK(counts.text == 20);
        CHECK(counts.subject == 1);
    }
    SUBCASE("the same recipient again counts once") {
        CHECK(mail.send("news@a.test", news, 7).text == 19);
    }
    SUBCASE("the window slides") {
        mail.now += kWindow - seconds(50);
        CHECK(mail.send("news@a.test", news, 20).text == 5);
        mail.now += kWindow;
        CHECK(mail.send("news@a.test", news, 21).text == 1);
    }
    SUBCASE("nothing said, nothing counted") {
        const auto counts = mail.send("news@a.test", said("Re: hi", "ok"), 20);
        CHECK(counts.text == 0);
        CHECK(counts.subject == 0);
        CHECK(counts.text_name.empty());
    }
}

TEST_CASE("all messages of a campaign have the name of the first") {
    Sender mail;
    const std::string body =
        ", we have moved to a bigger house and would like to show it to you. Come to our open day "
        "on Saturday, there will be coffee, cake and music for everybody.";
    const auto first = mail.send("news@a.test", said("", "Hello Katharina" + body), 1);
    const auto second = mail.send("news@a.test", said("", "Hello Sebastian" + body), 2);
    CHECK(first.text_name.starts_with("fp:"));
    CHECK(first.text_name.size() == 15);
    CHECK(second.text_name == first.text_name);
    CHECK(second.text == 2);
    CHECK(second.text_sketch == first.text_sketch);
    CHECK(mail.send("other@a.test", said("", "Hello Sebastian" + body), 2).text_name !=
          first.text_name);

    Sender after_restart;
    after_restart.window.restore(
        {.sender = "news@a.test", .name = first.text_name, .sketch = first.text_sketch});
    const auto third = after_restart.send("news@a.test", said("", "Hello Friederike" + body), 3);
    CHECK(third.text_name == first.text_name);
    CHECK(third.text == 1);
}

TEST_CASE("the memory is bounded, in all and for each sender") {
    Sender mail{.window = RepeatWindow({.entries = 30, .of_sender = 10})};
    const auto keep = said("", text_number(500));
    static_cast<void>(mail.send("news@a.test", keep, 1));
    for (int i = 0; i < 9; ++i) {
        static_cast<void>(mail.send("news@a.test", said("", text_number(i)), 1));
    }
    CHECK(mail.window.size() == 10);
    CHECK(mail.send("news@a.test", keep, 2).text == 2);  // now it is the newest
    for (int i = 20; i < 29; ++i) {
        static_cast<void>(mail.send("news@a.test", said("", text_number(i)), 1));
    }
    CHECK(mail.window.size() == 10);
    CHECK(mail.send("news@a.test", keep, 3).text == 3);
    for (int i = 0; i < 50; ++i) {
        static_cast<void>(mail.send("s" + std::to_string(i), said("", text_number(i)), 1));
        CHECK(mail.window.size() <= 30);
    }
    CHECK(mail.send("news@a.test", keep, 4).text == 1);
}

}  // namespace holdback::outbound
