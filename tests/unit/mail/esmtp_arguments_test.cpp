// SPDX-License-Identifier: Apache-2.0
#include "mail/esmtp_arguments.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include <doctest/doctest.h>

namespace holdback::mail {

TEST_CASE("a failure is reported unless the sender asked for something else") {
    CHECK(wants_failure_report({}));
    CHECK(wants_failure_report({"ORCPT=rfc822;bo@b.test"}));
    CHECK(wants_failure_report({"notify=Success,Failure"}));
    CHECK(wants_failure_report({"NOTIFY=FAILURE"}));
    CHECK_FALSE(wants_failure_report({"ORCPT=rfc822;bo@b.test", "NOTIFY=NEVER"}));
    CHECK_FALSE(wants_failure_report({"NOTIFY=SUCCESS"}));
    CHECK_FALSE(wants_failure_report({"NOTIFY=DELAY,SUCCESS"}));
}

TEST_CASE("the whole message comes back where it was asked for, but not without TLS") {
    CHECK(wants_whole_message({"BODY=8BITMIME", "ret=full"}));
    CHECK_FALSE(wants_whole_message({}));
    CHECK_FALSE(wants_whole_message({"RET=HDRS"}));
    CHECK_FALSE(wants_whole_message({"RET=FULL", "REQUIRETLS"}));
    CHECK(requires_tls({"requiretls"}));
    CHECK_FALSE(requires_tls({"XREQUIRETLS"}));
}

TEST_CASE("the time to deliver by is what is left of it") {
    using std::chrono::seconds;
    CHECK(deliver_by({}, seconds(0)) == std::nullopt);
    CHECK(deliver_by({"BY=3600;R"}, seconds(60)) == DeliverBy{.value = "3540;R", .is_over = false});
    CHECK(deliver_by({"by=60;RT"}, seconds(60)) == DeliverBy{.value = "0;RT", .is_over = true});
    CHECK(deliver_by({"BY=60;N"}, seconds(90)) == DeliverBy{.value = "-30;N", .is_over = false});
    for (const std::string bad : {"BY=",
                                  "BY=60",
                                  "BY=60;",
                                  "BY=x;R",
                                  "BY=6x;R",
                                  "BY=;R",
                                  "BY=9999999999;R",
                                  "BY=99999999999999999999;R"}) {
        CAPTURE(bad);
        CHECK(deliver_by({bad}, seconds(1)) == std::nullopt);
    }
}

}  // namespace holdback::mail
