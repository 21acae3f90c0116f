// SPDX-License-Identifier: Apache-2.0
#include "dsn/proof.hpp"

#include "dsn/report.hpp"
#include "mail/envelope.hpp"
#include "mail/suppression.hpp"

namespace holdback::dsn {

mail::Proof prove(const ProofFacts& facts) {
    const bool ours =
        facts.direction == mail::Direction::OwnBounce && facts.kind == MessageKind::Dsn;
    return ours ? mail::Proof::Local : mail::Proof::Unproven;
}

}  // namespace holdback::dsn
