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
/// as its standard input and no other descriptor of ours open. Exit status 0 accepts all
/// recipients: the message is in the MTA's queue, and the MTA returns what it cannot deliver. Those
/// statuses of <sysexits.h> that tell of trouble at our end, such as EX_TEMPFAIL, refuse with 451,
/// others with 554. At the deadline the program and its children are killed. RET, BODY=8BITMIME, an
/// ENVID without escapes, and a NOTIFY that all recipients share are passed on; other arguments
/// have no option.
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
