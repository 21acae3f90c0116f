// SPDX-License-Identifier: Apache-2.0
#pragma once
// A message that passes through the milter.

#include "config/settings.hpp"
#include "flow/snapshot.hpp"
#include "flow/submitting.hpp"
#include "mail/envelope.hpp"
#include "mail/header.hpp"

#include <memory>

namespace holdback::flow {

/// What the MTA has told of a message so far, and the snapshot by which it is judged from its first
/// command to its last.
struct PassingMessage {
    std::shared_ptr<const Snapshot> snapshot;  ///< never nullptr
    Submitting who;
    mail::Envelope envelope;
    mail::HeaderList headers;  ///< empty until they are known

    [[nodiscard]] const config::Settings& settings() const { return snapshot->settings; }
};

}  // namespace holdback::flow
