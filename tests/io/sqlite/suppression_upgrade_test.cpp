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
        sqlite::Database old({.path = path, .migrations = sqlite::schema_steps().first(2)});
        old.write([](sqlite::Connection& connection) {
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
    sqlite::Database database({.path = path, .migrations = sqlite::schema_steps()});
    sqlite::SqliteSuppressions store(database);
    const auto find = [&](terms::SubjectKind kind, std::string subject) {
        return store.find({.kind = kind, .subject = std::move(subject), .scope = {}})
            .value()
            .value_or(terms::SuppressionEntry{});
    };
    const auto at = [](int milliseconds) {
        return core::TimePoint(std::chrono::milliseconds(milliseconds));
    };
    terms::SuppressionEntry bo;
    bo.subject = "bo@example.net";
    bo.reason = terms::SuppressionReason::Bounce;
    bo.code = terms::FailureCode(2001);
    bo.source = terms::SuppressionSource::Learned;
    bo.strikes = 3;
    bo.first_seen = at(1000);
    bo.last_seen = at(2000);
    bo.expires = at(9000);
    bo.active = false;
    bo.proof = terms::Proof::Sealed;
    bo.rule = "text/user-unknown";
    bo.diagnostic = "550 no";
    bo.message_id = "<1@example.org>";
    CHECK(find(terms::SubjectKind::Address, "bo@example.net") == bo);
    const terms::SuppressionEntry domain = find(terms::SubjectKind::Domain, "example.net");
    CHECK(domain.reason == terms::SuppressionReason::Allow);
    CHECK(domain.diagnostic == "a note");
    CHECK(find(terms::SubjectKind::Address, "jürgen@xn--bcher-kva.example").reason ==
          terms::SuppressionReason::Complaint);
    CHECK(find(terms::SubjectKind::Address, "\"a@b\"@[IPv6:2001:db8::1]").reason ==
          terms::SuppressionReason::Unsubscribe);
    CHECK(find(terms::SubjectKind::Address, "cy@example.net").reason ==
          terms::SuppressionReason::Manual);
    CHECK(store.counts(at(0)).value().entries == 5);
}

}  // namespace holdback::io
