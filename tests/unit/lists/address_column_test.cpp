// SPDX-License-Identifier: Apache-2.0
#include "lists/address_column.hpp"

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

namespace holdback::lists {

namespace {

/// "3 EmailAddress", "lines", or "several: A, B", "not there: A, B".
std::string found_in(std::string_view text, const std::optional<std::string>& wanted = {}) {
    const auto found = find_address_column(text, wanted);
    if (found.has_value()) {
        return found->separator.has_value() ? std::to_string(found->index + 1) + " " + found->name()
                                            : std::string("lines");
    }
    std::string said = found.error().trouble == ColumnTrouble::Several ? "several:" : "not there:";
    for (const std::string& column : found.error().columns) {
        said += " " + column;
    }
    return said;
}

}  // namespace

TEST_CASE("the column of the addresses is found by its name, then by what stands in it") {
    struct Row {
        std::string_view text;
        std::string_view found;
    };
    const auto rows = std::to_array<Row>({
        {"Owner,EmailAddress\nann@us.test,bo@\nann@us.test,cy@x..y\n", "2 EmailAddress"},
        {"Owner,Recipient-Email\nann@us.test,bo@x.test\n", "2 Recipient-Email"},
        {"Owner;contact.email\nann@us.test;bo@x.test\n", "2 contact.email"},
        {"Owner\te_mail\nann@us.test\tbo@x.test\n", "2 e_mail"},
        {"Owner,Customer E-Mail\nann@us.test,bo@x.test\n", "2 Customer E-Mail"},
        {"Name;E-Mail;Reason\nBo;bo@x.test;gone\n", "2 E-Mail"},
        {"Email,Domain,Address\nbo@x.test,x.test,1 Main Street\n", "1 Email"},
        {"Address,Customer email\n1 Main Street,bo@x.test\n", "2 Customer email"},
        {"Email status,Who\nok,bo@x.test\nbad,cy@x.test\n", "2 Who"},
        {"email\n", "1 email"},
        {"sep=;\r\nid;mail\r\n1;bo@x.test\r\n", "2 mail"},
        {"1,bo@x.test\n2,cy@x.test\n", "2 2"},
        {"bo@x.test\ncy@x.test\n", "lines"},
        {"# email, of those who left\nbo@x.test\n", "lines"},
        {"", "lines"},
        {"Email,Recipient\nbo@x.test,Bo\ncy@,Cy\n", "1 Email"},
        {"Email,Recipient\nBo,bo@x.test\nCy,cy@\n", "2 Recipient"},
        {"Email,Subject\nbo@x.test,Meet @ five\n", "1 Email"},
        {"Email,Mail\nbo@x.test,@bo\n", "1 Email"},
        {"Email,Email 2\nbo@x.test,\ncy@x.test,\ndi@x.test,di@y.test\n", "1 Email"},
        {"Email,Email hard bounce reason\nbo@x.test,550 no <bo@x.test>\n", "1 Email"},
        // More than one may be meant.
        {"Email,Recipient\nbo@@x.test,ann@us.test\ncy@,ann@us.test\n", "several: Email Recipient"},
        {"Email,Recipient\nbo@x.test,ann@us.test\n,ann@us.test\n", "several: Email Recipient"},
        {"Email,Recipient\nbo@@x.test,ann@\ncy@,ann@@us.test\n", "several: Email Recipient"},
        {"Email,Email 2\nbo@@x.test,ann@us.test\n", "several: Email Email 2"},
        {"Email,Recipient\nann@us.test,bo@x.test\n", "several: Email Recipient"},
        {"Owner,Customer\nann@us.test,bo@x.test\n", "several: Owner Customer"},
        {"Owner,Customer\nann@us.test,bo@@x.test\nann@us.test,cy@x.test\n",
         "several: Owner Customer"},
        {"Owner,Customer\nann@us.test,bo@\nann@us.test,cy@@x.test\n", "several: Owner Customer"},
        {"Who,Handle\nann@us.test,@ann\nbo@us.test,@bo\n", "1 Who"},
        {"Owner email,Customer email\nann@us.test,bo@x.test\n",
         "several: Owner email Customer email"},
        {"ann@us.test,bo@x.test\nann@us.test,cy@x.test\n", "several: 1 2"},
        {"Address,Who\n1 Main Street,bo@x.test\n", "several: Address Who"},
    });
    for (const Row& row : rows) {
        CAPTURE(row.text);
        CHECK(found_in(row.text) == row.found);
    }
}

TEST_CASE("a column that is named is taken, or said not to be there") {
    constexpr std::string_view kText = "Owner,Email_Address\nann@us.test,bo@x.test\n";
    CHECK(found_in(kText, "owner") == "1 Owner");
    CHECK(found_in(kText, " email address ") == "2 Email_Address");
    CHECK(found_in(kText, "1") == "1 Owner");
    CHECK(found_in(kText, "3") == "not there: Owner Email_Address");
    CHECK(found_in("ann@us.test,bo@x.test\n", "2") == "2 2");
    CHECK(found_in("", "x") == "not there:");
}

TEST_CASE("the member of an object that holds its address is found as a column is") {
    const auto member = [](const std::vector<std::string>& names,
                           const std::vector<std::string>& values,
                           const std::optional<std::string>& wanted = {}) -> std::string {
        const auto found = find_address_member(names, values, wanted);
        if (found.has_value()) {
            return names[*found];
        }
        std::string said =
            found.error().trouble == ColumnTrouble::Several ? "several:" : "not there:";
        for (const std::string& name : found.error().columns) {
            said += " " + name;
        }
        return said;
    };
    CHECK(member({"id", "recipient"}, {"1", "bo@x.test"}) == "recipient");
    CHECK(member({"email", "recipient"}, {"", "bo@x.test"}) == "recipient");
    CHECK(member({"email", "recipient"}, {"bo@@x.test", ""}) == "email");
    CHECK(member({"recipient", "email"}, {"", ""}) == "email");
    CHECK(member({"email", "recipient"}, {"bo@", "ann@us.test"}) == "several: email recipient");
    CHECK(member({"email", "recipient"}, {"bo@", "ann@us.test"}, "Recipient") == "recipient");
    CHECK(member({"email", "id"}, {"bo@x.test", "1"}, "to") == "not there: email id");
    CHECK(member({"id", "name"}, {"1", "Bo"}) == "not there: id name");
}

TEST_CASE("an address is taken out of what stands around it") {
    for (const std::string_view field :
         {"bo@x.test", " bo@x.test ", "Bo <bo@x.test>", "mailto:bo@x.test", "<bo@x.test>"}) {
        CAPTURE(field);
        CHECK(address_in(field) == "bo@x.test");
    }
}

}  // namespace holdback::lists
