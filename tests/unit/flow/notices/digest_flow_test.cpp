// SPDX-License-Identifier: Apache-2.0
#include "flow/notices/digest_flow.hpp"

#include "config/settings.hpp"
#include "core/clock.hpp"
#include "core/result.hpp"
#include "flow/own_mail.hpp"
#include "flow/own_name.hpp"
#include "flow/snapshot.hpp"
#include "ports/digest_store.hpp"
#include "ports/held_store.hpp"
#include "ports/suppression_store.hpp"
#include "tests/support/memory_stores.hpp"
#include "tests/support/small_snapshot.hpp"

#include <chrono>
#include <expected>
#include <optional>
#include <string>
#include <vector>

#include <doctest/doctest.h>

namespace holdback::flow::notices {

namespace {

using std::chrono::hours;
using std::chrono::minutes;

/// Remembers as the database does, through restarts of the flow.
class MemoryDigests final : public ports::DigestStore {
public:
    core::Result<std::optional<Last>, ports::StoreError> last_digest() override {
        if (auto what = trouble.met()) {
            return std::unexpected(ports::StoreError{*what});
        }
        return last;
    }
    core::Result<ports::DigestSummary, ports::StoreError> summary(
        core::TimePoint since, core::TimePoint expire_by) override {
        asked_since = since;
        asked_expiry = expire_by;
        ports::DigestSummary made;
        made.held = 3;
        return made;
    }
    core::Result<bool, ports::StoreError> put_digest(std::chrono::days day,
                                                     const ports::NewHold& own) override {
        if (last.has_value() && last->day >= day) {
            return false;
        }
        last = Last{.day = day, .sent_at = own.message.held_at};
        sent.push_back(own);
        return true;
    }

    support::Trouble trouble;
    std::optional<Last> last;
    core::TimePoint asked_since;
    core::TimePoint asked_expiry;
    std::vector<ports::NewHold> sent;
};

struct House {
    House() {
        settings.mode = config::Mode::Enforce;
        settings.digest.to = {"postmaster@home.test", "ops@home.test"};
    }

    /// The program is started anew.
    [[nodiscard]] DigestFlow flow() {
        return DigestFlow{{.digests = digests,
                           .log = log,
                           .clock = clock,
                           .own_mail = own_mail,
                           .local_offset = [](core::TimePoint) { return hours(2); },
                           .outages = [] { return std::vector<std::string>{"gmail.com"}; }}};
    }

    support::ManualClock clock;  // midnight in UTC, two o'clock here
    support::RecordingLog log;
    support::MemoryHeldStore held;
    support::MemorySpool spool;
    MemoryDigests digests;
    OwnName own_name{"mta.home.test"};
    SnapshotSource snapshots{support::small_snapshot()};
    OwnMail own_mail{spool, held, clock, own_name, snapshots};
    config::Settings settings;
};

}  // namespace

TEST_CASE("the digest goes out once a local day, at its time, through restarts") {
    House house;
    DigestFlow first = house.flow();
    first.work(house.settings);
    house.clock.advance(hours(3) + minutes(59));
    first.work(house.settings);
    CHECK(house.digests.sent.empty());  // 05:59
    house.clock.advance(minutes(1));
    first.work(house.settings);
    first.work(house.settings);
    DigestFlow second = house.flow();
    second.work(house.settings);
    REQUIRE(house.digests.sent.size() == 1);
    CHECK(house.digests.sent[0].recipients.size() == 2);
    CHECK(house.digests.asked_since == house.clock.now() - hours(24));
    CHECK(house.digests.asked_expiry == house.clock.now() + std::chrono::days(2));
    const core::TimePoint sent_at = house.clock.now();
    house.clock.advance(hours(20));  // 02:00 of the next day
    second.work(house.settings);
    CHECK(house.digests.sent.size() == 1);
    house.clock.advance(hours(7));  // 09:00: the daemon was down at six
    second.work(house.settings);
    CHECK(house.digests.sent.size() == 2);
    CHECK(house.digests.asked_since == sent_at);
    CHECK(house.spool.ids().value().size() == 2);
}

TEST_CASE("a digest that cannot be made is made later") {
    House house;
    house.clock.advance(hours(8));
    DigestFlow flow = house.flow();
    house.spool.write_trouble().begin("disk full");
    flow.work(house.settings);
    house.spool.write_trouble().end();
    house.digests.trouble.begin("locked");
    flow.work(house.settings);
    house.digests.trouble.end();
    CHECK(house.digests.sent.empty());
    CHECK(house.log.has("digest: \"disk full\""));
    flow.work(house.settings);
    CHECK(house.digests.sent.size() == 1);
}

TEST_CASE("there is no digest without an address, nor in shadow mode") {
    House house;
    house.clock.advance(hours(8));
    SUBCASE("no address") {
        house.settings.digest.to.clear();
    }
    SUBCASE("shadow") {
        house.settings.mode = config::Mode::Shadow;
    }
    house.flow().work(house.settings);
    CHECK(house.digests.sent.empty());
}

}  // namespace holdback::flow::notices
