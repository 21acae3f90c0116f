// SPDX-License-Identifier: Apache-2.0
#include "dsn/proof.hpp"

#include "dsn/report.hpp"
#include "mail/envelope.hpp"
#include "mail/suppression.hpp"

#include <array>
#include <string_view>

#include <doctest/doctest.h>

namespace holdback::dsn {

TEST_CASE("only the DSN that our own MTA made is proof") {
    using mail::Direction;
    using mail::Proof;
    struct Row {
        std::string_view what;
        Direction direction;
        MessageKind kind;
        Proof want;
    };
    const auto rows = std::to_array<Row>({
        {"our MTA's DSN", Direction::OwnBounce, MessageKind::Dsn, Proof::Local},
        {"a DSN from outside", Direction::Inbound, MessageKind::Dsn, Proof::Unproven},
        {"a DSN that we send on", Direction::Outgoing, MessageKind::Dsn, Proof::Unproven},
        {"local, another form", Direction::OwnBounce, MessageKind::Bounce, Proof::Unproven},
        {"local, a complaint", Direction::OwnBounce, MessageKind::Complaint, Proof::Unproven},
        {"ordinary", Direction::Inbound, MessageKind::Ordinary, Proof::Unproven},
    });
    for (const Row& row : rows) {
        CAPTURE(row.what);
        CHECK(prove({.direction = row.direction, .kind = row.kind}) == row.want);
    }
}

}  // namespace holdback::dsn
