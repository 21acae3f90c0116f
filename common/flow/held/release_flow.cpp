// SPDX-License-Identifier: Apache-2.0
#include "flow/held/release_flow.hpp"

#include "config/settings.hpp"

#include <utility>

namespace holdback::flow::held {

ReleaseFlow::ReleaseFlow(Parts parts)
    : parts_(std::move(parts)),
      returns_({.held = parts_.held,
                .spool = parts_.spool,
                .log = parts_.log,
                .clock = parts_.clock,
                .own_mail = parts_.own_mail,
                .copies = copies_,
                .may_be_told = parts_.may_be_told}),
      releases_({.held = parts_.held,
                 .spool = parts_.spool,
                 .log = parts_.log,
                 .clock = parts_.clock,
                 .trouble = trouble_,
                 .copies = copies_,
                 .returns = returns_,
                 .campaigns = parts_.campaigns,
                 .item_left = parts_.item_left,
                 .make_submitter = parts_.make_submitter,
                 .make_token = parts_.make_token}),
      chores_({.held = parts_.held,
               .log = parts_.log,
               .clock = parts_.clock,
               .trouble = trouble_,
               .releases = releases_,
               .returns = returns_,
               .must_wait = parts_.must_wait}),
      sweep_({.held = parts_.held,
              .spool = parts_.spool,
              .log = parts_.log,
              .clock = parts_.clock,
              .trouble = trouble_,
              .room = parts_.room}),
      recovery_({.held = parts_.held,
                 .log = parts_.log,
                 .clock = parts_.clock,
                 .trouble = trouble_,
                 .releases = releases_,
                 .returns = returns_}) {}

void ReleaseFlow::work(const config::HoldSettings& settings) {
    answers_.work();
    releases_.settle_again();
    chores_.work(settings);
    sweep_.work(settings);
    if (copies_.walk()) {
        recovery_.give_back_stranded();
    }
}

void ReleaseFlow::recover() {
    if (recovery_.recover()) {
        sweep_.set_strays_aside();
    }
}

}  // namespace holdback::flow::held
