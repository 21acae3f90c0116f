// SPDX-License-Identifier: Apache-2.0
#include "letters/notice_orders.hpp"

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>
#include <fmt/format.h>

namespace holdback::letters {

namespace {

/// "release 3 7; discard 2; ? release all but 3": orders and lines that were not understood.
std::string shown(const Orders& orders) {
    std::string text;
    for (const Order& order : orders.orders) {
        text += text.empty() ? "" : "; ";
        text += order.action == OrderAction::Release ? "release" : "discard";
        text += order.all ? " all" : "";
        for (const NumberRange& range : order.numbers) {
            text += range.first == range.last ? fmt::format(" {}", range.first)
                                              : fmt::format(" {}-{}", range.first, range.last);
        }
        text += order.as.empty() ? "" : fmt::format(" as {}", order.as);
    }
    for (const std::string& line : orders.not_understood) {
        text += fmt::format("{}? {}", text.empty() ? "" : "; ", line);
    }
    return text;
}

struct Row {
    std::string_view what;
    std::string_view text;
    std::string_view want;
};

}  // namespace

TEST_CASE("commands are read as people write them") {
    const auto rows = std::to_array<Row>({
        {"plain", "release 3 7\n", "release 3 7"},
        {"another address", "release 5 as Bo@gmail.com\n", "release 5 as Bo@gmail.com"},
        {"another address, decorated",
         "Please release 5 as <bo@gmail.com>, thanks.\nrelease 2",
         "release 5 as bo@gmail.com; release 2"},
        {"a link made of it",
         "release 5 as bo@gmail.com <mailto:bo@gmail.com>",
         "release 5 as bo@gmail.com"},
        {"another address for two", "release 5 6 as bo@gmail.com", "? release 5 6 as bo@gmail.com"},
        {"no address", "release 5 as spam", "? release 5 as spam"},
        {"two addresses", "release 5 as a@b.test c@d.test", "? release 5 as a@b.test c@d.test"},
        {"discarded as", "discard 5 as a@b.test", "? discard 5 as a@b.test"},
        {"all", "release all", "release all"},
        {"discard", "discard 2", "discard 2"},
        {"discard all", "Discard ALL", "discard all"},
        {"a range", "release 1-5", "release 1-5"},
        {"an en dash",
         "release 1\xE2\x80\x93"
         "5",
         "release 1-5"},
        {"a range in words", "release 1 to 5", "release 1-5"},
        {"backwards", "release 5-1", "release 1-5"},
        {"commas", "Release 3, 7", "release 3 7"},
        {"commas without spaces", "release 3,7,9", "release 3 7 9"},
        {"and", "RELEASE 3 and 7.", "release 3 7"},
        {"a full stop", "release all.", "release all"},
        {"please", "Please release 3 and 7, thanks!", "release 3 7"},
        {"yes", "Yes, release all please.", "release all"},
        {"a colon", "release: 3, 7", "release 3 7"},
        {"number signs", "release #3 & #7", "release 3 7"},
        {"numbers", "release numbers 3 and 7", "release 3 7"},
        {"quotation marks", "\"release 3 7\"", "release 3 7"},
        {"typographic quotation marks", "\xE2\x80\x9Crelease 3 7\xE2\x80\x9D", "release 3 7"},
        {"emphasis", "*release 3 7*", "release 3 7"},
        {"a list mark", "- release 3\n- discard 2\n", "release 3; discard 2"},
        {"a bullet", "\xE2\x80\xA2 release 3", "release 3"},
        {"no-break spaces",
         "release\xC2\xA0"
         "3\xC2\xA0"
         "7",
         "release 3 7"},
        {"a zero-width space", "\xE2\x80\x8Brelease 3", "release 3"},
        {"two on a line", "release 3, discard 2", "release 3; discard 2"},
        {"two joined", "release 1-2 and discard 3", "release 1-2; discard 3"},
        {"CRLF", "release 3\r\ndiscard 2\r\n", "release 3; discard 2"},
        {"a greeting in front", "Hi there,\n\nrelease 3\n", "release 3"},
        {"prose in front", "I have asked them and both are right.\nrelease 3 7\n", "release 3 7"},
        {"thanks behind", "release 3\n\nThanks,\nJoe\ndiscard 1\n", "release 3"},
        {"a long list broken by the program",
         "release 1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25, 27, 29,\n31, 33\n",
         "release 1 3 5 7 9 11 13 15 17 19 21 23 25 27 29 31 33"},
        {"a list below", "release\n3\n", "release 3"},
        {"flowed", "release 3 \n7\n", "release 3 7"},
        {"no command", "Thank you for the information.\n", ""},
        {"negated", "don't release 3\n", ""},
        {"negated politely", "Please do not release 3\n", ""},
        {"in the middle", "You can release 3 if you like\n", ""},
        {"a word alone", "Release notes are attached.\n", ""},
        {"without numbers", "release\n", ""},
        {"an exception", "release all except 3", "? release all except 3"},
        {"a second thought", "release 3 but not 7", "? release 3 but not 7"},
        {"a range without end", "release 3-", "? release 3-"},
        {"both kinds", "release 1\nrelease all but 2\n", "release 1; ? release all but 2"},
        {"all and numbers", "release all 3", "? release all 3"},
        {"a number without end", "release 99999999999999999999999", ""},
        {"nothing", "", ""},
    });
    for (const Row& row : rows) {
        CAPTURE(row.what);
        CHECK(shown(read_orders(row.text)) == row.want);
    }
}

TEST_CASE("what an answer quotes is no command, whatever program wrote it") {
    const auto rows = std::to_array<Row>({
        {"quoted", "> release 3\n>> discard 2\n", ""},
        {"Gmail",
         "release 3 7\n\nOn Fri, Nov 27, 2026 at 10:00 AM Holdback <holdback@home.test> wrote:\n\n"
         "> 2 recipients of your mail\n> release all\n",
         "release 3 7"},
        {"Gmail, broken line",
         "release 3\n\nOn Fri, Nov 27, 2026 at 10:00 AM Holdback <\nholdback@home.test> wrote:\n\n"
         "> release all\n",
         "release 3"},
        {"Gmail, answered below",
         "On Fri, Nov 27, 2026 at 10:00 AM Holdback <holdback@home.test> wrote:\n"
         "> To send it to all of them: release all\n>\n\nrelease 3\n",
         "release 3"},
        {"Thunderbird",
         "On 11/27/26 10:00, Holdback wrote:\n> release all\n\nrelease 2\n\n-- \ndiscard 1\n",
         "release 2"},
        {"Thunderbird, German",
         "release 2\n\nAm 27.11.26 um 10:00 schrieb Holdback:\n> release all\n",
         "release 2"},
        {"Outlook",
         "release 3 7\r\n\r\n-----Original Message-----\r\nFrom: Holdback <holdback@home.test>\r\n"
         "Sent: Friday\r\n\r\nrelease all\r\n",
         "release 3 7"},
        {"Outlook, rule",
         "release 3\n\n________________________________\nFrom: Holdback\n\nrelease all\n",
         "release 3"},
        {"Outlook, head without a rule",
         "release 3\n\nFrom: Holdback <holdback@home.test>\nSent: Friday\nTo: News\n\nrelease "
         "all\n",
         "release 3"},
        {"Outlook, German",
         "release 3\n\nVon: Holdback\nGesendet: Freitag\n\nrelease all\n",
         "release 3"},
        {"Outlook, French",
         "release 3\n\nDe : Holdback\nEnvoy\xC3\xA9 : vendredi\n\nrelease all\n",
         "release 3"},
        {"Outlook, bold head", "release 3\n\n*From:* Holdback\n\nrelease all\n", "release 3"},
        {"Apple Mail",
         "release 3\n\n> On 27. Nov 2026, at 10:00, Holdback <holdback@home.test> wrote:\n>\n"
         "> release all\n",
         "release 3"},
        {"Apple Mail, forwarded",
         "release 3\n\nBegin forwarded message:\n\nrelease all\n",
         "release 3"},
        {"iPhone",
         "Release all\n\nSent from my iPhone\n\n> On 27 Nov 2026, at 10:00, Holdback wrote:\n> \n"
         "> discard 1\n",
         "release all"},
        {"Outlook on a telephone",
         "release 1\n\nGet Outlook for iOS<https://aka.ms/o0ukef>\n____________________\nrelease "
         "2\n",
         "release 1"},
        {"Samsung",
         "release 1\n\nSent from my Galaxy\n\n-------- Original message --------\nrelease 2\n",
         "release 1"},
        {"Yahoo",
         "release 1\n\n    On Friday, November 27, 2026, 10:00:00 AM GMT, Holdback "
         "<holdback@home.test> wrote:\n \n release all\n",
         "release 1"},
        {"French Gmail",
         "release 1\n\nLe ven. 27 nov. 2026 \xC3\xA0 10:00, Holdback <holdback@home.test> a "
         "\xC3\xA9"
         "crit :\n\n> release all\n",
         "release 1"},
        {"Spanish Gmail",
         "release 1\n\nEl vie, 27 nov 2026 a las 10:00, Holdback (<holdback@home.test>) "
         "escribi\xC3\xB3:\n\n> release all\n",
         "release 1"},
        {"Japanese Gmail",
         "release 1\n\n2026\xE5\xB9\xB4"
         "11\xE6\x9C\x88"
         "27\xE6\x97\xA5(\xE9\x87\x91) 10:00 "
         "Holdback <holdback@home.test>:\n\n> release all\n",
         "release 1"},
        {"Chinese client",
         "release 1\n\n\xE5\x8F\x91\xE4\xBB\xB6\xE4\xBA\xBA\xEF\xBC\x9A Holdback\n\nrelease all\n",
         "release 1"},
        {"HTML without quote marks",
         "release 3\n\nOn Fri, Nov 27, 2026 at 10:00 AM Holdback <holdback@home.test> wrote:\n"
         "To send it to all of them:\nrelease all\n",
         "release 3"},
        {"HTML without quote marks, nothing above",
         "On Fri, Nov 27, 2026 at 10:00 AM Holdback <holdback@home.test> wrote:\nrelease all\n",
         ""},
        {"a quoted line that a program broke",
         "What is that?\n\n> ask us to (please\nrelease all).\n> thank you\nrelease all\n",
         ""},
        {"a broken line, answered below", "> please\nrelease all\n>\n\nrelease 3\n", "release 3"},
        {"a notice without quote marks",
         "What is that?\n\n2 recipients of your mail were held back and have not got it.\n\n"
         "1 bo@example.net\nWhy: 550 say\nrelease all\n",
         ""},
        {"a notice of a campaign without quote marks",
         "What?\nYour campaign was stopped as a whole. Say\nrelease all\n",
         ""},
        {"a signature", "-- \nrelease all\n", ""},
        {"a command below a page of prose",
         "a\nb\nc\nd\ne\nf\ng\nh\ni\nj\nk\nl\nm\nrelease all\n",
         ""},
    });
    for (const Row& row : rows) {
        CAPTURE(row.what);
        CHECK(shown(read_orders(row.text)) == row.want);
    }
}

TEST_CASE("long and hostile answers take bounded time and memory") {
    const std::string endless = "release " + std::string(1'000'000, '1');
    CHECK(read_orders(endless).orders.empty());
    std::string many = "release";
    for (int i = 0; i < 100'000; ++i) {
        many += " 1";
    }
    CHECK(read_orders(many).orders.empty());
    std::string lines;
    for (int i = 0; i < 30'000; ++i) {
        lines += "\n";
    }
    CHECK(read_orders(lines + "release 1").orders.size() == 1);
}

}  // namespace holdback::letters
