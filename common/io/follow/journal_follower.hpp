// SPDX-License-Identifier: Apache-2.0
#pragma once
// Follows the mail messages in the system's journal.

#include "core/clock.hpp"
#include "ports/log_source.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

struct sd_journal;

namespace holdback::io::follow {

/// The user ids under which Postfix and Sendmail run: those of root, postfix, smmta and smmsp, as
/// far as they exist.
[[nodiscard]] std::vector<std::uint32_t> mta_accounts();

/// `LogSource` on the files of systemd's journal, which are opened again after an error. Gives the
/// entries of the facility "mail" that programs of the MTA wrote under the MTA's own accounts. The
/// journal itself adds the fields for user and program, while anybody can write the rest with
/// logger(1). The position is the journal's cursor. A message of 64 KiB and more is skipped.
class JournalFollower final : public ports::LogSource {
public:
    /// `writers` are the user ids that are believed. `directory` has the files; empty: those of
    /// this system.
    explicit JournalFollower(std::vector<std::uint32_t> writers = mta_accounts(),
                             std::string directory = {});

    [[nodiscard]] std::string name() const override { return "journal"; }
    void seek(std::string_view position) override;
    [[nodiscard]] ports::LogBatch read(std::size_t most,
                                       core::SteadyPoint deadline,
                                       const std::stop_token& stop) override;

private:
    struct Close {
        void operator()(sd_journal* journal) const;
    };
    enum class Next : std::uint8_t { Entry, End, Trouble };

    [[nodiscard]] bool open();
    /// Goes behind the cursor, or to the last entry when there is none. A failure is an errno below
    /// zero.
    [[nodiscard]] int go_to_cursor();
    [[nodiscard]] Next next();
    /// True when the current entry was there before we followed.
    [[nodiscard]] bool is_old() const;
    /// True when the journal names a program of the MTA, or none.
    [[nodiscard]] bool is_of_an_mta() const;
    /// The current entry as a line of log in ISO 8601 form; empty when its message is too long.
    [[nodiscard]] std::string line() const;
    [[nodiscard]] std::optional<std::string> field(const char* name) const;
    /// Adds the current entry to a batch, unless it is to be left out.
    void take_entry(bool is_first, ports::LogBatch& batch);
    /// Waits for entries, a moment at most; false at the deadline or after an error.
    bool wait_until(core::SteadyPoint deadline);
    /// Remembers the error and closes the files.
    void fail(std::string_view what, int error);

    std::vector<std::uint32_t> writers_;
    std::string directory_;
    std::unique_ptr<sd_journal, Close> journal_;
    bool is_on_entry_ = false;     // the current entry is to be given next
    std::string cursor_;           // of the last entry that was given or skipped
    core::TimePoint follow_from_;  // without a cursor, older entries are left out
    std::string trouble_;
};

}  // namespace holdback::io::follow
