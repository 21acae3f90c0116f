// SPDX-License-Identifier: Apache-2.0
// Databases of earlier versions keep their suppression entries.
#include "core/clock.hpp"
#include "io/sqlite/sqlite_db.hpp"
#include "io/sqlite/sqlite_schema.hpp"
#include "io/sqlite/sqlite_suppressions.hpp"
#include "terms/failure_code.hpp"
#include "terms/suppression.hpp"
#include "tests/support/temp_dir.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <utility>

#include <doctest/doctest.h>

namespace holdback::io {

TEST_CASE("the suppression entries of a database of version 2 carry over") {
    const support::TempDir directory;
    const std::string path = directory.file("holdback.db");
    {
        Database old({.path = path, .migrations = schema_steps().first(2)});
        old.write([](Connection& connection) {
            connection.execute(R"sql(
INSERT INTO suppression VALUES
('bo@example.net', 'address', 'example.net', 'bounce', 2001, 'learned', 3, 1000, 2000, 9000, 0,
 'sealed', 'text/user-unknown', '550 no', '<1@example.org>'),
('example.net', 'domain', 'example.net', 'allow', 1999, 'admin', 0, 5, 6, NULL, 1, 'unproven', '',
 'a note', ''),
('jürgen@xn--bcher-kva.example', 'address', 'xn--bcher-kva.example', 'complaint', 5002, 'import',
 0, 7, 8, NULL, 1, 'local', '', '', ''),
('"a@b"@[IPv6:2001:db8::1]', 'address', '[ipv6:2001:db8::1]', 'unsubscribe', 5003, 'admin', 0, 7,
 8, NULL, 1, 'unproven', '', '', ''),
('cy@example.net', 'address', 'example.net', 'manual', 1999, 'admin', 0, 7, 8, NULL, 1, 'unproven',
 '', '', '');
)sql");
        });
    }
    Database database({.path = path, .migrations = schema_steps()});
    SqliteSuppressions store(database);
    const auto find = [&](mail::SubjectKind kind, std::string subject) {
        return store.find({.kind = kind, .subject = std::move(subject), .scope = {}})
            .value()
            .value_or(mail::SuppressionEntry{});
    };
    const auto at = [](int milliseconds) {
        return core::TimePoint(std::chrono::milliseconds(milliseconds));
    };
    mail::SuppressionEntry bo;
    bo.subject = "bo@example.net";
    bo.reason = mail::SuppressionReason::Bounce;
    bo.code = mail::FailureCode(2001);
    bo.source = mail::SuppressionSource::Learned;
    bo.strikes = 3;
    bo.first_seen = at(1000);
    bo.last_seen = at(2000);
    bo.expires = at(9000);
    bo.active = false;
    bo.proof = mail::Proof::Sealed;
    bo.rule = "text/user-unknown";
    bo.diagnostic = "550 no";
    bo.message_id = "<1@example.org>";
    CHECK(find(mail::SubjectKind::Address, "bo@example.net") == bo);
    const mail::SuppressionEntry domain = find(mail::SubjectKind::Domain, "example.net");
    CHECK(domain.reason == mail::SuppressionReason::Allow);
    CHECK(domain.diagnostic == "a note");
    CHECK(find(mail::SubjectKind::Address, "jürgen@xn--bcher-kva.example").reason ==
          mail::SuppressionReason::Complaint);
    CHECK(find(mail::SubjectKind::Address, "\"a@b\"@[IPv6:2001:db8::1]").reason ==
          mail::SuppressionReason::Unsubscribe);
    CHECK(find(mail::SubjectKind::Address, "cy@example.net").reason ==
          mail::SuppressionReason::Manual);
    CHECK(store.counts(at(0)).value().entries == 5);
}

}  // namespace holdback::io
