// SPDX-License-Identifier: Apache-2.0
#pragma once
// An empty store, for a dry run before there is one.

#include "config/settings.hpp"
#include "core/result.hpp"
#include "io/sqlite/sqlite_db.hpp"
#include "milter/ctl/command.hpp"

#include <memory>
#include <string>

namespace holdback::milter::ctl {

/// A new directory for temporary files that nobody else may enter. The destructor removes it with
/// its contents.
class PrivateDirectory {
public:
    /// Throws std::system_error.
    PrivateDirectory();
    PrivateDirectory(const PrivateDirectory&) = delete;
    PrivateDirectory& operator=(const PrivateDirectory&) = delete;
    PrivateDirectory(PrivateDirectory&&) = delete;
    PrivateDirectory& operator=(PrivateDirectory&&) = delete;
    ~PrivateDirectory();

    [[nodiscard]] std::string file(const std::string& name) const { return path_ + "/" + name; }

private:
    std::string path_;
};

/// A store to read from.
struct StoreToRead {
    std::unique_ptr<PrivateDirectory> directory;  ///< of an empty store; nullptr for the real one
    /// The place of the store and of the key of its hashed entries.
    config::StoreSettings settings;
    std::unique_ptr<io::sqlite::Database> database;
};

/// Opens the store of the settings, without changing it; an empty one if there is none yet.
[[nodiscard]] core::Result<StoreToRead, CommandError> open_store_or_empty(
    const config::StoreSettings& settings);

}  // namespace holdback::milter::ctl
