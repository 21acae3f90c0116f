// SPDX-License-Identifier: Apache-2.0
#pragma once
// Care of the store as a file: checks it for damage, copies it while it is in use, puts a copy in
// its place.

#include "core/result.hpp"
#include "ports/suppression_store.hpp"  // StoreError

#include <cstdint>
#include <string>
#include <vector>

namespace holdback::io::state {

/// What `check_store` found.
struct StoreHealth {
    std::int64_t schema = 0;    ///< of the file
    std::int64_t expected = 0;  ///< of this program
    std::int64_t octets = 0;    ///< of the file, without its write-ahead log
    /// Lines for people; empty: the store is in order.
    std::vector<std::string> problems;
};

/// Checks the whole file without changing it, even while a daemon uses it. A file that can't be
/// opened is an error; one that is no database has a problem.
[[nodiscard]] core::Result<StoreHealth, ports::StoreError> check_store(const std::string& path);

/// Copies a store, which may be in use, to a file that does not exist yet: the state of one moment,
/// compact, durable on return, mode 0640. A damaged store is not copied.
[[nodiscard]] core::Result<void, ports::StoreError> copy_store(const std::string& from,
                                                               const std::string& to);

/// Puts a copy in the place of a store that nobody uses, with the owner of its directory. The old
/// store is renamed, and the result is its new name; empty: there was none.
[[nodiscard]] core::Result<std::string, ports::StoreError> replace_store(const std::string& path,
                                                                         const std::string& copy,
                                                                         const std::string& suffix);

}  // namespace holdback::io::state
