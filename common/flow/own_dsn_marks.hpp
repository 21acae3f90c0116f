// SPDX-License-Identifier: Apache-2.0
#pragma once
// The header fields by which programs read our own DSNs.

#include "flow/snapshot.hpp"
#include "letters/return_dsn.hpp"

#include <string>

namespace holdback::flow {

/// The fields that the DSN would get as an incoming bounce (see `dsn::tag`), with CRLF line ends. A
/// cause that we know overrides what is read out of the reply. The proof is `local`.
[[nodiscard]] std::string own_dsn_marks(const letters::ReturnDsnFacts& facts,
                                        const Snapshot& snapshot);

}  // namespace holdback::flow
