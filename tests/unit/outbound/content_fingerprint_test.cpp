// SPDX-License-Identifier: Apache-2.0
#include "outbound/content_fingerprint.hpp"

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

namespace holdback::outbound {

namespace {

/// One message: to whom (local part, display name), subject and text.
struct Mail {
    std::string_view to;
    std::string_view name;
    std::string_view subject;
    std::string_view text;
};

Content content_of(const Mail& mail) {
    return {.subject = std::string(mail.subject),
            .texts = {std::string(mail.text)},
            .from = "Shop <news@shop.test>",
            .in_reply_to = {},
            .is_reply = false,
            .personal = {std::string(mail.to), std::string(mail.name)}};
}

ContentFingerprint of(const Mail& mail) {
    return content_fingerprint(content_of(mail));
}

std::string exact(const Mail& mail) {
    return exact_digest(content_of(mail), Links::Whole);
}

std::string but_links(const Mail& mail) {
    return exact_digest(content_of(mail), Links::HostsAlone);
}

struct Pair {
    std::string_view what;
    Mail one;
    Mail other;
};

bool say_the_same(const Pair& pair) {
    return same_text(of(pair.one).sketch, of(pair.other).sketch);
}

constexpr std::string_view kDisclaimer =
    "This e-mail and any attachments are confidential and intended solely for the addressee. If "
    "you are not the intended recipient please notify the sender at once and delete this message. "
    "Any unauthorised copying, disclosure or distribution of the material is strictly forbidden.\n"
    "Home Works Ltd, registered office Church Street, Bath. Directors: Ann Miller, Tom Baker.\n";

}  // namespace

TEST_CASE("messages of one campaign say the same, though each names its recipient") {
    const auto pairs = std::to_array<Pair>({
        {"the name in the salutation",
         {"anna",
          "Anna Schmidt",
          "",
          "Dear Anna Schmidt,\n\nour summer sale begins on Monday: "
          "all garden furniture at half price. We look forward to your visit.\n\nYour shop\n"},
         {"bob.lee",
          "Bob Lee",
          "",
          "Dear Bob Lee,\n\nour summer sale begins on Monday: all garden "
          "furniture at half price. We look forward to your visit.\n\nYour shop\n"}},
        {"links with tokens",
         {"a",
          "",
          "",
          "We have new products for your office. Have a look at them here: "
          "https://shop.test/c/8a7f3e?u=1001 or leave the list: https://shop.test/u/8a7f3e\n"},
         {"b",
          "",
          "",
          "We have new products for your office. Have a look at them here: "
          "https://shop.test/c/11bb09?u=2044 or leave the list: https://shop.test/u/11bb09\n"}},
        {"customer number and amount",
         {"a",
          "",
          "",
          "Your invoice 2024-1001 over 34.50 EUR is attached to this message. Please "
          "pay it within fourteen days. Your customer number is KD77812.\n"},
         {"b",
          "",
          "",
          "Your invoice 2024-1378 over 1,209.00 EUR is attached to this message. "
          "Please pay it within fourteen days. Your customer number is KD10045.\n"}},
        {"the recipient's address in the footer",
         {"anna",
          "",
          "",
          "Our office is closed over the holidays and opens again in January. You "
          "get this message because anna@good.test is on our list of customers.\n"},
         {"x1",
          "",
          "",
          "Our office is closed over the holidays and opens again in January. You "
          "get this message because carl.long-name@nullmx.test is on our list of customers.\n"}},
        {"a name that the address does not tell",
         {"info",
          "",
          "",
          "Hello Katharina, we have moved to a bigger house and would like to show "
          "it to you. Come to our open day on Saturday, there will be coffee, cake and music for "
          "everybody who wants to celebrate with us.\n"},
         {"office",
          "",
          "",
          "Hello Sebastian, we have moved to a bigger house and would like to "
          "show it to you. Come to our open day on Saturday, there will be coffee, cake and music "
          "for everybody who wants to celebrate with us.\n"}},
        {"name and company in a cold mail",
         {"k.weber",
          "K. Weber",
          "",
          "Hi Weber, I saw that Nordwind Logistics is hiring drivers. "
          "We help companies like yours to find good people in half the time, without agencies "
          "and without long contracts. Would a short call next week suit you? I can show how "
          "others in your trade have done it. Kind regards, Tom\n"},
         {"jo",
          "Jo Arndt",
          "",
          "Hi Arndt, I saw that Bakery Miller is hiring drivers. "
          "We help companies like yours to find good people in half the time, without agencies "
          "and without long contracts. Would a short call next week suit you? I can show how "
          "others in your trade have done it. Kind regards, Tom\n"}},
        {"letter case and line breaks",
         {"a",
          "",
          "",
          "The annual meeting takes place in the town hall.\nPlease bring your "
          "membership card with you.\n"},
         {"b",
          "",
          "",
          "THE ANNUAL MEETING takes place in the town\nhall. Please bring your "
          "membership card with you.\n"}},
        {"other quotes and dashes",
         {"a",
          "",
          "",
          "Our \"early bird\" rate ends soon - register before the end of the month "
          "and save money on your ticket.\n"},
         {"b",
          "",
          "",
          "Our “early bird” rate ends soon – register before the end of the month "
          "and save money on your ticket.\n"}},
        {"German, with umlauts",
         {"jürgen",
          "Jürgen Groß",
          "",
          "Sehr geehrter Herr Groß,\n\nüber die neuen Öffnungszeiten "
          "unserer Geschäfte möchten wir Sie gerne informieren: ab März sind wir auch am Samstag "
          "für Sie da.\n\nMit freundlichen Grüßen\n"},
         {"ute",
          "Ute Maier",
          "",
          "Sehr geehrte Frau Maier,\n\nüber die neuen Öffnungszeiten "
          "unserer Geschäfte möchten wir Sie gerne informieren: ab März sind wir auch am Samstag "
          "für Sie da.\n\nMit freundlichen Grüßen\n"}},
        {"Japanese, which has no spaces",
         {"tanaka",
          "",
          "",
          "田中様、夏のセールが始まりました。すべての家具が半額です。ご来店を"
          "お待ちしております。\n"},
         {"suzuki",
          "",
          "",
          "鈴木様、夏のセールが始まりました。すべての家具が半額です。ご来店を"
          "お待ちしております。\n"}},
        {"a code for each",
         {"a",
          "",
          "",
          "As a thank you for your order we give you a voucher. Enter the code "
          "XK7-PP32-1Q in our shop before the end of the month.\n"},
         {"b",
          "",
          "",
          "As a thank you for your order we give you a voucher. Enter the code "
          "Z09-MM41-7R in our shop before the end of the month.\n"}},
        {"a day and a place that differ",
         {"a",
          "",
          "",
          "Your appointment for the yearly check of your heating is on Monday at "
          "08:30. Please see to it that our technician can get to the boiler, and have the papers "
          "of the last check ready. If the day does not suit you, call our office in Leeds.\n"},
         {"b",
          "",
          "",
          "Your appointment for the yearly check of your heating is on Thursday at "
          "14:00. Please see to it that our technician can get to the boiler, and have the papers "
          "of the last check ready. If the day does not suit you, call our office in York.\n"}},
        {"short, but word for word",
         {"a", "", "", "The server is down for maintenance tonight.\n"},
         {"b", "", "", "The server is down for maintenance tonight.\n"}},
        {"a long signature with another name",
         {"a",
          "",
          "",
          "Please find the new price list for the coming year attached to this mail.\n"
          "-- \nTom Baker, Sales, direct line 1234\nAll quotations are without engagement.\n"},
         {"b",
          "",
          "",
          "Please find the new price list for the coming year attached to this mail.\n"
          "-- \nSusan Cole, Service, direct line 9876\nWe are proud sponsors of the city run.\n"}},
    });
    for (const Pair& pair : pairs) {
        CAPTURE(pair.what);
        CHECK(say_the_same(pair));
    }
}

TEST_CASE("ordinary mails of one person do not say the same") {
    const std::string offer = std::string(
                                  "Please find our offer for the roof attached. We could "
                                  "begin in the second week of May, the scaffolding is "
                                  "included in the price.\n\n")
                                  .append(kDisclaimer);
    const std::string meeting = std::string(
                                    "Can we move our meeting to Thursday afternoon? Peter "
                                    "is ill and I would like him to be there when we talk "
                                    "about the new contract.\n\n")
                                    .append(kDisclaimer);
    const auto pairs = std::to_array<Pair>({
        {"two short answers", {"a", "", "", "ok, thanks\n"}, {"b", "", "", "ok, thanks\n"}},
        {"a thank-you and another",
         {"a", "", "", "Thank you!\n"},
         {"b", "", "", "Thanks a lot!\n"}},
        {"nothing but an attachment", {"a", "", "", ""}, {"b", "", "", ""}},
        {"one word more",
         {"a", "", "", "See you tomorrow at the station.\n"},
         {"b", "", "", "See you tomorrow at the old station.\n"}},
        {"the same disclaimer below", {"a", "", "", offer}, {"b", "", "", meeting}},
        {"the same greeting and closing",
         {"a",
          "",
          "",
          "Dear Anna,\n\ncould you send me the figures of the last quarter? I need "
          "them for the board.\n\nKind regards\nTom\n"},
         {"b",
          "",
          "",
          "Dear Bob,\n\nthe delivery will be two days late, since a truck broke down "
          "in France.\n\nKind regards\nTom\n"}},
        {"an answer below the same quoted mail",
         {"a",
          "",
          "",
          "I agree with the first point, not with the second.\n"
          "> The annual meeting takes place in the town hall and we\n> have to choose a "
          "speaker.\n"},
         {"b",
          "",
          "",
          "Let us ask Susan whether she has time to come.\n"
          "> The annual meeting takes place in the town hall and we\n> have to choose a "
          "speaker.\n"}},
        {"two invoices with letters of their own",
         {"a",
          "",
          "",
          "Attached is the invoice for the repair of your washing machine. The pump "
          "had to be replaced, as we told you on the phone.\n"},
         {"b",
          "",
          "",
          "Attached is the invoice for the delivery of firewood. Half of it will "
          "come in spring, as agreed with your wife.\n"}},
        {"an offer for one thing, and for another",
         {"a",
          "",
          "",
          "Thank you for your inquiry. We can offer you twenty chairs of oak at the "
          "price of the catalogue, delivery within six weeks from order.\n"},
         {"b",
          "",
          "",
          "Thank you for your inquiry. Unfortunately the tables that you asked for "
          "are no longer made; may we suggest the new series in beech instead?\n"}},
        {"two days of a diary",
         {"a",
          "",
          "",
          "On Monday we painted the north wall and repaired two of the windows. The "
          "weather was fine, nobody was hurt.\n"},
         {"b",
          "",
          "",
          "On Tuesday it rained all day, so that we worked in the cellar, where the "
          "pipes have to be moved before the floor can be laid.\n"}},
        {"two alarms of other machines",
         {"a",
          "",
          "",
          "Disk usage on host alpha has reached the warning level of the volume "
          "group for databases, please extend it.\n"},
         {"b",
          "",
          "",
          "The certificate of the web server beta expires soon, please renew it and "
          "restart the proxy behind it.\n"}},
        {"two newsletters of one sender",
         {"a",
          "",
          "",
          "This week: how to prune roses, which herbs grow in the shade, and a visit "
          "to the gardens of Cornwall. Enjoy reading!\nYou get this letter because you asked for "
          "it. Unsubscribe at any time.\n"},
         {"b",
          "",
          "",
          "This week: the best tools for digging, a recipe for elderflower syrup, "
          "and why earthworms matter more than you think. Enjoy reading!\nYou get this letter "
          "because you asked for it. Unsubscribe at any time.\n"}},
        {"a short text within a long one",
         {"a",
          "",
          "",
          "The annual meeting takes place in the town hall. Please bring your "
          "membership card with you.\n"},
         {"b",
          "",
          "",
          "The annual meeting takes place in the town hall. Please bring your "
          "membership card with you. After the report of the treasurer we have to vote about the "
          "new statutes, which the lawyer has sent to all of you, and about the sale of the old "
          "boat house. Coffee and cake will be served in the garden, weather permitting.\n"}},
    });
    for (const Pair& pair : pairs) {
        CAPTURE(pair.what);
        CHECK_FALSE(say_the_same(pair));
    }
}

TEST_CASE("equal subjects are found, and those that say nothing are passed over") {
    struct Row {
        std::string_view one;
        std::string_view other;
        bool want;
    };
    const auto rows = std::to_array<Row>({
        {"Summer news", "Summer news", true},
        {"Anna, our summer sale", "Bob, our summer sale", true},
        {"Your invoice 4711 of May", "Your invoice 4712 of May", true},
        {"[Ticket#123] Your request has been closed",
         "[Ticket#98] Your request has been closed",
         true},
        {"夏のセール", "夏のセール", true},
        {"Summer news", "Winter news", false},
        {"", "", false},
        {"Invoice", "Invoice", false},
        {"Invoice 4711", "Invoice 4711", false},
        {"Hello", "Hello", false},
        {"Re: Summer news", "Re: Summer news", false},
        {"AW: WG: Summer news", "AW: WG: Summer news", false},
        {"Fwd: Summer news", "Fwd: Summer news", false},
        {"RE[2]: Summer news", "RE[2]: Summer news", false},
        {"回复：夏のセール", "回复：夏のセール", false},
    });
    for (const Row& row : rows) {
        CAPTURE(row.one);
        const auto one = of({"anna", "Anna Lee", row.one, ""});
        const auto other = of({"bob", "Bob Ray", row.other, ""});
        CHECK((one.subject != 0 && one.subject == other.subject) == row.want);
    }
    CHECK(content_fingerprint({.subject = "Summer news", .is_reply = true}).subject == 0);
}

TEST_CASE("what one recipient reads is the same only to the letter, but for links") {
    const Mail mail{"anna",
                    "Anna",
                    "Your login",
                    "Hello Anna, here is the link by which you can "
                    "choose a new password: https://shop.test/reset/abc123\n"};
    Mail other = mail;
    SUBCASE("the same twice") {
        CHECK(exact(mail) == exact(other));
        CHECK(exact(mail).size() == 64);
    }
    SUBCASE("another link") {
        other.text =
            "Hello Anna, here is the link by which you can choose a new password: "
            "https://shop.test/reset/zzz999\n";
        CHECK(exact(mail) != exact(other));
        CHECK(but_links(mail) == but_links(other));
    }
    SUBCASE("a link to another host") {
        other.text =
            "Hello Anna, here is the link by which you can choose a new password: "
            "https://evil.test/reset/abc123\n";
        CHECK(but_links(mail) != but_links(other));
    }
    SUBCASE("another number") {
        const Mail code{"a",
                        "",
                        "Your code",
                        "Please enter the code 482910 on the page that is "
                        "open in your browser.\n"};
        Mail next = code;
        next.text = "Please enter the code 771204 on the page that is open in your browser.\n";
        CHECK(but_links(code) != but_links(next));
        CHECK(of(code).sketch == of(next).sketch);
    }
    SUBCASE("another subject") {
        other.subject = "Your new login";
        CHECK(exact(mail) != exact(other));
    }
    SUBCASE("too short to go by") {
        CHECK(exact({"a", "", "Vote", "plus one from me\n"}).empty());
    }
}

TEST_CASE("a fingerprint takes any octets, and is the same on every machine") {
    const ContentFingerprint odd = content_fingerprint(
        {.subject = "\xff\xfe\x80 two words",
         .texts = {std::string("\xe2\x80", 2), std::string(100'000, '\xf0'), "a\0b"},
         .personal = {"\xc3", ""}});
    CHECK(odd.sketch.empty());
    CHECK(odd.subject != 0);
    // These stand in the store: a change of the method would cut campaigns in two.
    const ContentFingerprint known =
        of({"a", "", "Summer news", "The server is down for maintenance tonight.\n"});
    REQUIRE(known.sketch.size() == 1);
    CHECK(known.sketch.front() == 2'397'964'343U);
    CHECK(known.subject == 182'058'277'197'507'522U);
}

}  // namespace holdback::outbound
