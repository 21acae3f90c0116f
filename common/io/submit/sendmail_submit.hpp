// SPDX-License-Identifier: Apache-2.0
#pragma once
// Submission by sendmail(1).

#include "core/clock.hpp"
#include "ports/submitter.hpp"

#include <string>
#include <utility>
#include <vector>

namespace holdback::io::submit {

/// Runs `PROGRAM -i -odb -f SENDER -- RECIPIENT…` without a shell, with the message (LF line ends)
/// as its standard input and nothing else of ours open. Exit status 0 accepts all recipients: the
/// message is in the MTA's queue, and what cannot be delivered is returned by the MTA. The statuses
/// of <sysexits.h> that speak of trouble at our end, EX_TEMPFAIL among them, refuse with 451,
/// others with 554. At the deadline the program and its children are killed. RET, and NOTIFY where
/// it is the same for all recipients, are passed on; other arguments have no option.
class SendmailSubmitter final : public ports::Submitter {
public:
    explicit SendmailSubmitter(std::string program) : program_(std::move(program)) {}

    [[nodiscard]] bool has_one_notify() const override { return true; }

    [[nodiscard]] std::vector<ports::RecipientOutcome> submit(const ports::Submission& submission,
                                                              core::SteadyPoint deadline) override;

private:
    std::string program_;
};

}  // namespace holdback::io::submit
