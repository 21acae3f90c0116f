// SPDX-License-Identifier: Apache-2.0
#pragma once
// `holdbackctl suppress`: the list of addresses and domains whose mail is held. Works on the store
// itself, whether or not a daemon runs.

#include "lists/list_rows.hpp"
#include "milter/ctl/command.hpp"
#include "terms/failure_code.hpp"
#include "terms/suppression.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace holdback::milter::ctl {

/// The senders whose mail an entry applies to, as given on the command line.
struct ScopeOptions {
    /// "global", "sender-domain" or "sender" (the latter two of `sender`), or a domain or address.
    std::optional<std::string> scope;
    /// An address or a domain. Without `scope`, the settings decide how wide the scope is.
    std::optional<std::string> sender;
};

struct SuppressAddOptions {
    std::vector<std::string> subjects;  ///< see `terms::parse_subject`; "-" is standard input
    terms::SuppressionReason reason = terms::SuppressionReason::Manual;
    /// nullopt: the code that belongs to the reason.
    std::optional<terms::FailureCode> code;
    ScopeOptions scope;
    std::string note;
    std::optional<std::chrono::milliseconds> expires_after;
    bool hash = false;
    bool dry_run = false;
};

/// Writes entries of the administrator; they replace existing ones.
[[nodiscard]] CommandResult suppress_add(const CommandContext& context,
                                         const SuppressAddOptions& options);

/// Selects entries that match all fields that are set.
struct SuppressSelection {
    std::optional<terms::SuppressionReason> reason;
    std::optional<terms::FailureCode> code;
    std::optional<std::string> domain;
    std::optional<terms::SubjectKind> kind;
    /// The name of a kind of scope, or a scope.
    std::optional<std::string> scope;
    /// Entries whose scope is this sender or sender domain.
    std::optional<std::string> sender;
    std::optional<terms::SuppressionSource> source;
    std::optional<terms::Proof> proof;
    std::optional<std::chrono::milliseconds> older;  ///< last seen longer ago than this
    std::optional<std::chrono::milliseconds> newer;  ///< last seen within this time
    bool with_inactive = false;  ///< also entries that are still counted or have expired

    /// True when something narrows the selection.
    [[nodiscard]] bool is_narrowed() const;
};

struct SuppressRemoveOptions {
    std::vector<std::string> subjects;
    SuppressSelection selection;  ///< instead of subjects, or to narrow their entries
    bool release = false;         ///< make the daemon release the mail that the entries held
    bool dry_run = false;
    bool yes = false;  ///< really remove the selected entries
};

/// Removes entries. `No` when one of the subjects had none, or nothing was selected.
[[nodiscard]] CommandResult suppress_remove(const CommandContext& context,
                                            const SuppressRemoveOptions& options);

/// The form of entries if it is not JSON.
enum class EntryForm : std::uint8_t { Human, Csv };

/// All entries of some subjects, of all scopes; for an address, also those that cover its domain.
[[nodiscard]] CommandResult suppress_show(const CommandContext& context,
                                          const std::vector<std::string>& texts,
                                          EntryForm form);

[[nodiscard]] CommandResult suppress_list(const CommandContext& context,
                                          const SuppressSelection& selection,
                                          EntryForm form);

/// Counts entries by reason, code, source, proof and standing, and shows the domains with the most.
[[nodiscard]] CommandResult suppress_stats(const CommandContext& context,
                                           std::size_t domains,
                                           EntryForm form);

enum class ExportForm : std::uint8_t {
    Csv,        ///< `import` reads it back without loss
    JsonLines,  ///< one object per line
    Postfix,    ///< an access map
    Sendmail,   ///< lines of an access map
};

[[nodiscard]] std::optional<ExportForm> parse_export_form(std::string_view name);

/// Writes entries for other programs. Counts on standard error those that the form cannot express.
[[nodiscard]] CommandResult suppress_export(const CommandContext& context,
                                            const SuppressSelection& selection,
                                            ExportForm form);

struct SuppressImportOptions {
    std::vector<std::string> files;     ///< "-" is standard input
    std::optional<std::string> format;  ///< nullopt: recognised by the first line
    std::optional<std::string> column;  ///< of the addresses; nullopt: found automatically
    /// For rows without a reason, or with an unknown word for it; nullopt: see `RowDefaults`.
    std::optional<terms::SuppressionReason> reason;
    lists::SoftBounces soft = lists::SoftBounces::PassOver;
    ScopeOptions scope;
    bool hash = false;
    bool replace = false;
    bool dry_run = false;
    bool verbose = false;  ///< report every bad line
};

/// Imports lists of mail services. `No` when some lines were bad; the others are imported. Imports
/// nothing when no word in a list's status column is known.
[[nodiscard]] CommandResult suppress_import(const CommandContext& context,
                                            const SuppressImportOptions& options);

}  // namespace holdback::milter::ctl
