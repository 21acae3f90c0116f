// SPDX-License-Identifier: Apache-2.0
#include "terms/held_label.hpp"

#include "core/clock.hpp"
#include "terms/failure_code.hpp"
#include "terms/finding.hpp"
#include "terms/held.hpp"
#include "terms/stream.hpp"

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include <doctest/doctest.h>

namespace holdback::terms {

namespace {

core::TimePoint at(std::int64_t milliseconds) {
    return core::TimePoint(std::chrono::milliseconds(milliseconds));
}

HeldMessage full_message() {
    HeldMessage message;
    message.spool_id = "018bcfe56800-0123456789abcdef";
    message.kind = HeldKind::Own;
    message.sender = "News@example.org";
    message.sender_arguments = {"BODY=8BITMIME", "ENVID=a+20b", "X-FUTURE"};
    message.user = "news user";
    message.client = "192.0.2.1";
    message.queue_id = "4Xk2";
    message.campaign = "spring";
    message.issue = "issue 1";
    message.message_id = "<1@example.org>";
    message.subject = "Gr\xC3\xBC\xC3\x9F\x65\n\tback\\slash\x7F";
    message.fingerprint = "f1";
    message.stream = Stream::Direct;
    message.octets = 20'208;
    message.digest = std::string(64, 'd');
    message.held_at = at(1'700'000'000'123);
    return message;
}

HeldRecipient full_recipient() {
    HeldRecipient recipient;
    recipient.spool_id = "018bcfe56800-0123456789abcdef";
    recipient.address = "\"a b\"@Example.NET";
    recipient.arguments = {"NOTIFY=FAILURE", "ORCPT=rfc822;a@b"};
    recipient.state = HeldState::Returned;
    recipient.finding = FindingName::NullMx;
    recipient.code = FailureCode(2002);
    recipient.reason = "the domain takes no mail";
    recipient.advice = "ask";
    recipient.suggestion = "a@example.com";
    recipient.tell = true;
    recipient.release_at = at(1'700'000'001'000);
    recipient.expires_at = at(1'700'600'000'000);
    recipient.recheck_at = at(1'700'000'900'000);
    recipient.mta_queue_id = "4Xk2";
    recipient.changed_at = at(1'700'000'000'123);
    return recipient;
}

}  // namespace

TEST_CASE("a label says again all that it was made of") {
    const HeldRecipient plain{.spool_id = "018bcfe56800-0123456789abcdef",
                              .address = "",
                              .changed_at = at(1'700'000'000'123)};
    const std::array recipients{full_recipient(), plain};
    const auto label = decode_label(encode_label(full_message(), recipients));
    REQUIRE(label.has_value());
    CHECK(label->message == full_message());
    REQUIRE(label->recipients.size() == 2);
    CHECK(label->recipients[0] == full_recipient());
    CHECK(label->recipients[1] == plain);
}

TEST_CASE("a label is text that a person can read") {
    HeldMessage message;
    message.spool_id = "id";
    message.sender = "news@example.org";
    message.octets = 3;
    message.digest = "d";
    const HeldRecipient recipient{.address = "bo@example.net", .finding = FindingName::NullMx};
    const std::string text = encode_label(message, std::span(&recipient, 1));
    CHECK(text.substr(0, text.size() - kLabelEndOctets) ==
          "holdback-label 1\n"
          "spool-id id\n"
          "octets 3\n"
          "digest d\n"
          "kind mail\n"
          "held-at 0\n"
          "sender news@example.org\n"
          "stream bulk\n"
          "recipient bo@example.net\n"
          "state held\n"
          "finding null-mx\n"
          "code 9999\n");
    CHECK(text.substr(text.size() - kLabelEndOctets, 13) == "end 000000a5 ");
}

TEST_CASE("the end of a file says how long its label is") {
    const std::string label = encode_label(full_message(), {});
    const std::string_view end = std::string_view(label).substr(label.size() - kLabelEndOctets);
    CHECK(label_octets(end) == label.size());
    for (const std::string& bad : {std::string(),
                                   std::string(end.substr(1)),
                                   std::string(kLabelEndOctets, 'x'),
                                   "end ffffffff" + std::string(end.substr(12)),
                                   "end 0000000G" + std::string(end.substr(12)),
                                   "END " + std::string(end.substr(4))}) {
        CAPTURE(bad);
        CHECK_FALSE(label_octets(bad).has_value());
    }
}

TEST_CASE("what is not a whole label of ours is not read") {
    const std::string whole = encode_label(full_message(), std::array{full_recipient()});
    const auto error_of = [](std::string_view text) {
        const auto label = decode_label(text);
        return label.has_value() ? std::optional<LabelError>() : label.error();
    };
    CHECK(error_of("") == LabelError::Missing);
    CHECK(error_of("Subject: hi\r\n\r\n") == LabelError::Missing);
    CHECK(error_of(whole.substr(0, whole.size() - 1)) == LabelError::Missing);
    CHECK(error_of("x" + whole) == LabelError::Missing);
    std::string changed = whole;
    changed[whole.find("4Xk2")] = '5';
    CHECK(error_of(changed) == LabelError::Damaged);
}

TEST_CASE("a label of a newer program is told from a damaged one") {
    // Made by hand: SHA-256 of the line "holdback-label 2" with its end.
    const std::string newer =
        "holdback-label 2\nend 00000011 "
        "db237d0b42888cea15c1316f8ac211d3178274f415c2679280363d5b71e9f193\n";
    const auto label = decode_label(newer);
    REQUIRE_FALSE(label.has_value());
    CHECK(label.error() == LabelError::Newer);
}

TEST_CASE("lines that an older program does not know are left out, and broken ones are not") {
    const std::string more =
        "holdback-label 1\nfuture 1\nrecipient a@example.net\nalso-new x\nend 0000003d "
        "ce60945b81fc9257388628975423814bc557adb981e30eaea0a7ee6d5b6fdc15\n";
    const auto label = decode_label(more);
    REQUIRE(label.has_value());
    REQUIRE(label->recipients.size() == 1);
    CHECK(label->recipients.front().address == "a@example.net");
    const std::string broken =
        "holdback-label 1\noctets many\nend 0000001d "
        "1e1d13bd99fd7def6486552fadccd2a57666ee163c58d58bce5ef762fbf03c24\n";
    const auto none = decode_label(broken);
    REQUIRE_FALSE(none.has_value());
    CHECK(none.error() == LabelError::Damaged);
}

}  // namespace holdback::terms
