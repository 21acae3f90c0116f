// SPDX-License-Identifier: Apache-2.0
#include "dsn/tag.hpp"

#include "dsn/classify.hpp"
#include "dsn/report.hpp"
#include "mail/enhanced_status.hpp"
#include "mail/header.hpp"
#include "terms/failure_code.hpp"
#include "terms/suppression.hpp"
#include "tests/support/code_samples.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

namespace holdback::dsn {

namespace {

ClassifiedRecipient classified(std::string address) {
    ClassifiedRecipient recipient;
    recipient.report.final_recipient = std::move(address);
    recipient.report.status = mail::EnhancedStatus::parse("5.1.1").value();
    recipient.code = terms::FailureCode(2001);
    recipient.rule = "text/user-unknown";
    return recipient;
}

Understanding bounce_of(std::vector<ClassifiedRecipient> recipients) {
    Understanding understanding;
    understanding.report.kind = MessageKind::Dsn;
    understanding.recipients = std::move(recipients);
    understanding.code = terms::FailureCode(2001);
    return understanding;
}

TagPlan plan_for(const Understanding& understanding, const mail::HeaderList& existing = {}) {
    const std::vector<terms::Proof> proofs(understanding.recipients.size(), terms::Proof::Sealed);
    return tag(understanding, proofs, support::small_catalogue(), Extensions::On, existing);
}

}  // namespace

TEST_CASE("a bounce gets its code and one field for the recipient") {
    const TagPlan plan = plan_for(bounce_of({classified("user@example.net")}));
    CHECK(plan.removed.empty());
    REQUIRE(plan.added.size() == 2);
    CHECK(plan.added[0] == AddedField{"X-Holdback-Code", "2001"});
    CHECK(plan.added[1] ==
          AddedField{"X-Holdback-DSN",
                     "code=2001; name=address-invalid; class=permanent; status=5.1.1; "
                     "action=failed;\n\trcpt=\"user@example.net\"; proof=sealed; "
                     "rule=text/user-unknown"});
}

TEST_CASE("what is not known is left out") {
    ClassifiedRecipient recipient = classified("user@example.net");
    recipient.report.status.reset();
    recipient.rule.clear();
    recipient.code = terms::FailureCode(5999);
    recipient.report.action = Action::Delayed;
    const TagPlan plan = plan_for(bounce_of({recipient}));
    REQUIRE(plan.added.size() == 2);
    CHECK(plan.added[1].value ==
          "code=5999; name=informational-other; class=informational; action=delayed;\n\t"
          "rcpt=\"user@example.net\"; proof=sealed");
}

TEST_CASE("the address that we mailed and who failed behind it are both told") {
    ClassifiedRecipient recipient = classified("final@example.net");
    recipient.report.original_recipient = "original@example.org";
    const TagPlan plan = plan_for(bounce_of({recipient}));
    CHECK(plan.added[1].value.contains(
        "rcpt=\"original@example.org\"; final=\"final@example.net\"; proof="));
    recipient.report.original_recipient = "Final@Example.net";
    CHECK_FALSE(plan_for(bounce_of({recipient})).added[1].value.contains("final="));
}

TEST_CASE("nothing in an address breaks out of its quotes") {
    struct Row {
        std::string_view address;
        std::string_view want;
    };
    const auto rows = std::to_array<Row>({
        {"a\"; proof=local; x=\"@b", R"(rcpt="a\"; proof=local; x=\"@b"; proof=sealed)"},
        {"a\r\nX-Evil: yes\r\n\r\nbody", R"(rcpt="a\x0d\x0aX-Evil: yes\x0d\x0a\x0d\x0abody"; )"},
        {"a\\", R"(rcpt="a\\"; proof=)"},
        {"j\xC3\xB6rg@example.net", R"(rcpt="j\xc3\xb6rg@example.net"; )"},
        {std::string_view("a\0b", 3), R"(rcpt="a\x00b"; )"},
        {"", R"(rcpt=""; )"},
    });
    for (const Row& row : rows) {
        CAPTURE(row.address);
        const TagPlan plan = plan_for(bounce_of({classified(std::string(row.address))}));
        REQUIRE(plan.added.size() == 2);
        const std::string& value = plan.added[1].value;
        CHECK(value.contains(row.want));
        CHECK(std::ranges::count(value, '\n') == 1);
        CHECK_FALSE(value.contains('\r'));
    }
}

TEST_CASE("no line of a field passes the 998 octets that mail allows") {
    std::string address;
    for (int i = 0; i < 500; ++i) {
        address += "\xC3\xA9";
    }
    const TagPlan plan = plan_for(bounce_of({classified(address)}));
    REQUIRE(plan.added.size() == 2);
    const std::string& value = plan.added[1].value;
    CHECK(value.size() - value.find('\n') < 998);
}

TEST_CASE("fifty recipients are described, the code is that of all") {
    const std::vector<ClassifiedRecipient> many(60, classified("user@example.net"));
    const TagPlan plan = plan_for(bounce_of(many));
    CHECK(plan.added.size() == 51);
}

TEST_CASE("an extension is shown as its parent when extensions are off") {
    Understanding understanding = bounce_of({classified("user@example.net")});
    understanding.code = terms::FailureCode(6001);
    understanding.recipients.front().code = terms::FailureCode(6001);
    const TagPlan plan = tag(understanding,
                             std::array{terms::Proof::Local},
                             support::small_catalogue(),
                             Extensions::Off,
                             mail::HeaderList{});
    REQUIRE(plan.added.size() == 2);
    CHECK(plan.added[0].value == "4999");
    CHECK(plan.added[1].value.starts_with("code=4999; name=communication-other;"));
    CHECK(plan.added[1].value.contains("proof=local"));
}

TEST_CASE("ordinary mail gets no field, but loses forged ones") {
    mail::HeaderList header;
    header.add("Subject", " hello");
    header.add("x-holdback-code", " 2001");
    const TagPlan plan = plan_for(Understanding{}, header);
    CHECK(plan.added.empty());
    REQUIRE(plan.removed.size() == 1);
    CHECK(plan.removed.front() == RemovedField{"x-holdback-code", 1});
}

TEST_CASE("fields that pretend to be ours go, the last of a name first") {
    mail::HeaderList header;
    header.add("X-Holdback-DSN", " one");
    header.add("From", " ann@example.com");
    header.add("X-Holdback-Code", " 2001");
    header.add("X-HOLDBACK-DSN", " two");
    header.add("X-Holdback-Seal", " v1 signed");
    header.add("X-Holdback-New", " of a later release");
    header.add("X-Holdbacks", " of somebody else");
    const TagPlan plan = plan_for(bounce_of({classified("user@example.net")}), header);
    const std::vector<RemovedField> want = {{"X-Holdback-New", 1},
                                            {"X-HOLDBACK-DSN", 2},
                                            {"X-Holdback-Code", 1},
                                            {"X-Holdback-DSN", 1}};
    CHECK(plan.removed == want);
    CHECK(plan.added.size() == 2);
}

TEST_CASE("tagging a tagged message gives the same message") {
    const Understanding understanding =
        bounce_of({classified("a@example.net"), classified("b@example.net")});
    const TagPlan first = plan_for(understanding);
    mail::HeaderList header;
    for (const AddedField& field : first.added) {
        header.add(field.name, " " + field.value);
    }
    const TagPlan second = plan_for(understanding, header);
    CHECK(second.added == first.added);
    CHECK(second.removed.size() == first.added.size());
}

}  // namespace holdback::dsn
