// SPDX-License-Identifier: Apache-2.0
#include "milter/daemon/use_cases.hpp"

#include "config/settings.hpp"
#include "config/value_text.hpp"
#include "dsn/outage.hpp"
#include "io/submit/mta_submit.hpp"
#include "io/system/random.hpp"
#include "ports/submitter.hpp"

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

namespace holdback::milter::daemon {

namespace {

constexpr std::size_t kTokenOctets = 24;
constexpr std::size_t kNoticeIdOctets = 6;

}  // namespace

std::string UseCases::make_token() {
    return io::system::random_hex(kTokenOctets);
}

std::string UseCases::make_notice_id() {
    return io::system::random_hex(kNoticeIdOctets);
}

std::vector<std::string> UseCases::broken_providers() const {
    std::vector<std::string> providers;
    for (const dsn::Outage& outage : learner.outages()) {
        providers.push_back(outage.provider);
    }
    return providers;
}

std::unique_ptr<ports::Submitter> UseCases::submitter(const config::HoldSettings& settings) const {
    // The settings were checked: a target that does not parse never gets here.
    // NOLINTNEXTLINE(bugprone-unchecked-optional-access)
    const config::ReinjectTarget target = config::parse_reinject(settings.reinject).value();
    return io::submit::make_submitter(target, parts.own_name.current());
}

}  // namespace holdback::milter::daemon
