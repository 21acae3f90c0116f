// SPDX-License-Identifier: Apache-2.0
#include "io/submit/mta_submit.hpp"

#include "config/value_text.hpp"
#include "io/submit/sendmail_submit.hpp"
#include "io/submit/smtp_submit.hpp"
#include "ports/submitter.hpp"

#include <memory>
#include <string>
#include <string_view>
#include <variant>

namespace holdback::io::submit {

namespace {

struct Maker {
    std::string_view helo_name;

    std::unique_ptr<ports::Submitter> operator()(const config::SmtpTarget& target) const {
        return std::make_unique<SmtpSubmitter>(
            target.host, std::to_string(target.port), std::string(helo_name));
    }
    std::unique_ptr<ports::Submitter> operator()(const config::SendmailTarget& target) const {
        return std::make_unique<SendmailSubmitter>(target.program);
    }
};

}  // namespace

std::unique_ptr<ports::Submitter> make_submitter(const config::ReinjectTarget& target,
                                                 const std::string& helo_name) {
    return std::visit(Maker{helo_name}, target);
}

}  // namespace holdback::io::submit
