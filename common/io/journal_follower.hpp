// SPDX-License-Identifier: Apache-2.0
#pragma once
// Follows the mail messages of the system's journal.

#include "core/clock.hpp"
#include "io/child_process.hpp"
#include "io/journal_export.hpp"
#include "ports/log_source.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

namespace holdback::io {

/// The numbers of the accounts under which Postfix and Sendmail run: root, postfix, smmta, smmsp,
/// as far as there are such.
[[nodiscard]] std::vector<std::uint32_t> mta_accounts();

/// `LogSource` on journalctl(1), which runs as long as this does and is started again when it ends.
/// Gives the entries of the facility "mail" that processes of the MTA's own accounts have written:
/// the user is one of the fields that the journal itself adds, while everybody can write the rest
/// with logger(1). The position is the journal's cursor.
class JournalFollower final : public ports::LogSource {
public:
    /// `writers` are the numbers of the accounts that are believed. `extra` goes before our own
    /// arguments, such as "--directory=/…".
    explicit JournalFollower(std::vector<std::uint32_t> writers = mta_accounts(),
                             std::string program = "/usr/bin/journalctl",
                             std::vector<std::string> extra = {});

    [[nodiscard]] std::string name() const override { return "journal"; }
    void seek(std::string_view position) override;
    [[nodiscard]] ports::LogBatch read(std::size_t most,
                                       core::SteadyPoint deadline,
                                       const std::stop_token& stop) override;

private:
    [[nodiscard]] bool start();
    /// Waits for octets; false when there are none in time.
    bool fill(core::SteadyPoint deadline);

    std::vector<std::uint32_t> writers_;
    std::string program_;
    std::vector<std::string> extra_;
    std::optional<ChildProcess> process_;
    JournalExportReader reader_;
    std::string cursor_;           // of the last entry that was given, or read over
    core::TimePoint follow_from_;  // without a cursor, what is older is read over
    std::string trouble_;
};

}  // namespace holdback::io
